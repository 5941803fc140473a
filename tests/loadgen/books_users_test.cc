#include "loadgen/books_users.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::loadgen {
namespace {

using Status = BooksUser::Status;

TEST(BooksUsers, GoesOnWithTheRecordOfOneWhoWasNeverAssociatedUnderANewCode) {
  BooksUsers users(1);
  const auto first = users.enroll("mia", "mia@a.example");
  users.retire(first.id);
  const auto again = users.enroll("mia", "mia@b.example");
  EXPECT_EQ(again.id, first.id);
  EXPECT_NE(again.invite_code, first.invite_code);
  EXPECT_EQ(again.email, "mia@b.example");
  EXPECT_EQ(users.count(Status::registered), 1U);
  EXPECT_EQ(users.count(Status::retired), 0U);
}

TEST(BooksUsers, BeginsANewRecordForOneWhoWasAssociated) {
  BooksUsers users(1);
  const auto first = users.enroll("mia", "");
  users.associate(first.id, "mia@icloud.example");
  users.retire(first.id);
  const auto& again = users.enroll("mia", "");
  EXPECT_NE(again.id, first.id);
  EXPECT_EQ(again.status, Status::registered);
  EXPECT_TRUE(again.id_hash.empty());
  const auto all = users.select({true, true, "mia", 0});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]->status, Status::retired);
  EXPECT_FALSE(all[0]->id_hash.empty());
  EXPECT_EQ(all[1]->id, again.id);
}

TEST(BooksUsers, KnowsARetiredCodeByWhoHadIt) {
  BooksUsers users(1);
  const auto first = users.enroll("mia", "");
  users.retire(first.id);
  const auto again = users.enroll("mia", "");
  ASSERT_NE(users.of_code(first.invite_code), nullptr);
  EXPECT_EQ(users.of_code(first.invite_code)->invite_code, again.invite_code);
  EXPECT_EQ(users.of_code("0123"), nullptr);
}

TEST(BooksUsers, HashesTheSameAccountAlikeHoweverItIsWritten) {
  BooksUsers users(1);
  users.associate(users.enroll("mia", "").id, "Family@iCloud.example");
  users.associate(users.enroll("tom", "").id, "family@icloud.example");
  EXPECT_EQ(users.active("mia")->id_hash, users.active("tom")->id_hash);
  EXPECT_EQ(users.active("mia")->id_hash.size(), 28U);
  EXPECT_TRUE(users.account_in_use("FAMILY@icloud.example"));
  users.retire(1);
  EXPECT_TRUE(users.account_in_use("family@icloud.example"));
  users.retire(2);
  EXPECT_FALSE(users.account_in_use("family@icloud.example"));
}

TEST(BooksUsers, GivesOutWhatHasChangedSinceAVersionOnceAUser) {
  BooksUsers users(1);
  const auto mia = users.enroll("mia", "").id;
  const auto tom = users.enroll("tom", "").id;
  const auto before = users.version();
  EXPECT_TRUE(users.select({true, true, "", before}).empty());
  users.set_email(tom, "tom@a.example");
  users.set_email(mia, "mia@a.example");
  users.associate(mia, "mia@b.example");
  const auto changed = users.select({true, true, "", before});
  ASSERT_EQ(changed.size(), 2U);
  EXPECT_EQ(changed[0]->id, mia);
  EXPECT_EQ(changed[1]->id, tom);
  users.retire(tom);
  EXPECT_EQ(users.select({true, false, "", before}).size(), 1U);
  EXPECT_EQ(users.select({false, true, "", before}).size(), 1U);
  EXPECT_EQ(users.select({true, true, "tom", before}).size(), 1U);
}

TEST(BooksUsers, MovesTheVersionWhereSomebodyElseChangedSomething) {
  BooksUsers users(1);
  (void)users.enroll("mia", "");
  const auto before = users.version();
  users.disturb();
  EXPECT_GT(users.version(), before);
  EXPECT_TRUE(users.select({true, true, "", before}).empty());
}

TEST(BooksUsers, MakesOtherCodesOfAnotherSeed) {
  BooksUsers one(1);
  BooksUsers other(2);
  const auto& code = one.enroll("mia", "").invite_code;
  EXPECT_EQ(code.size(), 32U);
  EXPECT_NE(code, other.enroll("mia", "").invite_code);
}

}  // namespace
}  // namespace muster::loadgen
