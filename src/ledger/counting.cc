#include "ledger/counting.h"

#include <algorithm>

#include "base/assert.h"

namespace muster::ledger {

void CountMoves::clear() {
  if (!touched_) {
    return;
  }
  touched_ = false;
  repeated_ = 0;
  woken_ = 0;
  by_state_.fill(0);
  by_reason_.clear();
}

void CountMoves::add(State state, Reason reason, std::int64_t count) {
  touched_ = true;
  if (state == State::queued) {
    return;
  }
  by_state_[static_cast<std::size_t>(state)] += count;
  if (reason == Reason::none) {
    return;
  }
  const auto key = std::pair(state, reason);
  const auto found = std::find_if(by_reason_.begin(), by_reason_.end(),
                                  [&](const auto& move) { return move.first == key; });
  if (found != by_reason_.end()) {
    found->second += count;
  } else {
    by_reason_.emplace_back(key, count);
  }
}

void CountMoves::move(Outcome from, Outcome to) {
  add(from.state, from.reason, -1);
  add(to.state, to.reason, 1);
}

void CountMoves::repeat(std::uint64_t attempts) {
  touched_ = true;
  repeated_ += attempts;
}

void CountMoves::wake(std::uint64_t fallbacks) {
  touched_ = true;
  woken_ += fallbacks;
}

void CountMoves::apply(Counts& counts) const {
  counts.repeated += repeated_;
  counts.woken += woken_;
  for (std::size_t state = 0; state < states_count; ++state) {
    // Two's complement: adding a negative move as unsigned subtracts.
    counts.by_state[state] += static_cast<std::uint64_t>(by_state_[state]);
    MUSTER_ASSERT(static_cast<std::int64_t>(counts.by_state[state]) >= 0);
  }
  for (const auto& [key, count] : by_reason_) {
    auto& sum = counts.by_reason[key];
    sum += static_cast<std::uint64_t>(count);
    MUSTER_ASSERT(static_cast<std::int64_t>(sum) >= 0);
    if (sum == 0) {
      counts.by_reason.erase(key);
    }
  }
}

std::uint64_t count_at_rest(const Counts& counts) {
  std::uint64_t sum = 0;
  for (std::size_t state = 0; state < states_count; ++state) {
    if (counts.by_state[state] != 0 && at_rest(static_cast<State>(state))) {
      sum += counts.by_state[state];
    }
  }
  return sum;
}

Counts shown(const Counts& raw, TaskState state, const Layout& layout) {
  Counts counts = raw;
  if (state != TaskState::cancelled) {
    return counts;
  }
  const auto invitations = invitations_of(layout, raw);
  const auto unsent = invitations - std::min(invitations, count_at_rest(raw));
  std::erase_if(counts.by_reason, [](const auto& entry) { return !at_rest(entry.first.first); });
  for (std::size_t at = 0; at < states_count; ++at) {
    if (counts.by_state[at] != 0 && !at_rest(static_cast<State>(at))) {
      counts.by_state[at] = 0;
    }
  }
  if (unsent != 0) {
    counts.by_state[static_cast<std::size_t>(State::cancelled)] += unsent;
    counts.by_reason[{State::cancelled, Reason::cancelled_by_person}] += unsent;
  }
  return counts;
}

}  // namespace muster::ledger
