// Accounts of a task: settled by what their clearances say, without a peer.
#include "pipeline/account_expander.h"

#include "tests/pipeline/clearing_life.h"

namespace muster::pipeline {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::SizeIs;

class AccountExpanderTest : public ClearingFixture {
 protected:
  // One device, no mailbox, so many accounts; everybody's registration is waited for.
  void accounts(std::uint32_t count) {
    household(1, count);
    move_mailboxes(count, task_.accounts);
    clearances_.otherwise = {Word::wait, Reason::none};
    clearances_.say(user_of_device(0), Word::go);
  }
  void say_all(Word word, Reason reason = Reason::none) {
    for (std::uint32_t n = 0; n < task_.accounts.size(); ++n) {
      clearances_.say(*task_.accounts.at(n), word, reason);
    }
  }
};

TEST_F(AccountExpanderTest, EnrollsWhoIsAssociatedAndSendsNothing) {
  accounts(5);
  auto& life = live();
  life.turn();
  life.settle_all(life.pushes);
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::open);
  say_all(Word::enrolled);
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
  EXPECT_EQ(life.durable(State::enrolled), 5U);
  EXPECT_EQ(row(3).outcome, (Outcome{State::enrolled, Reason::none, 0}));
  EXPECT_THAT(life.pushes, SizeIs(0));
  EXPECT_THAT(life.letters, SizeIs(0));
  EXPECT_EQ(life.crossings.unsettled(1), 0U);
}

TEST_F(AccountExpanderTest, SettlesEachInItsTurnAndKeepsTheRest) {
  accounts(3);
  auto& life = live();
  life.turn();
  clearances_.say(*task_.accounts.at(0), Word::enrolled);
  clearances_.say(*task_.accounts.at(1), Word::refused, Reason::account_refused);
  life.turn();
  EXPECT_EQ(row(1).outcome.state, State::enrolled);
  EXPECT_EQ(row(2).outcome, (Outcome{State::failed, Reason::account_refused, 0}));
  EXPECT_EQ(row(3).outcome.state, State::queued);
}

TEST_F(AccountExpanderTest, GoesOnWaitingForWhoGotACodeInstead) {
  accounts(1);
  say_all(Word::go);
  auto& life = live();
  life.turn();
  life.settle_all(life.pushes);
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::open);
  clock_.turn(minutes(2));
  life.turn();
  EXPECT_EQ(life.durable(State::registering), 1U);
  say_all(Word::enrolled);
  clock_.turn(minutes(2));
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
}

TEST_F(AccountExpanderTest, MovesOutWhoWaitsForLongSoThatOtherPagesComeIn) {
  constexpr std::uint32_t pages = 6;
  accounts(pages * limits::page_size);
  auto& life = live();
  life.turn(6);
  EXPECT_EQ(life.ledger->pages_in_hand(0), limits::account_pages_in_hand_max + 1);
  for (int i = 0; i < 4; ++i) {
    clock_.turn(minutes(1));
    life.turn(12);
  }
  EXPECT_EQ(life.durable(State::registering), pages * limits::page_size);
  EXPECT_FALSE(life.expander.turn());
}

TEST_F(AccountExpanderTest, ExpiresWhoIsWaitedForTooLong) {
  accounts(2);
  auto& life = live();
  life.turn();
  life.settle_all(life.pushes);
  clock_.turn(hours(25));
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
  EXPECT_EQ(life.durable(State::expired), 2U);
  EXPECT_EQ(row(1).outcome, (Outcome{State::expired, Reason::too_late, 0}));
}

TEST_F(AccountExpanderTest, DoubtsNothingAfterACrash) {
  accounts(10);
  live().turn();
  clock_.turn(minutes(2));
  life_->turn();
  ASSERT_EQ(life_->durable(State::registering), 10U);
  clock_.turn(minutes(2));
  life_->loop.turn();
  life_->expander.turn();  // asks to gather
  life_->loop.turn();      // … which is durable now
  crash();
  auto& next = live();
  next.turn();
  say_all(Word::enrolled);
  for (int i = 0; i < 4; ++i) {
    clock_.turn(minutes(1));
    next.turn();
    next.settle_all(next.pushes);
  }
  EXPECT_EQ(next.entry().phase.load(), Phase::completed);
  EXPECT_EQ(next.durable(State::enrolled), 10U);
  EXPECT_LE(next.entry().repeated.load(), 1U) << "the push";
}

TEST_F(AccountExpanderTest, PutsItsPagesBackWhenItsTaskStops) {
  for (const auto stop : {Stop::drain, Stop::pause, Stop::cancel}) {
    created_ = false;
    accounts(5);
    auto& life = live();
    life.turn();
    life.crossings.request_stop(0, stop, "asked to");
    life.settle_all(life.pushes);
    life.turn();
    EXPECT_EQ(life.entry().phase.load(), Phase::stopped);
    EXPECT_EQ(row(5).outcome.state, stop == Stop::cancel ? State::cancelled : State::queued);
    crash();
  }
}

TEST_F(AccountExpanderTest, GivesBackWhatItGatheredWhenItsTaskStops) {
  accounts(3);
  auto& life = live();
  life.turn();
  life.settle_all(life.pushes);
  clock_.turn(minutes(2));
  life.turn();
  ASSERT_EQ(life.durable(State::registering), 3U);
  clock_.turn(minutes(2));
  life.loop.turn();
  life.expander.turn();  // asks to gather
  life.crossings.request_stop(0, Stop::drain, "");
  life.turn(6);
  ASSERT_EQ(life.entry().phase.load(), Phase::stopped);
  crash();
  say_all(Word::enrolled);
  auto& next = live();
  next.turn();
  EXPECT_EQ(next.entry().phase.load(), Phase::completed);
}

TEST_F(AccountExpanderTest, KeepsATaskRunningWhoseMailIsHeld) {
  household(0, 4);
  move_mailboxes(2, task_.accounts);
  clearances_.say(*task_.accounts.at(0), Word::wait);
  clearances_.say(*task_.accounts.at(1), Word::wait);
  auto& life = live();
  life.crossings.refuse_mail(1, "refused");
  life.turn();
  EXPECT_EQ(life.entry().stop.load(), Stop::none);
  say_all(Word::enrolled);
  life.turn();
  EXPECT_EQ(life.entry().stop.load(), Stop::pause);
}

TEST_F(AccountExpanderTest, SettlesNoMoreThanItIsGivenSlots) {
  accounts(3);
  say_all(Word::enrolled);
  Crossings crossings;
  crossings.tasks[0] = std::make_shared<TaskEntry>();
  crossings.tasks[0]->layout = {0, 0, 0, 3};
  crossings.tasks[0]->accounts = task_.accounts;
  crossings.tasks[0]->content.expiration_s = clock_.wall().seconds() + 60;
  AccountExpander expander(crossings, &clearances_);
  expander.begin(0);
  std::vector<Settlement> settled;
  expander.turn(clock_.now(), clock_.wall(), 2, settled);  // leases
  PartNews news;
  news.exhausted.assign(limits::account_pages_in_hand_max - 1, 0);
  expander.take_page({0, 0, 0, 0, false, {}}, clock_.now());
  expander.take_news(news);
  expander.turn(clock_.now(), clock_.wall(), 2, settled);
  EXPECT_THAT(settled, SizeIs(2));
  expander.turn(clock_.now(), clock_.wall(), 2, settled);
  EXPECT_THAT(settled, SizeIs(3));
}

}  // namespace
}  // namespace muster::pipeline
