#include "loadgen/school_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loadgen/json_shape.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* header =
    "invitation,user_id,user_full_name,device_id,device_name,channel,state,reason,attempts,"
    "apns_id,reply,updated_at\n";
constexpr const char* woken =
    "{\"at\":1,\"fact\":\"woken\",\"device\":\"d1\",\"channel\":\"device\"}\n";

TEST(SchoolFiles, AreReadAndJudged) {
  const Scratch scratch;
  scratch.write("t.csv", std::string(header) + "0,u1,Mia,d1,iPad,push,sent,,1,,,\n" +
                             "1,u2,Tom,d2,iPad,push,sent,,1,,,\n1,u2,Tom,,,mail,sent,,1,,,\n");
  scratch.write("j", woken);
  SchoolVerdict verdict;
  ASSERT_TRUE(read_school_rows(scratch / "t.csv", verdict));
  ASSERT_TRUE(read_school_journal(scratch / "j", verdict));
  const auto report = verdict.judge();
  EXPECT_EQ(report.rows, 2U) << "mail is judged elsewhere";
  EXPECT_EQ(report.lost, 1U);

  const auto text = json_of(report);
  const auto members = json_members(text);
  ASSERT_TRUE(members) << text;
  EXPECT_EQ(json_value(*members, "lost"), "1");
  EXPECT_EQ(json_value(*members, "states"), R"({"sent":2})");
  EXPECT_EQ(json_value(*members, "good"), "false");
}

TEST(SchoolFiles, SayWhereTheyCannotBeRead) {
  const Scratch scratch;
  SchoolVerdict verdict;
  const auto rows = [&](const std::string& text) {
    scratch.write("t.csv", text);
    const auto read = read_school_rows(scratch / "t.csv", verdict);
    return read ? "fine" : read.error().line_of_text();
  };
  EXPECT_THAT(rows("invitation,state\n"), HasSubstr("user_id"));
  EXPECT_THAT(rows(std::string(header) + "x,u,n,d,n,push,sent,,1,,,\n"),
              AllOf(HasSubstr("t.csv:2"), HasSubstr("invitation 'x'")));
  EXPECT_THAT(rows(std::string(header) + "1,u,n,d,n,push,lost,,1,,,\n"), HasSubstr("state 'lost'"));
  EXPECT_THAT(rows(std::string(header) + "1,u\n"), HasSubstr("t.csv:2"));
  EXPECT_THAT(read_school_rows(scratch / "none", verdict).error().line_of_text(),
              HasSubstr("none"));
  EXPECT_THAT(read_school_journal(scratch / "none", verdict).error().line_of_text(),
              HasSubstr("cannot read the journal"));
}

TEST(SchoolFiles, ForgiveALineThatWasCutShortAtTheEndAlone) {
  const Scratch scratch;
  SchoolVerdict verdict;
  scratch.write("j", std::string(woken) + "{\"at\":2,\"fa");
  EXPECT_TRUE(read_school_journal(scratch / "j", verdict));
  scratch.write("j", "{\"at\":2,\"fa\n" + std::string(woken));
  const auto read = read_school_journal(scratch / "j", verdict);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().line_of_text(), HasSubstr("j:1: neither a line"));
}

TEST(SchoolFiles, BringAccountsTogetherWithTheirAddresses) {
  const Scratch scratch;
  scratch.write("users.csv", "user_id,email,name\nu1,mia@school.example,Mia\nu2,,Tom\n");
  scratch.write("t.csv", std::string(header) + "0,u1,Mia,,,account,enrolled,,1,,,\n");
  scratch.write("j", R"({"at":"","fact":"associated","by":"account","email":"mia@school.example"})"
                     "\n");
  SchoolVerdict verdict;
  ASSERT_TRUE(read_school_people(scratch.dir(), verdict));
  ASSERT_TRUE(read_school_rows(scratch / "t.csv", verdict));
  ASSERT_TRUE(read_school_journal(scratch / "j", verdict));
  const auto report = verdict.judge();
  EXPECT_EQ(report.accounts, 1U);
  EXPECT_TRUE(report.good());
}

TEST(SchoolFiles, ComplainOfPeopleWhoCannotBeRead) {
  const Scratch scratch;
  SchoolVerdict verdict;
  EXPECT_FALSE(read_school_people(scratch.dir(), verdict));
  scratch.write("users.csv", "name\n");
  EXPECT_FALSE(read_school_people(scratch.dir(), verdict));
  scratch.write("users.csv", "user_id,email\nu1\n");
  EXPECT_FALSE(read_school_people(scratch.dir(), verdict));
}

}  // namespace
}  // namespace muster::loadgen
