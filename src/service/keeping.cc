#include <chrono>

#include "base/log.h"
#include "pipeline/block_cache.h"
#include "service/fallbacks.h"
#include "service/implementation.h"
#include "service/meant.h"
#include "service/wording.h"

namespace muster {
namespace {

constexpr std::chrono::milliseconds keep_interval{100};
constexpr std::size_t tokens_per_turn = 4096;
constexpr std::size_t failures_per_turn = 1024;

// Or may have arrived, or need not arrive any more.
bool arrived(State state) {
  return state == State::sent || state == State::shown || state == State::postponed ||
         state == State::enrolled || state == State::superseded || state == State::in_doubt;
}

// Whom tasks made after this one mean as well.
Result<NumberSet> meant_since(ledger::LedgerReader& ledger, const TaskId& task) {
  const auto tasks = ledger.tasks();  // newest first
  if (!tasks) {
    return tl::unexpected(tasks.error());
  }
  NumberSet since;
  for (const auto& row : *tasks) {
    if (row.id == task) {
      break;
    }
    const auto users = ledger.users(row.id);
    if (!users) {
      return tl::unexpected(users.error());
    }
    since |= *users;
  }
  return since;
}

// Users whom no invitation of the task reached. Whether those are invited whom a newer task means
// that one says: this may be asked for late, after a crash.
Result<NumberSet> not_reached(const std::string& dir, const ledger::TaskRow& task) {
  auto ledger = ledger::LedgerReader::open(dir);
  auto blocks = roster::RosterReader::open(dir);
  if (!ledger || !blocks) {
    return tl::unexpected(ledger ? blocks.error().cause : ledger.error().cause);
  }
  const auto meant = service::Meant::read(**ledger, task);
  const auto users = (*ledger)->users(task.id);
  if (!meant || !users) {
    return tl::unexpected(meant ? users.error() : meant.error());
  }
  pipeline::BlockCache cache(std::move(*blocks));
  NumberSet reached;
  for (InvitationNumber from = 0; from < task.layout.rows(); from += limits::page_size) {
    const auto rows = (*ledger)->rows(task.id, from, limits::page_size);
    if (!rows) {
      return tl::unexpected(rows.error());
    }
    for (const auto& row : *rows) {
      if (!arrived(row.outcome.state)) {
        continue;
      }
      const auto user = meant->user_of(row.invitation, cache);
      if (!user) {
        return tl::unexpected(user.error());
      }
      if (*user != service::nobody) {
        reached.add(*user);
      }
    }
  }
  const auto since = meant_since(**ledger, task.id);
  if (!since) {
    return tl::unexpected(since.error());
  }
  return *users - reached - *since;
}

}  // namespace

// For good: nothing of it will be sent any more.
bool Dispatcher::Implementation::has_ended(const Run& run) {
  const auto phase = run.phase();
  return phase == pipeline::TaskEntry::Phase::completed ||
         (phase == pipeline::TaskEntry::Phase::stopped &&
          run.entry->stop.load(std::memory_order_acquire) == pipeline::Stop::cancel);
}

void Dispatcher::Implementation::keep() {
  std::unique_lock guard(mutex);
  while (true) {
    keeper_wanted.wait_for(guard, keep_interval, [this] { return ending; });
    keep_tokens();
    keep_associated();
    keep_times();
    for (auto& [id, run] : runs) {
      keep_fallbacks(run);
      if (!run.kept && has_ended(run)) {
        run.kept = keep_invited(run);
      }
    }
    std::erase_if(to_give_back, [this](const ledger::TaskRow& task) { return give_back(task); });
    if (ending) {
      return;
    }
  }
}

// Begins what was asked to begin at a time that has come.
void Dispatcher::Implementation::keep_times() {
  const auto now = clock.wall().seconds();
  for (auto each = scheduled.begin(); each != scheduled.end();) {
    if (each->second > now) {
      ++each;
      continue;
    }
    const auto id = each->first;
    each = scheduled.erase(each);
    const auto row = find(id);
    if (!row || row->state != ledger::TaskState::paused ||
        row->state_reason != service::waits_for_its_time) {
      continue;  // somebody went on with it, paused or cancelled it
    }
    if (const auto begun = resume(id); !begun) {
      log::warning("service", "a task could not begin at its time",
                   {{"task", id}, {"error", begun.failure().line}});
    }
  }
}

void Dispatcher::Implementation::keep_tokens() {
  const std::unique_lock writing(roster_mutex, roster_patience);
  if (!writing) {
    return;  // an import is under way: next time
  }
  while (true) {
    const auto tokens = pipeline->take_dead_tokens(tokens_per_turn);
    if (tokens.empty()) {
      return;
    }
    if (const auto forgotten = roster->forget_tokens(tokens); !forgotten) {
      log::warning("service", "dead tokens could not be recorded",
                   {{"error", words(forgotten.error())}});
      return;
    }
  }
}

// Wakes the mailboxes of users whom no push of the task will reach any more. What cannot be read
// now is asked for again: until it is judged the task stays open.
void Dispatcher::Implementation::keep_fallbacks(Run& run) {
  const auto& entry = *run.entry;
  if (run.row.layout.fallbacks == 0 || !run.open()) {
    return;
  }
  std::vector<InvitationNumber> ended;
  with_ledger([&](ledger::Ledger& book) { ended = book.unjudged(run.index, failures_per_turn); });
  if (ended.empty()) {
    return;
  }
  auto reader = ledger::LedgerReader::open(settings.data_dir);
  auto blocks = roster::RosterReader::open(settings.data_dir);
  if (!reader || !blocks) {
    return;
  }
  pipeline::BlockCache cache(std::move(*blocks));
  const auto wake = service::fallbacks_to_wake(
      {run.row.id, run.row.layout, entry.devices, entry.fallbacks}, ended, **reader, cache);
  if (!wake) {
    log::warning("service", "fallbacks could not be found", {{"error", words(wake.error())}});
    return;
  }
  with_ledger([&](ledger::Ledger& book) { book.judge(run.index, ended, *wake); });
}

// False: try again later.
bool Dispatcher::Implementation::keep_invited(Run& run) {
  const auto& entry = *run.entry;
  std::uint64_t reached_at_once = 0;
  for (const auto state : {State::sent, State::enrolled}) {
    reached_at_once +=
        entry.durable[static_cast<std::size_t>(state)].load(std::memory_order_relaxed);
  }
  // Everybody has every invitation that was meant from the start.
  if (reached_at_once == entry.layout.rows() - entry.layout.fallbacks) {
    settle_invited(run.row.id);
    return true;
  }
  return give_back(run.row);
}

bool Dispatcher::Implementation::give_back(const ledger::TaskRow& task) {
  const auto users = not_reached(settings.data_dir, task);
  if (!users) {
    log::warning("service", "a task's rows could not be read", {{"error", words(users.error())}});
    return true;
  }
  const std::unique_lock writing(roster_mutex, roster_patience);
  if (!writing) {
    return false;  // an import is under way
  }
  if (const auto removed = roster->remove_invited(*users); !removed) {
    log::warning("service", "invited users could not be recorded",
                 {{"error", words(removed.error())}});
    return true;
  }
  settle_invited(task.id);
  return true;
}

// What cannot be recorded is given back once more at the next opening: that changes nothing.
void Dispatcher::Implementation::settle_invited(const TaskId& task) {
  Result<void> recorded;
  with_ledger([&](ledger::Ledger& book) {
    recorded = book.record_invited(task, ledger::Invited::settled);
  });
  if (!recorded) {
    log::warning("service", "a task's end could not be recorded",
                 {{"error", words(recorded.error())}});
  }
}

}  // namespace muster
