// Cuts what the peer sends into frames, whatever pieces it comes in.
//
//   reader.feed(bytes);
//   while (const auto frame = reader.next()) …
//
// Whole frames are shown where they lie; only one that is not complete at the end of a piece is
// copied, and kept for the next feed(). A length above frame_payload_max ends the reading:
// too_long().
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "apns/frame.h"
#include "base/bytes.h"

namespace muster::apns {

struct Frame {
  FrameType type{};  // any value: unknown ones are to be ignored (RFC 9113 §5.5)
  Byte flags = 0;
  StreamId stream = 0;
  Bytes payload;  // until the next call of next() or feed()
  [[nodiscard]] bool has(Byte flag) const { return (flags & flag) != 0; }
};

class FrameReader {
 public:
  // Only when next() has returned nothing.
  void feed(Bytes bytes) { bytes_ = bytes; }
  [[nodiscard]] std::optional<Frame> next() {
    if (kept_.empty() && bytes_.size() >= frame_head_bytes) {
      const std::size_t size = frame_head_bytes + (read_u32(bytes_.data()) >> 8);
      if (size <= bytes_.size() && size <= frame_head_bytes + frame_payload_max) {
        return take(bytes_, size);
      }
    }
    return next_in_pieces();
  }
  [[nodiscard]] bool too_long() const { return too_long_; }

 private:
  [[nodiscard]] std::optional<Frame> next_in_pieces();
  [[nodiscard]] static Frame frame_at(Bytes bytes) {
    return Frame{static_cast<FrameType>(bytes[3]), bytes[4],
                 static_cast<StreamId>(read_u32(bytes.data() + 5) & 0x7fff'ffff),
                 bytes.subspan(frame_head_bytes)};
  }
  [[nodiscard]] static Frame take(Bytes& from, std::size_t size) {
    const Frame frame = frame_at(from.first(size));
    from = from.subspan(size);
    return frame;
  }
  // Moves bytes to `kept_` until it has `size`; false: there are not enough.
  [[nodiscard]] bool keep_up_to(std::size_t size);

  Bytes bytes_;             // not looked at yet
  std::vector<Byte> kept_;  // the beginning of a frame
  bool shown_ = false;      // `kept_` is a frame that next() has shown
  bool too_long_ = false;
};

}  // namespace muster::apns
