#include "store/ledger_store.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "store/ledger_sql.h"

namespace muster::store {
namespace {

class LedgerStoreTest : public ::testing::Test {
 protected:
  LedgerStoreTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-store-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    store_ = std::make_unique<LedgerStore>(std::move(*LedgerStore::open(dir_, OpenMode::write)));
  }
  ~LedgerStoreTest() override {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  void put(InvitationNumber invitation, Outcome outcome, Wait wait, std::int64_t next_at_ms) {
    ExceptionRecord row;
    row.invitation = invitation;
    row.outcome = outcome;
    row.wait = wait;
    row.next_at_ms = next_at_ms;
    ASSERT_TRUE(store_->put_exception(1, row));
  }

  const std::vector<Byte> blob_{1, 2, 3};
  std::string dir_;
  std::unique_ptr<LedgerStore> store_;
};

TEST_F(LedgerStoreTest, GivesTasksBackTheNewestFirst) {
  TaskRecord task;
  task.counts = blob_;
  task.push_prefix[7] = 9;
  task.id.bytes[0] = 1;
  ASSERT_TRUE(store_->create_task(task, {blob_, {}, blob_, {}, blob_, {}}));
  task.id.bytes[0] = 2;
  ASSERT_TRUE(store_->create_task(task, AudienceRecord{}));
  const auto tasks = store_->tasks();
  ASSERT_EQ(tasks->size(), 2U);
  EXPECT_EQ((*tasks)[0].id, task.id);
  EXPECT_EQ((*tasks)[1].push_prefix[7], 9);
  EXPECT_EQ((*tasks)[1].counts, blob_);
  EXPECT_EQ((*store_->audience((*tasks)[1].id))->alerts, blob_);
  EXPECT_FALSE(*store_->audience(TaskId{}));
}

TEST_F(LedgerStoreTest, KeepsDeltasOfAPageTogetherAndInOrder) {
  for (const Byte at : {Byte{1}, Byte{2}, Byte{3}}) {
    ASSERT_TRUE(store_->append_delta(1, 7, WallTime{at}, Bytes(&at, 1)));
    ASSERT_TRUE(store_->append_delta(1, 8, WallTime{9}, blob_));
    ASSERT_TRUE(store_->append_delta(2, 7, WallTime{9}, blob_));
  }
  const auto deltas = store_->deltas(1, 7);
  ASSERT_EQ(deltas->size(), 3U);
  EXPECT_EQ((*deltas)[2].at, WallTime{3});
  EXPECT_EQ((*deltas)[2].body, std::vector<Byte>{3});
  EXPECT_EQ(**store_->page_with_deltas(1, 0), 7U);
  EXPECT_EQ(**store_->page_with_deltas(1, 8), 8U);
  EXPECT_FALSE(*store_->page_with_deltas(1, 9));
  ASSERT_TRUE(store_->fold_page(1, 7, PageState::settled, WallTime{4}, blob_));
  EXPECT_TRUE(store_->deltas(1, 7)->empty());
  EXPECT_EQ(store_->deltas(1, 8)->size(), 3U);
}

TEST_F(LedgerStoreTest, KnowsWhichPagesAreOpen) {
  EXPECT_EQ(*store_->pages_begun(1, 0, 20), 0U);
  for (const std::uint32_t page : {0U, 1U, 2U}) {
    ASSERT_TRUE(store_->lease_page(1, page));
  }
  ASSERT_TRUE(store_->lease_page(2, 9));
  ASSERT_TRUE(store_->fold_page(1, 0, PageState::settled, WallTime{4}, blob_));
  ASSERT_TRUE(store_->fold_page(1, 1, PageState::released, WallTime{5}, blob_));
  ASSERT_TRUE(store_->refold_page(1, 0, WallTime{6}, blob_));
  const auto open = store_->open_pages(1);
  ASSERT_EQ(open->size(), 2U);
  EXPECT_EQ((*open)[0].state, PageState::released);
  EXPECT_EQ((*open)[1].state, PageState::leased);
  EXPECT_EQ(*store_->pages_begun(1, 0, 20), 3U);
  EXPECT_EQ(*store_->pages_begun(1, 0, 2), 2U);
  EXPECT_EQ(*store_->pages_begun(1, 3, 20), 3U);
  EXPECT_EQ(store_->page(1, 0)->at, WallTime{6});
  EXPECT_TRUE(store_->page(1, 5)->outcomes.empty());
  ASSERT_TRUE(store_->lease_page(1, 1));
  EXPECT_EQ(store_->page(1, 1)->outcomes, blob_);
}

TEST_F(LedgerStoreTest, GivesWaitingExceptionsTheEarliestFirst) {
  const Outcome deferred{State::deferred, Reason::shutdown, 2};
  put(5, deferred, Wait::waiting, 30);
  put(6, deferred, Wait::waiting, 10);
  put(7, deferred, Wait::leased, 5);
  const auto due = store_->waiting(1, Channel::push, WallTime{30}, 10);
  ASSERT_EQ(due->size(), 2U);
  EXPECT_EQ((*due)[0].invitation, 6U);
  EXPECT_EQ((*due)[0].outcome, deferred);
  EXPECT_EQ(store_->waiting(1, Channel::push, WallTime{30}, 1)->size(), 1U);
  ASSERT_TRUE(store_->lease_exception(1, 6));
  EXPECT_EQ(store_->waiting(1, Channel::push, WallTime{29}, 10)->size(), 0U);
}

// Whoever asks for due rows a hundred times a second must not read all that ever failed.
TEST_F(LedgerStoreTest, FindsWaitingAndHeldExceptionsByTheirIndex) {
  auto database =
      std::move(*Database::open(dir_ + "/ledger.db", OpenMode::read, ledger_version, ""));
  for (const auto verb :
       {Verb::waiting, Verb::leased_groups, Verb::doubt_leased, Verb::return_leased}) {
    const std::string sql(ledger_sql[static_cast<std::size_t>(verb)]);
    auto plan = database.prepare("EXPLAIN QUERY PLAN " + sql);
    ASSERT_TRUE(plan) << sql;
    ASSERT_TRUE(*plan->step());
    EXPECT_NE(plan->text(3).find("exception_waiting"), std::string_view::npos) << plan->text(3);
  }
}

TEST_F(LedgerStoreTest, GivesWaitingExceptionsOfOneChannel) {
  ExceptionRecord row;
  row.wait = Wait::waiting;
  row.invitation = 5;
  row.next_at_ms = 10;
  row.channel = Channel::mail;
  row.reply = "450 4.7.1 greylisted";
  ASSERT_TRUE(store_->put_exception(1, row));
  EXPECT_TRUE(store_->waiting(1, Channel::push, WallTime{30}, 10)->empty());
  const auto due = store_->waiting(1, Channel::mail, WallTime{30}, 10);
  ASSERT_EQ(due->size(), 1U);
  EXPECT_EQ(due->front().channel, Channel::mail);
  EXPECT_EQ(due->front().reply, row.reply);
}

TEST_F(LedgerStoreTest, ListsWhatEndedWithoutArriving) {
  put(2, {State::failed, Reason::bad_topic, 1}, Wait::at_rest, 0);
  put(3, {State::sent, Reason::none, 1}, Wait::at_rest, 0);
  put(5, {State::unreachable, Reason::unregistered, 1}, Wait::at_rest, 0);
  put(6, {State::cancelled, Reason::removed, 1}, Wait::at_rest, 0);
  put(7, {State::expired, Reason::too_late, 1}, Wait::at_rest, 0);
  put(8, {State::failed, Reason::mailbox_unknown, 1}, Wait::at_rest, 0);
  EXPECT_EQ(*store_->ended(1, 8), (std::vector<InvitationNumber>{2, 5, 7}));
}

TEST_F(LedgerStoreTest, PutsEveryHeldExceptionInDoubt) {
  put(5, {}, Wait::leased, 30);
  put(6, {State::deferred, Reason::shutdown, 1}, Wait::waiting, 30);
  const auto groups = store_->doubt_leased(1);
  ASSERT_EQ(groups->size(), 1U);
  EXPECT_EQ(groups->front().rows, 1U);
  EXPECT_EQ((*store_->exception(1, 5))->outcome.state, State::in_doubt);
  EXPECT_TRUE((*store_->exception(1, 5))->doubt);
  EXPECT_TRUE(store_->doubt_leased(1)->empty());
}

TEST_F(LedgerStoreTest, LetsGoOfHeldAccountsWithoutDoubt) {
  ExceptionRecord row;
  row.invitation = 5;
  row.outcome = {State::registering, Reason::none, 0};
  row.wait = Wait::leased;
  row.next_at_ms = 20;
  row.channel = Channel::account;
  ASSERT_TRUE(store_->put_exception(1, row));
  EXPECT_TRUE(store_->doubt_leased(1)->empty());
  const auto due = store_->waiting(1, Channel::account, WallTime{30}, 10);
  ASSERT_EQ(due->size(), 1U);
  EXPECT_EQ(due->front().outcome, row.outcome);
  EXPECT_FALSE(due->front().doubt);
}

TEST_F(LedgerStoreTest, KeepsTheSetsOfATask) {
  TaskRecord task;
  task.counts = blob_;
  task.id.bytes[0] = 1;
  task.layout = {1, 2, 3, 4};
  ASSERT_TRUE(store_->create_task(task, {{}, {}, {}, {}, {}, blob_}));
  EXPECT_EQ((*store_->task(task.id))->layout, task.layout);
  EXPECT_EQ((*store_->audience(task.id))->accounts, blob_);
}

TEST_F(LedgerStoreTest, RetriesOnlyWhatNobodyHolds) {
  const Outcome failed{State::failed, Reason::bad_topic, 3};
  put(5, failed, Wait::at_rest, 0);
  put(6, failed, Wait::leased, 0);
  const auto groups = store_->retry(1, State::failed, WallTime{40});
  ASSERT_EQ(groups->size(), 1U);
  EXPECT_EQ(groups->front().rows, 1U);
  const auto row = store_->exception(1, 5);
  EXPECT_EQ((*row)->generation, 1U);
  EXPECT_EQ((*row)->outcome, (Outcome{State::deferred, Reason::none, 0}));
  EXPECT_EQ((*store_->exception(1, 6))->outcome, failed);
  ASSERT_TRUE(store_->remove_exception(1, 5));
  EXPECT_FALSE(*store_->exception(1, 5));
}

TEST_F(LedgerStoreTest, RefusesAFileWithoutItsTables) {
  store_.reset();
  {
    auto database = Database::open(dir_ + "/ledger.db", OpenMode::write, ledger_version, "");
    ASSERT_TRUE(database->execute("DROP TABLE delta"));
  }
  const auto opened = LedgerStore::open(dir_, OpenMode::write);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().cause.code, ErrorCode::store_corrupt);
}

TEST_F(LedgerStoreTest, FindsAWholeFileWhole) {
  EXPECT_TRUE(store_->check());
}

}  // namespace
}  // namespace muster::store
