#include "pipeline/clearing.h"

#include <algorithm>

namespace muster::pipeline {
namespace {

// So often at most, though every registration moves changes().
constexpr Duration look_gap = std::chrono::milliseconds(20);
constexpr std::int64_t again_after_ms = 30'000;
constexpr std::int64_t each_waiting_ms = 1;

}  // namespace

Outcome outcome_of(const Clearance& clearance) {
  switch (clearance.word) {
    case Clearance::Word::go:
      return {};
    case Clearance::Word::wait:
#ifdef MUSTER_BUG_ignore_wait  // planted: tests/sim/canaries.sh demands that it is caught
      return {};
#else
      return {State::registering, Reason::none, 0};
#endif
    case Clearance::Word::enrolled:
      return {State::superseded, Reason::enrolled, 0};
    case Clearance::Word::refused:
      return {clearance.reason == Reason::unenrolled ? State::unreachable : State::failed,
              clearance.reason, 0};
  }
  return {};
}

WallTime look_again_at(const TaskEntry& entry, std::int64_t expiration_s, WallTime now) {
  const auto waiting =
      entry.durable[static_cast<std::size_t>(State::registering)].load(std::memory_order_relaxed);
  const auto after = again_after_ms + each_waiting_ms * static_cast<std::int64_t>(waiting);
  return {std::min(now.milliseconds + after, expiration_s * 1000)};
}

void PassedOver::add(const One& one, Instant now, std::uint64_t changes) {
  if (all_.empty()) {
    looked_at_ = now;
    changes_ = changes;
    unfinished_ = false;
  }
  all_.push_back({one, now});
}

bool PassedOver::due(Instant now, std::uint64_t changes) const {
  return !all_.empty() && (unfinished_ || now - all_.front().since >= patience_ ||
                           (changes != changes_ && now - looked_at_ >= look_gap));
}

Instant PassedOver::next(std::uint64_t changes) const {
  if (all_.empty()) {
    return Instant::never();
  }
  return changes != changes_ ? looked_at_ + look_gap : all_.front().since + patience_;
}

}  // namespace muster::pipeline
