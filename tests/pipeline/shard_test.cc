#include "pipeline/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pipeline/shard_fixture.h"

namespace muster::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeNetwork;
using ::testing::IsEmpty;
using testing::Sessions;
using ::testing::SizeIs;

using ShardTest = ShardFixture;

TEST_F(ShardTest, SettlesWhatWasAccepted) {
  give(3);
  turn();
  session().answer(3, 200);
  turn(1);

  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].outcome, (Outcome{State::sent, Reason::none, 1}));
  EXPECT_EQ(settlements[0].slot, 3U);
  EXPECT_EQ(settlements[0].status, 200);
  EXPECT_EQ(gauges_.answered.load(), 1U);
  EXPECT_EQ(gauges_.in_flight.load(), 0U);
}

TEST_F(ShardTest, NeverWritesAJobOfAnEarlierEpoch) {
  give(1);
  entry().epoch.fetch_add(1);
  turn();

  EXPECT_THAT(sessions_.submitted, IsEmpty());
  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].kind, Settlement::Kind::returned);
}

TEST_F(ShardTest, CountsAsTakenEachJobOnceHoweverOftenItIsWritten) {
  give_all(3);
  turn();
  ASSERT_THAT(sessions_.submitted, SizeIs(3));
  EXPECT_EQ(entry().taken.load(), 3U);
  session().say({0, wire::Fate::unprocessed, Reason::none, 0, 0});
  turn();
  ASSERT_THAT(sessions_.submitted, SizeIs(4));
  EXPECT_EQ(entry().taken.load(), 3U);
  session().accept_all();
  turn();
}

TEST_F(ShardTest, CountsAsTakenWhatItDrewAndFoundNoRoomFor) {
  sessions_.streams = 8;
  sessions_.room_by_language[1] = 4;
  give_all(8);
  crossings_.slab[0].language = 1;
  turn();
  ASSERT_LT(sessions_.submitted.size(), 8U);
  EXPECT_EQ(entry().taken.load() + crossings_.jobs[0]->size_approx(), 8U);
  crossings_.request_stop(0, Stop::pause, "asked to");
  turn();
  EXPECT_EQ(entry().taken.load(), 8U);
}

TEST_F(ShardTest, GivesBackWhatWaitsForRoomWhenItsTaskStops) {
  sessions_.streams = 1;
  give_all(5);
  turn();
  ASSERT_THAT(sessions_.submitted, SizeIs(1));
  crossings_.request_stop(0, Stop::pause, "asked to");
  turn(1);

  EXPECT_THAT(settled(), SizeIs(4));
  EXPECT_THAT(sessions_.submitted, SizeIs(1)) << "what was written stays and is awaited";
  session().accept_all();
  turn(1);
  EXPECT_THAT(settled(), SizeIs(1));
}

TEST_F(ShardTest, SendsAtOnceWhatWasNotProcessedAndDoesNotCountTheAttempt) {
  give(1);
  turn();
  session().say({1, wire::Fate::unprocessed, Reason::none, 0, 0});
  turn();
  ASSERT_THAT(sessions_.submitted, ElementsAre(1, 1));
  session().answer(1, 200);
  turn(1);

  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].outcome.attempts, 1);
}

TEST_F(ShardTest, LetsAJobWaitThatAPeerHangsUpAtAgainAndAgain) {
  give(1);
  turn();
  for (int time = 0; time < Returns::most; ++time) {
    ASSERT_THAT(settled(), IsEmpty()) << "after " << time << " times";
    session().say({1, wire::Fate::unprocessed, Reason::none, 0, 0});
    turn();
  }
  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].outcome, (Outcome{State::deferred, Reason::connection_lost, 1}));
  EXPECT_THAT(sessions_.submitted, SizeIs(Returns::most));
}

TEST_F(ShardTest, SendsElsewhereWhatAServerShuttingDownRefused) {
  give(1);
  turn();
  session().answer(1, 503, Reason::shutdown);
  turn(3);

  ASSERT_THAT(sessions_.submitted, ElementsAre(1, 1));
  EXPECT_EQ(sessions_.all[0], nullptr) << "it was retired";
  EXPECT_THAT(session(1).in_flight, ElementsAre(1));
}

TEST_F(ShardTest, AsksTheSessionForRoomAgainWhereBodiesOfAnotherSizeBegin) {
  sessions_.streams = 10;
  sessions_.room_by_language = {{1, 4}};  // a long payload takes the window of several
  give_all(3);
  for (Slot slot = 3; slot < 10; ++slot) {
    give(slot);
    crossings_.slab[slot].language = 1;
  }
  turn();
  EXPECT_THAT(sessions_.submitted, ElementsAre(0, 1, 2, 3)) << "then 3 are free, and 4 are needed";
}

TEST_F(ShardTest, AsksForRoomAfterTheFirstOfAKindAlthoughOneBeforeItWentHome) {
  sessions_.streams = 10;
  sessions_.room_by_language = {{0, 6}};
  give_all(5);
  crossings_.slab[0].epoch += 1;
  turn();
  EXPECT_THAT(sessions_.submitted, ElementsAre(1));
  EXPECT_THAT(settled(), SizeIs(1));
}

TEST_F(ShardTest, ReportsASlowAnswerOnceAndSettlesItAsAnException) {
  give(1);
  turn();
  clock_.turn(milliseconds(999));
  turn(1);
  EXPECT_THAT(settled(), IsEmpty());
  clock_.turn(milliseconds(2));
  turn(5);

  auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].kind, Settlement::Kind::slow);
  EXPECT_EQ(settlements[0].outcome.attempts, 1);
  clock_.turn(seconds(5));
  turn(5);
  EXPECT_THAT(settled(), IsEmpty());
  session().answer(1, 200);
  turn(1);
  settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].kind, Settlement::Kind::settled);
  EXPECT_TRUE(settlements[0].from_exception);
}

TEST_F(ShardTest, ForgetsTheAnsweredWhenTheCircleOfTheSentIsFull) {
  sessions_.streams = 1000;
  give(0);
  turn();
  // Slot 0 holds the head; the others go round behind it until the circle has been full twice.
  std::uint64_t answered = 0;
  while (answered < std::uint64_t{5} * limits::slots_max) {
    for (Slot slot = 1; slot <= 900; ++slot) {
      give(slot);
    }
    turn(1);
    for (Slot slot = 1; slot <= 900; ++slot) {
      session().answer(slot, 200);
    }
    turn(1);
    answered += settled().size();
    sessions_.submitted.clear();
  }
  clock_.turn(milliseconds(1001));
  turn(1);

  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1)) << "only slot 0 is slow";
  EXPECT_EQ(settlements[0].kind, Settlement::Kind::slow);
  EXPECT_EQ(settlements[0].slot, 0U);
}

TEST_F(ShardTest, StopsTheTaskWhoseConfigurationIsWrong) {
  give(1);
  turn();
  session().answer(1, 400, Reason::bad_topic);
  turn(1);

  EXPECT_EQ(entry().stop.load(),
            action_for(400, Reason::bad_topic) == Action::stop_task ? Stop::pause : Stop::none);
  EXPECT_THAT(settled(), SizeIs(1));
}

TEST_F(ShardTest, StopsEveryTaskOfARefusedCredentialAndGivesAllBack) {
  sessions_.streams = 1;
  give_all(3);
  turn();
  const auto first = sessions_.submitted.at(0);
  session().answer(first, 403, Reason::invalid_provider_token);
  session().free = 0;  // nothing more goes out before the answer is read
  turn(3);

  EXPECT_EQ(entry().stop.load(), Stop::pause);
  EXPECT_TRUE(entry().stop_reason.starts_with("InvalidProviderToken")) << entry().stop_reason;
  const auto settlements = settled();
  EXPECT_THAT(settlements, SizeIs(3));
  for (const auto& settlement : settlements) {
    EXPECT_EQ(settlement.kind, Settlement::Kind::returned);
  }
  EXPECT_THAT(sessions_.submitted, SizeIs(1));
}

TEST_F(ShardTest, StopsTheTasksOfAPeerThatCannotBeReached) {
  network_.failure = ErrorCode::connect_refused;
  give(1);
  for (int i = 0; i < 1000 && entry().stop.load() == Stop::none; ++i) {
    turn(1);
    clock_.turn(milliseconds(20));
  }
  EXPECT_EQ(entry().stop.load(), Stop::pause);
  EXPECT_THAT(settled(), SizeIs(1));
  EXPECT_EQ(network_.opened_at.size(), 3U);
}

TEST_F(ShardTest, KeepsInDoubtWhatALostConnectionCarried) {
  give_all(4);
  turn();
  network_.cut = true;
  turn(1);

  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(4));
  for (const auto& settlement : settlements) {
    EXPECT_EQ(settlement.outcome, (Outcome{State::in_doubt, Reason::connection_lost, 1}));
    EXPECT_GT(settlement.next_at_ms, clock_.wall().milliseconds);
  }
}

TEST_F(ShardTest, CountsWhatProvesAndWhatSuspectsTheConfiguration) {
  give_all(4);
  turn();
  session().answer(0, 200);
  session().answer(1, 400, Reason::bad_device_token);
  session().answer(2, 410, Reason::unregistered);
  session().say({3, wire::Fate::in_doubt, Reason::stream_reset, 0, 0});
  turn(1);

  EXPECT_EQ(entry().answered.load(), 3U);
  EXPECT_EQ(entry().proved.load(), 2U);
  EXPECT_EQ(entry().bad_tokens.load(), 1U);
  EXPECT_EQ(entry().suspected.load(), Reason::bad_device_token);
}

// The mail shard.
class MailShardTest : public ::testing::Test {
 protected:
  MailShardTest() {
    clock_.turn(seconds(100));
    auto entry = std::make_shared<TaskEntry>();
    entry->content.mail_expiration_s = clock_.wall().seconds() + 86'400;
    crossings_.tasks[0] = std::move(entry);
    sessions_.streams = 2;
    ShardSettings settings;
    settings.channel = Channel::mail;
    settings.credentials = {testing::pool_settings(sessions_)};
    settings.policy.retry_after = {std::chrono::minutes(5)};
    shard_.emplace(crossings_, clock_, network_, gauges_, settings);
  }
  ~MailShardTest() override {
    crossings_.ending = true;
    clock_.turn(seconds(100));
    for (auto* session : sessions_.all) {
      if (session != nullptr) {
        session->in_flight.clear();
      }
    }
    shard_->run();
  }
  TaskEntry& entry() { return *crossings_.tasks[0]; }
  static Slot slot(Slot place) { return Letters::first + place; }
  void give(Slot place) {
    auto& job = crossings_.slab[slot(place)];
    job = Job{};
    job.invitation = place;
    job.channel = Channel::mail;
    job.epoch = entry().epoch.load();
    job.letter = &crossings_.letters[slot(place)];
    crossings_.written.enqueue(slot(place));
  }
  void turn(int times = 2) {
    for (int i = 0; i < times; ++i) {
      shard_->turn(clock_.now());
    }
  }
  std::vector<Settlement> settled() { return testing::settled(crossings_); }
  testing::FakeSession& session(std::size_t number = 0) { return *sessions_.all.at(number); }

  FakeClock clock_;
  Crossings crossings_{true};
  FakeNetwork network_{clock_};
  Sessions sessions_;
  ShardGauges gauges_;
  std::optional<Shard> shard_;
};

TEST_F(MailShardTest, RecordsTheServersReply) {
  give(0);
  turn();
  crossings_.letters[slot(0)].reply = "250 2.0.0 Ok: queued as 4F1A2B";
  session().answer(slot(0), 250);
  turn(1);

  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].outcome, (Outcome{State::sent, Reason::none, 1}));
  EXPECT_EQ(settlements[0].reply, "250 2.0.0 Ok: queued as 4F1A2B");
  EXPECT_EQ(entry().mail.proved.load(), 1U);
  EXPECT_EQ(entry().proved.load(), 0U) << "push is another matter";
  EXPECT_EQ(entry().taken.load(), 0U);
}

TEST_F(MailShardTest, DefersByThePolicyOfMail) {
  give(0);
  turn();
  session().answer(slot(0), 451, Reason::greylisted);
  turn(1);

  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].outcome, (Outcome{State::deferred, Reason::greylisted, 1}));
  EXPECT_GT(settlements[0].next_at_ms, clock_.wall().milliseconds + 230'000);
}

TEST_F(MailShardTest, CountsASuspiciousRefusalForTheCanaryOfMailAlone) {
  give(0);
  turn();
  session().answer(slot(0), 550, Reason::sender_refused);
  turn(1);
  EXPECT_EQ(entry().mail.suspected.load(), Reason::sender_refused);
  EXPECT_EQ(entry().mail.answered.load(), 1U);
  EXPECT_EQ(entry().answered.load(), 0U);
}

TEST_F(MailShardTest, KeepsLettersWhileTheRouteIsRefusedAndSendsThemOnTheNextTry) {
  give(0);
  give(1);
  turn();
  crossings_.letters[slot(0)].reply = "535 5.7.8 no";
  session().answer(slot(0), 535, Reason::login_refused);
  turn();

  EXPECT_TRUE(crossings_.mail_is_refused());
  EXPECT_THAT(crossings_.mail_refusal, ::testing::HasSubstr("535 5.7.8 no"));
  EXPECT_THAT(settled(), IsEmpty());
  EXPECT_EQ(entry().stop.load(), Stop::none) << "it may have pushes to send";
  give(2);
  turn();
  EXPECT_THAT(sessions_.submitted, SizeIs(2));
  session().accept_all();
  turn(1);
  crossings_.mail_tries.fetch_add(1);
  turn(3);
  EXPECT_THAT(sessions_.submitted, SizeIs(4));
  EXPECT_FALSE(crossings_.mail_is_refused());
}

TEST_F(MailShardTest, GivesBackLettersOfAStoppedTaskWhileTheRouteIsRefused) {
  give(0);
  turn();
  session().answer(slot(0), 535, Reason::login_refused);
  turn();
  give(1);
  crossings_.request_stop(0, Stop::pause, "asked to");
  turn(1);

  EXPECT_THAT(settled(), SizeIs(2));
  EXPECT_EQ(crossings_.letters_returned.load(), 2U);
}

TEST_F(MailShardTest, SettlesAsExpiredWhatWaitedTooLong) {
  give(0);
  entry().content.mail_expiration_s = clock_.wall().seconds();
  turn();

  EXPECT_THAT(sessions_.submitted, IsEmpty());
  const auto settlements = settled();
  ASSERT_THAT(settlements, SizeIs(1));
  EXPECT_EQ(settlements[0].outcome, (Outcome{State::expired, Reason::too_late, 0}));
  EXPECT_EQ(crossings_.letters_returned.load(), 1U);
}

}  // namespace
}  // namespace muster::pipeline
