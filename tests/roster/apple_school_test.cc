// Apple School Manager's files: what becomes of them in the roster, and what is refused.
#include <gmock/gmock.h>

#include "derived.h"
#include "school.h"

namespace muster::roster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AppleSchool : public SchoolTest {
 protected:
  std::string with(const std::string& name, const std::string& text) {
    return refusal_with(apple_files(), name, text);
  }
};

TEST_F(AppleSchool, BringsPeopleAndGroups) {
  const auto counts = good(import_school(apple_files()));
  EXPECT_EQ(counts.users, 3U);
  EXPECT_EQ(counts.groups, 6U);
  EXPECT_THAT(counts.warnings, IsEmpty());
  EXPECT_EQ(row_of("s1").full_name, "Ann M Miller");
  EXPECT_EQ(row_of("s1").email, "ann@school.example");
  EXPECT_EQ(row_of("s2").full_name, "Bob O\"Neil");
  EXPECT_EQ(reader().group_details("class/K1")->group.row.name, "Biology 7b");
  EXPECT_THAT(members("class/K1"), ElementsAre("s1"));
  EXPECT_THAT(members("South"), ElementsAre("s1", "s2"));
  EXPECT_THAT(members("North"), ElementsAre("s1", "t1"));
  EXPECT_THAT(members("grade/7"), ElementsAre("s1"));
  EXPECT_THAT(members("school/staff"), ElementsAre("t1"));
}

TEST_F(AppleSchool, ReadsSemicolonsAsWell) {
  auto files = apple_files();
  for (auto& [name, text] : files) {
    std::ranges::replace(text, ',', ';');
  }
  files["staff.csv"] = "person_id;first_name;last_name;location_id\nt1;\"Tea; T.\";Cher;L2\n";
  EXPECT_EQ(good(import_school(files)).users, 3U);
  EXPECT_THAT(members("class/K1"), ElementsAre("s1"));
  EXPECT_EQ(row_of("t1").full_name, "Tea; T. Cher");
}

TEST_F(AppleSchool, ChangesNothingASecondTime) {
  good(import_school(apple_files()));
  const auto counts = good(import_school(apple_files()));
  EXPECT_EQ(counts.users, 3U);
  EXPECT_EQ(changes_in(counts), 0U);
}

TEST_F(AppleSchool, SaysWhatWouldChangeAndStoresNothing) {
  good(import_school(apple_files()));
  auto files = apple_files();
  files["staff.csv"] =
      "person_id,first_name,last_name,location_id\nt1,Thea,Cher,L2\nt2,New,Comer,L1\n";
  files["students.csv"] = "person_id,first_name,last_name,location_id\ns1,Ann M,Miller,L1\n";
  const ImportPlan plan{{folder(files)}, "", true, ""};
  const auto counts = good(import_plan(plan));
  EXPECT_THAT(counts.users_changed.added.first, ElementsAre("t2"));
  EXPECT_THAT(counts.users_changed.changed.first, ElementsAre("t1"));
  EXPECT_THAT(counts.users_changed.removed.first, ElementsAre("s2"));
  EXPECT_THAT(counts.groups_changed.removed.first, ElementsAre("grade/7", "grade/8"));
  EXPECT_EQ(row_of("t1").full_name, "Tea Cher");
  EXPECT_FALSE(reader().user_details("t2"));
}

TEST_F(AppleSchool, WhoIsInTheFilesNoMoreIsRemovedAndLeavesHisGroups) {
  good(import_school(apple_files()));
  good(import(file("members.csv", "group_id,user_id\nclass/K1,s1\nclass/K1,s2\n")));
  auto files = apple_files();
  files["students.csv"] = "person_id,first_name,last_name,location_id\ns1,Ann,Miller,L1\n";
  good(import_school(files));
  EXPECT_FALSE(reader().user_details("s2"));
  EXPECT_THAT(members("class/K1"), ElementsAre("s1"));
  EXPECT_THAT(members("grade/8"), ElementsAre("no such group"));
  const auto before = derived_of(dir_);
  EXPECT_TRUE(roster().derive_anew(WallTime{now_ms_}));
  EXPECT_EQ(difference(before, derived_of(dir_)), "");
}

TEST_F(AppleSchool, UsersFromElsewhereStayAlsoAsMembers) {
  good(import(file("users.csv", "user_id,full_name\nguest,A Guest\n")));
  good(import_school(apple_files()));
  good(import(file("members.csv", "group_id,user_id\nclass/K1,guest\nclass/K1,s1\n")));
  std::filesystem::remove(in("members.csv"));
  good(import_school(apple_files()));
  EXPECT_THAT(members("class/K1"), ElementsAre("guest", "s1"));
}

TEST_F(AppleSchool, AFileOfAnotherSchoolIsStoppedBeforeItEmptiesTheRoster) {
  auto files = apple_files();
  for (int i = 0; i < 20; ++i) {
    files["students.csv"] += "X,Y,,x" + std::to_string(i) + ",,,L1,\n";
  }
  good(import_school(files));
  ImportPlan plan{{folder(apple_files())}, "", false, ""};
  plan.removals_percent_max = 50;
  EXPECT_EQ(refusal(import_plan(plan)),
            "school: 20 of the 23 users that came from such files are in them no more");
  EXPECT_EQ(good(import_school(files)).users_changed.added.count, 0U);
}

TEST_F(AppleSchool, CarriesManagedAppleAccountsOver) {
  auto files = apple_files();
  files["staff.csv"] =
      "person_id,first_name,last_name,location_id,Managed Apple "
      "ID\nt1,Tea,Cher,L2,t@apple.example\n";
  good(import_school(files));
  EXPECT_EQ(row_of("t1").managed_apple_account, "t@apple.example");
  good(import_school(apple_files()));
  EXPECT_EQ(row_of("t1").managed_apple_account, "t@apple.example");
}

TEST_F(AppleSchool, NeedsAllSixFiles) {
  auto files = apple_files();
  files.erase("rosters.csv");
  EXPECT_EQ(refusal(import_school(files)), "school: rosters.csv is missing");
}

TEST_F(AppleSchool, DoesNotForgetFilesOfAnotherKindBesideThem) {
  EXPECT_EQ(with("devices.csv", "serial\nx\n"),
            "school: both Apple School Manager's students.csv and a roster's devices.csv");
  EXPECT_EQ(with("users.csv", "x\n"),
            "school: both Apple School Manager's students.csv and a roster's users.csv");
  EXPECT_EQ(with("orgs.csv", "x\n"),
            "school: both Apple School Manager's students.csv and OneRoster's orgs.csv");
}

TEST_F(AppleSchool, IsImportedByItself) {
  const ImportPlan plan{{folder(apple_files()), file("devices.csv", "serial\nx\n")}, "", false, ""};
  EXPECT_EQ(refusal(import_plan(plan)), "school: the files of a school among others");
}

TEST_F(AppleSchool, NamesFileLineAndColumnOfWhatIsWrong) {
  EXPECT_EQ(with("students.csv", "name\nx\n"),
            "students.csv:1:1: the column 'person_id' is missing");
  EXPECT_EQ(with("courses.csv", "\n\n"), "courses.csv:1:1: the file is blank");
  EXPECT_EQ(with("courses.csv", "course_id,course_name,Course_ID\n"),
            "courses.csv:1:23: the column 'Course_ID' twice");
  EXPECT_EQ(with("rosters.csv", "roster_id,class_id,student_id\nr1,K1,s1\nr2,K1\n"),
            "rosters.csv:3:4: 2 fields");
  EXPECT_EQ(with("locations.csv", "location_id,location_name\nL1,South\n ,North\n"),
            "locations.csv:3:1: location_id is empty");
  EXPECT_EQ(with("locations.csv", "location_id,location_name\nL1,\"South\n"),
            "locations.csv:2:4: a quote opens here and never closes");
  EXPECT_EQ(with("locations.csv",
                 "location_id,location_name\nL1,S\xfc"
                 "d\n"),
            "locations.csv:2:5: the byte 0xFC, which is not UTF-8 (it looks like Latin-1)");
  EXPECT_EQ(
      with("locations.csv", "location_id,location_name\n" + std::string(2000, 'x') + ",South\n"),
      "locations.csv:2:1: an id of 2000 bytes");
  EXPECT_EQ(with("staff.csv",
                 "person_id,first_name,last_name,location_id,email_address\nt1,T,C,L2,nowhere\n"),
            "staff.csv:2:11: 'nowhere' is not a mail address: it has no '@'");
}

TEST_F(AppleSchool, RefusesWhatComesTwice) {
  EXPECT_EQ(with("staff.csv", "person_id,first_name,last_name,location_id\ns1,Tea,Cher,L2\n"),
            "staff.csv:2:1: the person_id 's1' twice");
  EXPECT_EQ(with("locations.csv", "location_id,location_name\nL1,South\nL2,North\nL1,South\n"),
            "locations.csv:4:1: the location 'L1' twice (first on line 2)");
  EXPECT_EQ(with("courses.csv", "course_id,course_name\nC1,Biology\nC1,Biology\n"),
            "courses.csv:3:1: the course 'C1' twice");
  EXPECT_EQ(with("rosters.csv", "roster_id,class_id,student_id\nr1,K1,s1\nr2,K1,s2\nr1,K1,s2\n"),
            "rosters.csv:4: a roster_id twice (first on line 2)");
}

TEST_F(AppleSchool, RefusesReferencesToWhatNoFileHas) {
  EXPECT_EQ(with("rosters.csv", "roster_id,class_id,student_id\nr1,K1,s9\n"),
            "rosters.csv:2:7: student_id 's9' is not known");
  EXPECT_EQ(with("rosters.csv", "roster_id,class_id,student_id\nr1,K9,s1\n"),
            "rosters.csv:2:4: class_id 'K9' is not known");
  EXPECT_EQ(with("classes.csv", "class_id,course_id\nK1,C9\n"),
            "classes.csv:2:4: course_id 'C9' is not known");
  EXPECT_EQ(with("classes.csv", "class_id,course_id,instructor_id_2\nK1,C1,t9\n"),
            "classes.csv:2: instructor_id 't9' is not known");
  EXPECT_EQ(with("staff.csv", "person_id,first_name,last_name,location_id\nt1,Tea,Cher,L9\n"),
            "staff.csv:2:13: location_id 'L9' is not known");
}

TEST_F(AppleSchool, AHeaderAloneWillDoButNotForEverybody) {
  auto files = apple_files();
  files["rosters.csv"] = "roster_id,class_id,student_id\n";
  EXPECT_EQ(good(import_school(files)).users, 3U);
  files["classes.csv"] = "class_id,course_id\n";
  files["students.csv"] = "person_id,first_name,last_name,location_id\n";
  files["staff.csv"] = "person_id,first_name,last_name,location_id\n";
  EXPECT_EQ(refusal(import_school(files)), "school: nobody in these files");
}

TEST_F(AppleSchool, BadRowsOfPeopleCanBeSkipped) {
  auto files = apple_files();
  files["staff.csv"] =
      "person_id,first_name,last_name,location_id,email_address\nt1,T,C,L2,nowhere\n";
  const auto rejects = dir_ + "/rejects.csv";
  const auto counts = good(import_plan(ImportPlan{{folder(files)}, "", false, rejects}));
  EXPECT_EQ(counts.rejected, 1U);
  EXPECT_EQ(counts.users, 2U);
  EXPECT_THAT(read(rejects), HasSubstr("user_id,full_name,email\n"));
  EXPECT_THAT(read(rejects), HasSubstr("t1,T C,nowhere"));
}

TEST_F(AppleSchool, EndsWhenItIsTold) {
  auto files = apple_files();
  for (int i = 0; i < 9000; ++i) {
    files["students.csv"] += "X,Y,,x" + std::to_string(i) + ",,,L1,\n";
  }
  const auto ended = roster().import(
      ImportPlan{{folder(files)}, "", false, ""},
      [](const ImportStep& step) { return !step.file.ends_with("students.csv"); },
      WallTime{now_ms_});
  EXPECT_EQ(refusal(ended), "interrupted");
  EXPECT_FALSE(reader().user_details("s1"));
}

}  // namespace
}  // namespace muster::roster
