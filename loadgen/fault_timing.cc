#include "loadgen/fault_timing.h"

#include <utility>

namespace muster::loadgen {
namespace {

// splitmix64's finaliser: every bit of the input moves every bit of the output.
std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

bool chosen(std::uint64_t hash, double share) {
  return static_cast<double>(hash >> 11U) * 0x1.0p-53 < share;
}

}  // namespace

FaultSchedule::FaultSchedule(std::vector<FaultTiming> timings, std::uint64_t seed)
    : timings_(std::move(timings)), past_(timings_.size()), seed_(seed) {}

bool FaultSchedule::strikes(std::size_t fault, std::uint64_t ordinal, std::uint64_t subject) {
  const auto& timing = timings_[fault];
  auto& past = past_[fault];
  if (ordinal <= timing.after || (timing.count != 0 && past.struck >= timing.count)) {
    return false;
  }
  if (timing.every != 0) {
    if ((ordinal - timing.after) % timing.every != 0) {
      return false;
    }
  } else {
    const bool by_subject = timing.lasting || timing.once;
    const auto chosen_by = mix(by_subject ? subject : ordinal);
    if (!chosen(mix(chosen_by ^ mix(seed_ + fault)), timing.share)) {
      return false;
    }
  }
  if (timing.once && !past.subjects.insert(subject).second) {
    return false;
  }
  ++past.struck;
  return true;
}

std::vector<std::uint64_t> FaultSchedule::struck() const {
  std::vector<std::uint64_t> counts;
  counts.reserve(past_.size());
  for (const auto& past : past_) {
    counts.push_back(past.struck);
  }
  return counts;
}

std::uint64_t fault_subject(const std::array<Byte, 32>& bytes) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    hash = mix(hash ^ load<std::uint64_t>(bytes.data() + i));
  }
  return hash;
}

}  // namespace muster::loadgen
