// Ledgers that older versions wrote: version 1 knew push alone, version 2 no accounts.
#include "ledger/formats.h"
#include "store/database.h"
#include "tests/ledger/ledger_fixture.h"

namespace muster::ledger {
namespace {

// As version 1 made it.
constexpr std::string_view first_schema = R"(
CREATE TABLE task(
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  state INTEGER NOT NULL,
  state_reason TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  target_name TEXT NOT NULL,
  selector TEXT NOT NULL,
  invitations INTEGER NOT NULL,
  push_prefix BLOB NOT NULL,
  expiration_s INTEGER NOT NULL,
  rate INTEGER NOT NULL,
  invited_recorded INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER NOT NULL);
CREATE TABLE audience(
  task INTEGER PRIMARY KEY, devices BLOB NOT NULL, users BLOB NOT NULL, alerts BLOB NOT NULL);
CREATE TABLE progress(task INTEGER PRIMARY KEY, counts BLOB NOT NULL);
CREATE TABLE page(
  key INTEGER PRIMARY KEY, state INTEGER NOT NULL, at_ms INTEGER NOT NULL, outcomes BLOB NOT NULL);
CREATE INDEX page_open ON page(key, state) WHERE state < 3;
CREATE TABLE delta(key INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE exception(
  task INTEGER NOT NULL,
  invitation INTEGER NOT NULL,
  state INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  status INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  timestamp_ms INTEGER NOT NULL,
  next_at_ms INTEGER NOT NULL,
  wait INTEGER NOT NULL,
  doubt INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY(task, invitation)) WITHOUT ROWID;
CREATE INDEX exception_waiting ON exception(task, wait, next_at_ms) WHERE wait > 0;
)";

// As version 2 made the first one its own.
constexpr std::string_view second_upgrade = R"(
ALTER TABLE task RENAME COLUMN invitations TO devices;
ALTER TABLE task ADD COLUMN mailboxes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN fallbacks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN mail_prefix BLOB NOT NULL DEFAULT x'0000000000000000';
ALTER TABLE audience ADD COLUMN mailboxes BLOB NOT NULL DEFAULT x'';
ALTER TABLE audience ADD COLUMN fallbacks BLOB NOT NULL DEFAULT x'';
ALTER TABLE exception ADD COLUMN channel INTEGER NOT NULL DEFAULT 0;
ALTER TABLE exception ADD COLUMN reply TEXT NOT NULL DEFAULT '';
DROP INDEX exception_waiting;
CREATE INDEX exception_waiting ON exception(task, wait, channel, next_at_ms) WHERE wait > 0;
CREATE TABLE letters(day INTEGER PRIMARY KEY, count INTEGER NOT NULL);
INSERT INTO letters VALUES(0, 41);
PRAGMA user_version = 2;
)";

std::string literal(Bytes bytes) {
  return "x'" + to_hex(bytes) + "'";
}

class UpgradeTest : public LedgerFixture {
 protected:
  static constexpr std::uint32_t invitations = limits::page_size + 10;

  // A task of two pages: the first settled (invitation 7 failed), the second begun, its first two
  // sent and the third deferred until 500.
  void write_old_ledger() {
    ledger_.reset();
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directory(dir_);
    layout_ = {invitations, 0, 0};
    auto database =
        store::Database::open(dir_ + "/ledger.db", store::OpenMode::write, 1, first_schema);
    ASSERT_TRUE(database);
    NumberSet devices;
    devices.add_range(10, 10 + invitations);
    Counts counts;
    counts.by_state[static_cast<std::size_t>(State::sent)] = limits::page_size - 1 + 2;
    counts.by_state[static_cast<std::size_t>(State::failed)] = 1;
    counts.by_state[static_cast<std::size_t>(State::deferred)] = 1;
    counts.by_reason[{State::failed, Reason::bad_device_token}] = 1;
    counts.by_reason[{State::deferred, Reason::too_many_requests}] = 1;
    std::vector<Byte> blob;
    write_counts(counts, blob);
    const auto set = literal(devices.write());
    insert(*database, "task VALUES(1, " + literal(task_.bytes) + ", 0, '', 3, 'everybody', '{}', " +
                          std::to_string(invitations) +
                          ", x'0909090909090909', 60, 0, 1, 1000, 0)");
    insert(*database,
           "audience VALUES(1, " + set + ", " + set + ", " + literal(write_payloads({})) + ")");
    insert(*database, "progress VALUES(1, " + literal(blob) + ")");
    std::vector<std::uint16_t> outcomes(limits::page_size, sent.pack());
    outcomes[7] = failed.pack();
    ledger::write_page({1, 0}, {outcomes, {}}, blob);
    insert(*database, "page VALUES(1 << 20, 3, 2000, " + literal(blob) + ")");
    insert(*database, "page VALUES((1 << 20) + 1, 1, 0, x'')");
    write_run({1, 1}, 0, {std::span(outcomes).first(2), {}}, blob);
    insert(*database, "delta VALUES(((1 << 20) + 1) << 20, 2100, " + literal(blob) + ")");
    insert(*database, "exception VALUES(1, 7, 8, 2, 1, 400, 0, 0, 0, 0, 0, 1900)");
    insert(*database, "exception VALUES(1, 4098, 6, 29, 1, 429, 0, 0, 500, 1, 0, 2100)");
  }
  static void insert(store::Database& database, const std::string& row) {
    ASSERT_TRUE(database.execute("INSERT INTO " + row)) << row;
  }
  void write_second_ledger() {
    write_old_ledger();
    auto database = store::Database::open(dir_ + "/ledger.db", store::OpenMode::write, 1, "");
    ASSERT_TRUE(database->execute(second_upgrade));
  }
  std::int32_t version_of_file() {
    for (std::int32_t version = 1; version <= format; ++version) {
      if (store::Database::open(dir_ + "/ledger.db", store::OpenMode::read, version, "")) {
        return version;
      }
    }
    return 0;
  }
  void expect_old_task() {
    const auto task = task_row();
    EXPECT_EQ(task.layout, (Layout{invitations, 0, 0}));
    EXPECT_EQ(task.invitations, invitations);
    EXPECT_EQ(task.epoch, 3U);
    EXPECT_EQ(task.push_prefix[7], 9);
    EXPECT_EQ(task.mail_prefix, IdPrefix{});
    EXPECT_EQ(count_of(task.counts, State::sent), limits::page_size + 1U);
    const auto all = rows(0, invitations);
    ASSERT_EQ(all.size(), invitations);
    EXPECT_EQ(all[0].outcome, sent);
    EXPECT_EQ(all[7].outcome, failed);
    EXPECT_EQ(all[7].status, 400);
    EXPECT_EQ(all[limits::page_size + 1].outcome, sent);
    EXPECT_EQ(all[limits::page_size + 2].outcome, deferred);
    EXPECT_EQ(all[limits::page_size + 3].outcome.state, State::queued);
    const auto reader = std::move(*LedgerReader::open(dir_));
    EXPECT_EQ(reader->devices(task_)->size(), invitations);
    EXPECT_TRUE(reader->mailboxes(task_)->empty());
    EXPECT_TRUE(reader->fallbacks(task_)->empty());
    EXPECT_TRUE(reader->accounts(task_)->empty());
    EXPECT_EQ(reader->tasks()->size(), 1U);
  }
};

TEST_F(UpgradeTest, ReadsAnOldLedgerThatNobodyWrites) {
  write_old_ledger();
  expect_old_task();
  EXPECT_EQ(version_of_file(), 1);
}

TEST_F(UpgradeTest, ReadsALedgerOfTheSecondVersionThatNobodyWrites) {
  write_second_ledger();
  expect_old_task();
  EXPECT_EQ(version_of_file(), 2);
}

TEST_F(UpgradeTest, GoesOnWithALedgerOfTheSecondVersion) {
  write_second_ledger();
  reopen();
  EXPECT_EQ(version_of_file(), format);
  expect_old_task();
  EXPECT_EQ(*ledger_->letters_today(WallTime{1}), 41U);
  task_.bytes[0] = 8;
  create({1, 0, 0, 2});
  attach();
  EXPECT_EQ(lease(Part::account).first, 1U);
  EXPECT_EQ(task_row().layout, (Layout{1, 0, 0, 2}));
}

TEST_F(UpgradeTest, FindsEverythingInAnOldLedgerAndGoesOnWithIt) {
  write_old_ledger();
  reopen();
  EXPECT_EQ(version_of_file(), format);
  expect_old_task();
  attach();
  const auto page = lease();
  EXPECT_EQ(page.page, 1U);
  EXPECT_TRUE(page.in_doubt);
  EXPECT_EQ(page.mark, 3U);
  ASSERT_EQ(ledger_->gather(0, WallTime{500}, 9)->size(), 1U);
  commit();
  settle_exception(limits::page_size + 2, sent);
  for (InvitationNumber n = limits::page_size + 3; n < invitations; ++n) {
    settle(n, sent);
  }
  EXPECT_EQ(commit().completed.size(), 1U);
}

TEST_F(UpgradeTest, TakesNewTasksWithMailIntoAnOldLedger) {
  write_old_ledger();
  reopen();
  task_.bytes[0] = 8;
  create({3, 2, 1});
  attach();
  lease(Part::mail);
  settle_replied(3, {State::failed, Reason::mailbox_unknown, 1}, "550 5.1.1 no");
  commit();
  EXPECT_EQ(row(3).reply, "550 5.1.1 no");
  EXPECT_EQ(task_row().layout, (Layout{3, 2, 1}));
}

}  // namespace
}  // namespace muster::ledger
