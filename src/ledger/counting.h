// How counts move, and how they look to others.
//
// Stored counts are raw: what outcomes and exception rows say. A cancelled task's unsent
// invitations keep their rows as they were and are only *shown* as cancelled, so that an answer
// that comes after the cancel needs no correction.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "ledger/task.h"

namespace muster::ledger {

// Changes of one task within one commit; nothing counts before the commit is durable.
class CountMoves {
 public:
  void clear();
  [[nodiscard]] bool empty() const { return !touched_; }
  // Queued invitations are counted by nobody: they are what is missing.
  void add(State state, Reason reason, std::int64_t count);
  void move(Outcome from, Outcome to);
  void repeat(std::uint64_t attempts);
  void wake(std::uint64_t fallbacks);  // 0: nothing moved, but the task may be complete now
  void apply(Counts& counts) const;

 private:
  bool touched_ = false;
  std::uint64_t repeated_ = 0;
  std::uint64_t woken_ = 0;
  std::array<std::int64_t, states_count> by_state_{};
  std::vector<std::pair<std::pair<State, Reason>, std::int64_t>> by_reason_;
};

// Devices, mailboxes, accounts, and the fallbacks that were woken.
[[nodiscard]] inline std::uint64_t invitations_of(const Layout& layout, const Counts& counts) {
  return layout.rows() - layout.fallbacks + counts.woken;
}
// Invitations that came to rest.
[[nodiscard]] std::uint64_t count_at_rest(const Counts& counts);
// As the task's state lets them be seen.
[[nodiscard]] Counts shown(const Counts& raw, TaskState state, const Layout& layout);

}  // namespace muster::ledger
