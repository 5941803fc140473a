// The paces of the mail route, over all tasks: so many letters a second, a minute, a day.
//
// A letter's token is taken before it is handed to anybody, so that no number of connections can
// send more than was allowed. The day is UTC's: its quota opens again at midnight by the wall
// clock. What comes back unsent gives its token of the day back.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"
#include "pipeline/pace.h"

namespace muster::pipeline {

// 0: no limit.
struct MailPaceSettings {
  std::uint32_t per_second = 0;
  std::uint32_t per_minute = 0;
  std::uint32_t per_day = 0;
  std::uint64_t spent_today = 0;  // by earlier processes
};

class MailPace {
 public:
  explicit MailPace(const MailPaceSettings& settings)
      : per_day_(settings.per_day),
        spent_(settings.spent_today),
        second_(settings.per_second),
        minute_(Pace::per_minute(settings.per_minute)) {}

  [[nodiscard]] bool unlimited() const {
    return per_day_ == 0 && second_.unlimited() && minute_.unlimited();
  }
  // How many may go now, at most `wanted`.
  [[nodiscard]] std::uint64_t allowed(Instant now, WallTime wall, std::uint64_t wanted) {
    begin_day(wall);
    if (per_day_ != 0) {
      wanted =
          std::min<std::uint64_t>(wanted, per_day_ - std::min<std::uint64_t>(spent_, per_day_));
    }
    return minute_.allowed(now, second_.allowed(now, wanted));
  }
  void take(std::uint64_t count) {
    spent_ += count;
    second_.take(count);
    minute_.take(count);
  }
  void give_back(std::uint64_t count) { spent_ -= std::min(spent_, count); }
  // The day's quota is used up.
  [[nodiscard]] bool used_up(WallTime wall) {
    begin_day(wall);
    return per_day_ != 0 && spent_ >= per_day_;
  }
  [[nodiscard]] std::uint32_t per_day() const { return per_day_; }
  // When the next one may go, as far as second and minute are concerned.
  [[nodiscard]] Instant next(Instant now) const {
    return std::max(second_.next(now), minute_.next(now));
  }
  // What may wait to be sent without becoming a burst: a second's worth.
  [[nodiscard]] std::uint64_t waiting_most(std::uint64_t otherwise) const {
    return std::min({otherwise, second_.unlimited() ? otherwise : second_.in_a_second(),
                     minute_.unlimited() ? otherwise : minute_.in_a_second()});
  }

 private:
  // A clock that is set back begins no new day.
  void begin_day(WallTime wall) {
    constexpr std::int64_t seconds_a_day = 86'400;
    const auto today = wall.seconds() / seconds_a_day;
    if (day_ == 0) {
      day_ = today;
    } else if (today > day_) {
      day_ = today;
      spent_ = 0;
    }
  }

  std::uint32_t per_day_;
  std::uint64_t spent_;
  std::int64_t day_ = 0;  // since 1970; 0: not begun
  Pace second_;
  Pace minute_;
};

}  // namespace muster::pipeline
