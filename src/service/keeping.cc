#include <chrono>

#include "base/log.h"
#include "pipeline/block_cache.h"
#include "service/implementation.h"

namespace muster {
namespace {

constexpr std::chrono::milliseconds keep_interval{100};
constexpr std::size_t tokens_per_turn = 4096;

bool arrived(State state) {
  return state == State::sent || state == State::shown || state == State::postponed ||
         state == State::enrolled;
}

}  // namespace

void Dispatcher::Implementation::keep() {
  std::unique_lock guard(mutex);
  while (true) {
    keeper_wanted.wait_for(guard, keep_interval, [this] { return ending; });
    keep_tokens();
    for (auto& [id, run] : runs) {
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

// `invited` loses users of whom no invitation of this task arrived: they may be invited anew.
void Dispatcher::Implementation::keep_invited(Run& run) {
  const auto& entry = pipeline->entry(run.index);
  const auto sent =
      entry.durable[static_cast<std::size_t>(State::sent)].load(std::memory_order_relaxed);
  if (sent == run.row.invitations) {
    return;
  }
  auto reader = ledger::LedgerReader::open(settings.data_dir);
  auto blocks = roster::RosterReader::open(settings.data_dir);
  if (!reader || !blocks) {
    return;
  }
  pipeline::BlockCache cache(std::move(*blocks));
  NumberSet reached;
  for (InvitationNumber from = 0; from < run.row.invitations; from += limits::page_size) {
    const auto rows = (*reader)->rows(run.row.id, from, limits::page_size);
    if (!rows) {
      log::warning("service", "a task's rows could not be read", {{"error", words(rows.error())}});
      return;
    }
    const auto devices = entry.devices.slice(from, limits::page_size);
    for (std::size_t i = 0; i < rows->size() && i < devices.size(); ++i) {
      if (arrived((*rows)[i].outcome.state)) {
        const auto target = cache.at(devices[i]);
        if (target && target->known) {
          reached.add(target->user);
        }
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
