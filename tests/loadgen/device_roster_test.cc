#include "loadgen/device_roster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loadgen/roster.h"
#include "tests/loadgen/device_stage.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* user_header = "user_id,full_name,managed_apple_account\n";
constexpr const char* device_header =
    "device_id,name,user_id,platform,serial,enrollment,topic,push_token,push_magic,"
    "user_push_token,user_push_magic\n";

// The complaint about a devices.csv of one row; "fine" where there is none.
std::string complaint(const std::string& row) {
  const Scratch scratch;
  scratch.write("users.csv", std::string(user_header) + "u1,Mia,\n");
  scratch.write("devices.csv", device_header + row);
  const auto read = read_fleet_roster(scratch.dir());
  return read ? "fine" : read.error().line_of_text();
}

TEST(DeviceRoster, ReadsWhatTheRosterCommandWrites) {
  const Scratch scratch;
  RosterWishes wishes;
  wishes.users = 50;
  wishes.devices_per_user = 2;
  wishes.mac_share = 0.5;
  wishes.dir = scratch.dir();
  ASSERT_TRUE(make_roster(wishes));

  const auto roster = read_fleet_roster(scratch.dir());
  ASSERT_TRUE(roster) << roster.error().line_of_text();
  ASSERT_EQ(roster->devices.size(), 100U);
  ASSERT_EQ(roster->users.size(), 50U);
  EXPECT_EQ(roster->devices[3].id, "d0000001-2");
  EXPECT_EQ(roster->devices[3].user, 1U);
  EXPECT_TRUE(roster->devices[3].token);
  for (const auto& device : roster->devices) {
    EXPECT_EQ(device.platform == RosterDevice::Platform::macos, device.user_token.has_value());
  }
}

TEST(DeviceRoster, SaysWhereItCannotBeRead) {
  const std::string token(64, 'a');
  EXPECT_EQ(complaint("d,n,u1,iOS,s,device,t," + token + ",m,,\n"), "fine");
  EXPECT_EQ(complaint("d,n,,tvOS,s,shared,t,,,,\n"), "fine");
  EXPECT_THAT(complaint("d,n,u2,iOS,s,device,t,,,,\n"),
              AllOf(HasSubstr("devices.csv:2"), HasSubstr("user 'u2' is not there")));
  EXPECT_THAT(complaint("d,n,u1,Amiga,s,device,t,,,,\n"), HasSubstr("unknown platform 'Amiga'"));
  EXPECT_THAT(complaint("d,n,u1,iOS,s,loan,t,,,,\n"), HasSubstr("unknown enrollment 'loan'"));
  EXPECT_THAT(complaint("d,n,u1,iOS,s,user,t,abc,m,,\n"), HasSubstr("not a push token"));
  EXPECT_THAT(complaint(""), HasSubstr("no device"));
  EXPECT_THAT(complaint("d,n\n"), HasSubstr("devices.csv:2"));
}

TEST(DeviceRoster, SaysWhichFileOrColumnIsMissing) {
  const Scratch scratch;
  EXPECT_THAT(read_fleet_roster(scratch.dir()).error().line_of_text(), HasSubstr("users.csv"));
  scratch.write("users.csv", "user_id,full_name\n");
  EXPECT_THAT(read_fleet_roster(scratch.dir()).error().line_of_text(),
              HasSubstr("managed_apple_account"));
  scratch.write("users.csv", std::string(user_header) + "u1,\"Mia\n");
  EXPECT_THAT(read_fleet_roster(scratch.dir()).error().line_of_text(), HasSubstr("users.csv"));
  scratch.write("users.csv", user_header);
  EXPECT_THAT(read_fleet_roster(scratch.dir()).error().line_of_text(), HasSubstr("devices.csv"));
  scratch.write("devices.csv", "device_id\n");
  EXPECT_THAT(read_fleet_roster(scratch.dir()).error().line_of_text(), HasSubstr("name"));
}

TEST(DeviceRoster, GivesEachDeviceAUdidOfItsKind) {
  const auto school = small_school();
  EXPECT_THAT(udid_of(school.devices[phone]), testing::MatchesRegex("00008030-[0-9A-F]{16}"));
  EXPECT_THAT(udid_of(school.devices[mac]),
              testing::MatchesRegex("[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"));
  EXPECT_NE(udid_of(school.devices[phone]), udid_of(school.devices[spare]));
  auto bare = school.devices[phone];
  bare.serial.clear();
  EXPECT_EQ(udid_of(bare), "d-phone") << "by its device_id it is known, or not at all";
  EXPECT_EQ(udid_of(school.devices[byod]), "d-byod");
}

}  // namespace
}  // namespace muster::loadgen
