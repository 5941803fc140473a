#include "loadgen/command_devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loadgen/roster.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using ::testing::HasSubstr;

// Wishes that come to nothing but for what a test breaks: the push server's port is no port.
class TheDevicesCommand : public ::testing::Test {
 protected:
  TheDevicesCommand() {
    RosterWishes roster;
    roster.users = 3;
    roster.groups = 1;
    roster.nesting = 1;
    roster.dir = scratch_.dir();
    EXPECT_TRUE(make_roster(roster));
    wishes_.roster = scratch_.dir();
    wishes_.mdm = "http://127.0.0.1:1/mdm";
    wishes_.apns.plain = true;
    wishes_.apns.serving.listen = "nowhere";
  }
  std::string complaint() {
    const auto served = serve_devices(wishes_);
    return served ? "fine" : served.error().line_of_text();
  }

  Scratch scratch_;
  DevicesWishes wishes_;
};

TEST_F(TheDevicesCommand, SaysWhatKeepsItFromBeginning) {
  EXPECT_THAT(complaint(), HasSubstr("cannot listen on 'nowhere'"));
  auto whole = wishes_;
  wishes_.mdm = "127.0.0.1:8470";
  EXPECT_THAT(complaint(), HasSubstr("--mdm '127.0.0.1:8470' is no web address"));
  wishes_ = whole;
  wishes_.books = "nothing";
  EXPECT_THAT(complaint(), HasSubstr("--books 'nothing' is no web address"));
  wishes_ = whole;
  wishes_.roster = scratch_ / "elsewhere";
  EXPECT_THAT(complaint(), HasSubstr("elsewhere/users.csv"));
  wishes_ = whole;
  wishes_.behaviour_file = scratch_ / "none.toml";
  EXPECT_THAT(complaint(), HasSubstr("none.toml"));
  wishes_ = whole;
  wishes_.identity_authority = scratch_ / "no/where.pem";
  EXPECT_THAT(complaint(), HasSubstr("no/where.pem"));
  wishes_ = whole;
  wishes_.apns.plain = false;
  EXPECT_THAT(complaint(), HasSubstr("neither a certificate nor --plain"));
  wishes_ = whole;
  wishes_.journal_file = scratch_ / "no/where";
  EXPECT_THAT(complaint(), HasSubstr("cannot open the journal"));
}

TEST_F(TheDevicesCommand, LeavesItsAuthorityForTheServersTrust) {
  wishes_.identity_authority = scratch_ / "authority.pem";
  EXPECT_THAT(complaint(), HasSubstr("nowhere"));
  EXPECT_THAT(scratch_.read("authority.pem"), HasSubstr("BEGIN CERTIFICATE"));
}

TEST_F(TheDevicesCommand, LetsItsOptionsWinOverTheBehavioursFile) {
  scratch_.write("b.toml",
                 "seed = 4\n[[behaviour]]\nkind = \"accept\"\nshare = 0.5\n"
                 "[[behaviour]]\nkind = \"cancel\"\nshare = 0.4\n");
  wishes_.behaviour_file = scratch_ / "b.toml";
  EXPECT_EQ(behaviour_of(wishes_)->seed, 4U);
  EXPECT_DOUBLE_EQ(behaviour_of(wishes_)->share_of(Question::user), 0.9);

  wishes_.seed = 9;
  wishes_.accept_share = 0.6;
  EXPECT_EQ(behaviour_of(wishes_)->seed, 9U);
  EXPECT_DOUBLE_EQ(behaviour_of(wishes_)->share_of(Question::user), 1.0);

  wishes_.accept_share = 0.7;
  const auto refused = behaviour_of(wishes_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().line_of_text(), HasSubstr("more than everybody"));
}

}  // namespace
}  // namespace muster::loadgen
