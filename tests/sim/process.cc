#include "tests/sim/process.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "apns/session.h"

namespace muster::sim {

Process::Process(const testing::Household& household, const ledger::NewTask& task, FarEnd& far_end,
                 Witness& witness, const FakeClock& clock, Random& random)
    : options_(far_end.options),
      far_end_(far_end),
      witness_(witness),
      clock_(clock),
      random_(random),
      ledger_(household.open_ledger()),
      ledger_loop_(crossings_, *ledger_, clock),
      expander_(crossings_, household.reader(), clock, pipeline::ExpanderSettings{}) {
  witness_.dead = false;
  open_entry(task);
  open_shards();
}

void Process::open_entry(const ledger::NewTask& task) {
  auto entry = std::make_unique<pipeline::TaskEntry>();
  entry->id = task.id;
  entry->content.push_prefix = task.push_prefix;
  entry->content.expiration_s = task.expiration_s;
  entry->devices = task.devices;
  entry->users = task.users;
  entry->total = task.devices.size();
  entry->rate = options_.rate;
  entry->canary = options_.canary;
  entry->credential_of_topic = {0, 0};
  entry->payload_of_language = {0};
  crossings_.tasks[0] = std::move(entry);
  const auto row = ledger_->attach(task.id, 0);
  EXPECT_TRUE(row);
  ledger_loop_.announce(0);
}

void Process::open_shards() {
  pipeline::ShardSettings settings;
  pipeline::PoolSettings pool;
  pool.endpoint.host = "simulated";
  pool.connections_max = options_.connections;
  pool.open_session = [this] {
    apns::SessionSettings session;
    session.authority = "api.push.apple.com";
    session.topic = "com.apple.mgmt.External.1";
    return watched(apns::open_session(session), witness_);
  };
  settings.credentials = {pool};
  settings.policy.retry_after = {std::chrono::seconds(1), std::chrono::seconds(2),
                                 std::chrono::seconds(4)};
  for (std::uint32_t number = 0; number < options_.shards; ++number) {
    settings.number = number;
    settings.seed = random_.next();
    networks_.push_back(std::make_unique<SimNetwork>(far_end_, clock_, random_.next()));
    gauges_.push_back(std::make_unique<pipeline::ShardGauges>());
    crossings_.shard_bells.push_back(&networks_.back()->doorbell());
    shards_.push_back(std::make_unique<pipeline::Shard>(crossings_, clock_, *networks_.back(),
                                                        *gauges_.back(), settings));
  }
}

Process::~Process() {
  // Pools want their connections ended; what is said meanwhile reaches nobody.
  witness_.dead = true;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    networks_[i]->crash();
    while (true) {
      shards_[i]->turn(clock_.now());
      if (networks_[i]->alive() == 0) {
        break;
      }
    }
  }
  shards_.clear();
}

void Process::step() {
  for (auto turns = 2 + shards_.size(); turns > 0; --turns) {
    const auto who = random_.below(2 + shards_.size());
    if (who == 0) {
      expander_.turn();
    } else if (who == 1) {
      ledger_loop_.turn();
    } else {
      shards_[who - 2]->turn(clock_.now());
    }
  }
}

Instant Process::next() const {
  Instant until = std::min(ledger_loop_.next(), expander_.next());
  for (const auto& network : networks_) {
    until = std::min(until, network->next());
  }
  return until;
}

Gauges Process::gauges() const {
  Gauges sum;
  std::uint64_t answered = 0;
  for (const auto& gauge : gauges_) {
    sum.in_flight += gauge->in_flight.load(std::memory_order_relaxed);
    answered += gauge->answered.load(std::memory_order_relaxed);
  }
  sum.unsettled = crossings_.unsettled(answered);
  return sum;
}

void Process::crash() {
  witness_.dead = true;
  for (auto& network : networks_) {
    network->crash();
  }
}

}  // namespace muster::sim
