// The report of a rehearsal; the rehearsal itself, with its real programs, is
// tests/e2e/test_school_run.py.
#include "loadgen/school_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loadgen/json_shape.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

SchoolRunReport a_report() {
  SchoolRunReport report;
  report.users = 3;
  report.devices = 4;
  report.seed = 9;
  report.faults = true;
  report.took = {{"muster send", 1.25}};
  report.funnel = {{SchoolStage::shown, 2, 0.5, 3.5}, {SchoolStage::accepted, 0, 0, 0}};
  report.task_json = R"({"id":"t"})";
  report.books_json = R"({"faults":[2,0,3],"refused":{"9646":5}})";
  report.devices_json =
      R"({"apns":{"requests":7},"devices":{"missed":1,"said":{"NotNow":6,"Error":0}}})";
  report.verdict.rows = 4;
  report.verdict.by_state[static_cast<std::size_t>(State::shown)] = 2;
  return report;
}

TEST(ASchoolRunReport, TellsPeople) {
  EXPECT_THAT(text_of(a_report()),
              AllOf(HasSubstr("3 users, 4 devices, seed 9, faults"), HasSubstr("1.2 s"),
                    HasSubstr("0.5 s … 3.5 s"), HasSubstr("answered: 9646 5"),
                    HasSubstr("NotNow 6\n"), HasSubstr("shown"),
                    HasSubstr("verdict: 0 lost, 0 doubled, 0 misreported, 0 rules broken of 4")));
}

TEST(ASchoolRunReport, TellsPrograms) {
  const auto text = json_of(a_report());
  const auto members = json_members(text);
  ASSERT_TRUE(members) << text;
  EXPECT_EQ(json_value(*members, "faults_struck"), "5");
  EXPECT_EQ(json_value(*members, "task"), R"({"id":"t"})");
  EXPECT_EQ(json_value(*members, "apns"), R"({"requests":7})");
  EXPECT_EQ(json_value(*members, "good"), "true");
  EXPECT_EQ(json_value(*json_members(json_value(*members, "funnel")), "accepted"),
            R"({"count":0})");
}

TEST(ASchoolRunReport, StaysWholeWhereAProgramSaidNothing) {
  auto report = a_report();
  report.books_json.clear();
  report.devices_json = "killed";
  report.verdict.lost = 1;
  report.verdict.examples = {"not at rest: invitation 1"};
  report.dir = "/somewhere";
  EXPECT_THAT(text_of(report), AllOf(HasSubstr("1 lost"), HasSubstr("e.g. not at rest"),
                                     HasSubstr("all files: /somewhere")));
  const auto text = json_of(report);
  const auto members = json_members(text);
  ASSERT_TRUE(members) << text;
  EXPECT_EQ(json_value(*members, "books"), "null");
  EXPECT_EQ(json_value(*members, "good"), "false");
}

TEST(ASchoolRun, ComplainsOfAProgramThatDoesNotRun) {
  const Scratch scratch;
  SchoolRunWishes wishes;
  wishes.dir = scratch / "run";
  wishes.roster.users = 3;
  wishes.loadgen = "/nowhere/muster-loadgen";
  const auto report = run_school(wishes);
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().line_of_text(), HasSubstr("/nowhere/muster-loadgen"));
}

TEST(ASchoolRun, SaysWhichProgramEnded) {
  const Scratch scratch;
  SchoolRunWishes wishes;
  wishes.dir = scratch / "run";
  wishes.roster.users = 3;
  wishes.loadgen = "/bin/false";
  const auto report = run_school(wishes);
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().line_of_text(), HasSubstr("books ended with exit code 1"));
}

}  // namespace
}  // namespace muster::loadgen
