#include "store/registration_store.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

namespace muster::store {
namespace {

class RegistrationStoreTest : public ::testing::Test {
 protected:
  RegistrationStoreTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-store-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    store_ = opened(OpenMode::write);
  }
  ~RegistrationStoreTest() override {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  std::unique_ptr<RegistrationStore> opened(OpenMode mode) {
    auto store = RegistrationStore::open(dir_, mode);
    return store ? std::make_unique<RegistrationStore>(std::move(*store)) : nullptr;
  }
  void reopen() {
    store_.reset();
    store_ = opened(OpenMode::write);
  }
  static RegistrationRow some_row(UserNumber user) {
    RegistrationRow row;
    row.user = user;
    row.location = 1;
    row.client_user_id[0] = static_cast<Byte>(user);
    row.client_user_id[15] = 7;
    row.state = 3;
    row.error = 9716;
    row.code = "code";
    row.url = "https://example.com/?inviteCode=code";
    row.id_hash = "hash";
    row.email = "mia@school.example";
    row.account = "mia@managed.example";
    row.tries = 2;
    row.next_at = WallTime{5};
    row.changed_at = WallTime{6};
    return row;
  }

  std::string dir_;
  std::unique_ptr<RegistrationStore> store_;
};

TEST_F(RegistrationStoreTest, GivesALocationANumberAndKeepsItByItsId) {
  LocationRow row{.number = 0,
                  .id = "default",
                  .content_token = "token",
                  .organisation = "Example School",
                  .name = "North",
                  .expires_at = WallTime{1},
                  .our_id = "id",
                  .notification_token = "secret",
                  .since_version = "v1",
                  .standing = 2,
                  .standing_text = "words",
                  .installed_at = WallTime{3},
                  .not_before = WallTime{4}};
  ASSERT_TRUE(store_->put_location(row));
  EXPECT_NE(row.number, 0U);
  LocationRow other;
  other.id = "north";
  ASSERT_TRUE(store_->put_location(other));
  EXPECT_NE(other.number, row.number);
  const auto number = row.number;
  row.since_version = "v2";
  row.number = 0;
  ASSERT_TRUE(store_->put_location(row));
  EXPECT_EQ(row.number, number);
  reopen();
  const auto rows = store_->locations();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2U);
  const auto& kept = rows->front();
  EXPECT_EQ(kept.number, number);
  EXPECT_EQ(kept.id, "default");
  EXPECT_EQ(kept.content_token, "token");
  EXPECT_EQ(kept.organisation, "Example School");
  EXPECT_EQ(kept.name, "North");
  EXPECT_EQ(kept.expires_at, WallTime{1});
  EXPECT_EQ(kept.our_id, "id");
  EXPECT_EQ(kept.notification_token, "secret");
  EXPECT_EQ(kept.since_version, "v2");
  EXPECT_EQ(kept.standing, 2);
  EXPECT_EQ(kept.standing_text, "words");
  EXPECT_EQ(kept.installed_at, WallTime{3});
  EXPECT_EQ(kept.not_before, WallTime{4});
}

TEST_F(RegistrationStoreTest, GivesARegistrationBackByUserAndByClientUserId) {
  const auto row = some_row(5);
  ASSERT_TRUE(store_->put_registration(row));
  reopen();
  EXPECT_EQ(store_->registration(5)->value_or(RegistrationRow{}), row);
  EXPECT_EQ(store_->registration_of(row.client_user_id)->value_or(RegistrationRow{}), row);
  EXPECT_FALSE(store_->registration(6)->has_value());
  EXPECT_FALSE(store_->registration_of({})->has_value());
}

TEST_F(RegistrationStoreTest, OverwritesWhatStandsForAUser) {
  auto row = some_row(5);
  ASSERT_TRUE(store_->put_registration(row));
  row.state = 4;
  row.code.clear();
  row.location = 2;
  ASSERT_TRUE(store_->put_registration(row));
  EXPECT_EQ(store_->registration(5)->value_or(RegistrationRow{}), row);
}

TEST_F(RegistrationStoreTest, RefusesTheSameClientUserIdForTwoUsers) {
  ASSERT_TRUE(store_->put_registration(some_row(5)));
  auto other = some_row(6);
  other.client_user_id = some_row(5).client_user_id;
  EXPECT_FALSE(store_->put_registration(other));
  EXPECT_FALSE(store_->registration(6)->has_value());
}

TEST_F(RegistrationStoreTest, GivesRegistrationsInTheOrderAskedWithoutThoseItHasNot) {
  ASSERT_TRUE(store_->put_registration(some_row(5)));
  ASSERT_TRUE(store_->put_registration(some_row(6)));
  const std::array<UserNumber, 4> users{6, 9, 5, 6};
  const auto rows = store_->registrations(users);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_EQ((*rows)[0].user, 6U);
  EXPECT_EQ((*rows)[1].user, 5U);
  EXPECT_EQ((*rows)[2].user, 6U);
}

TEST_F(RegistrationStoreTest, ReadsTheStatesOfAllByUser) {
  ASSERT_TRUE(store_->put_registration(some_row(9)));
  ASSERT_TRUE(store_->put_registration(some_row(2)));
  auto states = store_->states();
  ASSERT_TRUE(states);
  ASSERT_TRUE(*states->step());
  EXPECT_EQ(states->integer(0), 2);
  EXPECT_EQ(states->integer(1), 3);
  EXPECT_EQ(states->integer(2), 9716);
  EXPECT_EQ(states->integer(3), 1);
  EXPECT_EQ(states->bytes(4).size(), 16U);
  ASSERT_TRUE(*states->step());
  EXPECT_EQ(states->integer(0), 9);
  EXPECT_FALSE(*states->step());
}

TEST_F(RegistrationStoreTest, CountsUsersThatShareAnIdHashWithinALocation) {
  for (const UserNumber user : {1U, 2U, 3U, 4U, 5U}) {
    auto row = some_row(user);
    row.id_hash = user < 3 ? "same" : user == 3 ? "own" : "";
    ASSERT_TRUE(store_->put_registration(row));
  }
  auto elsewhere = some_row(6);
  elsewhere.location = 2;
  elsewhere.id_hash = "own";
  ASSERT_TRUE(store_->put_registration(elsewhere));
  EXPECT_EQ(*store_->users_of(1, "same"), 2U);
  EXPECT_EQ(*store_->users_of(1, "own"), 1U);
  EXPECT_EQ(*store_->users_of(1, ""), 0U);
  EXPECT_EQ(*store_->shared_id_hashes(1), 1U);
  EXPECT_EQ(*store_->shared_id_hashes(2), 0U);
}

TEST_F(RegistrationStoreTest, KeepsBatchesUntilTheyAreRemoved) {
  const BatchRow early{"event-1", 1, WallTime{1}, {7, 300'000, 2}};
  const BatchRow late{"event-2", 1, WallTime{2}, {}};
  ASSERT_TRUE(store_->put_batch(late));
  ASSERT_TRUE(store_->put_batch(early));
  reopen();
  auto batches = store_->batches();
  ASSERT_TRUE(batches);
  ASSERT_EQ(batches->size(), 2U);
  EXPECT_EQ(batches->front().event, "event-1");
  EXPECT_EQ(batches->front().location, 1U);
  EXPECT_EQ(batches->front().asked_at, WallTime{1});
  EXPECT_EQ(batches->front().users, early.users);
  EXPECT_TRUE(batches->back().users.empty());
  ASSERT_TRUE(store_->remove_batch("event-1"));
  ASSERT_TRUE(store_->remove_batch("never"));
  batches = store_->batches();
  ASSERT_EQ(batches->size(), 1U);
  EXPECT_EQ(batches->front().event, "event-2");
}

TEST_F(RegistrationStoreTest, KnowsANotificationUntilItIsForgotten) {
  EXPECT_TRUE(*store_->note_notification("n1", WallTime{10}));
  EXPECT_FALSE(*store_->note_notification("n1", WallTime{11}));
  EXPECT_TRUE(*store_->note_notification("n2", WallTime{20}));
  ASSERT_TRUE(store_->forget_notifications(WallTime{20}));
  EXPECT_TRUE(*store_->note_notification("n1", WallTime{30}));
  EXPECT_FALSE(*store_->note_notification("n2", WallTime{30}));
}

TEST_F(RegistrationStoreTest, StoresNothingOfATransactionThatIsRolledBack) {
  ASSERT_TRUE(store_->begin());
  ASSERT_TRUE(store_->put_registration(some_row(5)));
  store_->rollback();
  EXPECT_FALSE(store_->registration(5)->has_value());
}

TEST_F(RegistrationStoreTest, ShowsAReaderTheLastCommitWhileAnotherIsWritten) {
  ASSERT_TRUE(store_->put_registration(some_row(5)));
  ASSERT_TRUE(store_->begin());
  ASSERT_TRUE(store_->put_registration(some_row(6)));
  const auto reader = opened(OpenMode::read);
  ASSERT_NE(reader, nullptr);
  EXPECT_TRUE(reader->registration(5)->has_value());
  EXPECT_FALSE(reader->registration(6)->has_value());
  ASSERT_TRUE(store_->commit());
  EXPECT_TRUE(reader->registration(6)->has_value());
}

TEST_F(RegistrationStoreTest, RefusesToReadWhatNobodyHasWritten) {
  store_.reset();
  std::filesystem::remove(dir_ + "/control.db");
  const auto store = RegistrationStore::open(dir_, OpenMode::read);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().file, dir_ + "/control.db");
  EXPECT_EQ(store.error().cause.code, ErrorCode::not_found);
}

TEST_F(RegistrationStoreTest, TakesTurnsWithAnotherWriter) {
  auto other = opened(OpenMode::write);
  ASSERT_NE(other, nullptr);
  ASSERT_TRUE(store_->begin());
  const auto begun = other->begin();
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, ErrorCode::store_busy);
  ASSERT_TRUE(store_->commit());
  ASSERT_TRUE(other->begin());
  ASSERT_TRUE(other->commit());
}

}  // namespace
}  // namespace muster::store
