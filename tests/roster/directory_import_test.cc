// A directory's word in the roster: who is who, who is gone, and whom it leaves alone.
#include <gmock/gmock.h>

#include "derived.h"
#include "fixture.h"
#include "roster/editing.h"
#include "store/database.h"

namespace muster::roster {
namespace {

using directory::Directory;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DirectoryImport : public RosterTest {
 protected:
  DirectoryImport() {
    school_.name = "ldap://od/";
    school_.base = "dc=school";
    school_.attributes.email = "mail";
  }
  directory::User& person(const std::string& guid, const std::string& id) {
    school_.users.push_back(directory::User{.guid = guid,
                                            .dn = "uid=" + id,
                                            .user_id = id,
                                            .full_name = "Name of " + id,
                                            .email = id + "@school.example",
                                            .language = "",
                                            .managed_apple_account = "",
                                            .location = ""});
    return school_.users.back();
  }
  directory::Group& set(const std::string& guid, const std::string& id,
                        std::vector<std::uint32_t> users, std::vector<std::uint32_t> groups = {}) {
    school_.groups.push_back(
        directory::Group{guid, "cn=" + id, id, id, std::move(users), std::move(groups)});
    return school_.groups.back();
  }
  Result<ImportCounts, Complaint> sync(bool dry_run = false, std::uint32_t percent = 100,
                                       const std::string& rejects = "") {
    ImportPlan plan;
    plan.directory = &school_;
    plan.dry_run = dry_run;
    plan.removals_percent_max = percent;
    plan.rejects_file = rejects;
    auto done = import_plan(plan);
    if (done && !dry_run) {
      expect_derived_as_from_rows();
    }
    return done;
  }
  // What was kept incrementally is what the rows say.
  void expect_derived_as_from_rows() {
    const auto before = derived_of(dir_);
    EXPECT_TRUE(roster().derive_anew(WallTime{now_ms_}));
    EXPECT_EQ(difference(before, derived_of(dir_)), "");
  }
  std::vector<std::string> members(const std::string& group) {
    std::vector<std::string> ids;
    auto selection = reader().select_group(group, Wanted::not_invited, Means::mail);
    if (!selection) {
      return {"no such group"};
    }
    const auto users = selection->users_selected;
    auto texts = reader().user_texts(users.slice(0, users.size()));
    EXPECT_TRUE(texts);
    for (const auto& text : *texts) {
      ids.push_back(text.user_id);
    }
    return ids;
  }
  UserNumber number_of(const std::string& id) {
    const auto selected = user(id, "", Wanted::not_enrolled, Means::mail).users_selected;
    return selected.empty() ? UINT32_MAX : selected.slice(0, 1).front();
  }
  bool there(const std::string& id) { return reader().user_details(id).has_value(); }

  Directory school_;
};

TEST_F(DirectoryImport, BringsUsersGroupsAndNesting) {
  person("1", "ann");
  person("2", "bob");
  set("g1", "staff", {0}, {1});
  set("g2", "teachers", {1});
  const auto counts = good(sync());
  EXPECT_EQ(counts.users, 2U);
  EXPECT_EQ(counts.groups, 2U);
  EXPECT_EQ(counts.memberships, 3U);
  EXPECT_THAT(counts.users_changed.added.first, ElementsAre("ann", "bob"));
  EXPECT_THAT(members("staff"), ElementsAre("ann", "bob"));
  EXPECT_THAT(members("teachers"), ElementsAre("bob"));
}

TEST_F(DirectoryImport, ASecondTimeChangesNothing) {
  person("1", "ann");
  set("g1", "staff", {0});
  good(sync());
  const auto counts = good(sync());
  EXPECT_EQ(counts.users_changed.added.count + counts.users_changed.changed.count +
                counts.users_changed.removed.count + counts.groups_changed.added.count +
                counts.groups_changed.changed.count + counts.groups_changed.removed.count,
            0U);
}

TEST_F(DirectoryImport, ARenamedUserStaysTheSame) {
  person("1", "ann");
  person("2", "bob");
  set("g1", "staff", {0, 1});
  good(sync());
  const auto ann = number_of("ann");
  school_.users[0].user_id = "ann.miller";
  school_.groups[0].group_id = "everybody";
  const auto counts = good(sync());
  EXPECT_EQ(number_of("ann.miller"), ann);
  EXPECT_FALSE(there("ann"));
  EXPECT_EQ(counts.users_changed.added.count, 0U);
  EXPECT_THAT(members("everybody"), ElementsAre("ann.miller", "bob"));
}

TEST_F(DirectoryImport, TwoMaySwapTheirNames) {
  person("1", "ann");
  person("2", "bob");
  good(sync());
  const auto ann = number_of("ann");
  const auto bob = number_of("bob");
  std::swap(school_.users[0].user_id, school_.users[1].user_id);
  good(sync());
  EXPECT_EQ(number_of("ann"), bob);
  EXPECT_EQ(number_of("bob"), ann);
}

TEST_F(DirectoryImport, ANewUserMayHaveTheNameThatAnotherGaveUp) {
  person("1", "ann");
  good(sync());
  const auto first = number_of("ann");
  school_.users[0].user_id = "ann.old";
  person("2", "ann");
  good(sync());
  EXPECT_EQ(number_of("ann.old"), first);
  EXPECT_NE(number_of("ann"), first);
}

TEST_F(DirectoryImport, WhoWasMadeAnewUnderHisNameIsAnother) {
  person("1", "ann");
  person("2", "bob");
  good(sync());
  const auto first = number_of("ann");
  school_.users.erase(school_.users.begin());
  person("3", "ann");
  const auto counts = good(sync());
  EXPECT_NE(number_of("ann"), first);
  EXPECT_THAT(counts.users_changed.removed.first, ElementsAre("ann#0"));
}

TEST_F(DirectoryImport, WhoVanishedIsRemovedAndComesBackUnderHisNumber) {
  person("1", "ann");
  const auto bob = person("2", "bob");
  set("g1", "staff", {0, 1});
  good(sync());
  const auto number = number_of("bob");
  good(import(
      file("devices.csv", "device_id,user_id,topic,push_token\nd,bob,t," + token(1) + "\n")));
  EXPECT_EQ(user("bob").devices.size(), 1U);
  school_.users.pop_back();
  school_.groups[0].users = {0};
  const auto counts = good(sync());
  EXPECT_THAT(counts.users_changed.removed.first, ElementsAre("bob"));
  EXPECT_FALSE(there("bob"));
  EXPECT_THAT(members("staff"), ElementsAre("ann"));
  EXPECT_EQ(reader().user_texts({number})->front().user_id, "bob");  // for what was sent to him
  EXPECT_TRUE(reader().device_details("d")->user_id.empty());
  school_.users.push_back(bob);
  EXPECT_THAT(good(sync()).users_changed.added.first, ElementsAre("bob"));
  EXPECT_EQ(number_of("bob"), number);
}

TEST_F(DirectoryImport, WhoIsDisabledKeepsHisDevicesAndIsInNoAudience) {
  person("1", "ann");
  person("2", "bob");
  set("g1", "staff", {0, 1});
  good(sync());
  good(import(
      file("devices.csv", "device_id,user_id,topic,push_token\nd,bob,t," + token(1) + "\n")));
  school_.users[1].active = false;
  good(sync());
  EXPECT_TRUE(group("staff").devices.empty());
  EXPECT_EQ(group("staff").users_disabled, 1U);
  EXPECT_EQ(reader().device_details("d")->user_id, "bob");
  ASSERT_TRUE(roster().edit(
      [](Editor& editor) { return editor.set_user("bob", {{Column::full_name, "Bob"}}); },
      WallTime{now_ms_}));
  EXPECT_TRUE(group("staff").devices.empty());
  school_.users[1].active = true;
  good(sync());
  EXPECT_EQ(group("staff").devices.size(), 1U);
}

TEST_F(DirectoryImport, WhoIsDisabledAndUnknownDoesNotCome) {
  person("1", "ann");
  person("2", "bob").active = false;
  EXPECT_EQ(good(sync()).users, 1U);
  EXPECT_FALSE(there("bob"));
}

TEST_F(DirectoryImport, UsersFromElsewhereAreLeftAlone) {
  good(import(file("users.csv", "user_id,full_name,email\ncarl,Carl,c@x.example\nann,Anna,\n")));
  good(import(file("groups.csv", "group_id,name\nown,Own\n")));
  person("1", "ann");
  person("2", "bob");
  set("g1", "staff", {0, 1});
  set("g2", "own", {1});
  const auto counts = good(sync());
  EXPECT_EQ(reader().user_details("ann")->user.row.full_name, "Anna");
  EXPECT_TRUE(there("carl"));
  EXPECT_THAT(members("staff"), ElementsAre("bob"));
  EXPECT_THAT(members("own"), IsEmpty());
  EXPECT_THAT(counts.warnings, Contains(HasSubstr("1 users of the directory are left out")));
  EXPECT_THAT(counts.warnings, Contains(HasSubstr("muster group remove")));
  EXPECT_EQ(counts.users_changed.removed.count, 0U);
}

TEST_F(DirectoryImport, WhoWasRemovedByHandMakesRoomForTheDirectorys) {
  good(import(file("users.csv", "user_id,full_name\nann,Anna\n")));
  const auto number = number_of("ann");
  ASSERT_TRUE(
      roster().edit([](Editor& editor) { return editor.remove_user("ann"); }, WallTime{now_ms_}));
  person("1", "ann");
  good(sync());
  EXPECT_EQ(number_of("ann"), number);
  school_.users[0].user_id = "ann.miller";
  good(sync());
  EXPECT_EQ(number_of("ann.miller"), number);
}

TEST_F(DirectoryImport, ARenameToANameThatIsTakenWaits) {
  good(import(file("users.csv", "user_id,full_name\ncarl,Carl\n")));
  person("1", "ann");
  person("2", "bob");
  good(sync());
  const auto ann = number_of("ann");
  school_.users[0].user_id = "carl";
  school_.users[1].user_id = "ann";  // waits in vain for the first
  const auto counts = good(sync());
  EXPECT_EQ(number_of("ann"), ann);
  EXPECT_TRUE(there("bob"));
  EXPECT_THAT(counts.warnings, Contains(HasSubstr("the user 'ann' is called 'carl' now")));
  EXPECT_THAT(counts.warnings, Contains(HasSubstr("the user 'bob' is called 'ann' now")));
}

TEST_F(DirectoryImport, OfTwoEntriesWithOneNameTheKnownOneKeepsIt) {
  person("2", "ann");
  good(sync());
  const auto ann = number_of("ann");
  school_.users.insert(school_.users.begin(), school_.users[0]);
  school_.users[0].guid = "1";
  good(sync());
  EXPECT_EQ(number_of("ann"), ann);
}

TEST_F(DirectoryImport, MembersFromElsewhereStayInADirectorysGroup) {
  person("1", "ann");
  person("2", "bob");
  set("g1", "staff", {0, 1});
  good(sync());
  good(import(file("users.csv", "user_id,full_name\ncarl,Carl\n")));
  good(import(file("groups.csv", "group_id,name\nown,Own\n")));
  ASSERT_TRUE(roster().edit(
      [](Editor& editor) {
        auto added = editor.add_member("staff", "carl");
        return added ? editor.add_child("staff", "own") : added;
      },
      WallTime{now_ms_}));
  school_.groups[0].users = {};
  good(sync());
  EXPECT_THAT(members("staff"), ElementsAre("carl"));
  EXPECT_THAT(reader().group_details("staff")->children, testing::SizeIs(1));
}

TEST_F(DirectoryImport, AGroupThatVanishedLeavesItsParents) {
  person("1", "ann");
  set("g1", "staff", {}, {1});
  set("g2", "teachers", {0});
  good(sync());
  school_.groups[0].groups = {};
  school_.groups.pop_back();
  const auto counts = good(sync());
  EXPECT_THAT(counts.groups_changed.removed.first, ElementsAre("teachers"));
  EXPECT_THAT(members("staff"), IsEmpty());
  EXPECT_THAT(members("teachers"), ElementsAre("no such group"));
}

TEST_F(DirectoryImport, AnotherBasesUsersAreLeftAlone) {
  person("1", "ann");
  good(sync());
  school_.users.clear();
  school_.base = "ou=other,dc=school";
  person("2", "bob");
  good(sync());
  EXPECT_TRUE(there("ann"));
}

TEST_F(DirectoryImport, ThatWouldRemoveMostIsRefused) {
  for (int i = 0; i < 30; ++i) {
    person("guid" + std::to_string(i), "user" + std::to_string(i));
  }
  good(sync());
  school_.users.resize(10);
  EXPECT_THAT(refusal(sync(false, 50)), HasSubstr("20 of the 30 users"));
  EXPECT_TRUE(there("user29"));
  EXPECT_EQ(good(sync(false, 70)).users_changed.removed.count, 20U);
}

TEST_F(DirectoryImport, TriedAloneSaysWhatItWouldDo) {
  person("1", "ann");
  person("2", "bob");
  good(sync());
  school_.users.pop_back();
  school_.users[0].full_name = "Anna";
  person("3", "cid");
  const auto counts = good(sync(true));
  EXPECT_THAT(counts.users_changed.added.first, ElementsAre("cid"));
  EXPECT_THAT(counts.users_changed.changed.first, ElementsAre("ann"));
  EXPECT_THAT(counts.users_changed.removed.first, ElementsAre("bob"));
  EXPECT_TRUE(there("bob"));
  EXPECT_FALSE(there("cid"));
}

TEST_F(DirectoryImport, ABadEntryIsLeftOutAndAKnownOneStaysAsItWas) {
  person("1", "ann");
  person("2", "bob");
  set("g1", "staff", {0, 1});
  good(sync());
  school_.users[1].email = "no address";
  school_.users[1].full_name = "Robert";
  person("3", "cid").full_name = "\xff";
  person("4", "dan").full_name = std::string(100'000, 'x');
  const auto counts = good(sync());
  EXPECT_EQ(counts.rejected, 3U);
  EXPECT_THAT(counts.warnings, Contains(HasSubstr("in 'uid=bob'")));
  EXPECT_THAT(counts.warnings, Contains(HasSubstr("0xFF")));
  EXPECT_EQ(reader().user_details("bob")->user.row.full_name, "Name of bob");
  EXPECT_THAT(members("staff"), ElementsAre("ann", "bob"));
  good(sync(false, 100, dir_ + "/bad.csv"));
  EXPECT_THAT(read(dir_ + "/bad.csv"), HasSubstr("uid=bob,bob | Robert | no address"));
}

TEST_F(DirectoryImport, OfManyBadEntriesOnlySomeAreNamed) {
  person("0", "ann");
  for (int i = 1; i < 30; ++i) {
    person(std::to_string(i), "user" + std::to_string(i)).email = "none";
  }
  const auto counts = good(sync());
  EXPECT_EQ(counts.rejected, 29U);
  EXPECT_EQ(counts.warnings.size(), 11U);
}

TEST_F(DirectoryImport, WhatTheDirectoryIsNotAskedForStays) {
  person("1", "ann");
  good(sync());
  good(import(file("users.csv", "user_id,full_name,language,location\nann,Ann,de,south\n")));
  good(sync());
  const auto details = reader().user_details("ann");
  EXPECT_EQ(details->language, "de");
  EXPECT_EQ(details->user.row.location, "south");
}

// As a build left it that knew of no directories.
TEST_F(DirectoryImport, AnOlderRosterIsBroughtUp) {
  good(import(file("users.csv", "user_id,full_name\ncarl,Carl\n")));
  roster_.reset();
  reader_.reset();
  {
    auto database = store::Database::open(dir_ + "/roster.db", store::OpenMode::write, 5, "");
    ASSERT_TRUE(database);
    ASSERT_TRUE(
        database->execute("DROP INDEX devices_by_imei; DROP INDEX devices_by_meid;"
                          "ALTER TABLE devices DROP COLUMN imei;"
                          "ALTER TABLE devices DROP COLUMN meid;"
                          "DROP TABLE directory_ids; PRAGMA user_version=3"));
  }
  {
    const auto older = RosterReader::open(dir_);
    ASSERT_TRUE(older) << older.error().line_of_text();
    EXPECT_TRUE((*older)->user_details("carl"));
  }
  person("1", "ann");
  good(sync());
  EXPECT_TRUE(there("carl"));
}

}  // namespace
}  // namespace muster::roster
