// HTTP/2's frames as bytes (RFC 9113 §4.1, §6): what stands in a head, and the small frames we say.
//
//   frame := length (24, big-endian) | type (8) | flags (8) | 0 (1) stream (31) | payload
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "apns/streams.h"
#include "base/bytes.h"

namespace muster::apns {

// RFC 9113 §7. As wide as on the wire, since a peer may say any other.
// NOLINTNEXTLINE(performance-enum-size)
enum class H2Error : std::uint32_t {
  no_error = 0,
  protocol_error = 1,
  flow_control_error = 3,
  stream_closed = 5,
  frame_size_error = 6,
  refused_stream = 7,
  cancel = 8,
  compression_error = 9,
  enhance_your_calm = 11,
};

enum class FrameType : std::uint8_t {
  data = 0,
  headers = 1,
  priority = 2,
  rst_stream = 3,
  settings = 4,
  push_promise = 5,
  ping = 6,
  goaway = 7,
  window_update = 8,
  continuation = 9,
};

inline constexpr Byte flag_end_stream = 0x1;
inline constexpr Byte flag_ack = 0x1;
inline constexpr Byte flag_end_headers = 0x4;
inline constexpr Byte flag_padded = 0x8;
inline constexpr Byte flag_priority = 0x20;

inline constexpr std::size_t frame_head_bytes = 9;
// SETTINGS_MAX_FRAME_SIZE of both sides at first; we never raise ours and never need more.
inline constexpr std::size_t frame_payload_max = 16'384;
inline constexpr std::int64_t window_max = 0x7fff'ffff;

// As wide as on the wire: unknown ones are to be ignored (§6.5.2).
// NOLINTNEXTLINE(performance-enum-size)
enum class Setting : std::uint16_t {
  header_table_size = 1,
  enable_push = 2,
  max_concurrent_streams = 3,
  initial_window_size = 4,
  max_frame_size = 5,
};

[[nodiscard]] inline std::uint32_t read_u32(const Byte* from) {
  return std::uint32_t{from[0]} << 24 | std::uint32_t{from[1]} << 16 | std::uint32_t{from[2]} << 8 |
         from[3];
}
inline void write_u32(Byte* to, std::uint32_t value) {
  to[0] = static_cast<Byte>(value >> 24);
  to[1] = static_cast<Byte>(value >> 16);
  to[2] = static_cast<Byte>(value >> 8);
  to[3] = static_cast<Byte>(value);
}
// The head of a frame with `size` bytes of payload; `size` ≤ frame_payload_max.
inline void write_head(Byte* to, std::size_t size, FrameType type, Byte flags, StreamId stream) {
  write_u32(to, static_cast<std::uint32_t>(size) << 8 | static_cast<std::uint32_t>(type));
  to[4] = flags;
  write_u32(to + 5, static_cast<std::uint32_t>(stream));
}

void append_preface(std::vector<Byte>& to);  // with our SETTINGS: no push
void append_settings_ack(std::vector<Byte>& to);
void append_ping(std::vector<Byte>& to, Byte flags, Bytes opaque);  // 8 bytes
void append_rst_stream(std::vector<Byte>& to, StreamId stream, H2Error why);
void append_window_update(std::vector<Byte>& to, StreamId stream, std::uint32_t by);
void append_goaway(std::vector<Byte>& to, H2Error why);

}  // namespace muster::apns
