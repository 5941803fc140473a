#include "tests/sim/process.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "apns/session.h"
#include "smtp/session.h"
#include "tests/sim/sim_finder.h"

namespace muster::sim {
namespace {

pipeline::ExpanderSettings expander_settings(const Options& options,
                                             pipeline::Clearances& clearances) {
  pipeline::ExpanderSettings settings;
  settings.clearances = &clearances;
  settings.mail.pace.per_second = options.letters_a_second;
  settings.mail.canary = options.canary;
  return settings;
}

// The shortest letter that says whom it is for.
void compose(const Job& /*job*/, const Content& /*content*/, Letter& letter, WallTime /*now*/) {
  letter.id = letter.address.substr(0, letter.address.find('@'));
  letter.sender = "it@school.example";
  letter.recipient = letter.address;
  const auto text = "Message-ID: <" + letter.id + "@school.example>\r\nTo: " + letter.address +
                    "\r\n\r\nSign in: " + letter.url + "\r\n";
  const auto bytes = as_bytes(text);
  letter.head.assign(bytes.begin(), bytes.end());
}

}  // namespace

Process::Process(const testing::Household& household, const ledger::NewTask& task,
                 const FarEnds& far_ends, Witness& witness, const FakeClock& clock, Random& random)
    : options_(far_ends.push.options),
      far_ends_(far_ends),
      witness_(witness),
      clock_(clock),
      random_(random),
      ledger_(household.open_ledger()),
      crossings_(options_.mailboxes != 0),
      ledger_loop_(crossings_, *ledger_, clock),
      expander_(crossings_, household.reader(), clock,
                expander_settings(options_, far_ends.clearances)),
      writer_(crossings_, compose, clock) {
  witness_.dead = false;
  open_entry(task);
  open_shards();
  if (options_.mailboxes != 0) {
    open_mail();
  }
}

void Process::open_entry(const ledger::NewTask& task) {
  auto entry = std::make_unique<pipeline::TaskEntry>();
  entry->id = task.id;
  entry->content.push_prefix = task.push_prefix;
  entry->content.expiration_s = task.expiration_s;
  entry->content.mail_expiration_s = task.expiration_s;
  entry->layout = Layout{options_.invitations, options_.mailboxes, 0, options_.accounts};
  entry->devices = task.devices;
  entry->mailboxes = task.mailboxes;
  entry->accounts = task.accounts;
  entry->users = task.users;
  entry->asks_clearance = options_.asks;
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
  pool.open_session = [this](const auto&) {
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
    open_shard(far_ends_.push, settings, nullptr);
    crossings_.shard_bells.push_back(&networks_.back()->doorbell());
  }
}

// Patient enough for a slow answer, not for a whole simulation.
void Process::open_mail() {
  pipeline::ShardSettings settings;
  settings.channel = Channel::mail;
  settings.number = options_.shards;
  settings.seed = random_.next();
  pipeline::PoolSettings pool;
  pool.endpoint.host = "simulated";
  pool.connections_max = options_.connections;
  pool.open_session = [this](const auto&) {
    using std::chrono::seconds;
    smtp::SessionSettings session;
    session.own_name = "client.school.example";
    session.patience = {seconds(30), seconds(30), seconds(30), seconds(30),
                        seconds(30), seconds(60), seconds(20), seconds(2)};
    return watched(smtp::open_session(session), witness_);
  };
  settings.policy.attempts = limits::mail_attempts_max;
  settings.policy.retry_after = {std::chrono::seconds(1), std::chrono::seconds(2),
                                 std::chrono::seconds(4)};
  if (options_.direct) {
    settings.policy.strangers = true;
    pipeline::DirectSettings direct;
    direct.connections_max = 1 + options_.connections;
    direct.site.open_session = pool.open_session;
    direct.open_finder = [this](Doorbell&) {
      return std::make_unique<SimFinder>(far_ends_.mail, clock_, random_.next());
    };
    open_shard(far_ends_.mail, settings, &direct);
  } else {
    settings.credentials = {pool};
    open_shard(far_ends_.mail, settings, nullptr);
  }
  crossings_.mail_bell = &networks_.back()->doorbell();
  crossings_.writer_bells = {&writer_.bell()};
}

void Process::open_shard(FarEnd& far_end, const pipeline::ShardSettings& settings,
                         const pipeline::DirectSettings* direct) {
  networks_.push_back(std::make_unique<SimNetwork>(far_end, clock_, random_.next()));
  gauges_.push_back(std::make_unique<pipeline::ShardGauges>());
  auto& network = *networks_.back();
  auto& gauges = *gauges_.back();
  shards_.push_back(direct != nullptr ? std::make_unique<pipeline::DirectShard>(
                                            crossings_, clock_, network, gauges, settings, *direct)
                                      : std::make_unique<pipeline::Shard>(
                                            crossings_, clock_, network, gauges, settings));
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
  const std::size_t writers = options_.mailboxes != 0 ? 1 : 0;
  for (auto turns = 2 + shards_.size() + writers; turns > 0; --turns) {
    const auto who = random_.below(2 + shards_.size() + writers);
    if (who == 2 + shards_.size()) {
      (void)writer_.turn();
    } else if (who == 0) {
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
