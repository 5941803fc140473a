#include "loadgen/faults.h"

#include <utility>

namespace muster::loadgen {

FaultPlan::FaultPlan(std::vector<Fault> faults, std::uint64_t seed)
    : faults_(std::move(faults)), schedule_({faults_.begin(), faults_.end()}, seed) {}

const Fault* FaultPlan::next_request(const std::array<Byte, 32>& token) {
  return choose(false, ++requests_, fault_subject(token));
}

const Fault* FaultPlan::next_connection() {
  return choose(true, ++connections_, 0);
}

const Fault* FaultPlan::choose(bool connection, std::uint64_t ordinal, std::uint64_t token) {
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    if (faults_[i].on_connection == connection && schedule_.strikes(i, ordinal, token)) {
      return &faults_[i];
    }
  }
  return nullptr;
}

}  // namespace muster::loadgen
