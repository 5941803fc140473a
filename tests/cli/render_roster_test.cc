#include "cli/render_roster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

Device silent_device() {
  Device device;
  device.id = "d1";
  device.name = "Ann's\tMac";
  device.user_id = "ann";
  device.user_full_name = "Ann Lee";
  device.platform = "macOS";
  device.why_not = "Mac without a user channel";
  return device;
}

User ann() {
  User user;
  user.id = "ann";
  user.full_name = "Ann Lee";
  user.enabled_because = "Managed Distribution is off for group g7";
  user.groups = {"g7", "art"};
  user.devices = {silent_device()};
  return user;
}

TEST(RenderRoster, AUserComesWithWhyGroupsAndDevices) {
  EXPECT_EQ(one_text(ann()),
            "User      ann\n"
            "Name      Ann Lee\n"
            "Enabled   no: Managed Distribution is off for group g7\n"
            "Invited   no\n"
            "Enrolled  no\n"
            "Groups    g7, art\n"
            "Devices   d1  Ann's\\tMac  macOS  cannot be pushed: Mac without a user channel\n");
}

TEST(RenderRoster, AGroupComesWithItsFigures) {
  Group group;
  group.id = "g7";
  group.name = "Grade 7";
  group.managed_distribution = "on";
  group.members_direct = 2;
  group.members = 1235;
  group.devices = 1300;
  group.devices_pushable = 1204;
  group.children = {"art"};
  EXPECT_EQ(one_text(group),
            "Group                 g7\n"
            "Name                  Grade 7\n"
            "Managed Distribution  on\n"
            "Users                 1,235 (2 directly)\n"
            "Enabled               0\n"
            "Invited               0\n"
            "Enrolled              0\n"
            "Devices               1,300 (1,204 can be pushed)\n"
            "Groups in it          art\n");
}

TEST(RenderRoster, ADeviceSaysWhoseItIsAndWhetherItCanBePushed) {
  Device device = silent_device();
  device.user_id.clear();
  device.pushable = true;
  EXPECT_EQ(one_text(device),
            "Device    d1\nName      Ann's\\tMac\nUser      nobody\nPlatform  macOS\n"
            "Push      can be pushed\n");
}

TEST(RenderRoster, ListsSayWhereTheyGoOn) {
  RosterPage<User> page;
  page.rows = {ann()};
  page.next = 41;
  page.more = true;
  EXPECT_EQ(list_text(page),
            "USER  NAME     EMAIL  ENABLED  INVITED  ENROLLED\n"
            "ann   Ann Lee         no       no       no\n"
            "More: --from 41\n");
  EXPECT_EQ(list_text(RosterPage<Group>{}), "No groups.\n");
  EXPECT_EQ(list_text(RosterPage<Device>{}), "No devices.\n");
  EXPECT_EQ(list_text(RosterPage<User>{}), "No users.\n");
}

TEST(RenderRoster, ShowsRadiosWhereDevicesHaveThem) {
  RosterPage<Device> page;
  page.rows = {silent_device()};
  EXPECT_THAT(list_text(page), Not(HasSubstr("IMEI")));
  Device phone;
  phone.id = "d2";
  phone.imei = "352099001761481";
  Device tablet;
  tablet.id = "d3";
  tablet.meid = "A10000009B2C3D";
  page.rows = {phone, tablet};
  const auto text = list_text(page);
  EXPECT_THAT(text, HasSubstr("SERIAL  IMEI OR MEID     PUSH"));
  EXPECT_THAT(text, HasSubstr("352099001761481"));
  EXPECT_THAT(text, HasSubstr("A10000009B2C3D"));
  EXPECT_THAT(one_text(phone), HasSubstr("IMEI    352099001761481"));
  EXPECT_THAT(list_json(page), HasSubstr(R"("imei":"","meid":"A10000009B2C3D")"));
}

TEST(RenderRoster, JsonHasTheNamesThatScriptsRelyOn) {
  const std::string device =
      R"({"device_id":"d1","name":"Ann's\tMac","user_id":"ann","user_full_name":"Ann Lee",)"
      R"("platform":"macOS","enrollment":"","serial":"","udid":"","imei":"","meid":"",)"
      R"("pushable":false,)"
      R"("why_not":"Mac without a user channel"})";
  const std::string user =
      R"("user_id":"ann","full_name":"Ann Lee","email":"","managed_apple_account":"",)"
      R"("location":"","managed_distribution":"","enabled":false,"invited":false,)"
      R"("enrolled":false)";
  EXPECT_EQ(one_json(silent_device()), device);
  EXPECT_EQ(one_json(ann()),
            "{" + user +
                R"(,"language":"","enabled_because":"Managed Distribution is off for group g7",)"
                R"("groups":["g7","art"],"devices":[)" +
                device + "]}");
  RosterPage<User> users;
  users.rows = {ann()};
  EXPECT_EQ(list_json(users), R"({"users":[{)" + user + R"(}],"next":0,"more":false})");
  EXPECT_EQ(list_json(RosterPage<Group>{}), R"({"groups":[],"next":0,"more":false})");
  EXPECT_EQ(one_json(Group{}),
            R"({"group_id":"","name":"","managed_distribution":"","members_direct":0,"members":0,)"
            R"("enabled":0,"invited":0,"enrolled":0,"devices":0,"devices_pushable":0,)"
            R"("parents":[],"children":[]})");
}

}  // namespace
}  // namespace muster::cli
