#include <gtest/gtest.h>

#include "tests/mdm/desk_fixture.h"

namespace muster::mdm {
namespace {

using Texts = std::vector<std::string>;

class DeskHear : public DeskFixture {
 protected:
  DeskHear() { settings_.identity_required = true; }
  void hear_check_in(const std::string& enrolment, const std::string& body) {
    hear({Heard::Kind::check_in, enrolment, body});
  }
  void hear_report(const std::string& enrolment, const std::string& body) {
    hear({Heard::Kind::report, enrolment, body});
  }
  void hear(const Heard& heard) {
    now_.milliseconds += 1000;
    EXPECT_TRUE(desk().hear({&heard, 1}, now_));
  }
  void hand(Byte task, DeviceNumber device) {
    const Handed handed{task_of(task), 5, device};
    EXPECT_TRUE(desk().handed({&handed, 1}, now_));
  }
  DeviceNumber enrol_there(const std::string& udid) {
    hear_check_in(udid, authenticate(udid));
    hear_check_in(udid, token_update(udid));
    return house_.numbers[udid];
  }
};

TEST_F(DeskHear, BelievesNanoMdmWithoutAnIdentity) {
  const auto device = enrol_there("U1");
  EXPECT_EQ(house_.told.size(), 2U);
  EXPECT_EQ(*desk().enrolment_for(device), "U1");
  EXPECT_TRUE(enrolment("U1")->identity.empty());
}

TEST_F(DeskHear, RecordsWhatBecameOfWhatWasEnqueued) {
  const auto device = enrol_there("U1");
  hand(1, device);
  hear_report("U1", report("U1", "NotNow", uuid_of(1)));
  hear_report("U1", report("U1", "NotNow", uuid_of(1)));
  hear_report("U1", report("U1", "Acknowledged", uuid_of(1), "Acknowledged"));
  hear_report("U1", report("U1", "Acknowledged", uuid_of(1), "Acknowledged"));
  EXPECT_EQ(events(), (Texts{"1:0:10", "1:2:10", "1:1:10"}));
  EXPECT_EQ(row_of(1).handed, 1U);
  hand(1, device);  // what has ended is not begun again
  EXPECT_EQ(row_of(1).result, 1);
  EXPECT_EQ(row_of(1).handed, 1U);
  EXPECT_EQ(events(), Texts{});
}

TEST_F(DeskHear, HandsNothingOut) {
  const auto device = enrol_there("U1");
  let_wait(device, 1);
  hear_report("U1", idle("U1"));
  EXPECT_EQ(events(), Texts{});
  EXPECT_EQ(enrolment("U1")->last_status, 1);
}

TEST_F(DeskHear, KnowsUsersByTheNameThatNanoMdmGivesThem) {
  hear_check_in("M1", authenticate("M1", "Mac14,2"));
  hear_check_in("M1", token_update("M1"));
  hear_check_in("M1:GUID", user_token_update("M1", "5B0E"));
  const auto device = house_.numbers["M1"];
  EXPECT_EQ(*desk().enrolment_for(device), "M1:GUID");
  hand(1, device);
  hear_report("M1:GUID", report("M1", "Acknowledged", uuid_of(1), "", "5B0E"));
  EXPECT_EQ(row_of(1).result, 1);
}

TEST_F(DeskHear, ForgetsWhatItsQueueForgetsWhenADeviceEnrolsAnew) {
  const auto device = enrol_there("U1");
  hand(1, device);
  hear_report("U1", report("U1", "NotNow", uuid_of(1)));
  hear_check_in("U1", authenticate("U1"));
  EXPECT_EQ(row_of(1).result, 0);
  EXPECT_EQ(*desk().enrolment_for(device), std::nullopt);
}

TEST_F(DeskHear, TakesManyAtOnceAndLeavesOutWhatIsNoMessage) {
  const std::vector<Heard> heard{{Heard::Kind::nothing, "", ""},
                                 {Heard::Kind::check_in, "U1", "no plist"},
                                 {Heard::Kind::check_in, "U1", authenticate("U1")},
                                 {Heard::Kind::report, "U1", check_out("U1")},
                                 {Heard::Kind::check_in, "U1", token_update("U1")},
                                 {Heard::Kind::report, "U2", idle("U2")}};
  EXPECT_TRUE(desk().hear(heard, now_));
  EXPECT_EQ(enrolment("U1")->state, 2);
  EXPECT_FALSE(enrolment("U2"));
  EXPECT_TRUE(desk().hear({}, now_));
}

}  // namespace
}  // namespace muster::mdm
