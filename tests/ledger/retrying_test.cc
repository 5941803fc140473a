// One invitation that is tried again.
#include <gtest/gtest.h>

#include "tests/ledger/ledger_fixture.h"

namespace muster::ledger {
namespace {

using LedgerRetrying = LedgerFixture;

TEST_F(LedgerRetrying, MakesOneOfManyDueUnderANewGeneration) {
  create_and_lease(3);
  settle(0, sent);
  settle(1, failed);
  settle(2, gone);
  EXPECT_EQ(commit().completed.size(), 1U);
  EXPECT_TRUE(*ledger_->retry_one(task_, 2, WallTime{50}));
  EXPECT_EQ(task_row().state, TaskState::running);
  EXPECT_EQ(count(State::deferred), 1U);
  EXPECT_EQ(count(State::unreachable), 0U);
  EXPECT_EQ(count(State::failed), 1U) << "the others stay as they are";
  const auto due = ledger_->gather(0, WallTime{50}, 10);
  ASSERT_EQ(due->size(), 1U);
  EXPECT_EQ(due->front().invitation, 2U);
  EXPECT_EQ(due->front().generation, 1U);
  EXPECT_EQ(due->front().attempts, 0U);
  commit();
  settle_exception(2, sent, 1);
  EXPECT_EQ(commit().completed.size(), 1U);
  EXPECT_EQ(row(2).outcome, sent);
  EXPECT_EQ(row(2).generation, 1U);
}

TEST_F(LedgerRetrying, KeepsTheGenerationOfOneInDoubt) {
  create_and_lease(2);
  settle(0, in_doubt, INT64_MAX);
  commit();
  EXPECT_TRUE(*ledger_->retry_one(task_, 0, WallTime{50}));
  const auto due = ledger_->gather(0, WallTime{50}, 10);
  ASSERT_EQ(due->size(), 1U);
  EXPECT_EQ(due->front().generation, 0U);
  EXPECT_EQ(due->front().attempts, 1U);
  EXPECT_TRUE(due->front().in_doubt);
}

TEST_F(LedgerRetrying, LeavesWhatHasNotEndedBadlyAndWhatIsOnItsWay) {
  create_and_lease(3);
  settle(0, sent);
  settle(1, failed);
  commit();
  for (const InvitationNumber other : {0U, 2U, 77U}) {
    EXPECT_FALSE(*ledger_->retry_one(task_, other, WallTime{50})) << other;
  }
  EXPECT_TRUE(*ledger_->retry_one(task_, 1, WallTime{50}));
  EXPECT_FALSE(*ledger_->retry_one(task_, 1, WallTime{50})) << "it is due already";
  ASSERT_EQ(ledger_->gather(0, WallTime{50}, 10)->size(), 1U);
  commit();
  EXPECT_FALSE(*ledger_->retry_one(task_, 1, WallTime{50})) << "somebody holds it";
}

TEST_F(LedgerRetrying, IsTheSameAfterAKill) {
  create_and_lease(1);
  settle(0, failed);
  commit();
  EXPECT_TRUE(*ledger_->retry_one(task_, 0, WallTime{50}));
  reattach();
  EXPECT_EQ(count(State::deferred), 1U);
  EXPECT_EQ(ledger_->gather(0, WallTime{50}, 10)->size(), 1U);
}

TEST_F(LedgerRetrying, RefusesACancelledOrUnknownTask) {
  create(4);
  ASSERT_TRUE(ledger_->set_state(task_, TaskState::cancelled, "", WallTime{1}));
  EXPECT_EQ(ledger_->retry_one(task_, 0, WallTime{2}).error().code, ErrorCode::not_permitted);
  EXPECT_EQ(ledger_->retry_one(TaskId{}, 0, WallTime{2}).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace muster::ledger
