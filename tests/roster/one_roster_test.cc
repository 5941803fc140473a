// OneRoster's files, whole and as changes.
#include <gmock/gmock.h>

#include "derived.h"
#include "school.h"

namespace muster::roster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OneRoster : public SchoolTest {
 protected:
  std::string with(const std::string& name, const std::string& text) {
    return refusal_with(one_roster_files(), name, text);
  }
  // Changes, on top of the whole files of 1.1.
  Result<ImportCounts, Complaint> change(Files files) {
    files["manifest.csv"] = "propertyName,value\noneroster.version,1.1\nsource.systemCode,sis\n";
    for (const auto& [name, text] : Files(files)) {
      files["manifest.csv"] += "file." + name.substr(0, name.size() - 4) + ",delta\n";
    }
    return import_school(files);
  }
  std::vector<std::string> audience(const std::string& group) {
    auto selection = reader().select_group(group, Wanted::not_enrolled, Means::mail);
    EXPECT_TRUE(selection);
    auto users = selection->users;
    users |= selection->users_unreached;
    std::vector<std::string> ids;
    const auto texts = reader().user_texts(users.slice(0, users.size()));
    EXPECT_TRUE(texts);
    for (const auto& text : *texts) {
      ids.push_back(text.user_id);
    }
    return ids;
  }
};

constexpr const char* users_header =
    "sourcedId,status,enabledUser,orgSourcedIds,role,givenName,familyName,email,grades\n";

TEST_F(OneRoster, BringsPeopleAndGroups) {
  const auto counts = good(import_school(one_roster_files()));
  EXPECT_EQ(counts.users, 2U);
  EXPECT_THAT(counts.warnings, IsEmpty());
  EXPECT_EQ(row_of("u1").full_name, "Ann Miller");
  EXPECT_THAT(members("District"), ElementsAre("u1", "u2"));
  EXPECT_THAT(members("School"), ElementsAre("u1", "u2"));
  EXPECT_THAT(members("Biology"), ElementsAre("u1"));
  EXPECT_THAT(members("grade/07"), ElementsAre("u1"));
  EXPECT_THAT(members("grade/08"), ElementsAre("u1"));
  EXPECT_THAT(members("school/staff"), ElementsAre("u2"));
  EXPECT_FALSE(reader().user_details("u3"));
}

TEST_F(OneRoster, ChangesNothingASecondTime) {
  good(import_school(one_roster_files()));
  EXPECT_EQ(changes_in(good(import_school(one_roster_files()))), 0U);
}

TEST_F(OneRoster, Version12HasRolesInAFileOfTheirOwn) {
  auto files = one_roster_files();
  files["manifest.csv"] = manifest("1.2", "bulk");
  files["users.csv"] =
      "sourcedId,status,enabledUser,givenName,familyName,preferredGivenName,email\n"
      "u1,,true,Ann,Miller,Annie,\nu2,,true,Tea,Cher,,\nu3,,true,Gu,Ardian,,\n";
  EXPECT_EQ(refusal(import_school(files)), "school: roles.csv is missing");
  files["roles.csv"] =
      "sourcedId,userSourcedId,roleType,role,orgSourcedId\n1,u1,primary,student,s\n"
      "2,u2,primary,teacher,s\n3,u3,primary,guardian,s\n";
  EXPECT_EQ(good(import_school(files)).users, 2U);
  EXPECT_EQ(row_of("u1").full_name, "Annie Miller");
  EXPECT_THAT(members("School"), ElementsAre("u1", "u2"));
  EXPECT_THAT(members("school/staff"), ElementsAre("u2"));
}

TEST_F(OneRoster, WhoMayNotLogInStaysWhatHeIsAndIsInNoAudience) {
  good(import_school(one_roster_files()));
  auto files = one_roster_files();
  files["users.csv"] =
      users_header + std::string(
                         "u1,,false,s,student,Ann,Miller,ann@school.example,\"07,08\"\n"
                         "u2,,true,\"s,d\",teacher,Tea,Cher,,\n"
                         "u9,,false,s,student,Never,Here,,\n");
  good(import_school(files));
  EXPECT_THAT(members("School"), ElementsAre("u1", "u2"));
  EXPECT_THAT(audience("School"), ElementsAre("u2"));
  EXPECT_FALSE(reader().user_details("u9"));
}

TEST_F(OneRoster, ChangesAddAndAlterAndLeaveTheOthersAlone) {
  good(import_school(one_roster_files()));
  const auto counts = good(
      change({{"users.csv", users_header + std::string("u1,active,true,s,student,Ann,Smith,,09\n"
                                                       "u5,active,true,s,student,Eve,New,,\n")},
              {"enrollments.csv",
               "sourcedId,status,classSourcedId,userSourcedId,role\ne5,active,k,u5,student\n"}}));
  EXPECT_THAT(counts.users_changed.added.first, ElementsAre("u5"));
  EXPECT_THAT(counts.users_changed.changed.first, ElementsAre("u1"));
  EXPECT_EQ(counts.users_changed.removed.count, 0U);
  EXPECT_EQ(row_of("u1").full_name, "Ann Smith");
  EXPECT_THAT(members("Biology"), ElementsAre("u1", "u5"));
  EXPECT_THAT(members("School"), ElementsAre("u1", "u2", "u5"));
  EXPECT_THAT(members("grade/07"), IsEmpty());
  EXPECT_THAT(members("grade/09"), ElementsAre("u1"));
  EXPECT_THAT(members("school/staff"), ElementsAre("u2"));
  const auto before = derived_of(dir_);
  EXPECT_TRUE(roster().derive_anew(WallTime{now_ms_}));
  EXPECT_EQ(difference(before, derived_of(dir_)), "");
}

TEST_F(OneRoster, UsersThatChangesDeleteBecomeInactive) {
  good(import_school(one_roster_files()));
  const Files gone{{"users.csv", users_header + std::string("u1,tobedeleted,,,,,,,\n"
                                                            "u8,tobedeleted,,,,,,,\n")}};
  const auto counts = good(change(gone));
  EXPECT_THAT(counts.users_changed.changed.first, ElementsAre("u1"));
  EXPECT_EQ(row_of("u1").full_name, "Ann Miller");
  EXPECT_THAT(members("Biology"), ElementsAre("u1"));
  EXPECT_THAT(audience("School"), ElementsAre("u2"));
  EXPECT_EQ(changes_in(good(change(gone))), 0U);
  good(change(
      {{"users.csv", users_header + std::string("u1,active,true,s,student,Ann,Miller,,\n")}}));
  EXPECT_THAT(audience("School"), ElementsAre("u1", "u2"));
}

TEST_F(OneRoster, ChangesTakeOutOfClassesAndDeleteThem) {
  good(import_school(one_roster_files()));
  good(change({{"enrollments.csv",
                "sourcedId,status,classSourcedId,userSourcedId,role\n"
                "e1,tobedeleted,k,u1,student\n"}}));
  EXPECT_THAT(members("class/k"), IsEmpty());
  const auto counts =
      good(change({{"classes.csv", "sourcedId,status,title\nk,tobedeleted,Biology\n"}}));
  EXPECT_THAT(counts.groups_changed.removed.first, ElementsAre("class/k"));
  EXPECT_THAT(members("class/k"), ElementsAre("no such group"));
}

TEST_F(OneRoster, ChangesOf12MoveBetweenOrganisations) {
  auto files = one_roster_files();
  files["manifest.csv"] = manifest("1.2", "bulk");
  files["roles.csv"] =
      "sourcedId,userSourcedId,role,orgSourcedId\n1,u1,student,s\n2,u2,teacher,s\n";
  files["users.csv"] = "sourcedId,givenName,familyName\nu1,Ann,Miller\nu2,Tea,Cher\n";
  good(import_school(files));
  good(
      import_school({{"manifest.csv",
                      "propertyName,value\noneroster.version,1.2\nfile.roles,delta\n"
                      "file.users,delta\nsource.systemCode,sis\n"},
                     {"users.csv", "sourcedId,status,givenName,familyName\nx,active,Step,Father\n"},
                     {"roles.csv",
                      "sourcedId,status,userSourcedId,role,orgSourcedId\n"
                      "1,tobedeleted,u1,student,s\n3,active,u1,student,d\n"}}));
  EXPECT_THAT(members("org/s"), ElementsAre("u2"));
  EXPECT_THAT(members("org/d"), ElementsAre("u1", "u2"));
  EXPECT_FALSE(reader().user_details("x"));
}

TEST_F(OneRoster, NeedsItsManifestAndWhatThatNames) {
  auto files = one_roster_files();
  files.erase("manifest.csv");
  EXPECT_EQ(refusal(import_school(files)), "school: manifest.csv is missing");
  files = one_roster_files();
  files.erase("enrollments.csv");
  EXPECT_EQ(refusal(import_school(files)), "school: enrollments.csv is missing");
  EXPECT_EQ(with("manifest.csv", "propertyName,value\noneroster.version,2.0\n"),
            "manifest.csv: oneroster.version is '2.0'");
  EXPECT_EQ(with("groups.csv", "x\n"),
            "school: both OneRoster's manifest.csv and a roster's groups.csv");
}

TEST_F(OneRoster, NamesFileLineAndColumnOfWhatIsWrong) {
  EXPECT_EQ(with("orgs.csv", "sourcedId,name,parentSourcedId\ns,School,d9\n"),
            "orgs.csv:2:10: parentSourcedId 'd9' is not known");
  EXPECT_EQ(with("orgs.csv", "sourcedId,name\ns,School\ns,School\nd,District\n"),
            "orgs.csv:3:1: the org 's' twice (first on line 2)");
  EXPECT_EQ(with("orgs.csv", "sourcedId,status,name\ns,odd,School\n"),
            "orgs.csv:2:3: the status 'odd'");
  EXPECT_EQ(with("users.csv", users_header + std::string("u1,,maybe,s,student,A,M,,\n")),
            "users.csv:2:5: enabledUser 'maybe'");
  EXPECT_EQ(with("users.csv", users_header + std::string("u1,,,s9,student,A,M,,\n")),
            "users.csv:2:6: orgSourcedIds 's9' is not known");
  EXPECT_EQ(
      with("users.csv", users_header + std::string("u1,,,s,student,A,M,,\nu1,,,s,student,A,M,,\n")),
      "users.csv:3:1: the sourcedId 'u1' twice");
  EXPECT_EQ(with("classes.csv", "sourcedId,title,schoolSourcedId\nk,Biology,s9\n"),
            "classes.csv:2:11: schoolSourcedId 's9' is not known");
  EXPECT_EQ(with("enrollments.csv",
                 "sourcedId,classSourcedId,userSourcedId,role\ne1,k,u1,student\ne1,k,u2,student\n"),
            "enrollments.csv:3: a sourcedId twice (first on line 2)");
}

TEST_F(OneRoster, OrganisationsInACircleAreRefused) {
  EXPECT_EQ(
      with("orgs.csv", "sourcedId,name,parentSourcedId\ns,School,d\nd,District,s\n").substr(0, 30),
      "school:3: group 'org/s' contai");
}

TEST_F(OneRoster, ChangesReferToWhatWasImportedBefore) {
  good(import_school(one_roster_files()));
  EXPECT_EQ(refusal(change({{"enrollments.csv",
                             "sourcedId,status,classSourcedId,userSourcedId,role\n"
                             "e7,active,k,u7,student\n"}})),
            "enrollments.csv:2:13: userSourcedId 'u7' is not known");
  EXPECT_EQ(refusal(change({{"classes.csv", "sourcedId,title\nk,Biology\n"}})),
            "classes.csv:2: the status ''");
}

}  // namespace
}  // namespace muster::roster
