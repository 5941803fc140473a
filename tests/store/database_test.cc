#include "store/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <vector>

namespace muster::store {
namespace {

constexpr std::string_view schema = "CREATE TABLE thing(number INTEGER PRIMARY KEY, body)";
constexpr Column body{.table = "thing", .name = "body"};

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-store-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    file_ = dir_ + "/thing.db";
  }
  ~DatabaseTest() override {
    ::chmod(dir_.c_str(), 0700);
    std::filesystem::remove_all(dir_);
  }

  Result<Database, Complaint> open(OpenMode mode = OpenMode::write, std::int32_t version = 1) {
    return Database::open(file_, mode, version, schema);
  }
  static std::int64_t count(Database& database) {
    auto statement = database.prepare("SELECT count(*) FROM thing");
    EXPECT_TRUE(statement);
    EXPECT_TRUE(*statement->step());
    return statement->integer(0);
  }
  void write_file(const std::string& text) const { std::ofstream(file_) << text; }

  std::string dir_;
  std::string file_;
};

TEST_F(DatabaseTest, CreatesAFileThatOnlyItsOwnerMayRead) {
  auto database = open();
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->execute("INSERT INTO thing VALUES(1, 'a')"));
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    struct stat found{};
    ASSERT_EQ(::stat((file_ + suffix).c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
  }
}

TEST_F(DatabaseTest, GivesBackWhatWasBound) {
  auto database = open();
  ASSERT_TRUE(database);
  auto insert = database->prepare("INSERT INTO thing VALUES(?, ?)");
  ASSERT_TRUE(insert);
  const std::vector<Byte> blob{1, 0, 2};
  ASSERT_TRUE(insert->bind(1, std::int64_t{5}).bind(2, std::string_view("text")).run());
  EXPECT_EQ(database->last_row_id(), 5);
  ASSERT_TRUE(insert->bind(1, std::int64_t{6}).bind(2, Bytes(blob)).run());
  ASSERT_TRUE(insert->bind(1, std::int64_t{7}).bind_null(2).run());
  ASSERT_TRUE(insert->bind(1, std::int64_t{8}).bind(2, std::string_view()).run());
  ASSERT_TRUE(insert->bind(1, std::int64_t{9}).bind(2, Bytes()).run());
  auto select = database->prepare("SELECT number, body FROM thing ORDER BY number");
  ASSERT_TRUE(*select->step());
  EXPECT_EQ(select->integer(0), 5);
  EXPECT_EQ(select->text(1), "text");
  ASSERT_TRUE(*select->step());
  EXPECT_EQ(std::vector<Byte>(select->bytes(1).begin(), select->bytes(1).end()), blob);
  ASSERT_TRUE(*select->step());
  EXPECT_TRUE(select->is_null(1));
  ASSERT_TRUE(*select->step());
  EXPECT_FALSE(select->is_null(1));
  EXPECT_EQ(select->text(1), "");
  ASSERT_TRUE(*select->step());
  EXPECT_FALSE(select->is_null(1));
  EXPECT_TRUE(select->bytes(1).empty());
  EXPECT_FALSE(*select->step());
  ASSERT_TRUE(*select->step());  // reset by itself
  select->reset();
}

TEST_F(DatabaseTest, ForgetsWhatWasRolledBack) {
  auto database = open();
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->begin());
  ASSERT_TRUE(database->execute("INSERT INTO thing VALUES(1, 'a')"));
  database->rollback();
  EXPECT_EQ(count(*database), 0);
}

TEST_F(DatabaseTest, ShowsAReaderItsSnapshotWhileAWriterGoesOn) {
  auto writer = open();
  ASSERT_TRUE(writer);
  auto reader = open(OpenMode::read);
  ASSERT_TRUE(reader);
  ASSERT_TRUE(reader->begin());
  ASSERT_TRUE(writer->execute("INSERT INTO thing VALUES(1, 'a')"));
  EXPECT_EQ(count(*reader), 0);
  reader->rollback();
  EXPECT_EQ(count(*reader), 1);
  EXPECT_EQ(reader->execute("INSERT INTO thing VALUES(2, 'b')").error().code,
            ErrorCode::not_permitted);
}

TEST_F(DatabaseTest, ReadsWhereNobodyWritesAnyMore) {
  {
    auto writer = open();
    ASSERT_TRUE(writer->execute("INSERT INTO thing VALUES(1, 'a')"));
  }
  auto reader = open(OpenMode::read);
  ASSERT_TRUE(reader);
  EXPECT_EQ(count(*reader), 1);
}

// Runs `check` as a user who may read everything here and change nothing; gives what it returned.
template <class Check>
int as_stranger(const std::string& dir, const std::string& file, Check check) {
  ::chmod(dir.c_str(), 0755);
  ::chmod(file.c_str(), 0644);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) {
      ::_exit(99);
    }
    ::_exit(check());
  }
  ::chmod(dir.c_str(), 0555);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

TEST_F(DatabaseTest, ReadsADirectoryItMayNotWriteTo) {
  {
    auto writer = open();
    ASSERT_TRUE(writer->execute("INSERT INTO thing VALUES(1, 'a')"));
  }
  ::chmod(dir_.c_str(), 0555);
  const int rows = as_stranger(dir_, file_, [&] {
    auto reader = open(OpenMode::read);
    return reader ? static_cast<int>(count(*reader)) : 50;
  });
  EXPECT_EQ(rows, 1);
}

TEST_F(DatabaseTest, RefusesToWriteWhatItMayOnlyRead) {
  ASSERT_TRUE(open());
  const int code = as_stranger(dir_, file_, [&] {
    const auto writer = open();
    return writer ? 50 : static_cast<int>(writer.error().cause.code);
  });
  EXPECT_EQ(code, static_cast<int>(ErrorCode::not_permitted));
}

TEST_F(DatabaseTest, ReadsAFileWhoseNameLooksLikeAUri) {
  file_ = dir_ + "/a?b#c%20.db";
  {
    auto writer = open();
    ASSERT_TRUE(writer->execute("INSERT INTO thing VALUES(1, 'a')"));
  }
  const int rows = as_stranger(dir_, file_, [&] {
    auto reader = open(OpenMode::read);
    return reader ? static_cast<int>(count(*reader)) : 50;
  });
  EXPECT_EQ(rows, 1);
}

TEST_F(DatabaseTest, RefusesToReadWhatDoesNotExist) {
  const auto reader = open(OpenMode::read);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().cause.code, ErrorCode::not_found);
  EXPECT_EQ(reader.error().file, file_);
  write_file("");  // its writer died before the first commit
  EXPECT_EQ(open(OpenMode::read).error().cause.code, ErrorCode::not_found);
  EXPECT_TRUE(open());
}

TEST_F(DatabaseTest, RefusesADatabaseOfAnotherProgram) {
  {
    auto database = open();
    ASSERT_TRUE(database->execute("PRAGMA application_id = 7"));
  }
  for (const auto mode : {OpenMode::read, OpenMode::write}) {
    const auto opened = open(mode);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().cause.code, ErrorCode::store_corrupt);
    EXPECT_THAT(opened.error().found, ::testing::HasSubstr("not written by muster"));
  }
}

TEST_F(DatabaseTest, RefusesWhatANewerOrOlderVersionWrote) {
  ASSERT_TRUE(open(OpenMode::write, 3));
  EXPECT_EQ(open(OpenMode::write, 2).error().cause.code, ErrorCode::store_newer);
  EXPECT_EQ(open(OpenMode::write, 4).error().cause.code, ErrorCode::store_corrupt);
  EXPECT_TRUE(open(OpenMode::write, 3));
}

class UpgradeTest : public DatabaseTest {
 protected:
  static constexpr std::array<OlderVersion, 2> older{{
      {1, "ALTER TABLE thing ADD COLUMN weight DEFAULT 5",
       "CREATE TEMP VIEW thing AS SELECT *, 5 AS weight, 6 AS height FROM main.thing"},
      {2, "ALTER TABLE thing ADD COLUMN height DEFAULT 6",
       "CREATE TEMP VIEW thing AS SELECT *, 6 AS height FROM main.thing"},
  }};
  Result<Database, Complaint> open_newest(OpenMode mode) {
    return Database::open(file_, mode, 3, "", older);
  }
  static std::int64_t sum(Database& database) {
    auto statement = database.prepare("SELECT number + weight + height FROM thing");
    EXPECT_TRUE(statement);
    return statement && *statement->step() ? statement->integer(0) : 0;
  }
};

TEST_F(UpgradeTest, BringsAnOldFileUpStepByStepBeforeItIsWritten) {
  ASSERT_TRUE(open(OpenMode::write, 1)->execute("INSERT INTO thing VALUES(1, 'a')"));
  auto database = open_newest(OpenMode::write);
  ASSERT_TRUE(database) << database.error().line_of_text();
  EXPECT_EQ(sum(*database), 12);
  EXPECT_EQ(open(OpenMode::write, 1).error().cause.code, ErrorCode::store_newer);
  EXPECT_TRUE(open_newest(OpenMode::write));
}

TEST_F(UpgradeTest, ReadsAnOldFileAsIfItWereNewAndLeavesItAsItIs) {
  ASSERT_TRUE(open(OpenMode::write, 1)->execute("INSERT INTO thing VALUES(1, 'a')"));
  auto database = open_newest(OpenMode::read);
  ASSERT_TRUE(database) << database.error().line_of_text();
  EXPECT_EQ(sum(*database), 12);
  EXPECT_TRUE(open(OpenMode::write, 1));
}

TEST_F(UpgradeTest, LeavesTheOldFileWhereAStepFails) {
  ASSERT_TRUE(open(OpenMode::write, 1)->execute("ALTER TABLE thing ADD COLUMN height"));
  const auto opened = open_newest(OpenMode::write);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().cause.code, ErrorCode::store_corrupt);
  auto database = open(OpenMode::write, 1);
  ASSERT_TRUE(database);
  EXPECT_FALSE(database->prepare("SELECT weight FROM thing"));
}

TEST_F(UpgradeTest, SaysThatAnOldFileCannotBeReadAsANewOne) {
  ASSERT_TRUE(open(OpenMode::write, 1)->execute("DROP TABLE thing"));
  constexpr std::array<OlderVersion, 1> wrong{{{1, "", "CREATE TEMP VIEW thing AS SELECT"}}};
  EXPECT_EQ(Database::open(file_, OpenMode::read, 2, "", wrong).error().cause.code,
            ErrorCode::store_corrupt);
}

TEST_F(DatabaseTest, RefusesAFileThatIsNoDatabaseAndLeavesItAlone) {
  const std::string text(5000, 'x');
  write_file(text);
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().cause.code, ErrorCode::store_corrupt);
  EXPECT_FALSE(opened.error().mend.empty());
  std::ifstream in(file_);
  const std::string after((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_EQ(after, text);
}

TEST_F(DatabaseTest, SaysThatTheSchemaOrAStatementIsWrong) {
  EXPECT_FALSE(Database::open(file_, OpenMode::write, 1, "CREATE TABLE oops("));
  auto database = open();
  ASSERT_TRUE(database);
  EXPECT_EQ(database->prepare("SELECT * FROM nothing").error().code, ErrorCode::store_corrupt);
  ASSERT_TRUE(database->execute("INSERT INTO thing VALUES(1, 'a')"));
  auto twice = database->prepare("INSERT INTO thing VALUES(1, 'a')");
  EXPECT_EQ(twice->run().error().code, ErrorCode::store_corrupt);
}

TEST_F(DatabaseTest, SaysThatAnotherWriterHoldsTheFile) {
  auto first = open();
  auto second = open();
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(first->begin());
  ASSERT_TRUE(second->execute("PRAGMA busy_timeout = 0"));
  EXPECT_EQ(second->begin().error().code, ErrorCode::store_busy);
}

TEST_F(DatabaseTest, SaysThatTheFileMayNotGrowAndGoesOnLater) {
  auto database = open();
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->execute("PRAGMA max_page_count = 4"));
  const auto full = database->execute("INSERT INTO thing VALUES(1, zeroblob(100000))");
  EXPECT_EQ(full.error().code, ErrorCode::disk_full);
  ASSERT_TRUE(database->execute("PRAGMA max_page_count = 100000"));
  EXPECT_TRUE(database->execute("INSERT INTO thing VALUES(1, zeroblob(100000))"));
}

TEST_F(DatabaseTest, StoresNothingWhenTheCommitFindsTheDiskFull) {
  auto database = open();
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->begin());
  ASSERT_TRUE(database->execute("INSERT INTO thing VALUES(1, zeroblob(100000))"));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{std::filesystem::file_size(file_ + "-wal"), before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  const auto committed = database->commit();
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, ErrorCode::disk_full);
  EXPECT_EQ(count(*database), 0);
  EXPECT_TRUE(database->begin());  // the transaction was over
}

TEST_F(DatabaseTest, CheckpointsByItselfAndKeepsTheLogShort) {
  auto database = open();
  ASSERT_TRUE(database);
  for (int at = 0; at < 40; ++at) {
    ASSERT_TRUE(database->execute("REPLACE INTO thing VALUES(1, zeroblob(1000000))"));
  }
  EXPECT_LT(std::filesystem::file_size(file_ + "-wal"), 16'000'000U);
}

TEST_F(DatabaseTest, KeepsTheLogAsShortAsItIsTold) {
  auto opened = open();
  ASSERT_TRUE(opened);
  opened->checkpoint_after(8);
  Database database = std::move(*opened);
  const auto store = [&](int number) {
    ASSERT_TRUE(database.begin());
    ASSERT_TRUE(database.execute("INSERT INTO thing VALUES(" + std::to_string(number) +
                                 ", zeroblob(1000))"));
    ASSERT_TRUE(database.commit());
  };
  for (int number = 0; number < 200; ++number) {
    store(number);
  }
  EXPECT_LT(std::filesystem::file_size(file_ + "-wal"), 16 * 4200U);
  EXPECT_EQ(count(database), 200);
}

TEST_F(DatabaseTest, FindsDamageInsideAPage) {
  {
    auto database = open();
    ASSERT_TRUE(database->execute("INSERT INTO thing VALUES(1, zeroblob(100000))"));
  }
  std::fstream(file_, std::ios::in | std::ios::out).seekp(4096) << std::string(200, '\xff');
  auto database = open();
  ASSERT_TRUE(database);
  auto select = database->prepare("SELECT sum(length(body)) FROM thing");
  ASSERT_TRUE(select);
  EXPECT_EQ(select->step().error().code, ErrorCode::store_corrupt);
}

TEST_F(DatabaseTest, ReadsAValueOfManyPagesIntoItsCallersMemory) {
  auto database = open();
  ASSERT_TRUE(database);
  std::vector<Byte> value(100'000);
  std::iota(value.begin(), value.end(), Byte{0});
  auto write = database->prepare("INSERT INTO thing VALUES(?,?)");
  ASSERT_TRUE(write);
  ASSERT_TRUE(write->bind(1, std::int64_t{7}).bind(2, Bytes(value)).run());
  std::vector<Byte> read(value.size());
  ASSERT_TRUE(database->read_value(body, 7, read));
  EXPECT_EQ(read, value);
}

TEST_F(DatabaseTest, RefusesAValueThatIsNotThereOrNotAsLongAsWasSaid) {
  auto database = open();
  ASSERT_TRUE(database->execute("INSERT INTO thing VALUES(1, zeroblob(1000))"));
  std::vector<Byte> read(999);
  const auto shorter = database->read_value(body, 1, read);
  ASSERT_FALSE(shorter);
  EXPECT_EQ(shorter.error().code, ErrorCode::store_corrupt);
  const auto missing = database->read_value(body, 2, read);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::store_corrupt);
}

TEST_F(DatabaseTest, FindsAValueThatEndsBeforeItsLength) {
  {
    auto database = open();
    ASSERT_TRUE(database->execute("INSERT INTO thing VALUES(1, zeroblob(100000))"));
  }
  // Each of its pages but those in the table's own says that it is the last one.
  std::fstream file(file_, std::ios::in | std::ios::out);
  for (auto at = std::filesystem::file_size(file_); at > 2 * 4096UL; at -= 4096) {
    file.seekp(static_cast<std::streamoff>(at - 4096)) << std::string(4, '\0');
  }
  file.close();
  auto database = open();
  ASSERT_TRUE(database);
  std::vector<Byte> read(100'000);
  const auto done = database->read_value(body, 1, read);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::store_corrupt);
}

TEST_F(DatabaseTest, KeepsLessOfTheFileInMemoryWhereItOnlyReads) {
  const auto kept = [](Database& database) {
    auto asked = database.prepare("PRAGMA cache_size");
    EXPECT_TRUE(*asked->step());
    return -asked->integer(0);  // KiB
  };
  auto writer = open();
  auto reader = open(OpenMode::read);
  ASSERT_TRUE(reader);
  EXPECT_LE(kept(*reader), 256);
  EXPECT_GE(kept(*writer), 8192);
}

class DirectoryLockTest : public DatabaseTest {};

TEST_F(DirectoryLockTest, CreatesADirectoryForItsOwnerOnly) {
  const auto lock = DirectoryLock::take(dir_ + "/data");
  ASSERT_TRUE(lock);
  struct stat found{};
  ASSERT_EQ(::stat((dir_ + "/data").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0700U);
}

TEST_F(DirectoryLockTest, NamesTheProcessThatHoldsItAndTakesOverFromADeadOne) {
  int ready[2];
  int done[2];
  ASSERT_EQ(::pipe(ready) | ::pipe(done), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(done[1]);
    const auto lock = DirectoryLock::take(dir_);
    char byte = 0;
    if (::write(ready[1], "x", 1) != 1 || ::read(done[0], &byte, 1) < 0) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_TRUE(DirectoryLock::held(dir_));
  const auto refused = DirectoryLock::take(dir_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause.code, ErrorCode::store_busy);
  EXPECT_THAT(refused.error().found, ::testing::HasSubstr("process " + std::to_string(child)));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(DirectoryLock::held(dir_));
  EXPECT_TRUE(DirectoryLock::take(dir_));
  for (const int fd : {ready[0], ready[1], done[0], done[1]}) {
    ::close(fd);
  }
}

TEST_F(DirectoryLockTest, IsFreeAfterItsOwnerIsGone) {
  EXPECT_FALSE(DirectoryLock::held(dir_));
  {
    auto lock = DirectoryLock::take(dir_);
    ASSERT_TRUE(lock);
    const auto moved = std::move(*lock);
    EXPECT_TRUE(DirectoryLock::held(dir_));
  }
  EXPECT_FALSE(DirectoryLock::held(dir_));
}

TEST_F(DirectoryLockTest, TellsOfAHolderThatLeftNoOrAForeignName) {
  auto lock = DirectoryLock::take(dir_);
  ASSERT_TRUE(lock);
  std::ofstream(dir_ + "/muster.lock") << "";
  EXPECT_THAT(DirectoryLock::take(dir_).error().found, ::testing::HasSubstr("another process"));
  std::ofstream(dir_ + "/muster.lock") << "12 other-boot\n";
  EXPECT_THAT(DirectoryLock::take(dir_).error().found, ::testing::HasSubstr("another machine"));
}

TEST_F(DirectoryLockTest, RefusesWhereNoDirectoryCanBe) {
  EXPECT_EQ(DirectoryLock::take(dir_ + "/a/b").error().cause.code, ErrorCode::not_found);
  write_file("x");
  EXPECT_FALSE(DirectoryLock::take(file_));
}

}  // namespace
}  // namespace muster::store
