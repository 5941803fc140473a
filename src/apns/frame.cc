#include "apns/frame.h"

#include <algorithm>

#include "base/assert.h"

namespace muster::apns {
namespace {

// Room for the payload of a frame, behind its head.
Byte* append_frame(std::vector<Byte>& to, std::size_t size, FrameType type, Byte flags,
                   StreamId stream) {
  const std::size_t at = to.size();
  to.resize(at + frame_head_bytes + size);
  write_head(to.data() + at, size, type, flags, stream);
  return to.data() + at + frame_head_bytes;
}

}  // namespace

void append_preface(std::vector<Byte>& to) {
  constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  to.insert(to.end(), preface.begin(), preface.end());
  Byte* payload = append_frame(to, 6, FrameType::settings, 0, 0);
  payload[0] = 0;
  payload[1] = static_cast<Byte>(Setting::enable_push);
  write_u32(payload + 2, 0);
}

void append_settings_ack(std::vector<Byte>& to) {
  append_frame(to, 0, FrameType::settings, flag_ack, 0);
}

void append_ping(std::vector<Byte>& to, Byte flags, Bytes opaque) {
  MUSTER_ASSERT(opaque.size() == 8);
  std::copy(opaque.begin(), opaque.end(), append_frame(to, 8, FrameType::ping, flags, 0));
}

void append_rst_stream(std::vector<Byte>& to, StreamId stream, H2Error why) {
  write_u32(append_frame(to, 4, FrameType::rst_stream, 0, stream), static_cast<std::uint32_t>(why));
}

void append_window_update(std::vector<Byte>& to, StreamId stream, std::uint32_t by) {
  write_u32(append_frame(to, 4, FrameType::window_update, 0, stream), by);
}

// The peer of a client opens no streams: there is no last one.
void append_goaway(std::vector<Byte>& to, H2Error why) {
  Byte* payload = append_frame(to, 8, FrameType::goaway, 0, 0);
  write_u32(payload, 0);
  write_u32(payload + 4, static_cast<std::uint32_t>(why));
}

}  // namespace muster::apns
