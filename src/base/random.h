// Chance, from a seed: jitter, rosters of the load generator, simulations.
//
// Never for secrets (crypto/random does those). The same seed gives the same numbers on every
// machine: no standard distribution is used, since they differ between libraries. Not for use by
// two threads.
#pragma once

#include <cstdint>
#include <random>

#include "base/time.h"

namespace muster {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() { return engine_(); }
  // Uniform in [0, bound); 0 where bound is 0. The bias of the modulus is below 2⁻³² for our
  // bounds.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  // True with probability `share` (0 … 1).
  bool chance(double share) { return static_cast<double>(next() >> 11) * 0x1.0p-53 < share; }
  // Uniform in [base × (1 − share), base × (1 + share)].
  Duration jitter(Duration base, double share) {
    const double unit = static_cast<double>(next() >> 11) * 0x1.0p-52 - 1.0;
    return Duration{
        static_cast<std::int64_t>(static_cast<double>(base.count()) * (1.0 + share * unit))};
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace muster
