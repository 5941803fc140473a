#include "loadgen/device_plist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/loadgen/device_stage.h"

namespace muster::loadgen {
namespace {

using ::testing::HasSubstr;

Speaker the_phone() {
  return {
      .udid = "UDID-1", .enrollment_id = false, .user_id = {}, .short_name = {}, .long_name = {}};
}

TEST(DevicePlist, WritesATokenUpdateAsXml) {
  EXPECT_EQ(
      token_update_plist(the_phone(), {"com.apple.mgmt.External.x", token_of(0xff), "M&M"}, false),
      R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" )"
      R"("http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>MessageType</key>
	<string>TokenUpdate</string>
	<key>Topic</key>
	<string>com.apple.mgmt.External.x</string>
	<key>UDID</key>
	<string>UDID-1</string>
	<key>Token</key>
	<data>
	//////////////////////////////////////////8=
	</data>
	<key>PushMagic</key>
	<string>M&amp;M</string>
	<key>AwaitingConfiguration</key>
	<false/>
</dict>
</plist>
)");
}

TEST(DevicePlist, SaysTheSameInBinary) {
  const PushAddress address{"topic", token_of(7), "MAGIC"};
  const auto binary = token_update_plist(the_phone(), address, true);
  EXPECT_TRUE(binary.starts_with("bplist00"));
  EXPECT_EQ(words_of_plist(binary),
            words_of_plist(token_update_plist(the_phone(), address, false)));
}

TEST(DevicePlist, WritesReports) {
  const Words idle{{"UDID", "UDID-1"}, {"Status", "Idle"}};
  EXPECT_EQ(words_of_plist(report_plist(the_phone(), {}, false)), idle);
  const Words shown{{"UDID", "UDID-1"},
                    {"Status", "Acknowledged"},
                    {"CommandUUID", "U1"},
                    {"InvitationResult", "Acknowledged"}};
  EXPECT_EQ(
      words_of_plist(report_plist(
          the_phone(),
          {.status = "Acknowledged", .command_uuid = "U1", .invitation_result = "Acknowledged"},
          false)),
      shown);
}

TEST(DevicePlist, NamesTheUserByHisEnrolmentWhereHeEnrolledTheMac) {
  const Speaker mac_of_tom{.udid = "E-1",
                           .enrollment_id = true,
                           .user_id = "EU-1",
                           .short_name = "tom",
                           .long_name = "Tom Kvis"};
  const Words expected{{"EnrollmentID", "E-1"},
                       {"EnrollmentUserID", "EU-1"},
                       {"UserShortName", "tom"},
                       {"UserLongName", "Tom Kvis"},
                       {"Status", "Idle"}};
  EXPECT_EQ(words_of_plist(report_plist(mac_of_tom, {}, false)), expected);
}

TEST(DevicePlist, WritesACheckOut) {
  const auto school = small_school();
  const Words expected{
      {"MessageType", "CheckOut"}, {"Topic", "com.apple.mgmt.External.x"}, {"UDID", "UDID-1"}};
  EXPECT_EQ(words_of_plist(check_out_plist(school.devices[phone], the_phone(), false)), expected);
}

TEST(DevicePlist, ReadsACommandInEitherForm) {
  const auto xml = invite_command("U1", good_url);
  const auto command = read_device_command(xml);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->uuid, "U1");
  EXPECT_EQ(command->request_type, "InviteToProgram");
  EXPECT_EQ(command->program_id, "com.apple.cloudvpp");
  EXPECT_EQ(command->invitation_url, good_url);

  plist_t tree = nullptr;
  plist_from_memory(xml.data(), static_cast<std::uint32_t>(xml.size()), &tree);
  char* bytes = nullptr;
  std::uint32_t size = 0;
  plist_to_bin(tree, &bytes, &size);
  const auto again = read_device_command({bytes, size});
  std::free(bytes);
  plist_free(tree);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->invitation_url, good_url);
}

TEST(DevicePlist, RefusesWhatIsNoCommand) {
  EXPECT_FALSE(read_device_command("nonsense"));
  EXPECT_FALSE(read_device_command("<plist version=\"1.0\"><array/></plist>"));
  EXPECT_FALSE(
      read_device_command("<plist version=\"1.0\"><dict><key>CommandUUID</key>"
                          "<string>U</string></dict></plist>"));
  EXPECT_FALSE(read_device_command(invite_command("", good_url)));
  EXPECT_FALSE(read_device_command(invite_command("U", good_url, "com.apple.cloudvpp", "")));
}

TEST(DevicePlist, RefusesABareAmpersand) {
  auto command = invite_command("U", good_url);
  ASSERT_TRUE(read_device_command(command));
  const auto at = command.find("&amp;");
  command.replace(at, 5, "&");
  EXPECT_FALSE(read_device_command(command));
}

}  // namespace
}  // namespace muster::loadgen
