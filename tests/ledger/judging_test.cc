// Fallbacks: asleep until their user's last device invitation has failed.
#include "store/database.h"
#include "tests/ledger/ledger_fixture.h"

namespace muster::ledger {
namespace {

using Kind = Settlement::Kind;
using Numbers = std::vector<InvitationNumber>;
constexpr Outcome expired{State::expired, Reason::too_late, 1};
constexpr Outcome removed{State::cancelled, Reason::removed, 0};
constexpr std::string_view taken = "250 2.0.0 Ok: queued as 4F1A";

// Four devices, one mailbox, three fallbacks: invitations 5, 6 and 7.
class JudgingTest : public LedgerFixture {
 protected:
  static constexpr Layout layout{4, 1, 3};

  void begin() {
    create(layout);
    attach();
    lease(Part::push);
    lease(Part::mail);
    commit();
  }
  Numbers unjudged(std::size_t most = 100) { return ledger_->unjudged(0, most); }
  void judge(const Numbers& judged, const Numbers& wake) { ledger_->judge(0, judged, wake); }
  std::vector<DueRetry> due() {
    auto gathered = ledger_->gather(0, now_, 100, Channel::mail);
    EXPECT_TRUE(gathered);
    return gathered ? std::move(*gathered) : std::vector<DueRetry>{};
  }
};
class JudgingDeathTest : public JudgingTest {};

TEST_F(JudgingTest, GivesWhatEndedWithoutArrivingOnceItIsDurable) {
  begin();
  settle(0, failed);
  settle(1, gone);
  settle(2, expired);
  settle(3, removed);
  settle(4, failed);  // by mail: there is nothing behind it
  EXPECT_TRUE(unjudged().empty());
  EXPECT_TRUE(commit().completed.empty());
  EXPECT_EQ(unjudged(), (Numbers{0, 1, 2}));
  EXPECT_EQ(unjudged(2), (Numbers{0, 1}));
}

TEST_F(JudgingTest, KeepsNothingToJudgeForATaskWithoutFallbacks) {
  create_and_lease(10);
  settle(0, failed);
  commit();
  EXPECT_TRUE(unjudged().empty());
}

TEST_F(JudgingTest, CompletesOnlyWhenEverybodyIsJudged) {
  begin();
  for (InvitationNumber n = 0; n < 5; ++n) {
    settle(n, n == 2 ? failed : sent);
  }
  EXPECT_TRUE(commit().completed.empty());
  judge({2}, {});
  EXPECT_TRUE(unjudged().empty());
  EXPECT_TRUE(ledger_->dirty());
  EXPECT_EQ(commit().completed, std::vector<TaskIndex>{0});
  EXPECT_EQ(task_row().state, TaskState::completed);
  EXPECT_EQ(task_row().invitations, 5U);
}

TEST_F(JudgingTest, WakesAFallbackThatIsDueAtOnce) {
  begin();
  settle(0, failed);
  commit();
  EXPECT_TRUE(row(6).asleep);
  judge({0}, {6});
  EXPECT_EQ(commit().exceptions, std::vector<TaskIndex>{0});
  EXPECT_FALSE(row(6).asleep);
  EXPECT_TRUE(row(5).asleep);
  EXPECT_EQ(row(6).outcome.state, State::queued);
  EXPECT_EQ(task_row().invitations, 6U);
  EXPECT_EQ(ledger_->counts(0).woken, 1U);
  const auto woken = due();
  ASSERT_EQ(woken.size(), 1U);
  EXPECT_EQ(woken[0].invitation, 6U);
  EXPECT_EQ(woken[0].attempts, 0U);
  EXPECT_FALSE(woken[0].in_doubt);
  commit();
  settle_replied(6, sent, taken, true);
  commit();
  EXPECT_EQ(row(6).outcome, sent);
  EXPECT_EQ(row(6).reply, taken);
}

TEST_F(JudgingTest, WaitsForTheWokenBeforeTheTaskIsComplete) {
  begin();
  settle(0, failed);
  for (InvitationNumber n = 1; n < 5; ++n) {
    settle(n, sent);
  }
  commit();
  judge({0}, {7});
  EXPECT_TRUE(commit().completed.empty());
  ASSERT_EQ(due().size(), 1U);
  commit();
  settle_exception(7, failed);
  EXPECT_EQ(commit().completed, std::vector<TaskIndex>{0});
  ASSERT_TRUE(ledger_->detach(0));
  EXPECT_EQ(row(7).outcome, failed);
  EXPECT_TRUE(row(5).asleep);
  EXPECT_EQ(task_row().invitations, 6U);
}

TEST_F(JudgingTest, LosesAJudgementAndItsWakingsTogetherInACrash) {
  begin();
  settle(0, failed);
  settle(1, failed);
  commit();
  judge({0, 1}, {5});
  reattach();
  EXPECT_EQ(unjudged(), (Numbers{0, 1}));
  EXPECT_TRUE(row(5).asleep);
  EXPECT_EQ(ledger_->counts(0).woken, 0U);
  judge({0, 1}, {5});
  commit();
  reattach();
  EXPECT_FALSE(row(5).asleep);
  EXPECT_EQ(ledger_->counts(0).woken, 1U);
  EXPECT_EQ(due().size(), 1U);
}

TEST_F(JudgingTest, WakesNobodyTwiceWhateverWasJudgedAgain) {
  begin();
  settle(0, failed);
  commit();
  judge({0}, {5, 5});
  judge({}, {5});
  commit();
  judge({}, {5});
  commit();
  EXPECT_EQ(ledger_->counts(0).woken, 1U);
  ASSERT_EQ(due().size(), 1U);
  commit();
  settle_replied(5, sent, taken, true);
  commit();
  reattach();
  EXPECT_EQ(unjudged(), Numbers{0});
  judge({0}, {5});
  commit();
  EXPECT_EQ(row(5).outcome, sent);
  EXPECT_EQ(row(5).reply, taken);
  EXPECT_EQ(ledger_->counts(0).woken, 1U);
  EXPECT_TRUE(due().empty());
}

TEST_F(JudgingTest, CallsAWokenMailInDoubtWhenTheProcessDied) {
  begin();
  settle(0, failed);
  commit();
  judge({0}, {5});
  commit();
  ASSERT_EQ(due().size(), 1U);
  commit();
  reattach();
  EXPECT_EQ(count(State::in_doubt), 1U);
  const auto again = due();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_TRUE(again[0].in_doubt);
}

TEST_F(JudgingTest, KeepsAWokenMailQueuedThatComesBackUnsent) {
  begin();
  settle(0, failed);
  commit();
  judge({0}, {5});
  commit();
  ASSERT_EQ(due().size(), 1U);
  commit();
  settle_kind(5, Kind::returned, true);
  commit();
  EXPECT_EQ(row(5).outcome, (Outcome{}));
  EXPECT_FALSE(row(5).asleep);
  EXPECT_EQ(due().size(), 1U);
}

TEST_F(JudgingTest, KeepsFallbacksAwakeWhenAPushSucceedsOnASecondTry) {
  begin();
  settle(0, failed);
  settle(1, expired);
  commit();
  judge({}, {5});
  commit();
  EXPECT_EQ(*ledger_->retry(task_, std::nullopt, now_), 1U);
  EXPECT_EQ(unjudged(), Numbers{1});  // what is tried again has not ended
  ASSERT_EQ(ledger_->gather(0, now_, 10)->size(), 1U);
  commit();
  settle_exception(0, sent, 1);
  commit();
  EXPECT_FALSE(row(5).asleep);
  EXPECT_EQ(unjudged(), Numbers{1});
  EXPECT_EQ(task_row().invitations, 6U);
}

TEST_F(JudgingTest, JudgesAgainWhatFailedOnASecondTry) {
  begin();
  settle(0, failed);
  commit();
  judge({0}, {});
  commit();
  EXPECT_EQ(*ledger_->retry(task_, std::nullopt, now_), 1U);
  ASSERT_EQ(ledger_->gather(0, now_, 10)->size(), 1U);
  commit();
  settle_exception(0, gone, 1);
  commit();
  EXPECT_EQ(unjudged(), Numbers{0});
}

TEST_F(JudgingTest, WakesNobodyForATaskThatWasCancelled) {
  begin();
  settle(0, failed);
  commit();
  judge({0}, {5});
  ASSERT_TRUE(ledger_->set_state(task_, TaskState::cancelled, "by ada", now_));
  commit();
  EXPECT_TRUE(row(5).asleep);
  EXPECT_EQ(row(5).outcome.state, State::queued);
  EXPECT_EQ(row(1).outcome.state, State::cancelled);
  settle(1, failed);
  commit();
  EXPECT_TRUE(unjudged().empty());
  EXPECT_EQ(count(State::cancelled), 3U);
}

TEST_F(JudgingTest, ShowsAWokenMailAsCancelledWithTheRest) {
  begin();
  settle(0, failed);
  commit();
  judge({0}, {5});
  commit();
  ASSERT_TRUE(ledger_->set_state(task_, TaskState::cancelled, "by ada", now_));
  EXPECT_EQ(row(5).outcome.state, State::cancelled);
  EXPECT_EQ(count(State::cancelled), 5U);  // three devices, a mailbox, a fallback
}

TEST_F(JudgingTest, WakesNobodyOfAPageThatIsDamaged) {
  begin();
  settle(0, failed);
  commit();
  judge({0}, {5});
  commit();
  {
    auto database = store::Database::open(dir_ + "/ledger.db", store::OpenMode::write, format, "");
    ASSERT_TRUE(database->execute("UPDATE delta SET body = x'00'"));
  }
  reattach();
  judge({0}, {6});
  commit();
  EXPECT_EQ(ledger_->counts(0).woken, 1U);
  EXPECT_EQ(due().size(), 1U);  // its own row tells
}

TEST_F(JudgingTest, CompletesATaskOfFallbacksAloneAtOnce) {
  create({0, 0, 4});
  EXPECT_EQ(task_row().state, TaskState::completed);
}

TEST_F(JudgingDeathTest, EndsTheProcessWhenSomethingElseThanAFallbackIsWoken) {
  begin();
  EXPECT_DEATH(judge({}, {4}), "ledger/judging.cc");
  EXPECT_DEATH(judge({}, {8}), "ledger/judging.cc");
  EXPECT_DEATH(judge({4}, {}), "ledger/judging.cc");
}

}  // namespace
}  // namespace muster::ledger
