#include "apns/conduct.h"

#include <algorithm>

namespace muster::apns {

bool Conduct::glitch(Instant now) {
  begin_span_if_due(now);
  return ++glitches_ <= glitches_max;
}

bool Conduct::watch(Bytes bytes, Instant now) {
  begin_span_if_due(now);
  while (!bytes.empty()) {
    if (payload_left_ > 0) {
      const std::size_t skipped = std::min(payload_left_, bytes.size());
      payload_left_ -= skipped;
      bytes = bytes.subspan(skipped);
      continue;
    }
    const std::size_t taken = std::min(frame_head_bytes - header_filled_, bytes.size());
    std::copy_n(bytes.data(), taken, header_.data() + header_filled_);
    header_filled_ += taken;
    bytes = bytes.subspan(taken);
    if (header_filled_ == frame_head_bytes) {
      header_filled_ = 0;
      payload_left_ = read_u32(header_.data()) >> 8;
      glitches_ += header_is_glitch() ? 1 : 0;
    }
  }
  return glitches_ <= glitches_max;
}

bool Conduct::header_is_glitch() const {
  switch (static_cast<FrameType>(header_[3])) {
    case FrameType::headers:
    case FrameType::rst_stream:
    case FrameType::push_promise:
    case FrameType::goaway:
    case FrameType::window_update:
    case FrameType::continuation:
      return false;
    case FrameType::data:
      return payload_left_ == 0 && (header_[4] & flag_end_stream) == 0;
    default:  // SETTINGS, PING, PRIORITY, and what no RFC we know of names
      return true;
  }
}

bool Conduct::stream_ended(bool by_reset, Instant now) {
  begin_span_if_due(now);
  ++ended_;
  resets_ += by_reset ? 1 : 0;
  answers_ += by_reset ? 0 : 1;
  return resets_ <= resets_max && (resets_ < resets_judged_from || resets_ * 2 <= ended_);
}

bool Conduct::body_declined(Instant now) {
  if (declined_ == answers_) {
    return stream_ended(true, now);
  }
  ++declined_;
  return true;
}

void Conduct::begin_span_if_due(Instant now) {
  if (now >= span_end_) {
    span_end_ = now + span;
    glitches_ = 0;
    resets_ = 0;
    ended_ = 0;
  }
}

}  // namespace muster::apns
