#include "store/roster_store.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

namespace muster::store {
namespace {

class RosterStoreTest : public ::testing::Test {
 protected:
  RosterStoreTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-store-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
  }
  ~RosterStoreTest() override {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  RosterStore& store() {
    if (!store_) {
      auto opened = RosterStore::open(dir_, OpenMode::write);
      EXPECT_TRUE(opened);
      store_ = std::make_unique<RosterStore>(std::move(*opened));
    }
    return *store_;
  }
  static UserRow some_user(UserNumber number) {
    return {.number = number,
            .id = "u" + std::to_string(number),
            .full_name = "Mia",
            .email = "mia@school.example",
            .language = 3,
            .managed_apple_account = "mia@account.example",
            .managed_distribution = Switch::off,
            .location = "north"};
  }
  static DeviceRow some_device(DeviceNumber number) {
    return {.number = number,
            .id = "d" + std::to_string(number),
            .name = "iPad",
            .user = 7,
            .platform = 2,
            .enrollment = 1,
            .serial = number % 2 == 0 ? "" : "S" + std::to_string(number),
            .topic = 4,
            .push_token = {1, 0, 2},
            .push_magic = "magic",
            .user_push_token = {},
            .user_push_magic = "",
            .registered_at_ms = 5,
            .active = number != 3,
            .udid = "udid",
            .imei = "imei",
            .meid = ""};
  }
  void add_users(UserNumber count) {
    for (UserNumber number = 0; number < count; ++number) {
      auto row = some_user(number);
      ASSERT_TRUE(store().add_user(row));
    }
  }
  void add_devices(DeviceNumber count) {
    for (DeviceNumber number = 0; number < count; ++number) {
      auto row = some_device(number);
      ASSERT_TRUE(store().add_device(row));
    }
  }
  static std::int64_t number(Database& database, std::string_view sql) {
    auto statement = database.prepare(sql);
    EXPECT_TRUE(statement);
    return statement && *statement->step() ? statement->integer(0) : -1;
  }
  std::int64_t number(std::string_view sql) const {
    auto database = Database::open(dir_ + "/roster.db", OpenMode::read, 5, "");
    EXPECT_TRUE(database);
    return database ? number(*database, sql) : -1;
  }

  std::string dir_;
  std::unique_ptr<RosterStore> store_;
};

// More than two batches and a part of one.
constexpr std::uint32_t many = 75;

TEST_F(RosterStoreTest, GivesBackWhatWasAdded) {
  ASSERT_TRUE(store().begin());
  add_users(many);
  add_devices(many);
  ASSERT_TRUE(store().commit());
  ASSERT_TRUE(store().begin());
  for (std::uint32_t at = 0; at < many; ++at) {
    EXPECT_EQ(**store().user(at), some_user(at));
    EXPECT_EQ(**store().device(at), some_device(at));
  }
  EXPECT_EQ(*store().users_count(), many);
  EXPECT_EQ(*store().devices_count(), many);
  store().rollback();
}

TEST_F(RosterStoreTest, FindsWhatWasAddedBeforeItIsCommitted) {
  ASSERT_TRUE(store().begin());
  add_users(1);
  EXPECT_EQ(**store().user(0), some_user(0));  // by a kept statement
  add_devices(1);
  auto cursor = store().device_numbers_ids();  // by one of its own
  ASSERT_TRUE(cursor);
  ASSERT_TRUE(*cursor->step());
  EXPECT_EQ(cursor->text(1), "d0");
  store().rollback();
}

TEST_F(RosterStoreTest, PutsOverWhatWasAdded) {
  ASSERT_TRUE(store().begin());
  add_users(2);
  auto changed = some_user(1);
  changed.full_name = "Ann";
  ASSERT_TRUE(store().put_user(changed));
  ASSERT_TRUE(store().commit());
  ASSERT_TRUE(store().begin());
  EXPECT_EQ(**store().user(0), some_user(0));
  EXPECT_EQ((*store().user(1))->full_name, "Ann");
  store().rollback();
}

TEST_F(RosterStoreTest, ForgetsWhatWasAddedAndRolledBack) {
  ASSERT_TRUE(store().begin());
  add_users(many);
  add_devices(many);
  store().rollback();
  ASSERT_TRUE(store().begin());
  ASSERT_TRUE(store().commit());
  EXPECT_EQ(number("SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM devices)"), 0);
}

TEST_F(RosterStoreTest, RefusesAtTheLatestWithTheCommitARowOfANumberThatIsTaken) {
  ASSERT_TRUE(store().begin());
  add_users(1);
  ASSERT_TRUE(store().commit());
  ASSERT_TRUE(store().begin());
  auto row = some_user(0);
  row.id = "another";
  ASSERT_TRUE(store().add_user(row));
  EXPECT_EQ(store().commit().error().code, ErrorCode::store_corrupt);
  ASSERT_TRUE(store().begin());  // it was rolled back, and nothing of it waits
  EXPECT_EQ(**store().user(0), some_user(0));
  ASSERT_TRUE(store().commit());
}

TEST_F(RosterStoreTest, RefusesWithTheBatchARowOfANumberThatIsTaken) {
  ASSERT_TRUE(store().begin());
  Result<void> added;
  int count = 0;
  for (; added && count < 1000; ++count) {
    auto row = some_device(0);
    added = store().add_device(row);
  }
  EXPECT_LT(count, 1000);
  EXPECT_EQ(added.error().code, ErrorCode::store_corrupt);
  store().rollback();
}

TEST_F(RosterStoreTest, EveryVerbSaysThatAnAddedRowWasRefused) {
  const auto with_a_bad_row = [&](auto verb) {
    EXPECT_TRUE(store().begin());
    add_users(1);
    auto row = some_user(0);
    EXPECT_TRUE(store().add_user(row));
    EXPECT_FALSE(verb());
    store().rollback();
  };
  with_a_bad_row([&] { return store().user(0).has_value(); });
  with_a_bad_row([&] { return store().device_numbers_ids().has_value(); });
  with_a_bad_row([&] { return store().drop_indexes().has_value(); });
  with_a_bad_row([&] { return store().build_indexes().has_value(); });
}

TEST_F(RosterStoreTest, BuildsTheIndexesThatItDropped) {
  static_cast<void>(store());
  const auto names = [&] {
    auto database = Database::open(dir_ + "/roster.db", OpenMode::read, 5, "");
    EXPECT_TRUE(database);
    auto statement = database->prepare(
        "SELECT group_concat(sql) FROM (SELECT sql FROM sqlite_schema WHERE type='index' "
        "AND sql IS NOT NULL ORDER BY name)");
    EXPECT_TRUE(statement && *statement->step());
    return std::string(statement->text(0));
  };
  const auto before = names();
  ASSERT_TRUE(store().begin());
  ASSERT_TRUE(store().drop_indexes());
  add_users(many);
  add_devices(many);
  ASSERT_TRUE(store().build_indexes());
  ASSERT_TRUE(store().commit());
  EXPECT_EQ(names(), before);
  EXPECT_EQ(number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check='ok'"), 1);
  ASSERT_TRUE(store().begin());
  EXPECT_EQ((*store().user_by_id("u74"))->number, 74U);
  store().rollback();
}

TEST_F(RosterStoreTest, RefusesToBuildTheIndexOfAnIdThatStandsTwice) {
  ASSERT_TRUE(store().begin());
  ASSERT_TRUE(store().drop_indexes());
  add_devices(1);
  auto row = some_device(1);
  row.id = "d0";
  ASSERT_TRUE(store().add_device(row));
  EXPECT_EQ(store().build_indexes().error().code, ErrorCode::store_corrupt);
  store().rollback();
}

TEST_F(RosterStoreTest, LeavesAnOldFileItsPages) {
  ASSERT_TRUE(Database::open(dir_ + "/roster.db", OpenMode::write, 5, ""));
  static_cast<void>(store());
  EXPECT_EQ(number("PRAGMA page_size"), 4096);
}

TEST_F(RosterStoreTest, HasLargePagesInANewFile) {
  static_cast<void>(store());
  EXPECT_EQ(number("PRAGMA page_size"), 16384);
}

}  // namespace
}  // namespace muster::store
