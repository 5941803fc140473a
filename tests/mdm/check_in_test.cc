#include "mdm/check_in.h"

#include <gtest/gtest.h>

#include "tests/mdm/plists.h"

namespace muster::mdm {
namespace {

using roster::Enrollment;
using roster::Platform;
using Kind = CheckInMessage::Kind;

std::optional<CheckInMessage> read(const std::string& bytes) {
  const auto value = read_plist(bytes);
  return value ? read_check_in(*value) : std::nullopt;
}

Platform platform_of(std::string_view key, std::string_view value) {
  const auto said = read(plist(dictionary({{"MessageType", text("Authenticate")},
                                           {"UDID", text("U")},
                                           {std::string_view(key), text(value)}})));
  return said ? said->device.platform : Platform::unknown;
}

TEST(CheckIn, ReadsWhoEnrols) {
  for (const auto& bytes : {authenticate("U1", "iPad8,6"), binary(authenticate("U1", "iPad8,6"))}) {
    const auto said = read(bytes);
    ASSERT_TRUE(said);
    EXPECT_EQ(said->kind, Kind::authenticate);
    EXPECT_EQ(said->sender.id, "U1");
    EXPECT_EQ(said->device.kind, roster::CheckIn::Kind::enrolled);
    EXPECT_EQ(said->device.udid, "U1");
    EXPECT_EQ(said->device.serial, "C0U1");
    EXPECT_EQ(said->device.name, "a device");
    EXPECT_EQ(said->device.platform, Platform::ipados);
    EXPECT_EQ(said->device.enrollment, Enrollment::device);
  }
}

TEST(CheckIn, KnowsThePlatformByItsModel) {
  EXPECT_EQ(platform_of("ProductName", "iPhone14,5"), Platform::ios);
  EXPECT_EQ(platform_of("ProductName", "iPod9,1"), Platform::ios);
  EXPECT_EQ(platform_of("ProductName", "iPad8,6"), Platform::ipados);
  EXPECT_EQ(platform_of("ProductName", "MacBookPro18,1"), Platform::macos);
  EXPECT_EQ(platform_of("ProductName", "iMac21,1"), Platform::macos);
  EXPECT_EQ(platform_of("ProductName", "VirtualMac2,1"), Platform::macos);
  EXPECT_EQ(platform_of("Model", "Macmini9,1"), Platform::macos);
  EXPECT_EQ(platform_of("ModelName", "Apple TV"), Platform::tvos);
  EXPECT_EQ(platform_of("ProductName", "AppleTV11,1"), Platform::tvos);
  EXPECT_EQ(platform_of("ProductName", "Watch6,1"), Platform::watchos);
  EXPECT_EQ(platform_of("ProductName", "RealityDevice14,1"), Platform::visionos);
  EXPECT_EQ(platform_of("DeviceName", "Mia's iPad"), Platform::ipados);
  EXPECT_EQ(platform_of("DeviceName", "Mia"), Platform::unknown);
}

TEST(CheckIn, ReadsTheTokenOfADevice) {
  const auto said = read(token_update("U1", "M-1"));
  ASSERT_TRUE(said);
  EXPECT_EQ(said->kind, Kind::token_update);
  EXPECT_FALSE(said->sender.user_channel);
  EXPECT_EQ(said->device.kind, roster::CheckIn::Kind::token);
  EXPECT_EQ(said->device.topic, "com.apple.mgmt.External.test");
  EXPECT_EQ(as_text(said->device.push_token), push_token);
  EXPECT_EQ(said->device.push_magic, "M-1");
  EXPECT_EQ(said->device.enrollment, Enrollment::unknown);
}

TEST(CheckIn, ReadsTheTokenOfAUserOfAMac) {
  const auto said = read(user_token_update("U1", "5B0E"));
  ASSERT_TRUE(said);
  EXPECT_EQ(said->device.kind, roster::CheckIn::Kind::user_token);
  EXPECT_EQ(said->sender.id, "U1:5B0E");
  EXPECT_EQ(said->sender.device, "U1");
  EXPECT_FALSE(said->sender.shared);
  EXPECT_EQ(said->device.platform, Platform::macos);
  EXPECT_EQ(said->device.enrollment, Enrollment::unknown);
}

TEST(CheckIn, KnowsAUserOfASharedIpadByHisAccount) {
  const auto said =
      read(user_token_update("U1", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "mia@school.example"));
  ASSERT_TRUE(said);
  EXPECT_EQ(said->sender.id, "U1:mia@school.example");
  EXPECT_TRUE(said->sender.shared);
  EXPECT_EQ(said->device.enrollment, Enrollment::shared);
  EXPECT_FALSE(read(user_token_update("U1", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "")));
}

TEST(CheckIn, KnowsAUserEnrolmentByItsId) {
  const auto said = read(plist(dictionary({{"MessageType", text("Authenticate")},
                                           {"EnrollmentID", text("E1")},
                                           {"ProductName", text("iPhone14,5")}})));
  ASSERT_TRUE(said);
  EXPECT_EQ(said->sender.id, "E1");
  EXPECT_EQ(said->device.enrollment, Enrollment::user);
  const auto user = read(plist(dictionary({{"MessageType", text("CheckOut")},
                                           {"EnrollmentID", text("E1")},
                                           {"EnrollmentUserID", text("V")}})));
  ASSERT_TRUE(user);
  EXPECT_EQ(user->sender.id, "E1:V");
}

TEST(CheckIn, TakesATokenUpdateFromSetupAssistant) {
  const auto said = read(plist(dictionary({{"MessageType", text("TokenUpdate")},
                                           {"UDID", text("U1")},
                                           {"Topic", text("com.apple.mgmt.x")},
                                           {"Token", data(push_token)},
                                           {"PushMagic", text("m")},
                                           {"AwaitingConfiguration", truth(true)},
                                           {"UnlockToken", data("secret")}})));
  ASSERT_TRUE(said);
  EXPECT_EQ(said->kind, Kind::token_update);
}

TEST(CheckIn, RefusesATokenThatCouldNotWakeAnybody) {
  const auto with = [](std::string_view topic, std::string_view token, std::string_view magic) {
    return read(plist(dictionary({{"MessageType", text("TokenUpdate")},
                                  {"UDID", text("U1")},
                                  {"Topic", text(topic)},
                                  {"Token", data(token)},
                                  {"PushMagic", text(magic)}})));
  };
  ASSERT_TRUE(with("t", push_token, "m"));
  EXPECT_FALSE(with("", push_token, "m"));
  EXPECT_FALSE(with(std::string(1025, 't'), push_token, "m"));
  EXPECT_FALSE(with("t", "", "m"));
  EXPECT_FALSE(with("t", "short", "m"));
  EXPECT_FALSE(with("t", std::string(65, 'x'), "m"));
  EXPECT_FALSE(with("t", push_token, ""));
  EXPECT_FALSE(with("t", push_token, std::string(65, 'm')));
}

TEST(CheckIn, KnowsTheOtherMessagesThatApplesDevicesSend) {
  const auto kind_of_type = [](std::string_view type) {
    return read(plist(dictionary({{"MessageType", text(type)}, {"UDID", text("U1")}})))->kind;
  };
  EXPECT_EQ(kind_of_type("CheckOut"), Kind::check_out);
  EXPECT_EQ(kind_of_type("UserAuthenticate"), Kind::user_authenticate);
  EXPECT_EQ(kind_of_type("DeclarativeManagement"), Kind::ignored);
  EXPECT_EQ(kind_of_type("SetBootstrapToken"), Kind::ignored);
  EXPECT_EQ(kind_of_type("GetBootstrapToken"), Kind::ignored);
  EXPECT_EQ(kind_of_type("GetToken"), Kind::ignored);
}

TEST(CheckIn, RefusesOtherMessagesAndOthersIds) {
  EXPECT_FALSE(read(plist(dictionary({{"MessageType", text("Hello")}, {"UDID", text("U1")}}))));
  EXPECT_FALSE(read(plist(dictionary({{"UDID", text("U1")}}))));
  EXPECT_FALSE(read(plist(dictionary({{"MessageType", text("CheckOut")}}))));
  EXPECT_FALSE(read(plist(text("CheckOut"))));
  EXPECT_FALSE(read(check_out(std::string(255, 'U'))));
  EXPECT_FALSE(read(check_out("a\nb")));
  EXPECT_FALSE(read(plist(dictionary(
      {{"MessageType", text("Authenticate")}, {"UDID", text("U1")}, {"UserID", text("5B0E")}}))));
}

TEST(CheckIn, MakesOneLineOfANameWithControlCharacters) {
  const auto said = read(plist(dictionary({{"MessageType", text("Authenticate")},
                                           {"UDID", text("U1")},
                                           {"DeviceName", text("Mia's\niPad")}})));
  ASSERT_TRUE(said);
  EXPECT_EQ(said->device.name, "Mia's iPad");
}

}  // namespace
}  // namespace muster::mdm
