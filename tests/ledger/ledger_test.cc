#include "ledger/ledger.h"

#include "tests/ledger/ledger_fixture.h"

namespace muster::ledger {
namespace {

using Kind = Settlement::Kind;
class LedgerTest : public LedgerFixture {};
class LedgerDeathTest : public LedgerFixture {};

TEST_F(LedgerTest, KeepsATaskAsItWasFrozen) {
  create(5000);
  reopen();
  const auto row = ledger_->attach(task_, 3);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->target_name, "everybody");
  EXPECT_EQ(row->invitations, 5000U);
  EXPECT_EQ(row->state, TaskState::running);
  EXPECT_EQ(row->created_at, WallTime{1000});
  EXPECT_EQ(row->invited, Invited::unknown);
}

TEST_F(LedgerTest, LeasesPagesInOrderUntilNoneIsLeft) {
  create(limits::page_size + 10);
  attach();
  const auto first = lease();
  const auto second = lease();
  EXPECT_EQ(first.page, 0U);
  EXPECT_TRUE(first.outcomes.empty());  // nothing of it is known
  EXPECT_EQ(second.first, limits::page_size);
  EXPECT_TRUE(second.outcomes.empty());
  EXPECT_FALSE(first.in_doubt);
  EXPECT_EQ(ledger_->pages_in_hand(0), 2U);
  EXPECT_FALSE(*ledger_->lease(0));
}

TEST_F(LedgerTest, LeasesNoMorePagesThanTheLimitAllows) {
  create(limits::page_size * (limits::ledger_pages_max + 1));
  attach();
  for (std::uint32_t page = 0; page < limits::ledger_pages_max; ++page) {
    lease();
  }
  EXPECT_FALSE(*ledger_->lease(0));
}

TEST_F(LedgerTest, CountsOnlyWhatTheMarkPassed) {
  create_and_lease(100);
  settle(0, sent);
  settle(2, sent);
  const auto report = commit();
  ASSERT_EQ(report.marks.size(), 1U);
  EXPECT_EQ(report.marks[0].mark, 1U);
  EXPECT_EQ(report.settlements, 1U);
  EXPECT_EQ(count(State::sent), 1U);
  EXPECT_EQ(row(2).outcome.state, State::queued);
  settle(1, sent);
  EXPECT_EQ(commit().marks[0].mark, 3U);
  EXPECT_EQ(count(State::sent), 3U);
  EXPECT_EQ(row(2).outcome, sent);
  EXPECT_EQ(row(2).updated_at, now_);
  EXPECT_EQ(row(3).updated_at, WallTime{0});
}

TEST_F(LedgerTest, ForgetsInACrashWhatWasBeyondTheMark) {
  create_and_lease(100);
  settle(0, sent);
  settle(5, sent);
  commit();
  settle(1, sent);
  reattach();
  const auto page = lease();
  EXPECT_TRUE(page.in_doubt);
  EXPECT_EQ(page.mark, 1U);
  EXPECT_EQ(page.outcomes[0], sent.pack());
  EXPECT_EQ(page.outcomes[1], 0U);
  EXPECT_EQ(page.outcomes[5], 0U);
}

TEST_F(LedgerTest, KeepsAnExceptionThroughACrashAlsoBeyondTheMark) {
  create_and_lease(100);
  settle(7, failed);
  settle(9, deferred, 5);
  commit();
  EXPECT_EQ(count(State::failed), 1U);
  reattach();
  const auto page = lease();
  EXPECT_EQ(page.mark, 0U);
  EXPECT_EQ(page.outcomes[7], failed.pack());
  EXPECT_EQ(Outcome::unpack(page.outcomes[9]).state, State::elsewhere);
  for (InvitationNumber n = 0; n < 100; ++n) {
    if (n != 7 && n != 9) {
      settle(n, sent);
    }
  }
  commit();
  EXPECT_EQ(count(State::failed), 1U);
  EXPECT_EQ(count(State::deferred), 1U);
  EXPECT_EQ(count(State::sent), 98U);
}

TEST_F(LedgerTest, GivesAReleasedPageBackWithEverythingKnown) {
  create_and_lease(100);
  settle(0, sent);
  settle(5, sent);
  settle_kind(1, Kind::returned);
  ledger_->release(0, 0);
  EXPECT_EQ(commit().settlements, 2U);
  EXPECT_EQ(ledger_->pages_in_hand(0), 0U);
  EXPECT_EQ(count(State::sent), 2U);
  EXPECT_EQ(row(5).outcome, sent);
  ASSERT_TRUE(ledger_->detach(0));
  reattach();
  const auto page = lease();
  EXPECT_FALSE(page.in_doubt);
  EXPECT_EQ(page.mark, 1U);
  EXPECT_EQ(page.outcomes[1], 0U);
  EXPECT_EQ(page.outcomes[5], sent.pack());
  commit();
  for (InvitationNumber n = 1; n < 5; ++n) {
    settle(n, sent);
  }
  EXPECT_EQ(commit().marks.at(0).mark, 6U);
  EXPECT_EQ(count(State::sent), 6U);
}

TEST_F(LedgerTest, MovesWhatIsStillInDoubtToItsOwnRowWhenADoubtedPageIsReleased) {
  create_and_lease(3000);
  settle(0, sent);
  commit();
  reattach();
  EXPECT_TRUE(lease().in_doubt);
  settle(1, sent);
  ledger_->release(0, 0);
  commit();
  EXPECT_EQ(count(State::in_doubt), limits::ahead_of_mark_max - 1U);
  EXPECT_EQ(row(2).outcome.reason, Reason::process_died);
  const auto due = ledger_->gather(0, now_, 1);
  ASSERT_EQ(due->size(), 1U);
  EXPECT_TRUE(due->front().in_doubt);
  const auto again = lease();
  EXPECT_FALSE(again.in_doubt);
  EXPECT_EQ(again.mark, 1U + limits::ahead_of_mark_max);
}

TEST_F(LedgerTest, SettlesAPageWhoseLastSlotWasAnExceptionWithItsLease) {
  create_and_lease(2);
  settle(0, failed);
  settle(1, deferred, 5);
  reattach();  // nothing of it was committed
  EXPECT_EQ(lease().mark, 0U);
  commit();
  settle(1, deferred, 5);
  commit();
  settle(0, failed);
  const auto report = commit();
  ASSERT_EQ(report.marks.size(), 1U);
  EXPECT_EQ(report.marks[0].mark, 2U);
  EXPECT_EQ(ledger_->pages_in_hand(0), 0U);
  EXPECT_FALSE(*ledger_->lease(0));
}

TEST_F(LedgerTest, ReportsAPageThatIsWholeWhenItIsLeasedAgain) {
  create_and_lease(3000);
  reattach();
  lease();  // doubted
  for (InvitationNumber n = limits::ahead_of_mark_max; n < 3000; ++n) {
    settle(n, sent);
  }
  ledger_->release(0, 0);
  commit();
  EXPECT_EQ(ledger_->pages_in_hand(0), 0U);
  EXPECT_FALSE(*ledger_->lease(0));
  EXPECT_EQ(count(State::in_doubt), limits::ahead_of_mark_max);
}

TEST_F(LedgerTest, LetsTheMarkPassASlowAnswerAndPatchesItsHomeLater) {
  create_and_lease(10);
  settle(0, sent);
  settle_kind(1, Kind::slow);
  settle(2, sent);
  EXPECT_EQ(commit().marks.at(0).mark, 3U);
  EXPECT_EQ(count(State::sent), 2U);
  EXPECT_EQ(row(1).outcome.state, State::queued);
  EXPECT_FALSE(*ledger_->next_due(0));  // in flight: nobody else may send it
  settle_exception(1, sent);
  EXPECT_EQ(commit().settlements, 1U);
  EXPECT_EQ(count(State::sent), 3U);
  EXPECT_EQ(row(1).outcome, sent);
  reattach();
  EXPECT_EQ(lease().outcomes[1], sent.pack());
}

TEST_F(LedgerTest, PatchesTheHomeOfASlowAnswerAfterItsPageSettled) {
  create_and_lease(3);
  settle(0, sent);
  settle_kind(1, Kind::slow);
  settle(2, sent);
  EXPECT_TRUE(commit().completed.empty());
  EXPECT_EQ(ledger_->pages_in_hand(0), 0U);
  settle_exception(1, gone);
  EXPECT_EQ(commit().completed, std::vector<TaskIndex>{0});
  EXPECT_EQ(row(1).outcome, gone);
  EXPECT_EQ(task_row().state, TaskState::completed);
  EXPECT_EQ(task_row().ended_at, now_);
  ASSERT_TRUE(ledger_->detach(0));
  EXPECT_EQ(row(0).outcome, sent);
  EXPECT_EQ(row(1).outcome, gone);
}

TEST_F(LedgerTest, CallsASlowAnswerInDoubtWhenTheProcessDied) {
  create_and_lease(3);
  settle_kind(0, Kind::slow);
  commit();
  reattach();
  EXPECT_EQ(count(State::in_doubt), 1U);
  EXPECT_EQ(row(0).outcome, (Outcome{State::in_doubt, Reason::process_died, 1}));
  const auto due = ledger_->gather(0, WallTime{0}, 10);
  ASSERT_EQ(due->size(), 1U);
  EXPECT_TRUE(due->front().in_doubt);
}

TEST_F(LedgerTest, MakesAReturnedSlowJobDueAgain) {
  create_and_lease(3);
  settle_kind(0, Kind::slow);
  commit();
  settle_kind(0, Kind::returned, true);
  commit();
  EXPECT_EQ(row(0).outcome.state, State::deferred);
  EXPECT_EQ(count(State::deferred), 1U);
  const auto due = ledger_->gather(0, now_, 10);
  ASSERT_EQ(due->size(), 1U);
  EXPECT_FALSE(due->front().in_doubt);
}

TEST_F(LedgerTest, GathersADueExceptionOnceUntilItIsSettledAgain) {
  create_and_lease(10);
  settle(3, deferred, 500);
  settle(4, deferred, 400);
  settle(5, deferred, 9'000'000'000);
  commit();
  EXPECT_EQ(**ledger_->next_due(0), WallTime{400});
  const auto due = ledger_->gather(0, WallTime{600}, 10);
  ASSERT_EQ(due->size(), 2U);
  EXPECT_EQ((*due)[0].invitation, 4U);
  EXPECT_EQ((*due)[1].attempts, 1U);
  EXPECT_TRUE(ledger_->gather(0, WallTime{600}, 10)->empty());
  EXPECT_EQ(**ledger_->next_due(0), WallTime{9'000'000'000});
  commit();
  EXPECT_TRUE(ledger_->gather(0, WallTime{600}, 10)->empty());
  settle_exception(4, {State::sent, Reason::none, 2});
  auto later = settlement(3, {State::deferred, Reason::shutdown, 2});
  later.from_exception = true;
  later.next_at_ms = 700;
  settle(later);
  commit();
  EXPECT_EQ(row(4).outcome.attempts, 2U);
  EXPECT_EQ(row(3).next_at_ms, 700);
  EXPECT_EQ(ledger_->gather(0, WallTime{700}, 10)->size(), 1U);
  EXPECT_EQ(ledger_->gather(0, WallTime{700}, 10)->size(), 0U);
}

TEST_F(LedgerTest, LetsAGatheredExceptionComeBackUnsent) {
  create_and_lease(10);
  settle(3, deferred, 500);
  commit();
  ASSERT_EQ(ledger_->gather(0, WallTime{600}, 10)->size(), 1U);
  commit();
  settle_kind(3, Kind::returned, true);
  commit();
  const auto due = ledger_->gather(0, WallTime{600}, 10);
  ASSERT_EQ(due->size(), 1U);
  EXPECT_FALSE(due->front().in_doubt);
}

TEST_F(LedgerTest, CallsAGatheredExceptionInDoubtWhenTheProcessDied) {
  create_and_lease(10);
  settle(3, deferred, 500);
  settle(4, deferred, 500);
  commit();
  ASSERT_EQ(ledger_->gather(0, WallTime{600}, 1)->size(), 1U);
  commit();
  ASSERT_EQ(ledger_->gather(0, WallTime{600}, 1)->size(), 1U);  // never durable
  reattach();
  EXPECT_EQ(count(State::in_doubt), 1U);
  EXPECT_EQ(count(State::deferred), 1U);
}

TEST_F(LedgerTest, KnowsOfAnAnswerThatCameJustBeforeItsPageWasLeasedAgain) {
  create_and_lease(10);
  settle(3, deferred, 500);
  commit();
  ledger_->release(0, 0);
  commit();
  ASSERT_EQ(ledger_->gather(0, WallTime{600}, 1)->size(), 1U);
  commit();
  settle_exception(3, sent);
  EXPECT_EQ(lease().outcomes[3], sent.pack());
  commit();
  ledger_->release(0, 0);
  commit();
  EXPECT_EQ(row(3).outcome, sent);
}

TEST_F(LedgerTest, CompletesATaskInTheCommitOfItsLastInvitation) {
  create_and_lease(limits::page_size);
  for (InvitationNumber n = 0; n < limits::page_size; ++n) {
    settle(n, n % 100 == 0 ? failed : sent);
  }
  ledger_->count_repeated(0, 3);
  const auto report = commit();
  EXPECT_EQ(report.settlements, limits::page_size);
  EXPECT_EQ(report.completed, std::vector<TaskIndex>{0});
  EXPECT_FALSE(ledger_->dirty());
  const auto task = task_row();
  EXPECT_EQ(task.state, TaskState::completed);
  EXPECT_EQ(task.counts.repeated, 3U);
  EXPECT_EQ(task.counts.by_reason.at({State::failed, Reason::bad_device_token}), 41U);
}

TEST_F(LedgerTest, DoesNothingInAnEmptyCommit) {
  create(10);
  attach();
  EXPECT_FALSE(ledger_->dirty());
  EXPECT_EQ(commit().settlements, 0U);
}

TEST_F(LedgerTest, ShowsWhatWasNotSentAsCancelledAndStillTakesLateAnswers) {
  create_and_lease(10);
  settle(0, sent);
  settle(1, deferred, 5);
  settle(2, in_doubt, 5);
  commit();
  ASSERT_TRUE(ledger_->set_state(task_, TaskState::cancelled, "by ada", WallTime{77}));
  EXPECT_EQ(count(State::cancelled), 9U);
  EXPECT_EQ(count(State::deferred), 0U);
  EXPECT_EQ(task_row().counts.by_reason.at({State::cancelled, Reason::cancelled_by_person}), 9U);
  settle(3, sent);
  settle_kind(4, Kind::returned);
  ledger_->release(0, 0);
  EXPECT_TRUE(commit().completed.empty());
  EXPECT_EQ(count(State::cancelled), 8U);
  EXPECT_EQ(count(State::sent), 2U);
  const auto read = rows(0, 10);
  EXPECT_EQ(read[1].outcome, (Outcome{State::cancelled, Reason::cancelled_by_person, 1}));
  EXPECT_EQ(read[2].outcome.state, State::cancelled);
  EXPECT_EQ(read[3].outcome, sent);
  EXPECT_EQ(read[9].updated_at, WallTime{77});
  EXPECT_EQ(task_row().state_reason, "by ada");
  EXPECT_EQ(task_row().ended_at, WallTime{77});
}

TEST_F(LedgerTest, RaisesTheEpochWithEveryChangeOfState) {
  create(10);
  ASSERT_TRUE(ledger_->set_state(task_, TaskState::paused, "disk", WallTime{1}));
  ASSERT_TRUE(ledger_->set_state(task_, TaskState::running, "", WallTime{2}));
  EXPECT_EQ(task_row().epoch, 2U);
  EXPECT_EQ(task_row().ended_at, WallTime{0});
}

TEST_F(LedgerTest, GivesFailedInvitationsANewGeneration) {
  create_and_lease(4);
  settle(0, sent);
  settle(1, failed);
  settle(2, gone);
  settle(3, {State::expired, Reason::too_late, 0});
  EXPECT_EQ(commit().completed.size(), 1U);
  ASSERT_TRUE(ledger_->record_invited(task_, Invited::settled));
  EXPECT_EQ(*ledger_->retry(task_, std::nullopt, WallTime{50}), 2U);
  EXPECT_EQ(task_row().state, TaskState::running);
  EXPECT_EQ(task_row().invited, Invited::unknown);
  EXPECT_EQ(task_row().ended_at, WallTime{0});
  EXPECT_EQ(count(State::deferred), 2U);
  EXPECT_EQ(count(State::failed), 0U);
  const auto due = ledger_->gather(0, WallTime{50}, 10);
  ASSERT_EQ(due->size(), 2U);
  EXPECT_EQ(due->front().generation, 1U);
  EXPECT_EQ(due->front().attempts, 0U);
  commit();
  settle_exception(1, sent, 1);
  settle_exception(2, sent, 1);
  EXPECT_EQ(commit().completed.size(), 1U);
  EXPECT_EQ(row(1).generation, 1U);
  EXPECT_EQ(row(1).outcome, sent);
  EXPECT_EQ(count(State::sent), 3U);
  EXPECT_EQ(*ledger_->retry(task_, State::expired, WallTime{60}), 1U);
}

TEST_F(LedgerTest, RetriesWhatIsInDoubtUnderItsOldGeneration) {
  create_and_lease(4);
  settle(0, in_doubt, INT64_MAX);
  commit();
  EXPECT_EQ(*ledger_->retry(task_, State::in_doubt, WallTime{50}), 1U);
  const auto due = ledger_->gather(0, WallTime{50}, 10);
  ASSERT_EQ(due->size(), 1U);
  EXPECT_EQ(due->front().generation, 0U);
  EXPECT_TRUE(due->front().in_doubt);
}

TEST_F(LedgerTest, RefusesToRetryACancelledOrUnknownTask) {
  create(4);
  ASSERT_TRUE(ledger_->set_state(task_, TaskState::cancelled, "", WallTime{1}));
  EXPECT_EQ(ledger_->retry(task_, std::nullopt, WallTime{2}).error().code,
            ErrorCode::not_permitted);
  EXPECT_EQ(ledger_->retry(TaskId{}, std::nullopt, WallTime{2}).error().code, ErrorCode::not_found);
  EXPECT_EQ(ledger_->attach(TaskId{}, 0).error().code, ErrorCode::not_found);
  EXPECT_EQ(ledger_->set_state(TaskId{}, TaskState::paused, "", WallTime{}).error().code,
            ErrorCode::not_found);
  EXPECT_EQ(ledger_->record_invited(TaskId{}, Invited::added).error().code, ErrorCode::not_found);
}

TEST_F(LedgerTest, RemembersThatTheRosterLearnedOfATask) {
  create(4);
  ASSERT_TRUE(ledger_->record_invited(task_, Invited::added));
  EXPECT_EQ(task_row().invited, Invited::added);
  ASSERT_TRUE(ledger_->record_invited(task_, Invited::settled));
  EXPECT_EQ(task_row().invited, Invited::settled);
}

TEST_F(LedgerTest, CompletesATaskForNobodyAtOnce) {
  create(0);
  EXPECT_EQ(task_row().state, TaskState::completed);
}

TEST_F(LedgerTest, SaysWhereItCannotBeOpened) {
  const auto opened = Ledger::open(dir_ + "/missing");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().file, dir_ + "/missing/ledger.db");
  EXPECT_EQ(opened.error().cause.code, ErrorCode::not_found);
}

TEST_F(LedgerDeathTest, EndsTheProcessWhenAnAnswerComesTwice) {
  create_and_lease(10);
  settle(0, sent);
  EXPECT_DEATH(settle(0, sent), "ledger/settling.cc");
}

}  // namespace
}  // namespace muster::ledger
