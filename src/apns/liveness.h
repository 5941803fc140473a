// Whether the peer is still there: its first SETTINGS, and silence.
//
//   connected ──10 s without SETTINGS──▶ gone
//   in flight ──10 s without a byte──▶ PING ──10 s without a byte──▶ gone
//
// Any byte counts as life. With nothing in flight nobody is asked: Apple wants idle connections
// left alone.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace muster::apns {

class Liveness {
 public:
  static constexpr Duration settings_within = std::chrono::seconds(10);
  static constexpr Duration silence_max =
      std::chrono::seconds(10);  // before the PING, and after it

  enum class Need : std::uint8_t { nothing, ping, give_up };

  void connected(Instant now) { settings_due_ = now + settings_within; }
  void settings_seen() { settings_due_ = Instant::never(); }
  void heard(Instant now) {
    quiet_since_ = now;
    pinged_at_ = Instant::never();
  }
  // Something is in flight now and nothing was before, or the other way round.
  void set_busy(bool busy, Instant now) {
    if (busy && !busy_) {
      heard(now);
    }
    busy_ = busy;
  }

  [[nodiscard]] Instant due() const {
    const Instant quiet_due =
        !busy_ ? Instant::never()
               : (pinged_at_ == Instant::never() ? quiet_since_ : pinged_at_) + silence_max;
    return settings_due_ < quiet_due ? settings_due_ : quiet_due;
  }
  // What due() wants done; a ping is then taken as sent.
  [[nodiscard]] Need expire(Instant now) {
    if (now < due()) {
      return Need::nothing;
    }
    if (now >= settings_due_ || pinged_at_ != Instant::never()) {
      return Need::give_up;
    }
    pinged_at_ = now;
    return Need::ping;
  }

 private:
  Instant settings_due_ = Instant::never();
  Instant quiet_since_{};
  Instant pinged_at_ = Instant::never();
  bool busy_ = false;
};

}  // namespace muster::apns
