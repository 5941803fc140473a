#include "loadgen/faults.h"

#include <algorithm>

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

FaultPlan::FaultPlan(std::vector<Fault> faults, std::uint64_t seed)
    : faults_(std::move(faults)), past_(faults_.size()), seed_(seed) {}

const Fault* FaultPlan::next_request(const std::array<Byte, 32>& token) {
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < token.size(); i += 8) {
    hash = mix(hash ^ load<std::uint64_t>(token.data() + i));
  }
  return choose(false, ++requests_, hash);
}

const Fault* FaultPlan::next_connection() {
  return choose(true, ++connections_, 0);
}

const Fault* FaultPlan::choose(bool connection, std::uint64_t ordinal, std::uint64_t token) {
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    if (faults_[i].on_connection == connection && due(i, ordinal, token)) {
      ++past_[i].struck;
      return &faults_[i];
    }
  }
  return nullptr;
}

bool FaultPlan::due(std::size_t index, std::uint64_t ordinal, std::uint64_t token) {
  const auto& fault = faults_[index];
  auto& past = past_[index];
  if (ordinal <= fault.after || (fault.count != 0 && past.struck >= fault.count)) {
    return false;
  }
  if (fault.every != 0) {
    if ((ordinal - fault.after) % fault.every != 0) {
      return false;
    }
  } else {
    const bool by_device = fault.lasting || fault.once;
    const auto subject = mix(by_device ? token : ordinal);
    if (!chosen(mix(subject ^ mix(seed_ + index)), fault.share)) {
      return false;
    }
  }
  return !fault.once || past.devices.insert(token).second;
}

std::vector<std::uint64_t> FaultPlan::struck() const {
  std::vector<std::uint64_t> counts;
  counts.reserve(past_.size());
  for (const auto& past : past_) {
    counts.push_back(past.struck);
  }
  return counts;
}

}  // namespace muster::loadgen
