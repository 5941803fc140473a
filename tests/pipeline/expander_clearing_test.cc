// Pushes of a task that asks whether its users may be invited.
#include "tests/pipeline/clearing_life.h"

namespace muster::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::SizeIs;

class ExpanderClearingTest : public ClearingFixture {
 protected:
  // Users of these devices, all alike.
  void say_all(std::uint32_t from, std::uint32_t past, Word word) {
    for (auto n = from; n < past; ++n) {
      clearances_.say(user_of_device(n), word);
    }
  }
};

TEST_F(ExpanderClearingTest, PushesAtOnceToWhomeverMayBeInvited) {
  household(5, 0);
  auto& life = live();
  life.turn();
  EXPECT_THAT(life.pushes, SizeIs(5));
  life.settle_all(life.pushes);
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
}

TEST_F(ExpanderClearingTest, PassesOverWhoWaitsAndHoldsNoSlotForHim) {
  household(5, 0);
  clearances_.say(user_of_device(1), Word::wait);
  auto& life = live();
  life.turn();
  EXPECT_THAT(life.issued(life.pushes), ElementsAre(0, 2, 3, 4));
  life.settle_all(life.pushes);
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::open);
  EXPECT_EQ(life.durable(State::sent), 1U) << "the mark cannot pass him";

  clearances_.say(user_of_device(1), Word::go);
  life.turn();
  EXPECT_THAT(life.issued(life.pushes), ElementsAre(1));
  EXPECT_FALSE(life.job(life.pushes[0]).from_exception);
  life.settle_all(life.pushes);
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
}

TEST_F(ExpanderClearingTest, SettlesWhoEnrolledAndWhomAppleRefused) {
  household(4, 0);
  clearances_.say(user_of_device(0), Word::enrolled);
  clearances_.say(user_of_device(1), Word::wait);
  clearances_.say(user_of_device(2), Word::refused, Reason::account_refused);
  auto& life = live();
  life.turn();
  EXPECT_THAT(life.issued(life.pushes), ElementsAre(3));
  clearances_.say(user_of_device(1), Word::enrolled);
  life.settle_all(life.pushes);
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
  EXPECT_EQ(row(0).outcome, (Outcome{State::superseded, Reason::enrolled, 0}));
  EXPECT_EQ(row(1).outcome, (Outcome{State::superseded, Reason::enrolled, 0}));
  EXPECT_EQ(row(2).outcome, (Outcome{State::failed, Reason::account_refused, 0}));
}

TEST_F(ExpanderClearingTest, MovesOutWhoWaitsForLongSoThatTheOthersGoOn) {
  household(2000, 0);
  clearances_.say(user_of_device(0), Word::wait);
  auto& life = live();
  life.turn(6);
  life.settle_all(life.pushes);
  life.turn(6);
  EXPECT_THAT(life.pushes, SizeIs(0)) << "the window reaches no further";
  clock_.turn(minutes(1));
  life.turn(6);
  EXPECT_EQ(life.durable(State::registering), 1U);
  EXPECT_EQ(row(0).outcome, (Outcome{State::registering, Reason::none, 0}));
  while (!life.pushes.empty()) {
    life.settle_all(life.pushes);
    life.turn();
  }
  EXPECT_EQ(life.durable(State::sent), 1999U);
  EXPECT_EQ(life.entry().phase.load(), Phase::open);

  clearances_.say(user_of_device(0), Word::go);
  clock_.turn(minutes(1));
  life.turn();
  ASSERT_THAT(life.pushes, SizeIs(1));
  EXPECT_TRUE(life.job(life.pushes[0]).from_exception);
  EXPECT_FALSE(life.job(life.pushes[0]).in_doubt);
  life.settle_all(life.pushes);
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
}

TEST_F(ExpanderClearingTest, LooksAtWhoWasMovedOutAgainAndAgainWithoutSpinning) {
  household(1, 0);
  clearances_.say(user_of_device(0), Word::wait);
  auto& life = live();
  life.turn();
  for (int i = 0; i < 10; ++i) {
    clock_.turn(minutes(1));
    life.turn();
    EXPECT_EQ(life.durable(State::registering), 1U);
    EXPECT_FALSE(life.expander.turn());
    EXPECT_GT(life.expander.next(), clock_.now() + milliseconds(100));
  }
  EXPECT_THAT(life.pushes, SizeIs(0));
}

TEST_F(ExpanderClearingTest, LooksAgainWhenItIsRungNotOnlyWhenItsPatienceEnds) {
  household(1, 0);
  clearances_.say(user_of_device(0), Word::wait);
  auto& life = live();
  life.turn();
  clearances_.say(user_of_device(0), Word::go);
  life.expander.turn();
  life.take();
  EXPECT_THAT(life.pushes, SizeIs(1));
}

TEST_F(ExpanderClearingTest, LetsARetryWaitWithoutLosingItsAttempts) {
  household(1, 0);
  auto& life = live();
  life.turn();
  life.settle(life.pushes.at(0), State::deferred, Reason::too_many_requests,
              clock_.wall().milliseconds + 1000);
  life.pushes.clear();
  clearances_.say(user_of_device(0), Word::wait);
  life.turn();
  clock_.turn(seconds(2));
  life.turn();
  EXPECT_THAT(life.pushes, SizeIs(0));
  EXPECT_EQ(row(0).outcome, (Outcome{State::registering, Reason::none, 1}));
  clearances_.say(user_of_device(0), Word::go);
  clock_.turn(minutes(1));
  life.turn();
  ASSERT_THAT(life.pushes, SizeIs(1));
  EXPECT_EQ(life.job(life.pushes[0]).attempts, 1);
}

TEST_F(ExpanderClearingTest, SupersedesARetryOfWhoEnrolledMeanwhile) {
  household(1, 0);
  auto& life = live();
  life.turn();
  life.settle(life.pushes.at(0), State::deferred, Reason::too_many_requests,
              clock_.wall().milliseconds);
  clearances_.say(user_of_device(0), Word::enrolled);
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
  EXPECT_EQ(row(0).outcome, (Outcome{State::superseded, Reason::enrolled, 1}));
}

TEST_F(ExpanderClearingTest, ExpiresWhoWaitedForTooLong) {
  household(1, 0);
  clearances_.say(user_of_device(0), Word::wait);
  auto& life = live();
  life.turn();
  clock_.turn(minutes(2));
  life.turn();
  ASSERT_EQ(life.durable(State::registering), 1U);
  clock_.turn(std::chrono::hours(24));
  life.turn();
  EXPECT_EQ(row(0).outcome, (Outcome{State::expired, Reason::too_late, 0}));
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
}

TEST_F(ExpanderClearingTest, TellsAtOnceWhatNoClearanceWouldMend) {
  household(1, 0);
  clearances_.say(user_of_device(0), Word::wait);
  ASSERT_TRUE(
      household_->roster().forget_tokens({{*household_->all().devices.at(0), 4'000'000'000'000}}));
  auto& life = live();
  life.turn();
  EXPECT_EQ(row(0).outcome.state, State::unreachable);
}

TEST_F(ExpanderClearingTest, PutsBackAPageInWhichOnlyWaitingUsersAreLeft) {
  household(3, 0);
  clearances_.otherwise = {Word::wait, Reason::none};
  auto& life = live();
  life.turn();
  life.crossings.request_stop(0, Stop::drain, "");
  life.turn();
  ASSERT_EQ(life.entry().phase.load(), Phase::stopped);
  crash();
  clearances_.otherwise = {};
  auto& next = live();
  next.turn();
  ASSERT_THAT(next.pushes, SizeIs(3));
  for (const auto slot : next.pushes) {
    EXPECT_FALSE(next.job(slot).in_doubt);
  }
}

TEST_F(ExpanderClearingTest, FindsThoseAgainWhoWaitedWhenTheProcessDied) {
  household(3, 0);
  clearances_.otherwise = {Word::wait, Reason::none};
  live().turn();
  clock_.turn(minutes(2));
  life_->turn();
  ASSERT_EQ(life_->durable(State::registering), 3U);
  crash();
  auto& next = live();
  next.turn();
  clearances_.otherwise = {};
  clock_.turn(minutes(1));
  next.turn();
  EXPECT_THAT(next.pushes, SizeIs(3));
}

TEST_F(ExpanderClearingTest, KeepsFewPagesWhileNothingOfThemCanGoOn) {
  household(20 * limits::page_size, 0);
  clearances_.otherwise = {Word::wait, Reason::none};
  auto& life = live();
  life.turn(20);
  EXPECT_EQ(life.ledger->pages_in_hand(0), limits::waiting_pages_per_task_max);
  clearances_.otherwise = {};
  clearances_.say(user_of_device(0), Word::go);
  life.turn(20);
  EXPECT_GT(life.ledger->pages_in_hand(0), limits::waiting_pages_per_task_max);
}

TEST_F(ExpanderClearingTest, LetsTheCanaryGoFirstThroughWhoWasMovedOut) {
  household(50, 0);
  clearances_.otherwise = {Word::wait, Reason::none};
  auto& life = live();
  life.entry().canary = 2;
  life.turn();
  clock_.turn(minutes(2));
  life.turn(20);  // two at a time, as the gate lets them through
  ASSERT_EQ(life.durable(State::registering), 50U);
  clearances_.otherwise = {};
  clock_.turn(minutes(1));
  life.turn();
  EXPECT_THAT(life.pushes, SizeIs(2));
  // One of them is tried again although others wait before the gate.
  life.settle(life.pushes[0], State::in_doubt, Reason::connection_lost, clock_.wall().milliseconds);
  life.turn();
  EXPECT_THAT(life.pushes, SizeIs(3));
  life.entry().answered = 1;
  life.entry().proved = 1;
  life.turn();
  EXPECT_THAT(life.pushes, SizeIs(51));
}

TEST_F(ExpanderClearingTest, TakesNothingOfThePaceForWhoWaits) {
  household(200, 0);
  say_all(0, 100, Word::wait);
  auto& life = live();
  life.entry().rate = 100;
  life.turn();
  clock_.turn(minutes(1));
  for (int i = 0; i < 120; ++i) {
    life.turn(1);
  }
  EXPECT_EQ(life.durable(State::registering), 100U);
  EXPECT_GT(life.pushes.size(), 90U);
}

TEST_F(ExpanderClearingTest, LeavesATaskAloneThatDoesNotAsk) {
  household(5, 0);
  clearances_.otherwise = {Word::wait, Reason::none};
  auto& life = live();
  life.entry().asks_clearance = false;
  life.turn();
  EXPECT_THAT(life.pushes, SizeIs(5));
}

TEST_F(ExpanderClearingTest, CancelsWhoWaits) {
  household(3, 0);
  clearances_.say(user_of_device(2), Word::wait);
  auto& life = live();
  life.turn();
  life.crossings.request_stop(0, Stop::cancel, "asked to");
  life.settle_all(life.pushes);
  life.turn();
  ASSERT_EQ(life.entry().phase.load(), Phase::stopped);
  EXPECT_EQ(row(2).outcome.state, State::cancelled);
  EXPECT_THAT(life.pushes, SizeIs(0));
}

}  // namespace
}  // namespace muster::pipeline
