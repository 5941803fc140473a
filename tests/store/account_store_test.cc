#include "store/account_store.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "store/control_sql.h"
#include "store/registration_store.h"

namespace muster::store {
namespace {

SecretDigest digest_of(Byte number) {
  SecretDigest digest{};
  digest[31] = number;
  return digest;
}

AdministratorRow administrator_of(const std::string& name) {
  AdministratorRow row;
  row.name = name;
  return row;
}

ApiTokenRow token_of(const std::string& name, Byte number) {
  ApiTokenRow row;
  row.name = name;
  row.digest = digest_of(number);
  return row;
}

class AccountStoreTest : public ::testing::Test {
 protected:
  AccountStoreTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-store-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    reopen();
  }
  ~AccountStoreTest() override {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  void reopen() {
    store_.reset();
    store_ = std::make_unique<AccountStore>(std::move(*AccountStore::open(dir_, OpenMode::write)));
  }
  AdministratorRow put_administrator(const std::string& name) {
    auto row = administrator_of(name);
    row.password = "$hash";
    row.role = 2;
    row.created_at = WallTime{7};
    EXPECT_TRUE(store_->put_administrator(row));
    return row;
  }
  void put_session(Byte number, AccountNumber account, std::int64_t created, std::int64_t seen) {
    EXPECT_TRUE(
        store_->put_session({digest_of(number), account, WallTime{created}, WallTime{seen}}));
  }
  ApiTokenRow put_token(const std::string& name, Byte number, std::int64_t revoked = 0) {
    auto row = token_of(name, number);
    row.revoked_at = WallTime{revoked};
    EXPECT_TRUE(store_->put_api_token(row));
    return row;
  }
  bool has_session(Byte number) {
    const auto row = store_->session(digest_of(number));
    return row && row->has_value();
  }
  void put_audit(std::uint64_t number) {
    EXPECT_TRUE(store_->append_audit({number, WallTime{5}, "mia", "::1", "task.send", "t1",
                                      R"({"count":3})", digest_of(static_cast<Byte>(number))}));
  }

  std::string dir_;
  std::unique_ptr<AccountStore> store_;
};

TEST_F(AccountStoreTest, GivesAnAdministratorBackByNameAndByNumber) {
  const auto row = put_administrator("mia");
  EXPECT_NE(row.number, no_account);
  reopen();
  EXPECT_EQ(**store_->administrator("mia"), row);
  EXPECT_EQ(**store_->administrator(row.number), row);
  EXPECT_FALSE(*store_->administrator("noah"));
  EXPECT_FALSE(*store_->administrator(row.number + 1));
}

TEST_F(AccountStoreTest, ChangesAnAdministratorInPlace) {
  auto row = put_administrator("mia");
  row.disabled = true;
  row.password = "$other";
  ASSERT_TRUE(store_->put_administrator(row));
  EXPECT_EQ(**store_->administrator("mia"), row);
  EXPECT_EQ(store_->administrators()->size(), 1U);
}

TEST_F(AccountStoreTest, ListsAdministratorsByName) {
  put_administrator("noah");
  put_administrator("mia");
  const auto rows = store_->administrators();
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].name, "mia");
  EXPECT_EQ((*rows)[1].name, "noah");
}

TEST_F(AccountStoreTest, PutsNobodyInThePlaceOfAnotherOfTheSameName) {
  const auto first = put_administrator("mia");
  auto second = administrator_of("mia");
  EXPECT_FALSE(store_->put_administrator(second));
  EXPECT_EQ(**store_->administrator("mia"), first);
}

TEST_F(AccountStoreTest, KeepsASessionUntilItIsRemoved) {
  put_session(1, 4, 10, 20);
  ASSERT_TRUE(store_->see_session(digest_of(1), WallTime{30}));
  reopen();
  EXPECT_EQ(**store_->session(digest_of(1)),
            (SessionRow{digest_of(1), 4, WallTime{10}, WallTime{30}}));
  ASSERT_TRUE(store_->remove_session(digest_of(1)));
  EXPECT_FALSE(has_session(1));
  ASSERT_TRUE(store_->remove_session(digest_of(1)));
}

TEST_F(AccountStoreTest, RemovesTheSessionsOfOneAccountAlone) {
  put_session(1, 4, 10, 20);
  put_session(2, 5, 10, 20);
  ASSERT_TRUE(store_->remove_sessions_of(4));
  EXPECT_FALSE(has_session(1));
  EXPECT_TRUE(has_session(2));
}

TEST_F(AccountStoreTest, RemovesWhatIsStaleByEitherTime) {
  put_session(1, 4, 10, 90);
  put_session(2, 4, 50, 60);
  put_session(3, 4, 50, 90);
  ASSERT_TRUE(store_->remove_stale_sessions(WallTime{50}, WallTime{90}));
  EXPECT_FALSE(has_session(1));
  EXPECT_FALSE(has_session(2));
  EXPECT_TRUE(has_session(3));
}

TEST_F(AccountStoreTest, KeepsTheSessionsThatWereSeenLast) {
  put_session(1, 4, 10, 30);
  put_session(2, 4, 20, 20);
  put_session(3, 4, 10, 40);
  put_session(9, 5, 1, 1);
  ASSERT_TRUE(store_->remove_oldest_sessions(4, 2));
  EXPECT_TRUE(has_session(1));
  EXPECT_FALSE(has_session(2));
  EXPECT_TRUE(has_session(3));
  EXPECT_TRUE(has_session(9));
}

TEST_F(AccountStoreTest, GivesATokenBackByDigestNumberAndName) {
  ApiTokenRow row{0,           digest_of(1), "backup",   1, 3, WallTime{10},
                  WallTime{0}, WallTime{99}, WallTime{0}};
  ASSERT_TRUE(store_->put_api_token(row));
  ASSERT_TRUE(store_->use_api_token(row.number, WallTime{20}));
  row.last_used_at = WallTime{20};
  reopen();
  EXPECT_EQ(**store_->api_token(digest_of(1)), row);
  EXPECT_EQ(**store_->api_token(row.number), row);
  EXPECT_EQ(**store_->living_api_token("backup"), row);
  EXPECT_FALSE(*store_->api_token(digest_of(2)));
}

TEST_F(AccountStoreTest, LetsANameBeGivenAgainOnceItsTokenIsRevoked) {
  auto first = put_token("backup", 1);
  auto second = token_of("backup", 2);
  EXPECT_FALSE(store_->put_api_token(second));
  first.revoked_at = WallTime{5};
  ASSERT_TRUE(store_->put_api_token(first));
  EXPECT_FALSE(*store_->living_api_token("backup"));
  ASSERT_TRUE(store_->put_api_token(second));
  const auto rows = store_->api_tokens();
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].number, second.number);
}

TEST_F(AccountStoreTest, ForgetsTheOldestOfTheRevokedTokensAlone) {
  put_token("living", 1);
  put_token("old", 2, 5);
  put_token("new", 3, 5);
  ASSERT_TRUE(store_->remove_oldest_revoked(1));
  const auto rows = store_->api_tokens();
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].name, "new");
  EXPECT_EQ((*rows)[1].name, "living");
}

TEST_F(AccountStoreTest, PagesThroughTheAuditLogInBothDirections) {
  for (std::uint64_t number = 1; number <= 5; ++number) {
    put_audit(number);
  }
  reopen();
  const auto newest = store_->audit(UINT64_MAX, 2);
  ASSERT_EQ(newest->size(), 2U);
  EXPECT_EQ((*newest)[0].number, 5U);
  EXPECT_EQ((*newest)[1], (AuditRow{4, WallTime{5}, "mia", "::1", "task.send", "t1",
                                    R"({"count":3})", digest_of(4)}));
  EXPECT_EQ(store_->audit(4, 9)->size(), 3U);
  const auto oldest = store_->audit_from(3, 2);
  ASSERT_EQ(oldest->size(), 2U);
  EXPECT_EQ((*oldest)[0].number, 3U);
  AuditRow taken;
  taken.number = 5;
  EXPECT_FALSE(store_->append_audit(taken));
}

TEST_F(AccountStoreTest, ForgetsTheOldestAuditRows) {
  for (std::uint64_t number = 1; number <= 3; ++number) {
    put_audit(number);
  }
  ASSERT_TRUE(store_->remove_audit_below(3));
  const auto rows = store_->audit_from(0, 9);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ((*rows)[0].number, 3U);
}

TEST_F(AccountStoreTest, StoresAllOfATransactionOrNothing) {
  ASSERT_TRUE(store_->begin());
  put_administrator("mia");
  store_->rollback();
  EXPECT_FALSE(*store_->administrator("mia"));
  ASSERT_TRUE(store_->begin());
  put_administrator("mia");
  ASSERT_TRUE(store_->commit());
  EXPECT_TRUE(*store_->administrator("mia"));
}

TEST_F(AccountStoreTest, ShowsAReaderWhatAnotherConnectionCommitted) {
  auto reader = std::move(*AccountStore::open(dir_, OpenMode::read));
  EXPECT_FALSE(*reader.administrator("mia"));
  put_administrator("mia");
  EXPECT_TRUE(*reader.administrator("mia"));
  auto row = administrator_of("noah");
  EXPECT_FALSE(reader.put_administrator(row));
}

TEST_F(AccountStoreTest, KeepsTheFileFromOthers) {
  struct stat found{};
  ASSERT_EQ(::stat((dir_ + "/control.db").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

TEST_F(AccountStoreTest, SaysThatATableIsGone) {
  auto database = std::move(
      *Database::open(dir_ + "/control.db", OpenMode::write, control_version, control_schema));
  for (const auto* table : {"administrator", "session", "api_token", "audit"}) {
    ASSERT_TRUE(database.execute(std::string("DROP TABLE ") + table));
  }
  auto administrator = administrator_of("mia");
  ApiTokenRow token;
  EXPECT_FALSE(store_->administrators());
  EXPECT_FALSE(store_->administrator("mia"));
  EXPECT_FALSE(store_->put_administrator(administrator));
  EXPECT_FALSE(store_->session(digest_of(1)));
  EXPECT_FALSE(store_->put_session({}));
  EXPECT_FALSE(store_->api_tokens());
  EXPECT_FALSE(store_->put_api_token(token));
  EXPECT_FALSE(store_->audit(1, 1));
  EXPECT_FALSE(store_->append_audit({}));
}

// A file of version 1: the tables before `administrator`.
class OldControlTest : public AccountStoreTest {
 protected:
  OldControlTest() {
    store_.reset();
    std::filesystem::remove_all(dir_ + "/control.db");
    std::filesystem::remove_all(dir_ + "/control.db-wal");
    std::filesystem::remove_all(dir_ + "/control.db-shm");
    const auto tables = control_schema.substr(0, control_schema.find("CREATE TABLE administrator"));
    auto old = Database::open(dir_ + "/control.db", OpenMode::write, 1, tables);
    EXPECT_TRUE(old);
    EXPECT_TRUE(old->execute("INSERT INTO notification VALUES('n1', 5)"));
  }
};

TEST_F(OldControlTest, IsGivenTheTablesOfAccountsAndKeepsWhatItHas) {
  reopen();
  put_administrator("mia");
  EXPECT_TRUE(*store_->administrator("mia"));
  auto registrations = std::move(*RegistrationStore::open(dir_, OpenMode::write));
  EXPECT_FALSE(*registrations.note_notification("n1", WallTime{6}));
}

TEST_F(OldControlTest, IsBroughtUpByWhicheverStoreComesFirst) {
  {
    ASSERT_TRUE(RegistrationStore::open(dir_, OpenMode::write));
  }
  reopen();
  EXPECT_TRUE(store_->administrators()->empty());
}

TEST_F(OldControlTest, ReadsAsOneWithoutAccounts) {
  auto reader = std::move(*AccountStore::open(dir_, OpenMode::read));
  EXPECT_TRUE(reader.administrators()->empty());
  EXPECT_FALSE(*reader.session(digest_of(1)));
  EXPECT_TRUE(reader.api_tokens()->empty());
  EXPECT_TRUE(reader.audit(1, 1)->empty());
  EXPECT_TRUE(RegistrationStore::open(dir_, OpenMode::read));
}

// Several processes that are started at the same moment: one makes the tables, the others find
// them.
TEST_F(OldControlTest, IsBroughtUpOnceByManyAtOnce) {
  std::atomic<int> opened = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      if (AccountStore::open(dir_, OpenMode::write)) {
        ++opened;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(opened, 4);
}

TEST(AccountStoreAtFirst, IsMadeOnceByManyAtOnce) {
  for (int round = 0; round < 5; ++round) {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-store-XXXXXX";
    const std::string dir = ::mkdtemp(pattern.data());
    std::atomic<int> opened = 0;
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto store = AccountStore::open(dir, OpenMode::write);
        if (store) {
          ++opened;
        } else {
          ADD_FAILURE() << store.error().line_of_text();
        }
      });
    }
    for (auto& thread : threads) {
      thread.join();
    }
    EXPECT_EQ(opened, 4);
    std::filesystem::remove_all(dir);
  }
}

}  // namespace
}  // namespace muster::store
