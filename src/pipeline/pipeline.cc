#include "pipeline/pipeline.h"

#include <algorithm>
#include <future>

#include "base/assert.h"
#include "pipeline/direct_shard.h"

namespace muster::pipeline {
namespace {
constexpr std::chrono::milliseconds drain_most{30'000};

ExpanderSettings expander_settings(const PipelineSettings& settings) {
  auto wanted = settings.expander;
  wanted.clearances = settings.clearances;
  if (settings.mail) {
    wanted.mail.pace = settings.mail->pace;
    wanted.mail.canary = settings.mail->canary;
    wanted.mail.hold_in_doubt = settings.mail->policy.hold_in_doubt;
  }
  return wanted;
}

// The shard behind those of push is mail's.
ShardSettings shard_settings(const PipelineSettings& settings, std::uint32_t number) {
  const auto seed = settings.seed + number;
  const auto& mail = settings.mail;
  if (!mail || number < settings.shards) {
    return ShardSettings{number, settings.credentials, Channel::push, settings.policy, seed};
  }
  MUSTER_ASSERT(mail->policy.attempts <= limits::mail_attempts_max);
  ShardSettings shard{number, {}, Channel::mail, mail->policy, seed};
  shard.policy.strangers = mail->direct.has_value();
  if (!mail->direct) {
    shard.credentials.push_back(mail->pool);
  }
  return shard;
}

}  // namespace

Pipeline::Pipeline(const PipelineSettings& settings, std::unique_ptr<ledger::Ledger> ledger,
                   std::unique_ptr<roster::RosterReader> roster, const Clock& clock)
    : settings_(settings),
      clock_(clock),
      ledger_(std::move(ledger)),
      crossings_(settings.mail.has_value()),
      ledger_loop_(crossings_, *ledger_, clock),
      expander_(crossings_, std::move(roster), clock, expander_settings(settings)) {
  MUSTER_ASSERT(settings_.shards >= 1 && settings_.shards <= limits::shards_max);
  MUSTER_ASSERT(settings_.credentials.size() <= limits::credentials_max);
  crossings_.shard_bells.resize(settings_.shards);
  const auto shards = settings_.shards + (settings_.mail ? 1U : 0U);
  networks_.resize(shards);
  for (std::uint32_t number = 0; number < shards; ++number) {
    gauges_.push_back(std::make_unique<ShardGauges>());
  }
  // Each shard makes its network itself (io_uring wants one issuer); the expander rings only bells
  // that are hung, so it starts when all are.
  std::vector<std::promise<void>> ready(shards);
  for (std::uint32_t number = 0; number < shards; ++number) {
    const bool mail = number == settings_.shards;
    auto* const hung = &ready[number];
    auto** const bell = mail ? &crossings_.mail_bell : &crossings_.shard_bells[number];
    shards_.push_back(start_thread(mail ? "mail" : "shard-" + std::to_string(number), [=, this] {
      networks_[number] = settings_.open_network();
      auto& network = *networks_[number];
      *bell = &network.doorbell();
      hung->set_value();
      const auto shard = shard_settings(settings_, number);
      if (mail && settings_.mail->direct) {
        DirectShard(crossings_, clock_, network, *gauges_[number], shard, *settings_.mail->direct)
            .run();
      } else {
        Shard(crossings_, clock_, network, *gauges_[number], shard).run();
      }
    }));
  }
  for (auto& each : ready) {
    each.get_future().wait();
  }
  start_writers();
  ledger_thread_ = start_thread("ledger", [this] { ledger_loop_.run(); });
  expander_thread_ = start_thread("expander", [this] { expander_.run(); });
}

void Pipeline::start_writers() {
  const auto& mail = settings_.mail;
  if (!mail) {
    return;
  }
  const auto count = std::max(1U, mail->composers);
  for (std::uint32_t number = 0; number < count; ++number) {
    writers_.push_back(std::make_unique<LetterWriter>(crossings_, mail->compose, clock_));
    crossings_.writer_bells.push_back(&writers_.back()->bell());
  }
  for (std::uint32_t number = 0; number < count; ++number) {
    writer_threads_.push_back(start_thread("writer-" + std::to_string(number),
                                           [this, number] { writers_[number]->run(); }));
  }
}

// Shards leave first, while everybody whom they could ring still stands; the ledger's last commit
// records what they brought.
Pipeline::~Pipeline() {
  drain(drain_most);
  crossings_.ending.store(true, std::memory_order_release);
  crossings_.expander_bell.ring();
  expander_thread_.join();
  crossings_.ring_writers();
  for (auto& writer : writer_threads_) {
    writer.join();
  }
  crossings_.ring_shards();
  crossings_.ring_mail();
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
  const bool asks = task.asks_clearance || !task.accounts.empty();
  MUSTER_ASSERT(task.asks_clearance == asks);
  MUSTER_ASSERT(!asks || settings_.clearances != nullptr);
  auto entry = std::make_shared<TaskEntry>();
  entry->id = task.id;
  entry->content = std::move(task.content);
  entry->layout = task.layout;
  entry->total = task.devices.size();
  entry->devices = std::move(task.devices);
  entry->mailboxes = std::move(task.mailboxes);
  entry->fallbacks = std::move(task.fallbacks);
  entry->accounts = std::move(task.accounts);
  entry->users = std::move(task.users);
  entry->asks_clearance = task.asks_clearance;
  entry->rate = task.rate;
  entry->canary = task.canary;
  entry->credential_of_topic = std::move(task.credential_of_topic);
  entry->payload_of_language = std::move(task.payload_of_language);
  entry->template_of_language = std::move(task.template_of_language);

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
      crossings_.mail_tries.fetch_add(1, std::memory_order_seq_cst);
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

std::string Pipeline::stop_reason(const TaskEntry& entry) {
  const std::lock_guard lock(crossings_.control_mutex);
  return entry.stop_reason;
}

std::string Pipeline::mail_held(TaskIndex index) {
  const std::lock_guard lock(crossings_.control_mutex);
  return crossings_.tasks[index]->mail.held_reason;
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

bool Pipeline::nudge(NudgeBatch batch) {
  MUSTER_ASSERT(batch.nudges.size() <= limits::nudges_per_batch_max);
  auto entry = std::make_shared<TaskEntry>();
  entry->id = batch.id;
  entry->content.push_prefix = batch.push_prefix;
  entry->content.expiration_s = batch.expiration_s;
  entry->asks_clearance = batch.asks_clearance;
  entry->credential_of_topic = std::move(batch.credential_of_topic);
  {
    const std::lock_guard lock(crossings_.control_mutex);
    const auto place = std::find(nudging_.begin(), nudging_.end(), false);
    if (place == nudging_.end()) {
      return false;
    }
    *place = true;
    const auto index = static_cast<TaskIndex>(limits::tasks_open_max + (place - nudging_.begin()));
    crossings_.tasks[index] = std::move(entry);
    crossings_.nudges.enqueue({index, std::move(batch.nudges)});
  }
  crossings_.expander_bell.ring();
  return true;
}

std::vector<NudgesDone> Pipeline::take_nudged() {
  std::vector<NudgesDone> all;
  std::pair<TaskIndex, NudgesDone> done;
  while (crossings_.nudges_done.try_dequeue(done)) {
    const std::lock_guard lock(crossings_.control_mutex);
    nudging_.at(done.first - limits::tasks_open_max) = false;
    all.push_back(std::move(done.second));
  }
  return all;
}

void Pipeline::stop_nudges(const TaskId& id) {
  stop_nudges_of([&id](const TaskEntry& entry) { return entry.id == id; });
}

void Pipeline::stop_nudges_of(const std::function<bool(const TaskEntry&)>& which) {
  for (TaskIndex place = 0; place < limits::nudge_batches_max; ++place) {
    const auto index = static_cast<TaskIndex>(limits::tasks_open_max + place);
    const auto entry = [&] {
      const std::lock_guard lock(crossings_.control_mutex);
      return nudging_.at(place) ? crossings_.tasks[index] : nullptr;
    }();
    if (entry != nullptr && which(*entry)) {
      crossings_.stop_nudges(index);
    }
  }
}

bool Pipeline::drain(std::chrono::milliseconds most) {
  stop_nudges_of([](const TaskEntry& /*any*/) { return true; });
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
  for (std::size_t number = 0; number < gauges_.size(); ++number) {
    const auto& shard = *gauges_[number];
    const auto in_flight = shard.in_flight.load(std::memory_order_relaxed);
    const auto connections = shard.connections.load(std::memory_order_relaxed);
    const auto bound = shard.bound.load(std::memory_order_relaxed);
    sum.in_flight += in_flight;
    sum.connections += connections;
    answered += shard.answered.load(std::memory_order_relaxed);
    if (number < settings_.shards) {
      sum.streams += shard.streams.load(std::memory_order_relaxed);
      sum.bound = std::max(sum.bound, bound);
      sum.window_bytes += shard.window_bytes.load(std::memory_order_relaxed);
      sum.goaways += shard.goaways.load(std::memory_order_relaxed);
      sum.latency += shard.latency.read();
    } else {
      sum.mail_in_flight = in_flight;
      sum.mail_connections = connections;
      sum.mail_latency = shard.latency.read();
      const bool paced = crossings_.mail_paced.load(std::memory_order_relaxed);
      sum.mail_bound = bound == Bound::none && paced ? Bound::pace : bound;
    }
  }
  sum.unsettled = crossings_.unsettled(answered);
  sum.slots = crossings_.letters.begin();
  sum.slots_used = crossings_.slots_out.load(std::memory_order_relaxed);
  if (crossings_.letters.any()) {
    sum.mail_slots = limits::letters_max;
    sum.mail_slots_used = crossings_.letters_out.load(std::memory_order_relaxed);
  }
  sum.commits = crossings_.commits.read();
  return sum;
}

std::vector<std::pair<DeviceNumber, std::int64_t>> Pipeline::take_dead_tokens(std::size_t most) {
  std::vector<std::pair<DeviceNumber, std::int64_t>> tokens(most);
  tokens.resize(crossings_.dead_tokens.try_dequeue_bulk(tokens.begin(), most));
  return tokens;
}

}  // namespace muster::pipeline
