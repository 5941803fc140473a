// What has ended is tried again: all of a task that ended in some state, or one invitation of it.
#include "ledger/implementation.h"

namespace muster::ledger {
namespace {

using store::ExceptionRecord;

bool may_go_again(const ExceptionRecord& row) {
  const auto state = row.outcome.state;
  return row.wait != store::Wait::leased &&
         (state == State::failed || state == State::unreachable || state == State::expired ||
          state == State::in_doubt);
}

// As LedgerStore::retry() has it for many.
void make_due(ExceptionRecord& row, WallTime now) {
  const bool doubted = row.outcome.state == State::in_doubt;
  const auto attempts = doubted ? row.outcome.attempts : std::uint8_t{0};
  row.outcome = {State::deferred, Reason::none, attempts};
  row.status = 0;
  row.timestamp_ms = 0;
  row.reply.clear();
  row.generation += doubted ? 0U : 1U;
  row.doubt = doubted && row.doubt;
  row.wait = store::Wait::waiting;
  row.next_at_ms = now.milliseconds;
  row.updated_at = now;
}

}  // namespace

Result<std::uint64_t> Ledger::Implementation::try_again(const TaskId& id, const Choose& choose) {
  const auto record = find(id);
  if (!record) {
    return tl::unexpected(record.error());
  }
  auto row = read_task_row(*record);
  if (!row) {
    return tl::unexpected(row.error());
  }
  if (row->state == TaskState::cancelled) {
    return trouble(ErrorCode::not_permitted);
  }
  const auto next = row->state == TaskState::completed ? TaskState::running : row->state;
  CountMoves moves;
  std::uint64_t retried = 0;
  auto* const task = attached(id);
  NumberSet ended;  // what is tried again does not wait to be judged
  const auto done = transact([&](store::LedgerStore& inside) -> Result<void> {
    const auto chosen = choose(record->number, moves);
    if (!chosen || *chosen == 0) {
      return chosen ? Result<void>() : tl::unexpected(chosen.error());
    }
    retried = *chosen;
    if (task != nullptr && !task->unjudged.empty()) {
      auto still = ended_devices(*task);
      if (!still) {
        return tl::unexpected(still.error());
      }
      ended = std::move(*still);
    }
    moves.apply(row->counts);
    ledger::write_counts(row->counts, blob);
    const auto counted = inside.put_counts(record->number, blob);
    if (!counted) {
      return counted;
    }
    const auto unknown = static_cast<std::uint8_t>(Invited::unknown);
    if (const auto recorded = inside.record_invited(record->number, unknown); !recorded) {
      return recorded;
    }
    return inside.set_state(record->number, static_cast<std::uint8_t>(next),
                            next == row->state ? row->state_reason : "", WallTime{});
  });
  if (!done) {
    return tl::unexpected(done.error());
  }
  if (retried != 0 && task != nullptr) {
    task->state = next;
    task->counts = row->counts;
    task->unjudged &= ended;
  }
  return retried;
}

Result<std::uint64_t> Ledger::retry(const TaskId& id, std::optional<State> state, WallTime now) {
  const auto states = state ? std::vector{*state} : std::vector{State::failed, State::unreachable};
  auto& store = implementation_->store;
  return implementation_->try_again(
      id, [&](store::TaskNumber task, CountMoves& moves) -> Result<std::uint64_t> {
        std::uint64_t retried = 0;
        for (const auto from : states) {
          const auto groups = store.retry(task, from, now);
          if (!groups) {
            return tl::unexpected(groups.error());
          }
          for (const auto& group : *groups) {
            moves.add(group.state, group.reason, -static_cast<std::int64_t>(group.rows));
            moves.add(State::deferred, Reason::none, static_cast<std::int64_t>(group.rows));
            retried += group.rows;
          }
        }
        return retried;
      });
}

Result<bool> Ledger::retry_one(const TaskId& id, InvitationNumber invitation, WallTime now) {
  auto& store = implementation_->store;
  const auto retried = implementation_->try_again(
      id, [&](store::TaskNumber task, CountMoves& moves) -> Result<std::uint64_t> {
        auto found = store.exception(task, invitation);
        if (!found) {
          return tl::unexpected(found.error());
        }
        auto& row = *found;
        if (!row || !may_go_again(*row)) {
          return std::uint64_t{0};
        }
        moves.add(row->outcome.state, row->outcome.reason, -1);
        moves.add(State::deferred, Reason::none, 1);
        make_due(*row, now);
        const auto put = store.put_exception(task, *row);
        return put ? Result<std::uint64_t>(1) : tl::unexpected(put.error());
      });
  return retried ? Result<bool>(*retried != 0) : tl::unexpected(retried.error());
}

}  // namespace muster::ledger
