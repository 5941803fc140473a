#include "pipeline/crossings.h"

namespace muster::pipeline {

void Crossings::request_stop(TaskIndex task, Stop stop, const std::string& reason) {
  {
    const std::lock_guard lock(control_mutex);
    auto& entry = *tasks[task];
    if (entry.stop.load(std::memory_order_relaxed) >= stop) {
      return;
    }
    entry.stop_reason = reason;
    entry.stop.store(stop, std::memory_order_release);  // pairs with the expander's acquire
    entry.epoch.fetch_add(1, std::memory_order_seq_cst);
  }
  stops.fetch_add(1, std::memory_order_release);
  expander_bell.ring();
  ring_shards();
  ring_mail();
}

void Crossings::stop_nudges(TaskIndex index) {
  {
    const std::lock_guard lock(control_mutex);
    if (tasks[index] == nullptr) {
      return;
    }
    tasks[index]->epoch.store(1, std::memory_order_seq_cst);
  }
  stops.fetch_add(1, std::memory_order_release);
  expander_bell.ring();
  ring_shards();
}

void Crossings::refuse_mail(std::uint64_t attempt, const std::string& reason) {
  {
    const std::lock_guard lock(control_mutex);
    if (mail_refused.load(std::memory_order_seq_cst) == attempt) {
      return;
    }
    mail_refusal = reason;
    mail_refused.store(attempt, std::memory_order_seq_cst);
  }
  expander_bell.ring();
}

void Crossings::take(TaskEntry& entry, std::uint64_t count) {
  // The expander says where it wants to be rung before it looks at `taken` for the last time: one
  // of both sees the other. Of all shards the one that comes across that point rings, once.
  const auto before = entry.taken.fetch_add(count, std::memory_order_seq_cst);
  const auto rung_at = entry.rung_at.load(std::memory_order_seq_cst);
  if (before < rung_at && rung_at <= before + count) {
    expander_bell.ring();
  }
}

void Crossings::hand_over(std::vector<Settlement>& made) {
  settlements.enqueue_bulk(made.data(), made.size());
  made.clear();
  // The ledger's thread says what it waits for before it looks into the queue for the last time:
  // one of both sees the other.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (settlements.size_approx() >= ledger_rung_at.load(std::memory_order_seq_cst)) {
    ledger_bell.ring();
  }
}

}  // namespace muster::pipeline
