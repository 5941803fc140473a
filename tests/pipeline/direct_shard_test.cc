#include "pipeline/direct_shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/pipeline/fakes.h"

namespace muster::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeFinder;
using testing::FakeNetwork;
using ::testing::IsEmpty;
using testing::Sessions;
using ::testing::SizeIs;

class DirectShardTest : public ::testing::Test {
 protected:
  DirectShardTest() {
    clock_.turn(seconds(100));
    auto entry = std::make_shared<TaskEntry>();
    entry->content.mail_expiration_s = clock_.wall().seconds() + 86'400;
    entry->mail.proved = 1;
    crossings_.tasks[0] = std::move(entry);
    sessions_.streams = 2;
    publish("a.example", "mx.a.example", "192.0.2.1");
    publish("b.example", "mx.b.example", "192.0.2.2");
    open(64);
  }
  ~DirectShardTest() override { close(); }
  void open(std::uint32_t connections) {
    ShardSettings settings;
    settings.channel = Channel::mail;
    settings.policy.attempts = 15;
    settings.policy.retry_after = {minutes(5)};
    settings.policy.strangers = true;
    DirectSettings direct;
    direct.connections_max = connections;
    direct.site.open_session = [this](const SessionWishes& wishes) {
      wishes_.push_back(wishes);
      return std::make_unique<testing::FakeSession>(sessions_);
    };
    direct.open_finder = [this](Doorbell&) { return std::make_unique<FakeFinder>(zone_); };
    crossings_.ending = false;
    shard_ = std::make_unique<DirectShard>(crossings_, clock_, network_, gauges_, settings, direct);
  }
  void close() {
    crossings_.ending = true;
    clock_.turn(seconds(100));
    for (auto* session : sessions_.all) {
      if (session != nullptr) {
        session->in_flight.clear();
      }
    }
    shard_->run();
    shard_.reset();
  }
  void publish(const std::string& domain, const std::string& host, const std::string& address) {
    zone_.domains[domain] = {domain, Reason::none, {{host, address, 10}}};
  }
  TaskEntry& entry() { return *crossings_.tasks[0]; }
  static Slot slot(Slot place) { return Letters::first + place; }
  void give(Slot place, const std::string& domain) {
    auto& job = crossings_.slab[slot(place)];
    job = Job{};
    job.invitation = place;
    job.channel = Channel::mail;
    job.epoch = entry().epoch.load();
    job.letter = &crossings_.letters[slot(place)];
    job.letter->recipient = "user@" + domain;
    crossings_.written.enqueue(slot(place));
  }
  // DNS, a connection, a letter.
  void turn(int times = 4) {
    for (int i = 0; i < times; ++i) {
      shard_->turn(clock_.now());
    }
  }
  void pass(Duration time) {
    for (const auto until = clock_.now() + time; clock_.now() < until;) {
      clock_.turn(milliseconds(50));
      shard_->turn(clock_.now());
    }
  }
  std::vector<Settlement> settled() { return testing::settled(crossings_); }
  void accept_all() {
    for (auto* session : sessions_.all) {
      if (session != nullptr) {
        for (const auto each : std::vector<Slot>(session->in_flight)) {
          session->answer(each, 250);
        }
      }
    }
  }
  // How long from now, in ms.
  std::int64_t wait_of(const Settlement& settlement) const {
    return settlement.next_at_ms - clock_.wall().milliseconds;
  }

  FakeClock clock_;
  Crossings crossings_{true};
  FakeNetwork network_{clock_};
  FakeFinder::Zone zone_;
  Sessions sessions_;
  std::vector<SessionWishes> wishes_;
  ShardGauges gauges_;
  std::unique_ptr<DirectShard> shard_;
};

TEST_F(DirectShardTest, SendsEachLetterToTheMailHostOfItsDomain) {
  give(0, "a.example");
  give(1, "b.example");
  turn();

  ASSERT_THAT(network_.endpoints, SizeIs(2));
  const std::vector<std::string> hosts{network_.endpoints[0].host, network_.endpoints[1].host};
  EXPECT_THAT(hosts, ::testing::UnorderedElementsAre("192.0.2.1", "192.0.2.2"));
  EXPECT_TRUE(network_.endpoints[0].tls_later);
  accept_all();
  turn(1);
  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(2));
  EXPECT_EQ(settlements[0].outcome, (Outcome{State::sent, Reason::none, 1}));
}

TEST_F(DirectShardTest, SendsLettersOfDomainsThatShareTheirHostsOverOneConnection) {
  publish("c.example", "mx.a.example", "192.0.2.1");
  give(0, "a.example");
  give(1, "c.example");
  turn();
  EXPECT_THAT(network_.endpoints, SizeIs(1));
  EXPECT_THAT(sessions_.submitted, SizeIs(2));
  accept_all();
}

TEST_F(DirectShardTest, SettlesAtOnceWhatDnsSaysTakesNoMail) {
  zone_.domains["null.example"] = {"null.example", Reason::null_mx, {}};
  give(0, "null.example");
  give(1, "nowhere.example");
  turn();

  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(2));
  EXPECT_EQ(settlements[0].outcome, (Outcome{State::unreachable, Reason::null_mx, 1}));
  EXPECT_EQ(settlements[1].outcome, (Outcome{State::unreachable, Reason::no_such_domain, 1}));
  EXPECT_THAT(network_.endpoints, IsEmpty());
}

TEST_F(DirectShardTest, DefersWhereDnsFailsAndNotBeforeDnsIsAskedAgain) {
  zone_.domains["slow.example"] = {"slow.example", Reason::dns_failed, {}};
  give(0, "slow.example");
  turn();
  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].outcome, (Outcome{State::deferred, Reason::dns_failed, 1}));
  EXPECT_GE(wait_of(settlements[0]), 30'000);
}

TEST_F(DirectShardTest, KeepsALetterAsideUntilDnsAnswers) {
  zone_.mute = true;
  give(0, "a.example");
  turn();
  EXPECT_THAT(network_.endpoints, IsEmpty());
  EXPECT_THAT(settled(), IsEmpty());
  zone_.mute = false;
  turn();
  EXPECT_THAT(sessions_.submitted, ElementsAre(slot(0)));
  accept_all();
}

TEST_F(DirectShardTest, PutsOffWhatDnsLetsWaitForASecondSinceItHoldsItsPage) {
  zone_.mute = true;
  give(0, "a.example");
  pass(milliseconds(900));
  EXPECT_THAT(settled(), IsEmpty());
  pass(milliseconds(300));
  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].outcome, (Outcome{State::deferred, Reason::dns_failed, 0}))
      << "no attempt was made";
  EXPECT_EQ(crossings_.letters_returned.load(), 1U);
}

TEST_F(DirectShardTest, PutsOffWhatASlowSiteLetsWaitAndGivesEachATurnOfItsOwn) {
  network_.silent.insert("192.0.2.1");
  for (Slot place = 0; place < 40; ++place) {
    give(place, "a.example");
  }
  give(100, "b.example");
  pass(milliseconds(1200));

  EXPECT_THAT(sessions_.submitted, ElementsAre(slot(100))) << "others are not held up";
  auto settlements = settled();
  std::erase_if(settlements, [](const auto& each) { return each.slot == slot(100); });
  ASSERT_THAT(settlements, SizeIs(40));
  for (std::size_t i = 0; i < settlements.size(); ++i) {
    EXPECT_EQ(settlements[i].outcome, (Outcome{State::deferred, Reason::site_busy, 0}));
    if (i != 0) {
      EXPECT_GT(settlements[i].next_at_ms, settlements[i - 1].next_at_ms);
    }
  }
  EXPECT_LE(wait_of(settlements.back()), 5'000) << "twenty a second at least";
  accept_all();
}

TEST_F(DirectShardTest, LetsFewWaitForASiteThatStallsUntilItAnswers) {
  network_.silent.insert("192.0.2.1");
  give(0, "a.example");
  pass(milliseconds(1200));
  ASSERT_THAT(settled(), SizeIs(1));
  for (Slot place = 1; place <= 40; ++place) {
    give(place, "a.example");
  }
  turn(1);
  EXPECT_THAT(settled(), SizeIs(36)) << "four see whether it still stalls";
  network_.silent.clear();
  turn(4);
  accept_all();
  turn(1);
  (void)settled();
  for (Slot place = 41; place <= 80; ++place) {
    give(place, "a.example");
  }
  turn(1);
  EXPECT_THAT(settled(), IsEmpty());
  crossings_.request_stop(0, Stop::pause, "enough");
  turn(1);
}

TEST_F(DirectShardTest, LetsWhatHoldsNoPageWaitLonger) {
  network_.silent.insert("192.0.2.1");
  give(0, "a.example");
  crossings_.slab[slot(0)].from_exception = true;
  crossings_.slab[slot(0)].attempts = 1;
  pass(seconds(4));
  EXPECT_THAT(settled(), IsEmpty());
  pass(milliseconds(1200));
  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].outcome, (Outcome{State::deferred, Reason::site_busy, 1}));
}

TEST_F(DirectShardTest, KeepsInDoubtWhatMayHaveArrivedBefore) {
  network_.silent.insert("192.0.2.1");
  give(0, "a.example");
  crossings_.slab[slot(0)].in_doubt = true;
  pass(milliseconds(1200));
  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].outcome.state, State::in_doubt);
  EXPECT_FALSE(settlements[0].in_doubt) << "nothing was repeated yet";
}

TEST_F(DirectShardTest, LetsTheCanaryWaitAsLongAsItTakes) {
  entry().mail.proved = 0;
  network_.silent.insert("192.0.2.1");
  give(0, "a.example");
  pass(seconds(8));
  EXPECT_THAT(settled(), IsEmpty());
}

TEST_F(DirectShardTest, DefersTheLettersOfASiteThatIsDownWithTheReason) {
  network_.failure_of["192.0.2.1"] = ErrorCode::connect_refused;
  give(0, "a.example");
  give(1, "b.example");
  turn();
  pass(milliseconds(300));

  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].outcome, (Outcome{State::deferred, Reason::no_mail_host, 1}));
  EXPECT_GE(wait_of(settlements[0]), 45'000);
  give(2, "a.example");
  turn(1);
  EXPECT_THAT(settled(), SizeIs(1)) << "nobody is asked while it is down";
  EXPECT_THAT(sessions_.submitted, ElementsAre(slot(1)));
  accept_all();
}

TEST_F(DirectShardTest, SaysToTheCanaryThatASiteIsDown) {
  entry().mail.proved = 0;
  network_.failure_of["192.0.2.1"] = ErrorCode::connect_refused;
  give(0, "a.example");
  turn();
  pass(milliseconds(300));
  EXPECT_EQ(entry().mail.answered.load(), 1U);
  EXPECT_EQ(entry().mail.proved.load(), 0U);
  EXPECT_EQ(entry().mail.suspected.load(), Reason::no_mail_host);
}

TEST_F(DirectShardTest, GivesBackTheLettersOfAStoppedTaskWhereverTheyAre) {
  network_.silent.insert("192.0.2.1");
  give(0, "a.example");
  turn();
  zone_.mute = true;
  give(1, "b.example");
  turn(1);
  give(2, "a.example");
  crossings_.request_stop(0, Stop::pause, "asked to");
  turn(2);

  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(3));
  for (const auto& each : settlements) {
    EXPECT_EQ(each.kind, Settlement::Kind::returned);
  }
  EXPECT_THAT(sessions_.submitted, IsEmpty());
}

TEST_F(DirectShardTest, StopsNothingForWhatOneStrangerRefuses) {
  give(0, "a.example");
  turn();
  sessions_.all.at(0)->answer(slot(0), 530, Reason::login_impossible);
  turn(2);
  EXPECT_FALSE(crossings_.mail_is_refused());
  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].outcome, (Outcome{State::deferred, Reason::login_impossible, 1}));
}

TEST_F(DirectShardTest, TakesAConnectionThatEndsWithItsFirstLetterForAFailure) {
  give(0, "a.example");
  give(1, "a.example");
  turn();
  auto& session = *sessions_.all.at(0);
  ASSERT_THAT(session.in_flight, SizeIs(2));
  session.answer(slot(0), 421, Reason::server_busy);
  session.say({slot(1), wire::Fate::unprocessed, Reason::none, 0, 0});
  session.state.refusal = Reason::server_busy;
  session.go_away();
  turn();
  pass(milliseconds(300));

  EXPECT_THAT(network_.endpoints, SizeIs(1)) << "the site is down";
  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(2));
  EXPECT_EQ(settlements[0].outcome, (Outcome{State::deferred, Reason::server_busy, 1}));
  EXPECT_EQ(settlements[1].outcome, (Outcome{State::deferred, Reason::server_busy, 1}));
}

TEST_F(DirectShardTest, LearnsHowManyLettersASiteTakesOfAConnection) {
  give(0, "a.example");
  give(1, "a.example");
  turn();
  EXPECT_EQ(wishes_.at(0).letters_max, 100U);
  auto& session = *sessions_.all.at(0);
  session.answer(slot(0), 250);
  turn(1);
  session.say({slot(1), wire::Fate::unprocessed, Reason::none, 0, 0});
  session.state.refusal = Reason::server_busy;
  session.go_away();
  turn();
  EXPECT_EQ(wishes_.back().letters_max, 1U);
  accept_all();
}

TEST_F(DirectShardTest, TakesIdleConnectionsAwayWhereTheBudgetIsSpent) {
  close();
  open(1);
  give(0, "a.example");
  turn();
  accept_all();
  give(1, "b.example");
  turn(8);
  EXPECT_THAT(sessions_.submitted, ElementsAre(slot(0), slot(1)));
  accept_all();
}

TEST_F(DirectShardTest, ForgetsLanesThatAreDone) {
  give(0, "a.example");
  turn();
  accept_all();
  turn(1);
  EXPECT_EQ(gauges_.connections.load(), 1U);
  network_.cut = true;
  turn(2);
  EXPECT_EQ(gauges_.connections.load(), 0U);
  give(1, "a.example");
  turn();
  EXPECT_THAT(sessions_.submitted, SizeIs(2));
  accept_all();
}

}  // namespace
}  // namespace muster::pipeline
