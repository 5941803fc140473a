#include "ledger/reader.h"

#include "store/database.h"
#include "tests/ledger/ledger_fixture.h"

namespace muster::ledger {
namespace {

class ReaderTest : public LedgerFixture {
 protected:
  std::unique_ptr<LedgerReader> open() {
    auto reader = LedgerReader::open(dir_);
    EXPECT_TRUE(reader);
    return reader ? std::move(*reader) : nullptr;
  }
  void damage(std::string_view sql) {
    auto database = store::Database::open(dir_ + "/ledger.db", store::OpenMode::write, format, "");
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute(sql));
  }
};

TEST_F(ReaderTest, SaysThatThereIsNoLedgerYet) {
  const auto reader = LedgerReader::open(dir_ + "/nothing");
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().cause.code, ErrorCode::not_found);
}

TEST_F(ReaderTest, ReadsTheFrozenAudienceAndPayloads) {
  create(5);
  const auto reader = open();
  EXPECT_EQ(reader->devices(task_)->slice(0, 9), (std::vector<std::uint32_t>{10, 11, 12, 13, 14}));
  EXPECT_EQ(reader->users(task_)->size(), 5U);
  EXPECT_EQ(reader->alert_payloads(task_)->at(1).first, "de");
  EXPECT_EQ(reader->tasks()->size(), 1U);
  EXPECT_FALSE(*reader->task(TaskId{}));
}

TEST_F(ReaderTest, SaysThatATaskIsUnknown) {
  const auto reader = open();
  EXPECT_EQ(reader->devices(task_).error().code, ErrorCode::not_found);
  EXPECT_EQ(reader->users(task_).error().code, ErrorCode::not_found);
  EXPECT_EQ(reader->alert_payloads(task_).error().code, ErrorCode::not_found);
  EXPECT_EQ(reader->rows(task_, 0, 1).error().code, ErrorCode::not_found);
}

TEST_F(ReaderTest, ReadsRowsAcrossPagesAndNotBeyondTheEnd) {
  create_and_lease(limits::page_size + 10);
  settle(0, sent);
  commit();
  const auto reader = open();
  const auto read = reader->rows(task_, limits::page_size - 2, 100);
  ASSERT_EQ(read->size(), 12U);
  EXPECT_EQ(read->front().invitation, limits::page_size - 2);
  EXPECT_EQ(read->back().invitation, limits::page_size + 9);
  EXPECT_TRUE(reader->rows(task_, limits::page_size + 10, 5)->empty());
  EXPECT_TRUE(reader->rows(task_, UINT32_MAX, SIZE_MAX)->empty());
}

TEST_F(ReaderTest, TellsWhatAnExceptionKnows) {
  create_and_lease(10);
  auto told = settlement(1, gone);
  told.status = 410;
  told.timestamp_ms = 123;
  settle(told);
  settle(2, deferred, 777);
  commit();
  EXPECT_EQ(row(1).status, 410);
  EXPECT_EQ(row(1).timestamp_ms, 123);
  EXPECT_EQ(row(1).updated_at, now_);
  EXPECT_EQ(row(2).next_at_ms, 777);
}

TEST_F(ReaderTest, SeesWhatAnotherCommitsWhileItIsOpen) {
  create_and_lease(10);
  const auto reader = open();
  EXPECT_EQ(reader->rows(task_, 0, 1)->front().outcome.state, State::queued);
  settle(0, sent);
  commit();
  EXPECT_EQ(reader->rows(task_, 0, 1)->front().outcome, sent);
  EXPECT_EQ(count_of((*reader->task(task_))->counts, State::sent), 1U);
}

TEST_F(ReaderTest, NeverUsesADamagedPageOrDelta) {
  create_and_lease(10);
  settle(0, sent);
  commit();
  damage("UPDATE delta SET body = substr(body, 1, length(body) - 1)");
  EXPECT_EQ(open()->rows(task_, 0, 1).error().code, ErrorCode::store_corrupt);
}

TEST_F(ReaderTest, SaysThatAnExceptionRowIsGone) {
  create_and_lease(10);
  settle(0, deferred, 5);
  commit();
  damage("DELETE FROM exception");
  EXPECT_EQ(open()->rows(task_, 0, 1).error().code, ErrorCode::store_corrupt);
}

TEST_F(ReaderTest, SaysThatTheFrozenPartsAreDamaged) {
  create(10);
  damage("UPDATE audience SET devices = x'00', users = x'0102030405', alerts = x'00'");
  damage("UPDATE progress SET counts = x''");
  const auto reader = open();
  EXPECT_EQ(reader->devices(task_).error().code, ErrorCode::store_corrupt);
  EXPECT_EQ(reader->users(task_).error().code, ErrorCode::store_corrupt);
  EXPECT_EQ(reader->alert_payloads(task_).error().code, ErrorCode::store_corrupt);
  EXPECT_EQ(reader->task(task_).error().code, ErrorCode::store_corrupt);
  EXPECT_EQ(reader->tasks().error().code, ErrorCode::store_corrupt);
}

}  // namespace
}  // namespace muster::ledger
