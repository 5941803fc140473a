// A pace: at most so many a second, evenly. A token bucket that holds a fiftieth of a second.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace muster::pipeline {

class Pace {
 public:
  // 0: no limit.
  explicit Pace(std::uint32_t per_second = 0) : per_second_(per_second) {}
  [[nodiscard]] static Pace per_minute(std::uint32_t count) {
    Pace pace;
    pace.per_second_ = count / 60.0;
    return pace;
  }

  [[nodiscard]] bool unlimited() const { return per_second_ == 0; }
  // A second's worth, one at least.
  [[nodiscard]] std::uint64_t in_a_second() const {
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(per_second_));
  }
  // How many may go now, at most `wanted`. take() what really went.
  [[nodiscard]] std::uint64_t allowed(Instant now, std::uint64_t wanted) {
    if (unlimited()) {
      return wanted;
    }
    fill(now);
    return std::min(wanted, static_cast<std::uint64_t>(level_));
  }
  void take(std::uint64_t count) {
    if (!unlimited()) {
      level_ -= static_cast<double>(count);
    }
  }
  // When the next one may go.
  [[nodiscard]] Instant next(Instant now) const {
    if (unlimited() || level_ >= 1) {
      return now;
    }
    return now + Duration{static_cast<std::int64_t>((1 - level_) * 1e9 / per_second_) + 1};
  }

 private:
  void fill(Instant now) {
    const double most = std::max(1.0, per_second_ / 50.0);
    if (!begun_) {
      begun_ = true;
      level_ = 1;
    } else {
      const double elapsed = static_cast<double>((now - at_).count()) * 1e-9;
      level_ = std::min(most, level_ + elapsed * per_second_);
    }
    at_ = now;
  }

  double per_second_;
  bool begun_ = false;
  Instant at_{};
  double level_ = 0;
};

}  // namespace muster::pipeline
