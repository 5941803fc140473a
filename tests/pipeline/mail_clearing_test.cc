// Letters of a task that asks whether its users may be invited, and the URLs they carry.
#include "tests/pipeline/clearing_life.h"

namespace muster::pipeline {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeClearances;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using MailClearingTest = ClearingFixture;

TEST_F(MailClearingTest, GivesEachLetterItsUsersOwnUrl) {
  household(1, 20);
  auto& life = live();
  life.turn();
  ASSERT_THAT(life.letters, SizeIs(20));
  for (const auto slot : life.letters) {
    const auto& letter = life.crossings.letters[slot];
    EXPECT_EQ(letter.url, FakeClearances::url_of(letter.user));
  }
  EXPECT_EQ(clearances_.reads, 1) << "for all letters of a turn together";
}

TEST_F(MailClearingTest, GivesNoUrlOfAnotherToALetterOfATaskThatDoesNotAsk) {
  household(1, 3);
  auto& life = live();
  life.turn();
  life.settle_all(life.letters);
  life.settle_all(life.pushes);
  life.turn();
  crash();
  created_ = false;
  task_.id.bytes[0] = 77;
  auto& plain = live();
  plain.entry().asks_clearance = false;
  for (Slot slot = Letters::first; slot < limits::slots_max; ++slot) {
    plain.crossings.letters[slot].url = "https://left.example/behind";
  }
  plain.turn();
  ASSERT_THAT(plain.letters, SizeIs(3));
  for (const auto slot : plain.letters) {
    EXPECT_EQ(plain.crossings.letters[slot].url, "");
  }
}

TEST_F(MailClearingTest, PassesOverWhoWaitsAndWritesToHimOnceHeMayBeInvited) {
  household(1, 4);
  clearances_.say(user_of_mailbox(1), Word::wait);
  auto& life = live();
  life.turn();
  EXPECT_THAT(life.issued(life.letters), ElementsAre(1, 3, 4));
  life.settle_all(life.letters);
  clearances_.say(user_of_mailbox(1), Word::go);
  life.turn();
  EXPECT_THAT(life.issued(life.letters), ElementsAre(2));
}

TEST_F(MailClearingTest, SettlesWhoEnrolledAndWhomAppleRefused) {
  household(1, 3);
  clearances_.say(user_of_mailbox(0), Word::enrolled);
  clearances_.say(user_of_mailbox(1), Word::refused, Reason::registration_refused);
  auto& life = live();
  life.turn();
  EXPECT_THAT(life.issued(life.letters), ElementsAre(3));
  life.settle_all(life.letters);
  life.turn();
  EXPECT_EQ(row(1).outcome, (Outcome{State::superseded, Reason::enrolled, 0}));
  EXPECT_EQ(row(2).outcome, (Outcome{State::failed, Reason::registration_refused, 0}));
}

TEST_F(MailClearingTest, MovesOutWhoWaitsForLongSoThatTheOthersGoOn) {
  household(1, 100);
  clearances_.say(user_of_mailbox(0), Word::wait);
  auto& life = live();
  life.settle_all(life.pushes);
  life.turn();
  life.settle_all(life.letters);
  life.turn();
  EXPECT_THAT(life.letters, SizeIs(0)) << "the window reaches no further";
  clock_.turn(seconds(10));
  while (life.durable(State::sent) < 99) {
    life.turn();
    ASSERT_FALSE(life.letters.empty() && life.pushes.empty());
    life.settle_all(life.letters);
    life.settle_all(life.pushes);
    life.turn();
  }
  EXPECT_EQ(row(1).outcome, (Outcome{State::registering, Reason::none, 0}));
  clearances_.say(user_of_mailbox(0), Word::go);
  clock_.turn(minutes(1));
  life.turn();
  EXPECT_THAT(life.issued(life.letters), ElementsAre(1));
}

TEST_F(MailClearingTest, LooksOnceMoreAtWhoHasNoUrlAnyMore) {
  household(1, 3);
  clearances_.lost[user_of_mailbox(1)] = true;
  auto& life = live();
  life.turn();
  EXPECT_THAT(life.issued(life.letters), ElementsAre(1, 3));
  life.settle_all(life.letters);
  life.settle_all(life.pushes);
  life.turn();
  EXPECT_EQ(row(2).outcome, (Outcome{State::registering, Reason::none, 0})) << "he waits";
  clearances_.say(user_of_mailbox(1), Word::enrolled);
  clock_.turn(minutes(1));
  life.turn();
  EXPECT_EQ(row(2).outcome, (Outcome{State::superseded, Reason::enrolled, 0}));
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
}

TEST_F(MailClearingTest, CountsALetterWithoutUrlNeitherForTheCanaryNorForTheDay) {
  household(1, 10);
  settings_.mail.canary = 1;
  settings_.mail.pace.per_day = 2;
  clearances_.lost[user_of_mailbox(0)] = true;
  auto& life = live();
  life.turn();
  EXPECT_THAT(life.issued(life.letters), ElementsAre(2));
  life.entry().mail.answered = 1;
  life.entry().mail.proved = 1;
  life.turn();
  EXPECT_THAT(life.issued(life.letters), ElementsAre(2, 3));
}

TEST_F(MailClearingTest, PausesWithoutLossWhereUrlsCannotBeRead) {
  household(1, 3);
  clearances_.trouble = {ErrorCode::store_corrupt, 0};
  auto& life = live();
  life.turn();
  EXPECT_THAT(life.letters, SizeIs(0));
  life.settle_all(life.pushes);
  life.turn();
  ASSERT_EQ(life.entry().phase.load(), Phase::stopped);
  EXPECT_THAT(life.entry().stop_reason, HasSubstr("the invitations' addresses cannot be read"));
  crash();
  clearances_.trouble = {};
  auto& next = live();
  next.turn();
  ASSERT_THAT(next.letters, SizeIs(3));
  EXPECT_FALSE(next.job(next.letters[0]).in_doubt);
}

TEST_F(MailClearingTest, LetsAWokenFallbackWaitLikeAnybody) {
  household(1, 2);
  move_mailboxes(1, task_.fallbacks);
  clearances_.say(user_of_mailbox(1), Word::wait);
  auto& life = live();
  life.turn();
  life.settle_all(life.letters);
  life.settle_all(life.pushes, State::failed);
  life.turn();
  const auto judged = life.ledger->unjudged(0, 10);
  ASSERT_THAT(judged, SizeIs(1));
  const std::vector<InvitationNumber> wake{2};
  auto keeper = start_thread("keeper", [&] {
    life.loop.perform([&](ledger::Ledger& book) { book.judge(0, judged, wake); });
  });
  while (!life.loop.called()) {
    std::this_thread::yield();
  }
  life.turn();
  keeper.join();
  EXPECT_THAT(life.letters, SizeIs(0));
  EXPECT_EQ(row(2).outcome, (Outcome{State::registering, Reason::none, 0}));
  clearances_.say(user_of_mailbox(1), Word::go);
  clock_.turn(minutes(1));
  life.turn();
  ASSERT_THAT(life.letters, SizeIs(1));
  EXPECT_EQ(life.crossings.letters[life.letters[0]].url,
            FakeClearances::url_of(user_of_mailbox(1)));
}

TEST_F(MailClearingTest, KeepsFewPagesWhileNothingOfThemCanGoOn) {
  household(1, 12 * limits::mail_page_size);
  clearances_.otherwise = {Word::wait, Reason::none};
  auto& life = live();
  life.turn(10);
  EXPECT_LE(life.ledger->pages_in_hand(0), limits::waiting_pages_per_task_max + 1) << "and push's";
}

TEST_F(MailClearingTest, TriesItsCanaryAgainThoughOthersWaitBeforeTheGate) {
  household(1, 20);
  settings_.mail.canary = 2;
  clearances_.otherwise = {Word::wait, Reason::none};
  auto& life = live();
  life.turn();
  clock_.turn(seconds(20));
  life.turn(10);  // two at a time, as the gate lets them through
  ASSERT_EQ(life.durable(State::registering), 20U);
  clearances_.otherwise = {};
  clock_.turn(minutes(2));
  life.turn();
  ASSERT_THAT(life.letters, SizeIs(2));
  life.settle(life.letters[0], State::in_doubt, Reason::connection_lost,
              clock_.wall().milliseconds);
  life.turn();
  EXPECT_THAT(life.letters, SizeIs(3));
}

TEST_F(MailClearingTest, WaitsForAGatherBeforeItPutsATaskBack) {
  household(0, 1);
  auto& life = live();
  life.turn();
  life.settle(life.letters.at(0), State::deferred, Reason::greylisted, clock_.wall().milliseconds);
  clock_.turn(seconds(1));
  life.loop.turn();
  life.expander.turn();  // asks to gather
  life.crossings.request_stop(0, Stop::drain, "");
  life.turn();
  ASSERT_EQ(life.entry().phase.load(), Phase::stopped);
  crash();
  auto& next = live();
  next.turn();
  ASSERT_THAT(next.letters, SizeIs(1));
  EXPECT_FALSE(next.job(next.letters[0]).in_doubt);
}

}  // namespace
}  // namespace muster::pipeline
