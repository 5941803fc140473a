// Who is reached by mail, and what a letter to him needs.
#include "roster/mail_users.h"

#include <set>

#include "store/database.h"
#include "tests/roster/fixture.h"

namespace muster::roster {
namespace {

std::set<UserNumber> numbers_of(const NumberSet& set) {
  const auto slice = set.slice(0, set.size());
  return {slice.begin(), slice.end()};
}

class MailUsers : public RosterTest {
 protected:
  using Numbers = std::set<UserNumber>;

  // u0 can be pushed (one device of two) and has an address, u1 has an address alone, u2 a device
  // alone, u3 neither, u4 has an address and is switched off.
  void import_five() {
    file("users.csv",
         "user_id,full_name,email,language,managed_distribution\n"
         "u0,Ann,ann@school.example,de,\n"
         "u1,Bo,bo@school.example,,\n"
         "u2,Cy,,,\n"
         "u3,Di,,,\n"
         "u4,Ed,ed@school.example,,off\n");
    file("groups.csv", "group_id,name\ng,G\n");
    file("members.csv", "group_id,user_id\ng,u0\ng,u1\ng,u2\ng,u3\ng,u4\n");
    file("devices.csv", "device_id,user_id,topic,push_token\nd0,u0,t," + token(1) +
                            "\nd1,u0,t,\nd2,u2,t," + token(2) + "\n");
    good(import_all());
  }
  Selection by(Means means) { return group("g", Wanted::not_invited, means); }
  Selection of_device(const std::string& device, Means means) {
    return user("u0", device, Wanted::not_invited, means);
  }
  // The file as a build left it that knew of no addresses' set.
  void make_older() {
    roster_.reset();
    reader_.reset();
    auto database = store::Database::open(dir_ + "/roster.db", store::OpenMode::write, 5, "");
    ASSERT_TRUE(database) << database.error().line_of_text();
    ASSERT_TRUE(database->execute(
        "DELETE FROM sets WHERE kind=15; DROP INDEX devices_by_udid;"
        "DROP INDEX devices_by_serial; ALTER TABLE devices DROP COLUMN udid;"
        "DROP INDEX devices_by_imei; DROP INDEX devices_by_meid;"
        "ALTER TABLE devices DROP COLUMN imei; ALTER TABLE devices DROP COLUMN meid;"
        "DROP TABLE directory_ids; PRAGMA user_version=1"));
  }
  bool set_is_kept() {
    auto store = store::RosterStore::open(dir_, store::OpenMode::read);
    EXPECT_TRUE(store && store->begin());
    const auto found = store->find_set(store::SetKind::users_with_mail);
    EXPECT_TRUE(found.has_value());
    return found && found->has_value();
  }
  std::vector<MailTarget> targets(const std::vector<UserNumber>& users) {
    std::vector<MailTarget> into;
    EXPECT_TRUE(reader().read_mail_targets(users, into));
    return into;
  }
};

TEST_F(MailUsers, AreFallbacksWhereADeviceCanBePushed) {
  import_five();
  const auto selection = by(Means::push_then_mail);
  EXPECT_EQ(selection.devices.size(), 2U);
  EXPECT_EQ(numbers_of(selection.mailboxes), Numbers{1});
  EXPECT_EQ(numbers_of(selection.fallbacks), Numbers{0});
  EXPECT_EQ(numbers_of(selection.users), (Numbers{0, 1, 2}));
  EXPECT_EQ(selection.users_without_either, 1U);
  EXPECT_EQ(selection.users_disabled, 1U);
  EXPECT_EQ(selection.users_without_device + selection.users_without_address, 0U);
}

TEST_F(MailUsers, GetBothOrMailAlone) {
  import_five();
  const auto both = by(Means::push_and_mail);
  EXPECT_EQ(both.devices.size(), 2U);
  EXPECT_EQ(numbers_of(both.mailboxes), (Numbers{0, 1}));
  EXPECT_TRUE(both.fallbacks.empty());
  EXPECT_EQ(both.users_without_either, 1U);
  const auto mail = by(Means::mail);
  EXPECT_TRUE(mail.devices.empty());
  EXPECT_EQ(numbers_of(mail.mailboxes), (Numbers{0, 1}));
  EXPECT_EQ(numbers_of(mail.users), (Numbers{0, 1}));
  EXPECT_EQ(mail.users_without_address, 2U);
}

TEST_F(MailUsers, ArePushedAloneByDefault) {
  import_five();
  const auto push = by(Means::push);
  EXPECT_TRUE(push.mailboxes.empty());
  EXPECT_TRUE(push.fallbacks.empty());
  EXPECT_EQ(push.users_without_device, 2U);
}

TEST_F(MailUsers, OfADeviceThatIsNamedHaveNoOther) {
  import_five();
  const auto pushable = of_device("d0", Means::push_then_mail);
  EXPECT_EQ(numbers_of(pushable.devices), std::set<DeviceNumber>{0});
  EXPECT_EQ(numbers_of(pushable.fallbacks), Numbers{0});
  EXPECT_TRUE(pushable.mailboxes.empty());
  const auto silent = of_device("d1", Means::push_then_mail);
  EXPECT_TRUE(silent.devices.empty());
  EXPECT_TRUE(silent.fallbacks.empty());
  EXPECT_EQ(numbers_of(silent.mailboxes), Numbers{0});
  EXPECT_EQ(of_device("d1", Means::push).users_without_device, 1U);
  const auto deviceless = user("u2", "d2", Wanted::not_invited, Means::push_then_mail);
  EXPECT_TRUE(deviceless.fallbacks.empty());
}

TEST_F(MailUsers, WhoseLastTokenIsGoneGetMailAtOnce) {
  import_five();
  ASSERT_TRUE(roster().forget_tokens({{0, 0}}));
  const auto selection = by(Means::push_then_mail);
  EXPECT_EQ(numbers_of(selection.mailboxes), (Numbers{0, 1}));
  EXPECT_TRUE(selection.fallbacks.empty());
}

TEST_F(MailUsers, FollowAddressesThatComeAndGo) {
  import_five();
  good(import(file("users.csv", "user_id,full_name,email\nu0,Ann,\nu3,Di,di@school.example\n")));
  EXPECT_EQ(numbers_of(by(Means::mail).mailboxes), (Numbers{1, 3}));
  EXPECT_TRUE(targets({0})[0].known);
  EXPECT_EQ(targets({0})[0].address, "");
  good(import(file("users.csv", "user_id,full_name\nu1,Bob\n")));
  EXPECT_EQ(numbers_of(by(Means::mail).mailboxes), (Numbers{1, 3}));
}

TEST_F(MailUsers, OfAFlatFileAreThereToo) {
  good(import(file("flat.csv", "user_id,email,group\nu0,a@b.example,G\nu1,,G\n")));
  EXPECT_EQ(numbers_of(group("G", Wanted::not_invited, Means::mail).mailboxes), Numbers{0});
}

TEST_F(MailUsers, AnImportThatFailsOrIsADryRunChangesNobody) {
  import_five();
  good(import_plan({{file("users.csv", "user_id,full_name,email\nu0,Ann,\n")}, "", true, ""}));
  EXPECT_EQ(refusal_of("users.csv", "user_id,full_name,email\nu0,Ann,\nu1,Bo,nonsense\n"),
            "users.csv:3:7: 'nonsense' is not a mail address: it has no '@'");
  EXPECT_EQ(numbers_of(by(Means::mail).mailboxes), (Numbers{0, 1}));
}

TEST_F(MailUsers, OfAnOlderFileAreFoundWhoeverReadsIt) {
  import_five();
  make_older();
  auto opened = RosterReader::open(dir_);
  ASSERT_TRUE(opened) << opened.error().line_of_text();
  reader_ = std::move(*opened);
  const auto selection = reader_->select_group("g", Wanted::not_invited, Means::push_then_mail);
  ASSERT_TRUE(selection) << selection.error().line_of_text();
  EXPECT_EQ(numbers_of(selection->mailboxes), Numbers{1});
  EXPECT_EQ(numbers_of(selection->fallbacks), Numbers{0});
}

TEST_F(MailUsers, OfAnOlderFileAreKeptOnceAWriterHasOpenedIt) {
  import_five();
  make_older();
  roster();
  EXPECT_TRUE(set_is_kept());
  EXPECT_EQ(numbers_of(by(Means::mail).mailboxes), (Numbers{0, 1}));
}

TEST_F(MailUsers, OfAnOlderFileAreAllThereAfterAnImportOfOthers) {
  import_five();
  make_older();
  good(import(file("users.csv", "user_id,full_name,email\nu5,Fy,fy@school.example\n")));
  EXPECT_EQ(numbers_of(by(Means::mail).mailboxes), (Numbers{0, 1}));
  EXPECT_EQ(numbers_of(user("u5", "", Wanted::not_invited, Means::mail).mailboxes), Numbers{5});
}

TEST_F(MailUsers, ASetThatIsDamagedIsTrouble) {
  import_five();
  auto database = store::Database::open(dir_ + "/roster.db", store::OpenMode::write, 5, "");
  ASSERT_TRUE(database && database->execute("UPDATE sets SET bytes=x'00' WHERE kind=15"));
  for (const auto means : {Means::mail, Means::push_then_mail}) {
    const auto selection = reader().select_group("g", Wanted::not_invited, means);
    ASSERT_FALSE(selection);
    EXPECT_EQ(selection.error().cause.code, ErrorCode::store_corrupt);
  }
  EXPECT_TRUE(reader().select_group("g", Wanted::not_invited, Means::push));
  const auto imported =
      import(file("users.csv", "user_id,full_name,email\nu5,Fy,fy@school.example\n"));
  ASSERT_FALSE(imported);
  EXPECT_EQ(imported.error().cause.code, ErrorCode::store_corrupt);
  EXPECT_FALSE(Roster::open(dir_));
}

TEST_F(MailUsers, ALetterIsToldWhoItGoesTo) {
  import_five();
  const auto found = targets({0, 3, 7});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].user, 0U);
  EXPECT_TRUE(found[0].known);
  EXPECT_EQ(found[0].address, "ann@school.example");
  EXPECT_EQ(found[0].full_name, "Ann");
  EXPECT_EQ(reader().languages()->at(found[0].language), "de");
  EXPECT_EQ(found[1].address, "");
  EXPECT_EQ(found[1].language, 0U);
  EXPECT_EQ(found[2].user, 7U);
  EXPECT_FALSE(found[2].known);
}

TEST_F(MailUsers, LettersAreToldOfUsersNearAndFar) {
  std::string users = "user_id,full_name,email\n";
  for (unsigned u = 0; u < 2'000; ++u) {
    const auto n = std::to_string(u);
    users += "u" + n + ",N" + n + ",u" + n + "@school.example\n";
  }
  good(import(file("users.csv", users)));
  // What stood there before must not shine through.
  std::vector<MailTarget> into(300, MailTarget{9, true, "old@school.example", "Old", 3});
  const std::vector<UserNumber> asked{0, 1, 2, 10, 26, 43, 500, 1'998, 1'999, 2'000, 90'000};
  ASSERT_TRUE(reader().read_mail_targets(asked, into));
  ASSERT_EQ(into.size(), asked.size());
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(into[i].address, "u" + std::to_string(asked[i]) + "@school.example");
    EXPECT_EQ(into[i].full_name, "N" + std::to_string(asked[i]));
    EXPECT_EQ(into[i].language, 0U);
  }
  EXPECT_FALSE(into[9].known);
  EXPECT_FALSE(into[10].known);
  EXPECT_EQ(into[10].address, "");
  ASSERT_TRUE(reader().read_mail_targets({}, into));
  EXPECT_TRUE(into.empty());
}

TEST_F(MailUsers, AreNamedToWhoeverLooks) {
  import_five();
  const auto texts = reader().user_texts({0, 2, 9});
  ASSERT_TRUE(texts);
  ASSERT_EQ(texts->size(), 2U);
  EXPECT_EQ(texts->at(0).user_id, "u0");
  EXPECT_EQ(texts->at(0).user_full_name, "Ann");
  EXPECT_EQ(texts->at(1).user, 2U);
  EXPECT_EQ(*reader().devices_of(0), (std::vector<DeviceNumber>{0, 1}));
  EXPECT_TRUE(reader().devices_of(1)->empty());
}

TEST_F(MailUsers, WhoEnrolledIsNoLongerMeant) {
  import_five();
  NumberSet enrolled;
  enrolled.add(1);
  ASSERT_TRUE(roster().add_enrolled(enrolled));
  EXPECT_EQ(numbers_of(*reader().users_enrolled()), Numbers{1});
  EXPECT_TRUE(group("g", Wanted::not_enrolled, Means::push_then_mail).mailboxes.empty());
  ASSERT_TRUE(roster().add_invited(enrolled));
  EXPECT_TRUE(by(Means::push_then_mail).mailboxes.empty());
}

}  // namespace
}  // namespace muster::roster
