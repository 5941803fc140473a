// What there is to measure: the ledger's counts of every task, and the pipeline's gauges. Nothing
// is counted for this alone.
#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "service/implementation.h"
#include "service/wording.h"

namespace muster {
namespace {

// Into (state, reason) → count: what did not arrive by its reason, everything else by its state.
void count_in(std::map<std::pair<std::string, std::string>, std::uint64_t>& counts,
              const Task& task) {
  std::map<std::string, std::uint64_t> left = {
      {"queued", task.queued},       {"deferred", task.deferred}, {"in_doubt", task.in_doubt},
      {"sent", task.sent},           {"failed", task.failed},     {"unreachable", task.unreachable},
      {"cancelled", task.cancelled}, {"expired", task.expired},   {"superseded", task.superseded},
  };
  for (const auto& reason : task.reasons) {
    counts[{reason.state, reason.reason}] += reason.count;
    auto& rest = left[reason.state];
    rest -= std::min(rest, reason.count);
  }
  for (const auto& [state, count] : left) {
    counts[{state, ""}] += count;
  }
}

static_assert(Times::bounds == Histogram::bounds);
static_assert(Times::bound(0) == 0.00025 &&
              Histogram::first_bound == std::chrono::microseconds(250));

Times times_of(const Histogram::Reading& reading) {
  return {reading.counts, std::chrono::duration<double>(reading.sum).count()};
}

// Of mail that goes directly there are too many peers to tell them apart.
std::string mail_peer(const MailSettings& mail) {
  return mail.mode == "direct" ? "direct" : mail.relay.host + ":" + std::to_string(mail.relay.port);
}

}  // namespace

Checked<Metrics> Dispatcher::Implementation::metrics() {
  Metrics metrics;
  auto rows = task_rows();
  if (!rows) {
    return rows.failure();
  }
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts;
  for (const auto& row : *rows) {
    const auto task = service::task_of(row, true);
    ++(task.active() ? metrics.tasks_active : metrics.tasks_ended);
    metrics.repeated += task.repeated;
    count_in(counts, task);
    if (run_of(task.id) != nullptr && task.active()) {
      const auto now = progress(task.id);
      metrics.rate += now ? now->rate : 0;
    }
  }
  for (const auto& [key, count] : counts) {
    if (count != 0) {
      metrics.invitations.push_back({key.first, key.second, count});
    }
  }
  if (pipeline != nullptr) {
    const auto gauges = pipeline->gauges();
    metrics.in_flight = gauges.in_flight;
    metrics.unsettled = gauges.unsettled;
    metrics.connections = gauges.connections;
    metrics.streams = gauges.streams;
    metrics.mail_in_flight = gauges.mail_in_flight;
    metrics.mail_connections = gauges.mail_connections;
    metrics.window_bytes = gauges.window_bytes;
    metrics.goaways = gauges.goaways;
    metrics.slots_used = gauges.slots_used;
    metrics.slots = gauges.slots;
    metrics.mail_slots_used = gauges.mail_slots_used;
    metrics.mail_slots = gauges.mail_slots;
    const auto& apns = settings.apns;
    metrics.latencies.push_back(
        {"push", apns.host + ":" + std::to_string(apns.port), times_of(gauges.latency)});
    if (gauges.mail_slots != 0) {
      metrics.latencies.push_back(
          {"mail", mail_peer(settings.mail), times_of(gauges.mail_latency)});
    }
    metrics.commits = times_of(gauges.commits);
  }
  return metrics;
}

}  // namespace muster
