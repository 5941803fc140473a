// Sorting in temporary files, and where there can be none.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "store/database.h"

namespace muster::store {
namespace {

class SortingTest : public ::testing::Test {
 protected:
  SortingTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-store-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    auto opened = Database::open(dir_ + "/thing.db", OpenMode::write, 1,
                                 "CREATE TABLE thing(number INTEGER PRIMARY KEY, body)");
    EXPECT_TRUE(opened);
    database_ = std::make_unique<Database>(std::move(*opened));
    settings_ = settings();
    EXPECT_TRUE(database_->execute(
        "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<50000)"
        "INSERT INTO thing SELECT i, hex(randomblob(100)) FROM n"));
  }
  ~SortingTest() override {
    no_place(false);
    database_.reset();
    std::filesystem::remove_all(dir_);
  }
  [[nodiscard]] std::int64_t setting(const std::string& name) const {
    auto statement = database_->prepare("PRAGMA " + name);
    EXPECT_TRUE(statement);
    return statement && *statement->step() ? statement->integer(0) : -1;
  }
  [[nodiscard]] std::vector<std::int64_t> settings() const {
    return {setting("temp_store"), setting("cache_size")};
  }
  [[nodiscard]] bool whole() const {
    auto statement = database_->prepare("PRAGMA integrity_check");
    EXPECT_TRUE(statement && *statement->step());
    return statement->text(0) == "ok";
  }
  // From now on SQLite may not write to any directory.
  static void no_place(bool wanted) {
    auto* system = sqlite3_vfs_find(nullptr);
    const auto refuse =
        +[](const char* path, int how) { return (how & W_OK) != 0 ? -1 : ::access(path, how); };
    EXPECT_EQ(
        system->xSetSystemCall(system, "access",
                               wanted ? reinterpret_cast<sqlite3_syscall_ptr>(refuse) : nullptr),
        SQLITE_OK);
  }

  std::string dir_;
  std::unique_ptr<Database> database_;
  std::vector<std::int64_t> settings_;
};

constexpr auto much_to_sort = "CREATE INDEX by_body ON thing(body)";

TEST_F(SortingTest, SortsInATransactionAndGoesOnAsBefore) {
  ASSERT_TRUE(database_->begin());
  EXPECT_TRUE(database_->execute_sorting(much_to_sort));
  EXPECT_EQ(settings(), settings_);
  ASSERT_TRUE(database_->commit());
  EXPECT_TRUE(whole());
}

TEST_F(SortingTest, SortsInMemoryWhereNoTemporaryFileCanBe) {
  no_place(true);
  ASSERT_TRUE(database_->begin());
  EXPECT_TRUE(database_->execute_sorting(much_to_sort));
  EXPECT_EQ(settings(), settings_);
  ASSERT_TRUE(database_->commit());
  EXPECT_TRUE(whole());
}

TEST_F(SortingTest, SaysWhatIsWrongAndGoesOnAsBefore) {
  EXPECT_EQ(database_->execute_sorting("CREATE INDEX oops ON nothing(body)").error().code,
            ErrorCode::store_corrupt);
  EXPECT_EQ(settings(), settings_);
}

}  // namespace
}  // namespace muster::store
