// How long to leave Apple alone after trouble: twice as long each time, up to ten minutes, spread
// by a quarter so that installations do not come back together. Held by a location.
//
// Several answers of one round tell of one trouble and raise it once; a round without trouble
// begins anew.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/random.h"
#include "base/time.h"

namespace muster::registrar {

class BackOff {
 public:
  static constexpr Duration first = std::chrono::seconds(2);
  static constexpr Duration longest = std::chrono::minutes(10);
  static constexpr double spread = 0.25;

  // How long to wait now.
  [[nodiscard]] Duration raise(Random& random) {
    const auto wait = std::min(longest, first * (std::int64_t{1} << std::min(steps_, steps_max)));
    ++steps_;
    return random.jitter(wait, spread);
  }
  void reset() { steps_ = 0; }

 private:
  static constexpr std::uint32_t steps_max = 10;
  std::uint32_t steps_ = 0;
};

}  // namespace muster::registrar
