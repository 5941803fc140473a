#include "loadgen/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/loadgen/device_stage.h"

namespace muster::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Pair;
using End = DevicePlan::End;

// At least these words.
auto says(const Words& words) {
  return IsSupersetOf(words);
}

// ── enrolment ──

TEST(Device, EnrolsWithItsRostersToken) {
  Actor actor(phone);
  actor.device().enrol(actor.now, actor.deeds);

  EXPECT_THAT(actor.asks(), says({{"path", "checkin"},
                                  {"MessageType", "Authenticate"},
                                  {"SerialNumber", "SERIAL-d-phone"}}));
  EXPECT_THAT(actor.asks(), IsEmpty()) << "one request at a time";
  actor.hears();
  EXPECT_THAT(actor.asks(), says({{"MessageType", "TokenUpdate"},
                                  {"PushMagic", "MAGIC-d-phone"},
                                  {"Token", to_hex(token_of(1))}}));
  EXPECT_FALSE(actor.device().enrolled());
  actor.hears();

  EXPECT_TRUE(actor.device().enrolled());
  EXPECT_THAT(actor.facts(), ElementsAre("enrolled"));
  EXPECT_THAT(actor.asks(), IsEmpty());
}

TEST(Device, EnrolsTheChannelOfAMacsUserToo) {
  Actor actor(mac);
  actor.device().enrol(actor.now, actor.deeds);
  (void)actor.asks();
  actor.hears();
  (void)actor.asks();
  actor.hears();

  EXPECT_THAT(actor.asks(), says({{"MessageType", "TokenUpdate"},
                                  {"UserShortName", "tom"},
                                  {"UserLongName", "Tom Kvis"},
                                  {"NotOnConsole", "false"},
                                  {"PushMagic", "USER-MAGIC-d-mac"},
                                  {"Token", to_hex(token_of(102))}}));
  EXPECT_FALSE(actor.device().enrolled());
  actor.hears();
  EXPECT_TRUE(actor.device().enrolled());
}

TEST(Device, NamesTheAccountOfASharedIpadsUser) {
  Actor actor(shared_pad);
  actor.device().enrol(actor.now, actor.deeds);
  (void)actor.asks();
  actor.hears();
  (void)actor.asks();
  actor.hears();

  EXPECT_THAT(actor.asks(), says({{"UserID", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"},
                                  {"UserShortName", "mia@account.example"}}));
}

TEST(Device, HasNoUsersChannelWhereNobodyIsLoggedIn) {
  Actor actor(mac, {.no_user_channel = true});
  actor.device().enrol(actor.now, actor.deeds);
  (void)actor.asks();
  actor.hears();
  (void)actor.asks();
  actor.hears();

  EXPECT_TRUE(actor.device().enrolled());
  EXPECT_THAT(actor.asks(), IsEmpty());
  // The token that the roster knows of the user's channel is no good.
  const auto& news = actor.deeds.tokens;
  ASSERT_GE(news.size(), 2U);
  EXPECT_EQ(news[1].token, token_of(102));
  EXPECT_FALSE(news[1].good);
}

TEST(Device, HidesItsSerialNumberWhenItsUserEnrolledIt) {
  Actor actor(byod);
  actor.device().enrol(actor.now, actor.deeds);
  const auto words = actor.asks();

  EXPECT_TRUE(words.contains("EnrollmentID"));
  EXPECT_FALSE(words.contains("UDID"));
  EXPECT_FALSE(words.contains("SerialNumber"));
}

TEST(Device, BringsAnotherTokenThanTheRostersWhereItsPlanSaysSo) {
  Actor actor(phone, {.fresh_token = true});
  actor.device().enrol(actor.now, actor.deeds);
  ASSERT_EQ(actor.deeds.tokens.size(), 2U);
  EXPECT_EQ(actor.deeds.tokens[0].token, token_of(1));
  EXPECT_FALSE(actor.deeds.tokens[0].good);
  EXPECT_TRUE(actor.deeds.tokens[1].good);
  (void)actor.asks();
  actor.hears();

  const auto words = actor.asks();
  EXPECT_EQ(words.at("Token"), to_hex(actor.deeds.tokens[1].token));
  EXPECT_EQ(words.at("PushMagic"), actor.deeds.tokens[1].magic);
}

TEST(Device, KeepsWhatItHasToSayUntilItIsHeard) {
  Actor actor(phone);
  actor.device().enrol(actor.now, actor.deeds);
  (void)actor.asks();
  actor.hears("", 503);
  EXPECT_THAT(actor.asks(), IsEmpty());
  actor.wait(milliseconds(200));
  EXPECT_THAT(actor.asks(), Contains(Pair("MessageType", "Authenticate")));
  actor.hears_nothing();
  actor.wait(milliseconds(399));
  EXPECT_THAT(actor.asks(), IsEmpty()) << "it waits twice as long the second time";
  actor.wait(milliseconds(1));
  EXPECT_THAT(actor.asks(), Contains(Pair("MessageType", "Authenticate")));
  actor.hears();
  EXPECT_THAT(actor.asks(), Contains(Pair("MessageType", "TokenUpdate")));
}

TEST(Device, AccusesWhoAnswersCheckInsWithABodyOr403) {
  Actor actor(phone);
  actor.device().enrol(actor.now, actor.deeds);
  (void)actor.asks();
  actor.hears("", 403);
  actor.wait(seconds(1));
  (void)actor.asks();
  actor.hears("<plist/>");

  EXPECT_THAT(actor.facts(), ElementsAre("violation unrecognized", "violation check_in_with_body"));
}

// ── the invitation ──

TEST(Device, ShowsAnInvitation) {
  Actor actor(phone);
  actor.enrol();
  actor.wake();
  EXPECT_THAT(actor.asks(), says({{"path", "command"}, {"Status", "Idle"}}));
  actor.hears(invite_command("U1", good_url));

  EXPECT_THAT(actor.deeds.dialogs, ElementsAre(good_url));
  EXPECT_THAT(actor.asks(), says({{"Status", "Acknowledged"},
                                  {"CommandUUID", "U1"},
                                  {"InvitationResult", "Acknowledged"}}));
  actor.hears();

  EXPECT_THAT(actor.asks(), IsEmpty());
  EXPECT_EQ(actor.device().deadline(), Instant::never());
  EXPECT_THAT(actor.facts(),
              ElementsAre("woken", "asked", "handed", "answered Acknowledged Acknowledged"));
}

TEST(Device, TakesTheNextCommandFromTheAnswerToItsReport) {
  Actor actor(phone);
  actor.enrol();
  actor.invite(invite_command("U1", good_url));
  (void)actor.asks();
  actor.hears(invite_command("U2", good_url));

  EXPECT_THAT(actor.asks(), Contains(Pair("CommandUUID", "U2")));
}

TEST(Device, SaysWhoItsUserIsWhenItIsWokenOnHisChannel) {
  Actor actor(mac);
  actor.enrol();
  actor.wake(true);
  EXPECT_THAT(actor.asks(), Contains(Pair("UserShortName", "tom")));
  actor.hears(invite_command("U1", good_url));
  EXPECT_THAT(actor.asks(), says({{"UserShortName", "tom"}, {"InvitationResult", "Acknowledged"}}));
}

TEST(Device, AsksLateWhereItsPlanSaysSo) {
  Actor actor(phone, {.delay = seconds(3)});
  actor.enrol();
  actor.wake();
  EXPECT_EQ(actor.device().deadline(), actor.now + seconds(3));
  EXPECT_THAT(actor.asks(), IsEmpty());
  actor.wait(seconds(3));
  EXPECT_THAT(actor.asks(), Contains(Pair("Status", "Idle")));
}

TEST(Device, AsksOnceForTwoPushesAndOnceMoreForOneThatCameMeanwhile) {
  Actor actor(phone);
  actor.enrol();
  actor.wake();
  actor.wake();
  (void)actor.asks();
  actor.wake();
  actor.hears();
  EXPECT_THAT(actor.asks(), Contains(Pair("Status", "Idle")));
  actor.hears();
  EXPECT_THAT(actor.asks(), IsEmpty());
}

TEST(Device, IsSilentWhereItsPlanSaysSo) {
  Actor actor(phone, {.end = End::silent});
  actor.enrol();
  actor.wake();
  EXPECT_EQ(actor.device().deadline(), Instant::never());
  EXPECT_THAT(actor.facts(), ElementsAre("woken"));
}

TEST(Device, IgnoresAPushWithTheWrongMagic) {
  Actor actor(phone);
  actor.enrol();
  actor.device().woken(false, false, actor.now, actor.deeds);
  EXPECT_EQ(actor.device().deadline(), Instant::never());
  EXPECT_THAT(actor.facts(), ElementsAre("violation wrong_magic"));
}

// ── NotNow ──

TEST(Device, AsksAgainByItselfAfterNotNow) {
  Actor actor(phone, {.not_now = 2, .not_now_pause = seconds(5)});
  actor.enrol();
  actor.invite(invite_command("U1", good_url));
  const auto words = actor.asks();
  EXPECT_EQ(words.at("Status"), "NotNow");
  EXPECT_EQ(words.at("CommandUUID"), "U1");
  EXPECT_FALSE(words.contains("InvitationResult"));
  actor.hears();
  EXPECT_THAT(actor.deeds.dialogs, IsEmpty());
  EXPECT_EQ(actor.device().deadline(), actor.now + seconds(5));

  actor.wait(seconds(5));
  EXPECT_THAT(actor.asks(), Contains(Pair("Status", "Idle")));
  actor.hears(invite_command("U1", good_url));
  EXPECT_THAT(actor.asks(), Contains(Pair("Status", "NotNow")));
  actor.hears();
  actor.wait(seconds(5));
  (void)actor.asks();
  actor.hears(invite_command("U1", good_url));

  EXPECT_THAT(actor.asks(), Contains(Pair("Status", "Acknowledged")));
  EXPECT_THAT(actor.deeds.dialogs, ElementsAre(good_url));
}

TEST(Device, WaitsForAPushAfterNotNowWhereItsPlanSaysSo) {
  Actor actor(phone, {.not_now = 1, .not_now_by_itself = false});
  actor.enrol();
  actor.invite(invite_command("U1", good_url));
  (void)actor.asks();
  actor.hears();
  EXPECT_EQ(actor.device().deadline(), Instant::never());

  actor.invite(invite_command("U1", good_url));
  EXPECT_THAT(actor.asks(), Contains(Pair("Status", "Acknowledged")));
}

TEST(Device, DoesNotAskByItselfWhereItSaidSomethingElseAfterNotNow) {
  Actor actor(phone, {.not_now = 1, .not_now_pause = seconds(5)});
  actor.enrol();
  actor.invite(invite_command("U1", good_url));
  (void)actor.asks();
  actor.hears(invite_command("U2", good_url, "com.apple.cloudvpp", "DeviceInformation"));
  // It puts that one off too; with the second try it says that it does not know it.
  (void)actor.asks();
  actor.hears(invite_command("U2", good_url, "com.apple.cloudvpp", "DeviceInformation"));
  EXPECT_THAT(actor.asks(), Contains(Pair("Status", "Error")));
  actor.hears();
  EXPECT_EQ(actor.device().deadline(), Instant::never());
}

TEST(Device, AccusesWhoHandsOutACommandAgainAtOnceOrAfterItsResult) {
  Actor actor(phone, {.not_now = 1});
  actor.enrol();
  actor.invite(invite_command("U1", good_url));
  (void)actor.asks();
  actor.hears(invite_command("U1", good_url));
  EXPECT_THAT(actor.facts(), Contains("violation handed_at_once"));
  (void)actor.asks();
  actor.hears();
  EXPECT_THAT(actor.facts(), testing::Not(Contains("violation handed_again")));
  actor.invite(invite_command("U1", good_url));
  EXPECT_THAT(actor.facts(), Contains("violation handed_again"));
}

// ── other ends ──

TEST(Device, RefusesInEachWay) {
  using Trouble = BehaviourRule::Trouble;
  const auto report = [](Trouble trouble) {
    Actor actor(phone, {.end = End::refuses, .trouble = trouble});
    actor.enrol();
    actor.invite(invite_command("U1", good_url));
    EXPECT_THAT(actor.deeds.dialogs, IsEmpty());
    return actor.asks();
  };
  EXPECT_THAT(report(Trouble::error),
              says({{"Status", "Error"}, {"ErrorChain.ErrorDomain", "MCMDMErrorDomain"}}));
  EXPECT_THAT(report(Trouble::format), Contains(Pair("Status", "CommandFormatError")));
  EXPECT_THAT(report(Trouble::invalid_program),
              says({{"Status", "Acknowledged"}, {"InvitationResult", "InvalidProgramID"}}));
  EXPECT_THAT(report(Trouble::invalid_url),
              says({{"Status", "Acknowledged"}, {"InvitationResult", "InvalidInvitationURL"}}));
}

TEST(Device, ChecksOutInsteadOfAsking) {
  Actor actor(mac, {.end = End::leaves});
  actor.enrol();
  actor.wake(true);
  EXPECT_THAT(actor.asks(), says({{"path", "checkin"}, {"MessageType", "CheckOut"}}));
  ASSERT_EQ(actor.deeds.tokens.size(), 2U) << "of both channels";
  EXPECT_FALSE(actor.deeds.tokens[0].good);
  EXPECT_FALSE(actor.deeds.tokens[1].good);
  actor.hears();
  EXPECT_TRUE(actor.device().gone());
  actor.wake(true);
  EXPECT_THAT(actor.facts(), ElementsAre("woken", "checked_out"));
}

TEST(Device, ChecksOutWithACommandInItsHand) {
  Actor actor(phone, {.end = End::leaves, .leaves_when_handed = true});
  actor.enrol();
  actor.invite(invite_command("U1", good_url));
  EXPECT_THAT(actor.asks(), Contains(Pair("MessageType", "CheckOut")));
  EXPECT_THAT(actor.facts(), ElementsAre("woken", "asked", "handed", "checked_out"));
}

TEST(Device, GetsAnotherTokenWhenItIsWoken) {
  Actor actor(phone, {.rotation = DevicePlan::Rotation::when_woken});
  actor.enrol();
  actor.wake();
  const auto words = actor.asks();
  EXPECT_EQ(words.at("MessageType"), "TokenUpdate");
  ASSERT_EQ(actor.deeds.tokens.size(), 2U);
  EXPECT_EQ(actor.deeds.tokens[0].token, token_of(1));
  EXPECT_FALSE(actor.deeds.tokens[0].good);
  EXPECT_EQ(words.at("Token"), to_hex(actor.deeds.tokens[1].token));
  EXPECT_EQ(words.at("PushMagic"), actor.deeds.tokens[1].magic);
  EXPECT_NE(words.at("PushMagic"), "MAGIC-d-phone");
  actor.hears();
  EXPECT_THAT(actor.asks(), Contains(Pair("Status", "Idle")));
  actor.hears();
  actor.wake();
  EXPECT_THAT(actor.asks(), Contains(Pair("Status", "Idle"))) << "only once";
}

TEST(Device, SaysItsNewTokenAfterAPushMissedTheOld) {
  Actor actor(phone,
              {.rotation = DevicePlan::Rotation::when_pushed, .rotation_pause = milliseconds(500)});
  actor.device().enrol(actor.now, actor.deeds);
  (void)actor.asks();
  actor.hears();
  (void)actor.asks();
  actor.deeds = {};
  actor.hears();
  ASSERT_EQ(actor.deeds.tokens.size(), 1U);
  EXPECT_FALSE(actor.deeds.tokens[0].good);
  EXPECT_EQ(actor.device().deadline(), Instant::never());

  actor.device().missed(false, actor.now, actor.deeds);
  actor.device().missed(false, actor.now, actor.deeds);
  actor.wait(milliseconds(500));
  const auto words = actor.asks();
  EXPECT_EQ(words.at("MessageType"), "TokenUpdate");
  EXPECT_NE(words.at("Token"), to_hex(token_of(1)));
  actor.hears();
  EXPECT_THAT(actor.facts(), ElementsAre("enrolled", "missed", "rotated", "missed", "enrolled"));
  EXPECT_THAT(actor.asks(), IsEmpty());
}

// ── the network ──

TEST(Device, ReportsAgainWhenTheAnswerWasLost) {
  Actor actor(phone, {.loses_report = true});
  actor.enrol();
  actor.invite(invite_command("U1", good_url));
  EXPECT_THAT(actor.asks(), says({{"Status", "Acknowledged"}, {"loses", "true"}}));
  actor.hears_nothing();
  const auto again = actor.asks();
  EXPECT_EQ(again.at("CommandUUID"), "U1");
  EXPECT_FALSE(again.contains("loses"));
  actor.hears();
  EXPECT_THAT(actor.asks(), IsEmpty());
}

TEST(Device, ReportsTheSameTwice) {
  Actor actor(phone, {.reports_twice = true});
  actor.enrol();
  actor.invite(invite_command("U1", good_url));
  (void)actor.asks();
  const auto first = actor.last_body;
  actor.hears(invite_command("U2", good_url));
  (void)actor.asks();
  EXPECT_EQ(actor.last_body, first);
  actor.hears();
  EXPECT_THAT(actor.asks(), IsEmpty());
  EXPECT_THAT(actor.facts(),
              ElementsAre("woken", "asked", "handed", "answered Acknowledged Acknowledged"));
}

TEST(Device, WritesBinaryPropertyListsWhereItsPlanSaysSo) {
  Actor actor(phone, {.binary = true});
  actor.device().enrol(actor.now, actor.deeds);
  EXPECT_THAT(actor.asks(), Contains(Pair("MessageType", "Authenticate")));
  EXPECT_TRUE(actor.last_body.starts_with("bplist00"));
}

// ── commands that are not right ──

struct Wrong {
  std::uint32_t device;
  std::string command;
  std::string violation;
  std::string said;
};

class WrongCommand : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongCommand, IsRefusedAndCounted) {
  const auto& wrong = GetParam();
  Actor actor(wrong.device);
  actor.enrol();
  actor.invite(wrong.command);
  EXPECT_THAT(actor.facts(), IsSupersetOf({"violation " + wrong.violation, wrong.said}));
  EXPECT_THAT(actor.deeds.dialogs, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Device, WrongCommand,
    ::testing::Values(
        Wrong{phone, invite_command("U", good_url, "com.apple.cloudvpp", "DeviceLock"),
              "unknown_request", "answered Error"},
        Wrong{phone, invite_command("U", good_url, "com.apple.other"), "wrong_program",
              "answered Acknowledged InvalidProgramID"},
        Wrong{phone, invite_command("U", "http://127.0.0.1/accept"), "wrong_url",
              "answered Acknowledged InvalidInvitationURL"},
        Wrong{mac, invite_command("U", good_url), "wrong_channel", "answered Error"},
        Wrong{shared_pad, invite_command("U", good_url), "wrong_channel", "answered Error"},
        Wrong{byod, invite_command("U", good_url), "forbidden_enrolment", "answered Error"},
        Wrong{apple_tv, invite_command("U", good_url), "wrong_platform", "answered Error"}));

TEST(Device, AccusesWhoAnswersWithSomethingThatIsNoCommand) {
  Actor actor(phone);
  actor.enrol();
  actor.invite("nonsense");
  EXPECT_THAT(actor.facts(), ElementsAre("woken", "asked", "violation unreadable_command"));
  EXPECT_THAT(actor.asks(), IsEmpty());
}

}  // namespace
}  // namespace muster::loadgen
