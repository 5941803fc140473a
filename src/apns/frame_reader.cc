#include "apns/frame_reader.h"

#include <algorithm>

namespace muster::apns {

// The way of frames that are cut by the end of a piece. It shows a frame from `kept_`, which the
// next call drops.
std::optional<Frame> FrameReader::next_in_pieces() {
  if (shown_) {
    shown_ = false;
    kept_.clear();
    return next();
  }
  if (too_long_ || !keep_up_to(frame_head_bytes)) {
    return std::nullopt;
  }
  const std::size_t payload = read_u32(kept_.data()) >> 8;
  too_long_ = payload > frame_payload_max;
  if (too_long_ || !keep_up_to(frame_head_bytes + payload)) {
    return std::nullopt;
  }
  shown_ = true;
  return frame_at(kept_);
}

bool FrameReader::keep_up_to(std::size_t size) {
  if (kept_.size() < size) {
    const std::size_t count = std::min(size - kept_.size(), bytes_.size());
    kept_.insert(kept_.end(), bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(count));
    bytes_ = bytes_.subspan(count);
  }
  return kept_.size() >= size;
}

}  // namespace muster::apns
