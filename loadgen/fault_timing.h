// When a fault strikes: the part of a fault that every protocol's faults share.
//
// Three ways to choose, none of which looks at a clock:
//
//   every = n             each n-th event (request, connection, command), by order of arrival
//   share = p             a share of the events, by the seed and the order of arrival
//   share, per subject    a share of the *subjects* (a device's token, a recipient's address), by
//                         the seed and the subject's hash: order does not matter
//
// Per subject are the faults that last (`lasting`: the same subject meets it every time) and those
// that strike once (`once`: a subject meets it at its first attempt only, so that a retry
// succeeds). `after` leaves the first events alone, `count` ends the fault after so many.
// Deterministic for a seed; memory grows with the subjects struck once.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"

namespace muster::loadgen {

struct FaultTiming {
  double share = 0;
  std::uint64_t every = 0;  // 0: by share
  std::uint64_t after = 0;  // events that come before
  std::uint64_t count = 0;  // 0: without end
  bool once = false;        // a subject at most once
  bool lasting = false;     // a subject always
};

class FaultSchedule {
 public:
  FaultSchedule() = default;
  FaultSchedule(std::vector<FaultTiming> timings, std::uint64_t seed);

  // Whether the fault strikes the event with this ordinal (from 1) and subject; counts it if so.
  [[nodiscard]] bool strikes(std::size_t fault, std::uint64_t ordinal, std::uint64_t subject);
  // How often each fault struck.
  [[nodiscard]] std::vector<std::uint64_t> struck() const;

 private:
  struct Past {
    std::uint64_t struck = 0;
    std::unordered_set<std::uint64_t> subjects;  // of faults that strike once
  };
  std::vector<FaultTiming> timings_;
  std::vector<Past> past_;
  std::uint64_t seed_ = 0;
};

// A subject of 32 bytes (a token, an address's hash) in 64 bits.
[[nodiscard]] std::uint64_t fault_subject(const std::array<Byte, 32>& bytes);

}  // namespace muster::loadgen
