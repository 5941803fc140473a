#include <chrono>

#include "base/log.h"
#include "pipeline/block_cache.h"
#include "service/fallbacks.h"
#include "service/implementation.h"

namespace muster {
namespace {

constexpr std::chrono::milliseconds keep_interval{100};
constexpr std::size_t tokens_per_turn = 4096;
constexpr std::size_t failures_per_turn = 1024;

// Or need not arrive any more.
bool arrived(State state) {
  return state == State::sent || state == State::shown || state == State::postponed ||
         state == State::enrolled || state == State::superseded;
}

const NumberSet& users_of(const pipeline::TaskEntry& entry, Part part) {
  return part == Part::mail       ? entry.mailboxes
         : part == Part::fallback ? entry.fallbacks
                                  : entry.accounts;
}

// Whom an invitation means.
void add_user_of(const pipeline::TaskEntry& entry, InvitationNumber invitation,
                 pipeline::BlockCache& blocks, NumberSet& users) {
  const auto part = entry.layout.part_of(invitation);
  const auto rank = entry.layout.rank_of(invitation);
  if (part == Part::push) {
    const auto device = entry.devices.at(rank);
    const auto target = device ? blocks.at(*device) : roster::PushTarget{};
    if (target && target->known) {
      users.add(target->user);
    }
  } else if (const auto user = users_of(entry, part).at(rank)) {
    users.add(*user);
  }
}

}  // namespace

void Dispatcher::Implementation::keep() {
  std::unique_lock guard(mutex);
  while (true) {
    keeper_wanted.wait_for(guard, keep_interval, [this] { return ending; });
    keep_tokens();
    keep_associated();
    for (auto& [id, run] : runs) {
      keep_fallbacks(run);
      if (!run.kept && pipeline->entry(run.index).phase.load(std::memory_order_acquire) ==
                           pipeline::TaskEntry::Phase::completed) {
        run.kept = true;
        keep_invited(run);
      }
    }
    if (ending) {
      return;
    }
  }
}

void Dispatcher::Implementation::keep_tokens() {
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
  const auto& entry = pipeline->entry(run.index);
  if (run.row.layout.fallbacks == 0 ||
      entry.phase.load(std::memory_order_acquire) != pipeline::TaskEntry::Phase::open) {
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

// `invited` loses users of whom no invitation of this task arrived: they may be invited anew.
void Dispatcher::Implementation::keep_invited(Run& run) {
  const auto& entry = pipeline->entry(run.index);
  std::uint64_t reached_at_once = 0;
  for (const auto state : {State::sent, State::enrolled}) {
    reached_at_once +=
        entry.durable[static_cast<std::size_t>(state)].load(std::memory_order_relaxed);
  }
  if (reached_at_once == entry.layout.rows() - entry.layout.fallbacks) {
    return;  // everybody has every invitation that was meant from the start
  }
  auto reader = ledger::LedgerReader::open(settings.data_dir);
  auto blocks = roster::RosterReader::open(settings.data_dir);
  if (!reader || !blocks) {
    return;
  }
  pipeline::BlockCache cache(std::move(*blocks));
  NumberSet reached;
  const auto& layout = run.row.layout;
  for (InvitationNumber from = 0; from < layout.rows(); from += limits::page_size) {
    const auto rows = (*reader)->rows(run.row.id, from, limits::page_size);
    if (!rows) {
      log::warning("service", "a task's rows could not be read", {{"error", words(rows.error())}});
      return;
    }
    for (const auto& row : *rows) {
      if (arrived(row.outcome.state)) {
        add_user_of(entry, row.invitation, cache, reached);
      }
    }
  }
  const auto removed = roster->remove_invited(entry.users - reached);
  if (!removed) {
    log::warning("service", "invited users could not be recorded",
                 {{"error", words(removed.error())}});
  }
}

}  // namespace muster
