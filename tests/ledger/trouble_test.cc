// The disk is full, or the file is damaged.
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "store/database.h"
#include "tests/ledger/ledger_fixture.h"

namespace muster::ledger {
namespace {

class LedgerTroubleTest : public LedgerFixture {};

TEST_F(LedgerTroubleTest, KeepsEverythingWhileTheDiskIsFullAndCommitsItLater) {
  create_and_lease(3000);
  settle(0, failed);
  for (InvitationNumber n = 1; n < 3000; ++n) {
    settle(n, sent);
  }
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{std::filesystem::file_size(dir_ + "/ledger.db-wal"), before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  const auto first = ledger_->commit(now_);
  const auto second = ledger_->commit(now_);
  const auto created = ledger_->set_state(task_, TaskState::paused, "", now_);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, ErrorCode::disk_full);
  EXPECT_EQ(second.error().code, ErrorCode::disk_full);
  EXPECT_EQ(created.error().code, ErrorCode::disk_full);
  EXPECT_EQ(count(State::sent), 0U);
  EXPECT_TRUE(ledger_->dirty());
  const auto report = commit();
  EXPECT_EQ(report.settlements, 3000U);
  EXPECT_EQ(report.completed.size(), 1U);
  EXPECT_EQ(count(State::failed), 1U);
}

TEST_F(LedgerTroubleTest, ParksADamagedPageAndGoesOnWithTheRest) {
  create(3 * limits::page_size);
  attach();
  lease();
  lease();
  settle(0, sent);
  settle(limits::page_size, sent);
  ledger_->release(0, 0);
  ledger_->release(0, 1);
  commit();
  ledger_.reset();
  {
    auto database = store::Database::open(dir_ + "/ledger.db", store::OpenMode::write, format, "");
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute(
        "UPDATE page SET outcomes = zeroblob(length(outcomes)) WHERE key % 1048576 = 0"));
  }
  reattach();
  EXPECT_EQ(ledger_->lease(0).error().code, ErrorCode::store_corrupt);
  EXPECT_EQ(lease().page, 1U);
  EXPECT_EQ(lease().page, 2U);
}

TEST_F(LedgerTroubleTest, ReportsADamagedDeltaWhenItFolds) {
  create_and_lease(2);
  settle(0, sent);
  settle(1, deferred, 5);
  commit();
  ASSERT_EQ(ledger_->gather(0, now_, 1)->size(), 1U);
  commit();
  settle_exception(1, sent);
  commit();
  {
    auto database = store::Database::open(dir_ + "/ledger.db", store::OpenMode::write, format, "");
    ASSERT_TRUE(database->execute("UPDATE delta SET body = x'00'"));
  }
  EXPECT_EQ(ledger_->detach(0).error().code, ErrorCode::store_corrupt);
}

TEST_F(LedgerTroubleTest, RefusesATaskWhoseCountsAreDamaged) {
  create(10);
  {
    auto database = store::Database::open(dir_ + "/ledger.db", store::OpenMode::write, format, "");
    ASSERT_TRUE(database->execute("UPDATE progress SET counts = x'0011'"));
  }
  EXPECT_EQ(ledger_->attach(task_, 0).error().code, ErrorCode::store_corrupt);
  EXPECT_EQ(ledger_->retry(task_, std::nullopt, now_).error().code, ErrorCode::store_corrupt);
}

TEST_F(LedgerTroubleTest, LooksForDamageAfterAStopThatWasNotInGoodOrder) {
  create_and_lease(10);
  {
    auto database = store::Database::open(dir_ + "/ledger.db", store::OpenMode::write, format, "");
    ASSERT_TRUE(database->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  const auto copy = dir_ + "/copy";
  std::filesystem::create_directory(copy);
  for (const auto* file : {"/ledger.db", "/ledger.db-wal"}) {
    std::filesystem::copy_file(dir_ + file, copy + file);  // as a kill leaves them
  }
  ASSERT_TRUE(Ledger::open(copy));
  std::filesystem::copy_file(dir_ + "/ledger.db-wal", copy + "/ledger.db-wal");
  std::fstream(copy + "/ledger.db", std::ios::in | std::ios::out).seekp(4096)
      << std::string(4096, '\x7f');
  const auto opened = Ledger::open(copy);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().cause.code, ErrorCode::store_corrupt);
  EXPECT_EQ(opened.error().file, copy + "/ledger.db");
}

}  // namespace
}  // namespace muster::ledger
