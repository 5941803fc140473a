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
}

}  // namespace muster::pipeline
