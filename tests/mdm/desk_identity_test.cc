#include <gtest/gtest.h>

#include <fstream>

#include "crypto/cms.h"
#include "crypto/device_identity.h"
#include "tests/mdm/desk_fixture.h"

namespace muster::mdm {
namespace {

class DeskIdentity : public DeskFixture {
 protected:
  DeskIdentity() {
    std::ofstream(dir_ + "/ca.pem") << authority_.certificate_pem();
    settings_.trust_file = dir_ + "/ca.pem";
    settings_.identity_required = true;
    now_ = SystemClock().wall();
  }
  Call signed_by(const crypto::DeviceIdentity& identity, Call::Kind kind, std::string body) {
    auto call = of(kind, std::move(body));
    call.signature = identity.sign(call.body);
    return ask(std::move(call));
  }
  std::uint16_t check_in_by(const crypto::DeviceIdentity& identity, std::string body) {
    return signed_by(identity, Call::Kind::check_in, std::move(body)).status;
  }
  void enrol_by(const crypto::DeviceIdentity& identity, const std::string& udid,
                std::string_view product = "iPhone14,5") {
    EXPECT_EQ(check_in_by(identity, authenticate(udid, product)), 200);
    EXPECT_EQ(check_in_by(identity, token_update(udid)), 200);
  }

  crypto::DeviceAuthority authority_;
  crypto::DeviceIdentity mine_ = authority_.issue("mine");
  crypto::DeviceIdentity other_ = authority_.issue("other");
};

TEST_F(DeskIdentity, IsWhoSignsTheBody) {
  enrol_by(mine_, "U1");
  let_wait(house_.numbers["U1"], 1);
  const auto call = signed_by(mine_, Call::Kind::command, idle("U1"));
  EXPECT_EQ(call.status, 200);
  EXPECT_FALSE(call.answer.empty());
  const auto digest = crypto::fingerprint_of(mine_.certificate());
  EXPECT_EQ(enrolment("U1")->identity, std::vector<Byte>(digest.begin(), digest.end()));
}

TEST_F(DeskIdentity, IsTheCertificateOfItsTlsSession) {
  enrol_by(mine_, "U1");
  let_wait(house_.numbers["U1"], 1);
  auto call = of(Call::Kind::command, idle("U1"));
  call.certificate = mine_.certificate();
  EXPECT_FALSE(ask(call).answer.empty());
  call.certificate = other_.certificate();
  call.signature = mine_.sign(call.body);
  EXPECT_EQ(ask(call).status, stranger_status);
}

TEST_F(DeskIdentity, MustBeShown) {
  EXPECT_EQ(check_in(authenticate("U1")).status, stranger_status);
  enrol_by(mine_, "U1");
  let_wait(house_.numbers["U1"], 1);
  const auto row = enrolment("U1");
  const auto told = house_.told.size();
  for (const auto& call :
       {say(idle("U1")), check_in(token_update("U1")), check_in(check_out("U1"))}) {
    EXPECT_EQ(call.status, stranger_status);
    EXPECT_EQ(call.answer, "");
  }
  EXPECT_EQ(enrolment("U1"), row);
  EXPECT_EQ(house_.told.size(), told);
}

TEST_F(DeskIdentity, MustBeTheOneOfItsEnrolment) {
  enrol_by(mine_, "U1");
  let_wait(house_.numbers["U1"], 1);
  static_cast<void>(signed_by(mine_, Call::Kind::command, idle("U1")));
  const auto row = enrolment("U1");
  const auto told = house_.told.size();
  const auto call = signed_by(other_, Call::Kind::command, idle("U1"));
  EXPECT_EQ(call.status, stranger_status);
  EXPECT_EQ(call.answer, "");
  EXPECT_EQ(signed_by(other_, Call::Kind::command, report("U1", "Acknowledged", uuid_of(1))).status,
            stranger_status);
  EXPECT_EQ(check_in_by(other_, token_update("U1")), stranger_status);
  EXPECT_EQ(check_in_by(other_, check_out("U1")), stranger_status);
  EXPECT_EQ(check_in_by(other_, plist(dictionary({{"MessageType", text("UserAuthenticate")},
                                                  {"UDID", text("U1")}}))),
            stranger_status);
  EXPECT_EQ(enrolment("U1"), row);
  EXPECT_EQ(row_of(1).result, 0);
  EXPECT_EQ(house_.told.size(), told);
}

TEST_F(DeskIdentity, MayChangeWhenADeviceEnrolsAnew) {
  enrol_by(mine_, "U1");
  enrol_by(other_, "U1");
  EXPECT_EQ(signed_by(other_, Call::Kind::command, idle("U1")).status, 200);
  EXPECT_EQ(signed_by(mine_, Call::Kind::command, idle("U1")).status, stranger_status);
}

TEST_F(DeskIdentity, OfADeviceSpeaksForItsUsers) {
  enrol_by(mine_, "M1", "Mac14,2");
  EXPECT_EQ(check_in_by(other_, user_token_update("M1", "5B0E")), stranger_status);
  EXPECT_EQ(check_in_by(mine_, user_token_update("M1", "5B0E")), 200);
  EXPECT_EQ(signed_by(other_, Call::Kind::command, idle("M1", "5B0E")).status, stranger_status);
  EXPECT_EQ(signed_by(mine_, Call::Kind::command, idle("M1", "5B0E")).status, 200);
}

TEST_F(DeskIdentity, MustBeVouchedForByOurAuthority) {
  const crypto::DeviceAuthority others;
  EXPECT_EQ(check_in_by(others.issue("x"), authenticate("U1")), stranger_status);
  EXPECT_EQ(check_in_by(authority_.issue("old", -1), authenticate("U1")), stranger_status);
  enrol_by(mine_, "U1");
  EXPECT_EQ(check_in_by(others.issue("x"), authenticate("U1")), stranger_status);
  EXPECT_EQ(enrolment("U1")->state, 2);
}

TEST_F(DeskIdentity, MustSignThisVeryBody) {
  auto call = of(Call::Kind::check_in, authenticate("U1"));
  call.signature = mine_.sign(authenticate("U2"));
  EXPECT_EQ(ask(call).status, stranger_status);
  call.signature = "no base64";
  EXPECT_EQ(ask(call).status, stranger_status);
  EXPECT_TRUE(house_.told.empty());
}

TEST_F(DeskIdentity, IsTakenFromTheFirstThatShowsOneWhereNoneWasAskedFor) {
  settings_.identity_required = false;
  static_cast<void>(enrol("U1"));
  settings_.identity_required = true;
  reopen();
  EXPECT_EQ(signed_by(mine_, Call::Kind::command, idle("U1")).status, 200);
  EXPECT_EQ(signed_by(other_, Call::Kind::command, idle("U1")).status, stranger_status);
}

TEST_F(DeskIdentity, MayBeMissingInARehearsalButNotWrong) {
  settings_.identity_required = false;
  enrol_by(mine_, "U1");
  EXPECT_EQ(say(idle("U1")).status, 200);
  EXPECT_EQ(signed_by(other_, Call::Kind::command, idle("U1")).status, stranger_status);
}

TEST_F(DeskIdentity, OfASignatureIsNotBelievedWithoutAnAuthority) {
  settings_.trust_file.clear();
  EXPECT_EQ(check_in_by(mine_, authenticate("U1")), stranger_status);
  auto call = of(Call::Kind::check_in, authenticate("U1"));
  call.certificate = mine_.certificate();
  EXPECT_EQ(ask(call).status, 200);
}

TEST_F(DeskIdentity, NeedsAnAuthorityThatCanBeRead) {
  settings_.trust_file = dir_ + "/nobody.pem";
  const auto opened = Desk::open(dir_, settings_, house_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().file, settings_.trust_file);
}

}  // namespace
}  // namespace muster::mdm
