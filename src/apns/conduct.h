// How the peer behaves: floods of control frames and of resets.
//
// nghttp2 1.52 bounds what it buffers but has no limit on frames that cost us work and mean
// nothing, so this counts them: told of each by our own framing, and for nghttp2 by walking the
// frame headers of everything received. Glitches are SETTINGS, PING, PRIORITY and unknown frames,
// and DATA without a byte that does not end its stream. Resets are counted against the streams that
// ended. Both in spans of ten seconds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "apns/frame.h"
#include "base/bytes.h"
#include "base/time.h"

namespace muster::apns {

class Conduct {
 public:
  static constexpr Duration span = std::chrono::seconds(10);
  static constexpr std::uint32_t glitches_max = 1000;
  static constexpr std::uint32_t resets_max = 100;
  // A share says nothing about fewer resets than this.
  static constexpr std::uint32_t resets_judged_from = 10;

  // One more glitch; false: too many.
  [[nodiscard]] bool glitch(Instant now);
  // Counts the glitches in the next piece of the byte stream; false: too many.
  [[nodiscard]] bool watch(Bytes bytes, Instant now);
  // A stream ended by the peer's answer or reset. False: over 100 resets in the span, or over half.
  [[nodiscard]] bool stream_ended(bool by_reset, Instant now);
  // RST_STREAM with NO_ERROR on a stream that was answered: what a server says that answers before
  // it has read the body (RFC 9113 §8.1), nginx to every request. One an answer is no fault.
  [[nodiscard]] bool body_declined(Instant now);

 private:
  void begin_span_if_due(Instant now);
  [[nodiscard]] bool header_is_glitch() const;

  std::array<Byte, frame_head_bytes> header_{};
  std::size_t header_filled_ = 0;
  std::size_t payload_left_ = 0;
  Instant span_end_{};
  std::uint32_t glitches_ = 0;
  std::uint32_t resets_ = 0;
  std::uint32_t ended_ = 0;
  std::uint64_t answers_ = 0;   // of the whole connection
  std::uint64_t declined_ = 0;  // of these
};

}  // namespace muster::apns
