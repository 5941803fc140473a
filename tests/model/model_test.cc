#include <gtest/gtest.h>

#include <set>

#include "model/id.h"
#include "model/job.h"
#include "model/outcome.h"

namespace muster {
namespace {

TEST(Outcome, PacksIntoSixteenBitsAndBack) {
  const Outcome outcome{State::failed, Reason::bad_device_token, 3};
  EXPECT_EQ(Outcome::unpack(outcome.pack()), outcome);
  EXPECT_EQ(Outcome{}.pack(), 0);
  const Outcome full{State::elsewhere, static_cast<Reason>(255), 15};
  EXPECT_EQ(Outcome::unpack(full.pack()), full);
}

TEST(Outcome, HasANameForEveryStateAndFindsItBack) {
  for (const auto state : {State::queued, State::sent, State::deferred, State::in_doubt,
                           State::failed, State::unreachable, State::cancelled, State::expired}) {
    EXPECT_EQ(state_named(name_of(state)), state);
  }
  EXPECT_EQ(state_named("lost"), std::nullopt);
}

TEST(Outcome, RestsOnlyWhereNothingMoreIsTried) {
  EXPECT_TRUE(at_rest(State::sent));
  EXPECT_TRUE(at_rest(State::expired));
  EXPECT_FALSE(at_rest(State::queued));
  EXPECT_FALSE(at_rest(State::deferred));
  EXPECT_FALSE(at_rest(State::in_doubt));
  EXPECT_FALSE(at_rest(State::elsewhere));
}

// Apple's table, reference apns.md §1.5.
struct Row {
  std::uint16_t status;
  const char* reason;
  Action action;
};
class ApplesReasons : public testing::TestWithParam<Row> {};

TEST_P(ApplesReasons, LeadToTheRightAction) {
  const auto reason = reason_named(GetParam().reason);
  EXPECT_EQ(name_of(reason), GetParam().reason);
  EXPECT_FALSE(words(reason).empty());
  EXPECT_EQ(action_for(GetParam().status, reason), GetParam().action);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ApplesReasons,
    testing::Values(
        Row{400, "BadDeviceToken", Action::fail}, Row{400, "DeviceTokenNotForTopic", Action::fail},
        Row{410, "Unregistered", Action::unreachable},
        Row{410, "ExpiredToken", Action::unreachable}, Row{400, "BadCollapseId", Action::fail},
        Row{400, "BadExpirationDate", Action::fail}, Row{400, "BadMessageId", Action::fail},
        Row{400, "BadPriority", Action::fail}, Row{404, "BadPath", Action::fail},
        Row{405, "MethodNotAllowed", Action::fail}, Row{400, "DuplicateHeaders", Action::fail},
        Row{400, "InvalidPushType", Action::fail}, Row{400, "MissingDeviceToken", Action::fail},
        Row{400, "PayloadEmpty", Action::fail}, Row{413, "PayloadTooLarge", Action::fail},
        Row{400, "BadTopic", Action::stop_task}, Row{400, "MissingTopic", Action::stop_task},
        Row{400, "TopicDisallowed", Action::stop_task},
        Row{400, "IdleTimeout", Action::retry_elsewhere},
        Row{403, "ExpiredProviderToken", Action::renew_credential},
        Row{403, "InvalidProviderToken", Action::stop_credential},
        Row{403, "MissingProviderToken", Action::stop_credential},
        Row{403, "Forbidden", Action::stop_credential},
        Row{403, "UnrelatedKeyIdInToken", Action::stop_credential},
        Row{403, "BadEnvironmentKeyIdInToken", Action::stop_credential},
        Row{403, "BadCertificate", Action::stop_credential},
        Row{403, "BadCertificateEnvironment", Action::stop_credential},
        Row{429, "TooManyRequests", Action::retry},
        Row{429, "TooManyProviderTokenUpdates", Action::retry},
        Row{500, "InternalServerError", Action::retry},
        Row{503, "ServiceUnavailable", Action::retry},
        Row{503, "Shutdown", Action::retry_elsewhere}));

TEST(Reason, UnknownOnesAreTemporary) {
  EXPECT_EQ(reason_named("SomethingNew"), Reason::unknown_answer);
  EXPECT_EQ(action_for(418, Reason::unknown_answer), Action::retry);
  EXPECT_EQ(action_for(200, Reason::none), Action::accept);
}

TEST(ApnsId, LeadsBackToItsRowAndStaysTheSame) {
  const IdPrefix prefix{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  const auto id = apns_id(prefix, 0x01020304, 0x0a0b0c);
  EXPECT_EQ(uuid_text(id), "ffffffff-ffff-8fff-800a-0b0c01020304");
  EXPECT_EQ(invitation_of(id), 0x01020304U);
  EXPECT_EQ(apns_id(prefix, 0x01020304, 0x0a0b0c), id);
}

TEST(ApnsId, DiffersByInvitationAndGeneration) {
  std::set<std::string> seen;
  for (std::uint32_t generation = 0; generation < 3; ++generation) {
    for (InvitationNumber invitation = 0; invitation < 100; ++invitation) {
      seen.insert(uuid_text(apns_id({}, invitation, generation)));
    }
  }
  EXPECT_EQ(seen.size(), 300U);
}

TEST(Uuid, IsReadInEitherCaseAndRefusedOtherwise) {
  EXPECT_EQ(uuid_text(*read_uuid("01234567-89AB-cdef-0123-456789abcdef")),
            "01234567-89ab-cdef-0123-456789abcdef");
  EXPECT_FALSE(read_uuid("0123456789abcdef0123456789abcdef").has_value());
  EXPECT_FALSE(read_uuid("01234567-89ab-cdef-0123-456789abcdeg").has_value());
  EXPECT_FALSE(read_uuid("01234567-89ab-cdef-0123-456789abcde-").has_value());
}

TEST(Topic, DecidesThePushType) {
  EXPECT_EQ(push_type_of("com.apple.mgmt.External.x"), PushType::mdm);
  EXPECT_EQ(push_type_of("school.example.app"), PushType::alert);
}

}  // namespace
}  // namespace muster
