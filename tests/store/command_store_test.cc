#include "store/command_store.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>

#include "store/control_sql.h"

namespace muster::store {
namespace {

TaskId task_of(Byte number) {
  TaskId task;
  task.bytes[15] = number;
  return task;
}

class CommandStoreTest : public ::testing::Test {
 protected:
  CommandStoreTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-store-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    reopen();
  }
  ~CommandStoreTest() override {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  void reopen() {
    store_.reset();
    store_ = std::make_unique<CommandStore>(std::move(*CommandStore::open(dir_, OpenMode::write)));
  }
  void put(Byte task, InvitationNumber invitation, DeviceNumber device, std::uint8_t result = 0,
           std::int64_t handed_at_ms = 1) {
    CommandRow row;
    row.task = task_of(task);
    row.invitation = invitation;
    row.device = device;
    row.handed = 1;
    row.handed_at.milliseconds = handed_at_ms;
    row.result = result;
    ASSERT_TRUE(store_->put_command(row));
  }

  std::string dir_;
  std::unique_ptr<CommandStore> store_;
};

TEST_F(CommandStoreTest, GivesAnEnrolmentBackAsItWasPut) {
  EnrolmentRow row{"U1:5B0E", 7, true, 3, 1, 2, {1, 2, 0, 255}, WallTime{123}, 4};
  ASSERT_TRUE(store_->put_enrolment(row));
  EXPECT_EQ(**store_->enrolment("U1:5B0E"), row);
  EXPECT_FALSE(*store_->enrolment("U1"));
  row.identity.clear();
  row.state = 9;
  ASSERT_TRUE(store_->put_enrolment(row));
  EXPECT_EQ(**store_->enrolment("U1:5B0E"), row);
}

TEST_F(CommandStoreTest, FindsTheEnrolmentsOfADevice) {
  for (const std::string id : {"b", "a", "c"}) {
    EnrolmentRow row;
    row.id = id;
    row.device = id == "c" ? no_device : 7;
    ASSERT_TRUE(store_->put_enrolment(row));
  }
  const auto rows = store_->enrolments_of(7);
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].id, "a");
  EXPECT_EQ((*rows)[1].id, "b");
  EXPECT_TRUE(store_->enrolments_of(8)->empty());
  EXPECT_EQ((*store_->enrolment("c"))->device, no_device);
}

TEST_F(CommandStoreTest, GivesACommandBackAsItWasPut) {
  CommandRow row{task_of(1), 4'000'000'000, 7, 3, WallTime{5}, 2, 3, WallTime{6}, "it says no"};
  ASSERT_TRUE(store_->put_command(row));
  EXPECT_EQ(**store_->command(task_of(1), 4'000'000'000), row);
  EXPECT_FALSE(*store_->command(task_of(1), 1));
  EXPECT_FALSE(*store_->command(task_of(2), 4'000'000'000));
  row.handed = 4;
  ASSERT_TRUE(store_->put_command(row));
  EXPECT_EQ(**store_->command(task_of(1), 4'000'000'000), row);
}

TEST_F(CommandStoreTest, GivesTheCommandsOfADeviceTheLastHandedFirst) {
  put(1, 5, 7, 0, 10);
  put(2, 5, 7, 0, 30);
  put(3, 5, 7, 0, 20);
  put(4, 5, 8, 0, 40);
  const auto rows = store_->commands_of(7);
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_EQ((*rows)[0].task, task_of(2));
  EXPECT_EQ((*rows)[1].task, task_of(3));
  EXPECT_EQ((*rows)[2].task, task_of(1));
}

TEST_F(CommandStoreTest, GivesAPageOfATasksCommandsInOrder) {
  for (const InvitationNumber invitation : {9U, 4U, 5U, 8U}) {
    put(1, invitation, 7);
  }
  put(2, 6, 7);
  const auto rows = store_->commands(task_of(1), 5, 9);
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].invitation, 5U);
  EXPECT_EQ((*rows)[1].invitation, 8U);
}

TEST_F(CommandStoreTest, CountsWhatBecameOfATasksCommands) {
  InvitationNumber invitation = 0;
  for (const int result : {0, 1, 1, 1, 2, 2, 3}) {
    put(1, invitation++, 7, static_cast<std::uint8_t>(result));
  }
  put(2, 0, 7, 1);
  const auto tally = store_->tally(task_of(1));
  EXPECT_EQ(tally->handed, 7U);
  EXPECT_EQ(tally->shown, 3U);
  EXPECT_EQ(tally->postponed, 2U);
  EXPECT_EQ(tally->refused, 1U);
  EXPECT_EQ(store_->tally(task_of(3))->handed, 0U);
}

TEST_F(CommandStoreTest, KeepsOnlyWhatWasCommitted) {
  ASSERT_TRUE(store_->begin());
  put(1, 1, 7);
  ASSERT_TRUE(store_->commit());
  ASSERT_TRUE(store_->begin());
  put(1, 2, 7);
  store_->rollback();
  ASSERT_TRUE(store_->begin());
  put(1, 3, 7);
  reopen();
  EXPECT_EQ(store_->tally(task_of(1))->handed, 1U);
}

TEST_F(CommandStoreTest, KeepsUntilWhenDevicesWereWokenAgain) {
  EXPECT_EQ(*store_->woken_until(), WallTime{});
  for (const std::int64_t at : {1000, 2000}) {
    ASSERT_TRUE(store_->begin());
    ASSERT_TRUE(store_->put_woken_until(WallTime{at}));
    ASSERT_TRUE(store_->commit());
  }
  reopen();
  EXPECT_EQ(*store_->woken_until(), WallTime{2000});
}

TEST_F(CommandStoreTest, FindsDevicesNoneOfWhoseEnrolmentsIsInAnotherState) {
  const auto enrolment = [&](const std::string& id, DeviceNumber device, std::uint8_t state) {
    EnrolmentRow row;
    row.id = id;
    row.device = device;
    row.state = state;
    ASSERT_TRUE(store_->put_enrolment(row));
  };
  ASSERT_TRUE(store_->begin());
  enrolment("a", 4, 3);
  enrolment("b", 5, 3);
  enrolment("b:user", 5, 2);
  enrolment("c", 6, 3);
  enrolment("c:user", 6, 3);
  enrolment("d", 7, 3);
  ASSERT_TRUE(store_->commit());
  const auto found = store_->devices_wholly_in(3, 4, 7);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (std::vector<DeviceNumber>{4, 6}));
}

TEST_F(CommandStoreTest, GivesDevicesThatFellSilent) {
  const auto enrolment = [&](const char* id, DeviceNumber device, std::uint8_t state,
                             std::int64_t seen_ms) {
    EnrolmentRow row;
    row.id = id;
    row.device = device;
    row.state = state;
    row.last_seen = WallTime{seen_ms};
    ASSERT_TRUE(store_->put_enrolment(row));
  };
  enrolment("heard", 1, 2, 100);
  enrolment("silent", 2, 2, 99);
  enrolment("device", 3, 2, 50);
  enrolment("device:user", 3, 2, 100);
  enrolment("left", 4, 3, 50);
  enrolment("nobody's", no_device, 2, 50);
  const auto silent = store_->devices_silent(3, WallTime{100});
  ASSERT_TRUE(silent);
  EXPECT_EQ(silent->slice(0, 9), (std::vector<DeviceNumber>{2}));
}

TEST_F(CommandStoreTest, AsksForRowsOfADeviceByTheirIndex) {
  auto database =
      std::move(*Database::open(dir_ + "/control.db", OpenMode::read, control_version, ""));
  for (const std::string table : {"command", "enrolment"}) {
    auto plan = database.prepare("EXPLAIN QUERY PLAN SELECT * FROM " + table + " WHERE device=1");
    ASSERT_TRUE(plan);
    ASSERT_TRUE(*plan->step());
    EXPECT_NE(plan->text(3).find(table + "_by_device"), std::string_view::npos) << plan->text(3);
  }
}

TEST_F(CommandStoreTest, SaysThatAFileIsDamagedWhoseTasksHaveNoId) {
  auto database =
      std::move(*Database::open(dir_ + "/control.db", OpenMode::write, control_version, ""));
  ASSERT_TRUE(database.execute("INSERT INTO command VALUES(x'0102',1,7,1,1,0,0,0,'')"));
  const auto rows = store_->commands_of(7);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::store_corrupt);
}

TEST_F(CommandStoreTest, SaysWhatIsWrongWithADamagedTable) {
  auto database =
      std::move(*Database::open(dir_ + "/control.db", OpenMode::write, control_version, ""));
  ASSERT_TRUE(database.execute("DROP TABLE command; DROP TABLE enrolment"));
  EXPECT_FALSE(store_->command(task_of(1), 1));
  EXPECT_FALSE(store_->put_command({}));
  EXPECT_FALSE(store_->commands_of(7));
  EXPECT_FALSE(store_->commands(task_of(1), 0, 9));
  EXPECT_FALSE(store_->tally(task_of(1)));
  EXPECT_FALSE(store_->enrolment("a"));
  EXPECT_FALSE(store_->enrolments_of(7));
  EXPECT_FALSE(store_->put_enrolment({}));
}

TEST_F(CommandStoreTest, IsReadableByItsOwnerAlone) {
  struct stat facts{};
  ASSERT_EQ(::stat((dir_ + "/control.db").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(CommandStoreTest, SharesItsFileWithTheOtherWriter) {
  auto other = std::move(*CommandStore::open(dir_, OpenMode::write));
  ASSERT_TRUE(other.begin());
  ASSERT_TRUE(other.commit());
  ASSERT_TRUE(store_->begin());
  put(1, 1, 7);
  EXPECT_EQ(other.tally(task_of(1))->handed, 0U);
  ASSERT_TRUE(store_->commit());
  EXPECT_EQ(other.tally(task_of(1))->handed, 1U);
}

TEST_F(CommandStoreTest, ReadsNothingThatIsNotThere) {
  const auto opened = CommandStore::open(dir_ + "/nowhere", OpenMode::read);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().file, dir_ + "/nowhere/control.db");
}

}  // namespace
}  // namespace muster::store
