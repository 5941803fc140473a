#include "pipeline/pipeline.h"

#include <algorithm>
#include <future>

#include "base/assert.h"

namespace muster::pipeline {
namespace {
constexpr std::chrono::milliseconds drain_most{30'000};
}  // namespace

Pipeline::Pipeline(const PipelineSettings& settings, std::unique_ptr<ledger::Ledger> ledger,
                   std::unique_ptr<roster::RosterReader> roster, const Clock& clock)
    : settings_(settings),
      clock_(clock),
      ledger_(std::move(ledger)),
      ledger_loop_(crossings_, *ledger_, clock),
      expander_(crossings_, std::move(roster), clock, settings.expander) {
  MUSTER_ASSERT(settings_.shards >= 1 && settings_.shards <= limits::shards_max);
  MUSTER_ASSERT(settings_.credentials.size() <= limits::credentials_max);
  crossings_.shard_bells.resize(settings_.shards);
  networks_.resize(settings_.shards);
  for (std::uint32_t number = 0; number < settings_.shards; ++number) {
    gauges_.push_back(std::make_unique<ShardGauges>());
  }
  // Each shard makes its network itself (io_uring wants one issuer); the expander rings only bells
  // that are hung, so it starts when all are.
  std::vector<std::promise<void>> ready(settings_.shards);
  for (std::uint32_t number = 0; number < settings_.shards; ++number) {
    auto* hung = &ready[number];
    shards_.push_back(start_thread("shard-" + std::to_string(number), [this, number, hung] {
      networks_[number] = settings_.open_network();
      auto& network = *networks_[number];
      crossings_.shard_bells[number] = &network.doorbell();
      hung->set_value();
      Shard shard(
          crossings_, clock_, network, *gauges_[number],
          ShardSettings{number, settings_.credentials, settings_.policy, settings_.seed + number});
      shard.run();
    }));
  }
  for (auto& each : ready) {
    each.get_future().wait();
  }
  ledger_thread_ = start_thread("ledger", [this] { ledger_loop_.run(); });
  expander_thread_ = start_thread("expander", [this] { expander_.run(); });
}

// Shards leave first, while everybody whom they could ring still stands; the ledger's last commit
// records what they brought.
Pipeline::~Pipeline() {
  drain(drain_most);
  crossings_.ending.store(true, std::memory_order_release);
  crossings_.expander_bell.ring();
  expander_thread_.join();
  crossings_.ring_shards();
  for (auto& shard : shards_) {
    shard.join();
  }
  crossings_.ledger_ending.store(true, std::memory_order_release);
  crossings_.ledger_bell.ring();
  ledger_thread_.join();
}

void Pipeline::with_ledger(const std::function<void(ledger::Ledger&)>& work) {
  ledger_loop_.perform(work);
}

Result<std::optional<TaskIndex>> Pipeline::start(Start task) {
  auto entry = std::make_shared<TaskEntry>();
  entry->id = task.id;
  entry->content = std::move(task.content);
  entry->total = task.devices.size();
  entry->devices = std::move(task.devices);
  entry->users = std::move(task.users);
  entry->rate = task.rate;
  entry->canary = task.canary;
  entry->credential_of_topic = std::move(task.credential_of_topic);
  entry->payload_of_language = std::move(task.payload_of_language);

  Result<std::optional<TaskIndex>> begun = std::optional<TaskIndex>{};
  with_ledger([&](ledger::Ledger& ledger) {
    for (TaskIndex index = 0; index < limits::tasks_open_max; ++index) {
      auto& place = crossings_.tasks[index];
      if (place != nullptr && !place->forgotten.load(std::memory_order_acquire)) {
        continue;
      }
      ledger_loop_.take_requests();
      const auto row = ledger.attach(entry->id, index);
      if (!row) {
        begun = tl::unexpected<Error>(row.error());
        return;
      }
      for (std::size_t state = 0; state < states_count; ++state) {
        entry->durable[state].store(row->counts.by_state[state], std::memory_order_relaxed);
      }
      {
        const std::lock_guard lock(crossings_.control_mutex);
        place = std::move(entry);
      }
      ledger_loop_.announce(index);
      begun = index;
      return;
    }
  });
  return begun;
}

std::optional<TaskIndex> Pipeline::index_of(const TaskId& id) {
  std::optional<TaskIndex> found;
  with_ledger([&](ledger::Ledger&) {
    for (TaskIndex index = 0; index < limits::tasks_open_max; ++index) {
      if (crossings_.tasks[index] != nullptr && crossings_.tasks[index]->id == id) {
        found = index;
        if (crossings_.tasks[index]->phase.load(std::memory_order_acquire) ==
            TaskEntry::Phase::open) {
          return;
        }
      }
    }
  });
  return found;
}

std::string Pipeline::stop_reason(TaskIndex index) {
  const std::lock_guard lock(crossings_.control_mutex);
  return crossings_.tasks[index]->stop_reason;
}

void Pipeline::request_stop(TaskIndex index, Stop stop, const std::string& reason) {
  crossings_.request_stop(index, stop, reason);
}

bool Pipeline::wait(TaskIndex index, std::chrono::milliseconds most) {
  std::unique_lock lock(crossings_.control_mutex);
  const auto entry = crossings_.tasks[index];  // kept alive while we wait
  const auto over = [&] {
    return entry->phase.load(std::memory_order_acquire) != TaskEntry::Phase::open ||
           ledger_loop_.failed() || ledger_loop_.stalled();
  };
  return crossings_.control_changed.wait_for(lock, most, over);
}

bool Pipeline::drain(std::chrono::milliseconds most) {
  const auto until = std::chrono::steady_clock::now() + most;
  bool all = true;
  std::vector<TaskIndex> open;
  {
    const std::lock_guard lock(crossings_.control_mutex);
    for (TaskIndex index = 0; index < limits::tasks_open_max; ++index) {
      const auto* entry = crossings_.tasks[index].get();
      if (entry != nullptr &&
          entry->phase.load(std::memory_order_acquire) == TaskEntry::Phase::open) {
        open.push_back(index);
      }
    }
  }
  for (const auto index : open) {
    crossings_.request_stop(index, Stop::drain, "");
  }
  for (const auto index : open) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    // A disk that is full will not become less so by waiting.
    all = wait(index, store_trouble() ? std::min(left, std::chrono::milliseconds(1000)) : left) &&
          all;
  }
  return all;
}

Gauges Pipeline::gauges() const {
  Gauges sum;
  std::uint64_t answered = 0;
  for (const auto& shard : gauges_) {
    sum.in_flight += shard->in_flight.load(std::memory_order_relaxed);
    sum.connections += shard->connections.load(std::memory_order_relaxed);
    sum.streams += shard->streams.load(std::memory_order_relaxed);
    answered += shard->answered.load(std::memory_order_relaxed);
    sum.bound = std::max(sum.bound, shard->bound.load(std::memory_order_relaxed));
  }
  sum.unsettled = crossings_.unsettled(answered);
  return sum;
}

std::vector<std::pair<DeviceNumber, std::int64_t>> Pipeline::take_dead_tokens(std::size_t most) {
  std::vector<std::pair<DeviceNumber, std::int64_t>> tokens(most);
  tokens.resize(crossings_.dead_tokens.try_dequeue_bulk(tokens.begin(), most));
  return tokens;
}

}  // namespace muster::pipeline
