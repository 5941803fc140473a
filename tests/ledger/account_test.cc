// Tasks with accounts: a part behind all others, of which nothing is ever in doubt.
#include "tests/ledger/ledger_fixture.h"

namespace muster::ledger {
namespace {

constexpr Outcome enrolled{State::enrolled, Reason::none, 0};
constexpr Outcome registering{State::registering, Reason::none, 0};
constexpr Outcome refused{State::failed, Reason::account_refused, 0};

using LedgerAccountTest = LedgerFixture;

TEST_F(LedgerAccountTest, KeepsTheAccountsOfATask) {
  create({3, 2, 1, 5});
  const auto reader = std::move(*LedgerReader::open(dir_));
  EXPECT_EQ(reader->accounts(task_)->size(), 5U);
  EXPECT_EQ(*reader->accounts(task_)->at(4), 200'004U);
  EXPECT_EQ(reader->accounts(TaskId{}).error().code, ErrorCode::not_found);
  EXPECT_EQ(task_row().invitations, 10U) << "the fallback sleeps";
  EXPECT_EQ(rows(0, 99).size(), 11U);
  EXPECT_FALSE(row(10).asleep);
}

TEST_F(LedgerAccountTest, HasNoneWhereATaskIsWithout) {
  create(3);
  EXPECT_TRUE((*LedgerReader::open(dir_))->accounts(task_)->empty());
  attach();
  EXPECT_FALSE(*ledger_->lease(0, Part::account));
}

TEST_F(LedgerAccountTest, RefusesATaskOfMorePagesThanItCanTellApart) {
  NewTask task;
  task.id = task_;
  task.mailboxes.add_range(0, ((1U << 20) - 1) * limits::mail_page_size);
  task.accounts.add_range(0, limits::page_size + 1);
  EXPECT_EQ(ledger_->create_task(task).error().code, ErrorCode::not_permitted);
}

TEST_F(LedgerAccountTest, LeasesTheirPagesBesideTheOthers) {
  create({5, 0, 0, limits::page_size + 2});
  attach();
  const auto first = lease(Part::account);
  EXPECT_EQ(first.page, 1U);
  EXPECT_EQ(first.first, 5U);
  const auto second = lease(Part::account);
  EXPECT_EQ(second.first, 5U + limits::page_size);
  EXPECT_FALSE(*ledger_->lease(0, Part::account));
  EXPECT_EQ(lease(Part::push).page, 0U);
}

TEST_F(LedgerAccountTest, HoldsMorePagesThanPushAndMailMayHave) {
  create({(limits::pages_in_hand_max + 1) * limits::page_size, 0, 0, 1});
  attach();
  for (std::uint32_t i = 0; i < limits::pages_in_hand_max; ++i) {
    lease();
  }
  EXPECT_EQ(lease(Part::account).page, limits::pages_in_hand_max + 1);
}

TEST_F(LedgerAccountTest, CompletesOnlyWhenEveryAccountIsAtRest) {
  create({1, 0, 0, 3});
  attach();
  lease();
  lease(Part::account);
  settle(0, sent);
  settle(1, enrolled);
  settle(2, refused);
  settle(3, registering, 5'000'000);
  EXPECT_TRUE(commit().completed.empty());
  EXPECT_EQ(row(1).outcome, enrolled);
  EXPECT_EQ(row(2).outcome, refused);
  EXPECT_EQ(row(3).outcome, registering);
  EXPECT_EQ(count(State::registering), 1U);
  EXPECT_TRUE(ledger_->gather(0, WallTime{4'999'999}, 9, Channel::account)->empty());
  ASSERT_EQ(ledger_->gather(0, WallTime{5'000'000}, 9, Channel::account)->size(), 1U);
  commit();
  settle_exception(3, enrolled);
  EXPECT_EQ(commit().completed.size(), 1U);
  EXPECT_EQ(row(3).outcome, enrolled);
  EXPECT_EQ(count(State::registering), 0U);
}

TEST_F(LedgerAccountTest, DoubtsNothingAfterACrash) {
  create({0, 0, 0, 4});
  attach();
  lease(Part::account);
  settle(0, enrolled);
  settle(2, registering, 1);
  commit();
  ASSERT_EQ(ledger_->gather(0, now_, 9, Channel::account)->size(), 1U);
  commit();
  reattach();
  EXPECT_EQ(row(2).outcome, registering);
  EXPECT_EQ(count(State::in_doubt), 0U);
  const auto page = lease(Part::account);
  EXPECT_FALSE(page.in_doubt);
  EXPECT_EQ(page.mark, 1U);
  EXPECT_EQ(page.outcomes[1], 0U);
  const auto due = ledger_->gather(0, now_, 9, Channel::account);
  ASSERT_EQ(due->size(), 1U);
  EXPECT_FALSE(due->front().in_doubt);
}

TEST_F(LedgerAccountTest, IsLeasedAgainAfterAnOrderlyRelease) {
  create({0, 0, 0, 4});
  attach();
  const auto page = lease(Part::account);
  commit();
  settle(3, enrolled);
  ledger_->release(0, page.page);
  commit();
  reattach();
  const auto again = lease(Part::account);
  EXPECT_EQ(again.page, page.page);
  EXPECT_NE(again.outcomes[3], 0U);
  EXPECT_EQ(count(State::in_doubt), 0U);
}

TEST_F(LedgerAccountTest, ShowsAsCancelledWhoWasWaitedFor) {
  create({0, 0, 0, 3});
  attach();
  lease(Part::account);
  settle(0, enrolled);
  settle(1, registering, 9);
  commit();
  ASSERT_TRUE(ledger_->set_state(task_, TaskState::cancelled, "by me", now_));
  EXPECT_EQ(row(0).outcome.state, State::enrolled);
  EXPECT_EQ(row(1).outcome.state, State::cancelled);
  EXPECT_EQ(row(2).outcome.state, State::cancelled);
  EXPECT_EQ(count(State::cancelled), 2U);
}

TEST_F(LedgerAccountTest, TriesAgainWhoWasRefused) {
  create({0, 0, 0, 1});
  attach();
  lease(Part::account);
  settle(0, refused);
  EXPECT_EQ(commit().completed.size(), 1U);
  ASSERT_TRUE(ledger_->detach(0));
  EXPECT_EQ(*ledger_->retry(task_, std::nullopt, now_), 1U);
  attach();
  const auto due = ledger_->gather(0, now_, 9, Channel::account);
  ASSERT_EQ(due->size(), 1U);
  EXPECT_EQ(due->front().generation, 1U);
  settle_exception(0, enrolled, 1);
  EXPECT_EQ(commit().completed.size(), 1U);
}

}  // namespace
}  // namespace muster::ledger
