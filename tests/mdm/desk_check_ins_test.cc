#include <gtest/gtest.h>

#include "tests/mdm/desk_fixture.h"

namespace muster::mdm {
namespace {

using Kind = roster::CheckIn::Kind;

const std::string shared_user = "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF";

class DeskCheckIns : public DeskFixture {
 protected:
  bool hands(const std::string& udid, const std::string& user = "") {
    return !say(idle(udid, user)).answer.empty();
  }
};

TEST_F(DeskCheckIns, TellTheRosterWhoEnrolsAndHowToWakeHim) {
  static_cast<void>(enrol("U1"));
  ASSERT_EQ(house_.told.size(), 2U);
  EXPECT_EQ(house_.told[0].kind, Kind::enrolled);
  EXPECT_EQ(house_.told[0].serial, "C0U1");
  EXPECT_EQ(house_.told[1].kind, Kind::token);
  EXPECT_EQ(house_.told[1].push_magic, "magic");
  const auto row = enrolment("U1");
  EXPECT_EQ(row->device, 10U);
  EXPECT_EQ(row->platform, static_cast<std::uint8_t>(roster::Platform::ios));
  EXPECT_EQ(row->state, 2);
}

TEST_F(DeskCheckIns, MayBeRepeated) {
  static_cast<void>(enrol("U1"));
  EXPECT_EQ(check_in(token_update("U1")).status, 200);
  EXPECT_EQ(check_in(token_update("U1", "new magic")).status, 200);
  EXPECT_EQ(enrolment("U1")->state, 2);
  EXPECT_EQ(house_.told.back().push_magic, "new magic");
}

TEST_F(DeskCheckIns, LeaveADeviceWithoutCommandsUntilItCanBeWoken) {
  static_cast<void>(check_in(authenticate("U1")));
  let_wait(house_.numbers["U1"], 1);
  EXPECT_FALSE(hands("U1"));
  static_cast<void>(check_in(token_update("U1")));
  EXPECT_TRUE(hands("U1"));
}

TEST_F(DeskCheckIns, TakeATokenOfADeviceThatEnrolledBeforeUs) {
  EXPECT_EQ(check_in(token_update("U1")).status, 200);
  let_wait(house_.numbers["U1"], 1);
  EXPECT_TRUE(hands("U1"));
}

TEST_F(DeskCheckIns, EndAnEnrolment) {
  let_wait(enrol("U1"), 1);
  EXPECT_EQ(check_in(check_out("U1")).status, 200);
  EXPECT_EQ(house_.told.back().kind, Kind::left);
  EXPECT_FALSE(hands("U1"));
  const auto told = house_.told.size();
  EXPECT_EQ(check_in(check_out("U1")).status, 200);
  EXPECT_EQ(check_in(check_out("nobody")).status, 200);
  EXPECT_EQ(house_.told.size(), told);
  EXPECT_FALSE(enrolment("nobody"));
}

TEST_F(DeskCheckIns, MakeOfAnEnrolmentAnewADeviceThatWasHandedNothing) {
  let_wait(enrol("U1"), 1);
  EXPECT_TRUE(hands("U1"));
  static_cast<void>(say(report("U1", "NotNow", uuid_of(1))));
  EXPECT_EQ(row_of(1).result, 2);
  static_cast<void>(check_in(authenticate("U1")));
  EXPECT_EQ(row_of(1).result, 0);
  EXPECT_EQ(row_of(1).handed, 1U);
  EXPECT_FALSE(hands("U1"));
  static_cast<void>(check_in(token_update("U1")));
  EXPECT_TRUE(hands("U1"));
}

TEST_F(DeskCheckIns, LeaveAnEndAsItIsWhenADeviceEnrolsAnew) {
  let_wait(enrol("U1"), 1);
  EXPECT_TRUE(hands("U1"));
  static_cast<void>(say(report("U1", "Acknowledged", uuid_of(1))));
  static_cast<void>(enrol("U1"));
  EXPECT_EQ(row_of(1).result, 1);
  EXPECT_FALSE(hands("U1"));
}

TEST_F(DeskCheckIns, BringCommandsToTheUserOfAMacAlone) {
  const auto device = enrol("M1", "MacBookPro18,1");
  let_wait(device, 1);
  EXPECT_FALSE(hands("M1"));
  EXPECT_EQ(check_in(user_token_update("M1", "5B0E")).status, 200);
  EXPECT_EQ(house_.told.back().kind, Kind::user_token);
  EXPECT_FALSE(hands("M1"));
  EXPECT_TRUE(hands("M1", "5B0E"));
  static_cast<void>(say(report("M1", "Acknowledged", uuid_of(1), "Acknowledged", "5B0E")));
  EXPECT_EQ(row_of(1).result, 1);
  EXPECT_EQ(*desk().enrolment_for(device), "M1:5B0E");
}

TEST_F(DeskCheckIns, BringCommandsToTheUserOfASharedIpadAlone) {
  const auto device = enrol("S1", "iPad8,6");
  let_wait(device, 1);
  EXPECT_EQ(check_in(user_token_update("S1", shared_user, "mia@school.example")).status, 200);
  EXPECT_FALSE(hands("S1"));
  EXPECT_EQ(enrolment("S1:mia@school.example")->enrollment,
            static_cast<std::uint8_t>(roster::Enrollment::shared));
  EXPECT_EQ(*desk().enrolment_for(device), "S1:mia@school.example");
}

TEST_F(DeskCheckIns, BringNoCommandToADeviceThatTheRosterKnowsToBeShared) {
  house_.enrollment = roster::Enrollment::shared;
  let_wait(enrol("S1", "iPad8,6"), 1);
  EXPECT_FALSE(hands("S1"));
  static_cast<void>(check_in(user_token_update("S1", shared_user, "mia@school.example")));
  EXPECT_EQ(*desk().enrolment_for(house_.numbers["S1"]), "S1:mia@school.example");
}

TEST_F(DeskCheckIns, EndTheChannelsOfUsersWhenTheirDeviceEnrolsAnewOrLeaves) {
  for (const auto& last : {authenticate("M1", "Mac14,2"), check_out("M1")}) {
    const auto device = enrol("M1", "Mac14,2");
    house_.wait[device] = {{task_of(1), 5, url_of(1)}};
    static_cast<void>(check_in(user_token_update("M1", "5B0E")));
    EXPECT_TRUE(hands("M1", "5B0E"));
    static_cast<void>(check_in(last));
    EXPECT_FALSE(hands("M1", "5B0E"));
    EXPECT_EQ(*desk().enrolment_for(device), std::nullopt);
  }
}

TEST_F(DeskCheckIns, EndOneUsersChannelByItself) {
  const auto device = enrol("M1", "Mac14,2");
  let_wait(device, 1);
  static_cast<void>(check_in(user_token_update("M1", "5B0E")));
  const auto told = house_.told.size();
  const auto leaving = plist(dictionary(
      {{"MessageType", text("CheckOut")}, {"UDID", text("M1")}, {"UserID", text("5B0E")}}));
  EXPECT_EQ(check_in(leaving).status, 200);
  EXPECT_EQ(house_.told.size(), told);
  EXPECT_FALSE(hands("M1", "5B0E"));
  EXPECT_EQ(enrolment("M1")->state, 2);
}

TEST_F(DeskCheckIns, BringNoCommandsToPlatformsAndEnrolmentsThatRefuseThem) {
  for (const std::string product : {"AppleTV11,1", "Watch6,1", "RealityDevice14,1"}) {
    const auto device = enrol("U" + product, product);
    let_wait(device, 1);
    EXPECT_FALSE(hands("U" + product)) << product;
    EXPECT_EQ(*desk().enrolment_for(device), std::nullopt);
  }
  const auto of = [](std::string_view type) {
    return plist(dictionary({{"MessageType", text(type)},
                             {"EnrollmentID", text("E1")},
                             {"ProductName", text("iPhone14,5")},
                             {"Topic", text("t")},
                             {"Token", data(push_token)},
                             {"PushMagic", text("m")}}));
  };
  EXPECT_EQ(check_in(of("Authenticate")).status, 200);
  EXPECT_EQ(check_in(of("TokenUpdate")).status, 200);
  let_wait(house_.numbers["E1"], 1);
  const auto asks = plist(dictionary({{"EnrollmentID", text("E1")}, {"Status", text("Idle")}}));
  EXPECT_EQ(say(asks).status, 200);
  EXPECT_EQ(say(asks).answer, "");
}

TEST_F(DeskCheckIns, SayWhichEnrolmentTakesACommand) {
  const auto phone = enrol("U1");
  EXPECT_EQ(*desk().enrolment_for(phone), "U1");
  EXPECT_EQ(*desk().enrolment_for(77), std::nullopt);
  const auto mac = enrol("M1", "Mac14,2");
  static_cast<void>(check_in(user_token_update("M1", "A")));
  static_cast<void>(check_in(user_token_update("M1", "B")));
  EXPECT_EQ(*desk().enrolment_for(mac), "M1:B");
  static_cast<void>(say(idle("M1", "A")));
  EXPECT_EQ(*desk().enrolment_for(mac), "M1:A");
}

TEST_F(DeskCheckIns, TellNetworkUsersThatTheyAreNotManaged) {
  static_cast<void>(enrol("M1", "Mac14,2"));
  const auto told = house_.told.size();
  const auto asks = plist(dictionary(
      {{"MessageType", text("UserAuthenticate")}, {"UDID", text("M1")}, {"UserID", text("5B0E")}}));
  EXPECT_EQ(check_in(asks).status, 410);
  EXPECT_EQ(house_.told.size(), told);
  EXPECT_FALSE(enrolment("M1:5B0E"));
}

TEST_F(DeskCheckIns, AreAnsweredWithNothingWhereTheyDoNotConcernUs) {
  static_cast<void>(enrol("M1", "Mac14,2"));
  const auto told = house_.told.size();
  for (const std::string type :
       {"DeclarativeManagement", "SetBootstrapToken", "GetBootstrapToken", "GetToken"}) {
    const auto call =
        check_in(plist(dictionary({{"MessageType", text(type)}, {"UDID", text("M1")}})));
    EXPECT_EQ(call.status, 200) << type;
    EXPECT_EQ(call.answer, "");
  }
  EXPECT_EQ(
      check_in(plist(dictionary({{"MessageType", text("Other")}, {"UDID", text("M1")}}))).status,
      400);
  EXPECT_EQ(house_.told.size(), told);
}

}  // namespace
}  // namespace muster::mdm
