#include "loadgen/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "loadgen/json_shape.h"
#include "tests/loadgen/device_stage.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// A fleet, and a server that is played by hand.
class AFleet : public ::testing::Test {
 protected:
  AFleet() {
    roster_ = small_school();
    settings_.mdm = *read_web_address("http://127.0.0.1:8470/mdm");
    clock_.turn(seconds(1));
  }
  void start(const Behaviour& behaviour = {}) {
    journal_ = std::move(*FleetJournal::open(scratch_ / "j"));
    fleet_.emplace(Fleet::Surroundings{roster_, gate_, journal_, sign_}, settings_, behaviour);
    fleet_->begin(clock_.now());
    answer_all();
  }
  // Answers every request that stands ready: a command where one waits for the device.
  void answer_all() {
    while (auto next = fleet_->next_request(clock_.now())) {
      seen_.push_back(next->request.bytes);
      const auto device = static_cast<std::uint32_t>(next->request.ticket);
      const bool command = next->to.target == "/mdm/command";
      WebOutcome outcome{.ticket = next->request.ticket, .came = true, .status = 200};
      if (command && commands_.contains(device)) {
        outcome.body = commands_[device];
        commands_.erase(device);
      }
      fleet_->answered(outcome, clock_.now());
    }
  }
  void invite(std::uint32_t device, const std::string& command, bool user_channel = false) {
    commands_[device] = command;
    fleet_->woken({.device = device, .user_channel = user_channel, .magic_right = true},
                  clock_.now());
    answer_all();
  }
  std::string tap() {
    fleet_->advance(clock_.now());
    const auto next = fleet_->next_tap(clock_.now());
    ticket_ = next ? next->request.ticket : 0;
    return next ? next->to.authority() + next->to.target : "";
  }
  std::string journal() {
    EXPECT_TRUE(journal_.flush());
    return scratch_.read("j");
  }
  [[nodiscard]] std::uint64_t count(Fact::Kind kind) const {
    return fleet_->stats().facts[static_cast<std::size_t>(kind)];
  }
  static Behaviour everybody(BehaviourRule::Kind kind) {
    Behaviour behaviour;
    BehaviourRule rule;
    rule.kind = kind;
    rule.share = 1;
    behaviour.rules = {rule};
    return behaviour;
  }

  Scratch scratch_;
  FakeClock clock_;
  Doorbell bell_;
  WakeGate gate_{clock_, bell_};
  FleetRoster roster_;
  FleetSettings settings_;
  FleetJournal journal_;
  BodySigner sign_;
  std::optional<Fleet> fleet_;
  std::map<std::uint32_t, std::string> commands_;
  std::vector<std::string> seen_;
  std::uint64_t ticket_ = 0;
};

TEST_F(AFleet, EnrolsEverybody) {
  start();
  EXPECT_TRUE(fleet_->all_enrolled());
  EXPECT_EQ(fleet_->stats().enrolled, 6U);
  // Two check-ins a device; the Mac and the shared iPad have a user's channel.
  EXPECT_EQ(fleet_->stats().requests, 14U);
  EXPECT_THAT(fleet_->stats().statuses, ElementsAre(Pair(200, 14U)));
  EXPECT_EQ(gate_.answer_for(token_of(1)).status, 200);
  EXPECT_EQ(gate_.answer_for(token_of(102)).status, 200);
}

TEST_F(AFleet, SaysWhatItSendsAndSignsIt) {
  sign_ = [](std::uint32_t device, std::string_view body) {
    return "signed-" + std::to_string(device) + (body.find("<plist") < body.size() ? "-xml" : "");
  };
  start();
  fleet_->woken({.device = phone, .magic_right = true}, clock_.now());
  answer_all();
  EXPECT_THAT(seen_.front(),
              testing::AllOf(HasSubstr("PUT /mdm/checkin HTTP/1.1\r\n"),
                             HasSubstr("Content-Type: application/x-apple-aspen-mdm-checkin\r\n"),
                             HasSubstr("Mdm-Signature: signed-0-xml\r\n")));
  EXPECT_THAT(seen_.back(),
              testing::AllOf(HasSubstr("PUT /mdm/command HTTP/1.1\r\n"),
                             HasSubstr("Content-Type: application/x-apple-aspen-mdm\r\n")));
}

TEST_F(AFleet, JournalsWhatADeviceIsGoingToSayBeforeItCanBePulled) {
  start();
  commands_[phone] = invite_command("U1", good_url);
  fleet_->woken({.device = phone, .magic_right = true}, clock_.now());
  const auto asked = fleet_->next_request(clock_.now());
  ASSERT_TRUE(asked);
  EXPECT_THAT(journal(), HasSubstr("\"fact\":\"asked\""));
  fleet_->answered({.ticket = asked->request.ticket,
                    .came = true,
                    .status = 200,
                    .body = invite_command("U1", good_url)},
                   clock_.now());
  EXPECT_THAT(journal(), HasSubstr("\"fact\":\"answered\",\"device\":\"d-phone\""));
  EXPECT_THAT(journal(), testing::Not(HasSubstr("inviteCode"))) << "a secret";
}

TEST_F(AFleet, TapsOnceAUserWhateverHisDevices) {
  roster_.devices[spare].user = 0;
  Behaviour behaviour;
  behaviour.accept(1, milliseconds(300));
  start(behaviour);
  invite(phone, invite_command("U1", good_url));
  invite(spare, invite_command("U2", good_url));
  EXPECT_EQ(tap(), "");
  EXPECT_EQ(fleet_->deadline(), clock_.now() + milliseconds(300));
  clock_.turn(milliseconds(300));
  EXPECT_EQ(tap(), "127.0.0.1:1/accept?inviteCode=c0de&mt=8&account=mia");
  EXPECT_THAT(journal(), HasSubstr("\"fact\":\"tapped\",\"user\":\"mia\""));
  fleet_->answered({.ticket = ticket_, .came = true, .status = 200}, clock_.now());
  EXPECT_EQ(count(Fact::Kind::accepted), 1U);
  clock_.turn(seconds(10));
  EXPECT_EQ(tap(), "");
}

TEST_F(AFleet, TapsAgainWhereNothingHappenedButNotWhereItWasRefused) {
  Behaviour behaviour;
  behaviour.accept(1, {});
  start(behaviour);
  invite(phone, invite_command("U1", good_url));
  EXPECT_NE(tap(), "");
  fleet_->answered({.ticket = ticket_, .came = false}, clock_.now());
  clock_.turn(seconds(2));
  EXPECT_NE(tap(), "");
  fleet_->answered({.ticket = ticket_, .came = true, .status = 503}, clock_.now());
  clock_.turn(seconds(2));
  EXPECT_NE(tap(), "");
  fleet_->answered({.ticket = ticket_, .came = true, .status = 404}, clock_.now());
  clock_.turn(seconds(2));
  EXPECT_EQ(tap(), "");
  EXPECT_EQ(count(Fact::Kind::tapped), 3U);
  EXPECT_EQ(count(Fact::Kind::not_taken), 3U);
}

TEST_F(AFleet, TapsNowhereButOnThisMachine) {
  Behaviour behaviour;
  behaviour.accept(1, {});
  start(behaviour);
  invite(phone, invite_command("U1", "https://buy.example/accept?inviteCode=c0de"));
  EXPECT_EQ(tap(), "");
  EXPECT_EQ(fleet_->stats().taps_withheld, 1U);
}

TEST_F(AFleet, TapsAtTheSimulatorWhereOneIsNamed) {
  settings_.books = *read_web_address("http://127.0.0.1:99/");
  Behaviour behaviour;
  behaviour.accept(1, {});
  start(behaviour);
  invite(phone, invite_command("U1", "https://buy.example/accept?inviteCode=c0de"));
  EXPECT_EQ(tap(), "127.0.0.1:99/accept?inviteCode=c0de&account=mia");
}

TEST_F(AFleet, ClosesADialogWithoutAWord) {
  start(everybody(BehaviourRule::Kind::cancel));
  invite(phone, invite_command("U1", good_url));
  EXPECT_EQ(count(Fact::Kind::cancelled), 1U);
  EXPECT_EQ(tap(), "");
}

TEST_F(AFleet, AsksNobodyWhereADeviceHasNoUser) {
  Behaviour behaviour;
  behaviour.accept(1, {});
  start(behaviour);
  invite(spare, invite_command("U1", good_url));
  EXPECT_EQ(tap(), "");
}

TEST_F(AFleet, AccusesWhoGivesOneInvitationToTwoUsers) {
  start();
  invite(phone, invite_command("U1", good_url));
  EXPECT_EQ(fleet_->stats().violations(), 0U);
  invite(mac, invite_command("U1", good_url), true);
  EXPECT_THAT(fleet_->stats().accused,
              ElementsAre(Pair("shared_command", 1U), Pair("shared_url", 1U)));
}

TEST_F(AFleet, WaitsForWhoIsLate) {
  auto behaviour = everybody(BehaviourRule::Kind::late);
  behaviour.rules[0].least = behaviour.rules[0].most = seconds(3);
  start(behaviour);
  const auto before = fleet_->stats().requests;
  fleet_->woken({.device = phone, .magic_right = true}, clock_.now());
  EXPECT_EQ(fleet_->deadline(), clock_.now() + seconds(3));
  answer_all();
  EXPECT_EQ(fleet_->stats().requests, before);
  clock_.turn(seconds(3));
  fleet_->advance(clock_.now());
  answer_all();
  EXPECT_EQ(fleet_->stats().requests, before + 1);
  EXPECT_EQ(fleet_->deadline(), Instant::never());
}

TEST_F(AFleet, ComesBackToAServerThatWasNotThere) {
  journal_ = std::move(*FleetJournal::open(scratch_ / "j"));
  fleet_.emplace(Fleet::Surroundings{roster_, gate_, journal_, sign_}, settings_, Behaviour{});
  fleet_->begin(clock_.now());
  std::set<std::uint64_t> asked;
  while (auto next = fleet_->next_request(clock_.now())) {
    asked.insert(next->request.ticket);
    fleet_->answered({.ticket = next->request.ticket}, clock_.now());
  }
  EXPECT_EQ(asked.size(), 6U);
  EXPECT_EQ(fleet_->stats().unanswered, 6U);
  EXPECT_FALSE(fleet_->all_enrolled());
  clock_.turn(seconds(1));
  fleet_->advance(clock_.now());
  answer_all();
  EXPECT_TRUE(fleet_->all_enrolled());
}

TEST_F(AFleet, TellsThePushServerOfDeadTokens) {
  auto behaviour = everybody(BehaviourRule::Kind::rotate);
  behaviour.rules[0].when = BehaviourRule::When::pushed;
  start(behaviour);
  EXPECT_EQ(gate_.answer_for(token_of(1)).status, 410);
  EXPECT_EQ(gate_.answer_for(token_of(2)).status, 200) << "the device's own channel on a Mac";
  EXPECT_EQ(gate_.answer_for(token_of(102)).status, 410);
  fleet_->woken({.device = phone, .missed = true}, clock_.now());
  answer_all();
  EXPECT_EQ(gate_.answer_for(token_of(1)).status, 410);
  EXPECT_EQ(count(Fact::Kind::rotated), 1U);
}

TEST_F(AFleet, CountsInOneLineOfJson) {
  start();
  invite(phone, invite_command("U1", good_url));
  const auto text = fleet_->stats().json();
  const auto members = json_members(text);
  ASSERT_TRUE(members) << text;
  EXPECT_EQ(json_value(*members, "devices"), "6");
  EXPECT_EQ(json_value(*members, "devices_enrolled"), "6");
  EXPECT_EQ(json_value(*members, "handed"), "1");
  EXPECT_EQ(json_value(*members, "said"), R"({"Acknowledged":1})");
  EXPECT_EQ(json_value(*members, "violations"), "{}");
  EXPECT_EQ(json_value(*members, "statuses"), R"({"200":16})");
}

}  // namespace
}  // namespace muster::loadgen
