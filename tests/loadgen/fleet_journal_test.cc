#include "loadgen/fleet_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/loadgen/device_stage.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using ::testing::HasSubstr;

TEST(FleetJournal, WritesALineAFact) {
  const auto school = small_school();
  EXPECT_EQ(line_of({.kind = Fact::Kind::woken, .at = Instant{5}, .device = phone}, school),
            R"({"at":5,"fact":"woken","device":"d-phone","channel":"device"})");
  EXPECT_EQ(line_of({.kind = Fact::Kind::handed,
                     .at = Instant{6},
                     .device = mac,
                     .user_channel = true,
                     .command = "U1",
                     .url_digest = "aa",
                     .code_digest = "bb"},
                    school),
            R"({"at":6,"fact":"handed","device":"d-mac","channel":"user","command":"U1",)"
            R"("url":"aa","code":"bb"})");
  EXPECT_EQ(line_of({.kind = Fact::Kind::answered,
                     .at = Instant{7},
                     .device = phone,
                     .command = "U1",
                     .word = "Acknowledged",
                     .result = "InvalidProgramID"},
                    school),
            R"({"at":7,"fact":"answered","device":"d-phone","channel":"device","command":"U1",)"
            R"("status":"Acknowledged","result":"InvalidProgramID"})");
  EXPECT_EQ(
      line_of(
          {.kind = Fact::Kind::violation, .at = Instant{8}, .device = phone, .word = "wrong_magic"},
          school),
      R"({"at":8,"fact":"violation","device":"d-phone","channel":"device",)"
      R"("kind":"wrong_magic"})");
  EXPECT_EQ(
      line_of({.kind = Fact::Kind::not_taken, .at = Instant{9}, .user = 1, .status = 503}, school),
      R"({"at":9,"fact":"not_taken","user":"tom","http":503})");
}

TEST(FleetJournal, HasALineInTheFileOnceItIsFlushed) {
  const Scratch scratch;
  const auto school = small_school();
  auto journal = FleetJournal::open(scratch / "j");
  ASSERT_TRUE(journal) << journal.error().line_of_text();
  journal->add({.kind = Fact::Kind::asked, .at = Instant{1}, .device = phone}, school);
  journal->add({.kind = Fact::Kind::tapped, .at = Instant{2}, .user = 0}, school);
  ASSERT_TRUE(journal->flush());
  EXPECT_EQ(scratch.read("j"),
            "{\"at\":1,\"fact\":\"asked\",\"device\":\"d-phone\",\"channel\":\"device\"}\n"
            "{\"at\":2,\"fact\":\"tapped\",\"user\":\"mia\"}\n");
  struct stat facts{};
  ASSERT_EQ(::stat((scratch / "j").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST(FleetJournal, DoesNotGoOnWithAnother) {
  const Scratch scratch;
  scratch.write("j", "{}\n");
  const auto journal = FleetJournal::open(scratch / "j");
  ASSERT_FALSE(journal);
  EXPECT_THAT(journal.error().line_of_text(), HasSubstr("the journal of another fleet"));
  EXPECT_THAT(FleetJournal::open(scratch / "no/where").error().line_of_text(),
              HasSubstr("cannot open the journal"));
}

TEST(FleetJournal, SaysThatItCannotWrite) {
  const auto school = small_school();
  auto journal = FleetJournal::open("/dev/full");
  ASSERT_TRUE(journal) << journal.error().line_of_text();
  journal->add({.kind = Fact::Kind::asked, .device = phone}, school);
  const auto flushed = journal->flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().cause.code, ErrorCode::disk_full);
}

TEST(FleetJournal, WithoutAFileKeepsNothing) {
  FleetJournal journal;
  journal.add({.kind = Fact::Kind::asked, .device = phone}, small_school());
  EXPECT_TRUE(journal.flush());
}

}  // namespace
}  // namespace muster::loadgen
