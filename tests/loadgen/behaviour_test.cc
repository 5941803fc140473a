#include "loadgen/behaviour.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loadgen/behaviour_file.h"

namespace muster::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using End = DevicePlan::End;

constexpr std::uint32_t many = 20'000;

Behaviour behaviour(const std::string& text) {
  auto read = read_behaviour(text, "behaviour.toml");
  EXPECT_TRUE(read) << read.error().line_of_text();
  return *read;
}

// How many of so many devices have it.
template <class Has>
std::uint32_t count(const Behaviour& of, const Has& has) {
  std::uint32_t found = 0;
  for (std::uint32_t device = 0; device < many; ++device) {
    found += has(plan_of(of, device)) ? 1 : 0;
  }
  return found;
}

TEST(Behaviour, WithoutRulesIsQuickAndObedient) {
  EXPECT_EQ(plan_of({}, 17), DevicePlan{});
  EXPECT_EQ(plan_of_user({}, 17), UserPlan{});
}

TEST(Behaviour, GivesTheSameDeviceTheSamePlan) {
  const auto of = *read_behaviour_file(MUSTER_SOURCE_DIR "/loadgen/faults/devices_school.toml");
  auto other = of;
  other.seed = of.seed + 1;
  std::uint32_t different = 0;
  for (std::uint32_t device = 0; device < many; ++device) {
    ASSERT_EQ(plan_of(of, device), plan_of(of, device));
    different += plan_of(of, device) == plan_of(other, device) ? 0 : 1;
  }
  EXPECT_GT(different, many / 2) << "another seed, other plans";
}

TEST(Behaviour, KeepsTheSharesOfEndsAndPutsNobodyInTwo) {
  const auto of = behaviour(R"(
[[behaviour]]
kind = "silent"
share = 0.1
[[behaviour]]
kind = "error"
as = "format"
share = 0.2
[[behaviour]]
kind = "check_out"
when = "handed"
share = 0.3
)");
  const auto ends = [&of](End end) {
    return count(of, [end](const DevicePlan& plan) { return plan.end == end; });
  };
  EXPECT_NEAR(ends(End::silent), many * 0.1, many * 0.01);
  EXPECT_NEAR(ends(End::refuses), many * 0.2, many * 0.01);
  EXPECT_NEAR(ends(End::leaves), many * 0.3, many * 0.012);
  EXPECT_EQ(
      count(of,
            [](const DevicePlan& plan) { return plan.trouble == BehaviourRule::Trouble::format; }),
      ends(End::refuses));
  EXPECT_EQ(count(of, [](const DevicePlan& plan) { return plan.leaves_when_handed; }),
            ends(End::leaves));
}

TEST(Behaviour, DrawsQuestionsApart) {
  const auto of = behaviour(R"(
[[behaviour]]
kind = "silent"
share = 0.5
[[behaviour]]
kind = "binary"
share = 0.5
)");
  EXPECT_NEAR(count(of, [](const DevicePlan& plan) { return plan.binary; }), many / 2.0,
              many * 0.015);
  EXPECT_NEAR(
      count(of, [](const DevicePlan& plan) { return plan.binary && plan.end == End::silent; }),
      many / 4.0, many * 0.015);
}

TEST(Behaviour, SetsWhatEachRuleSays) {
  const auto plan = plan_of(behaviour(R"(
[[behaviour]]
kind = "not_now"
share = 1.0
times = 3
again = "pushed"
pause_ms = 70
[[behaviour]]
kind = "rotate"
share = 1.0
when = "pushed"
pause_ms = 80
[[behaviour]]
kind = "late"
share = 1.0
least_ms = 90
[[behaviour]]
kind = "twice"
share = 1.0
[[behaviour]]
kind = "lost"
share = 1.0
[[behaviour]]
kind = "fresh_token"
share = 1.0
[[behaviour]]
kind = "no_user_channel"
share = 1.0
)"),
                            1);
  EXPECT_EQ(plan.not_now, 3U);
  EXPECT_FALSE(plan.not_now_by_itself);
  EXPECT_EQ(plan.not_now_pause, milliseconds(70));
  EXPECT_EQ(plan.rotation, DevicePlan::Rotation::when_pushed);
  EXPECT_EQ(plan.rotation_pause, milliseconds(80));
  EXPECT_EQ(plan.delay, milliseconds(90));
  EXPECT_TRUE(plan.reports_twice);
  EXPECT_TRUE(plan.loses_report);
  EXPECT_TRUE(plan.fresh_token);
  EXPECT_TRUE(plan.no_user_channel);
  EXPECT_FALSE(plan.binary);
}

TEST(Behaviour, SpreadsDelaysBetweenTheirBounds) {
  const auto of = behaviour(R"(
[[behaviour]]
kind = "late"
share = 1.0
least_ms = 1000
most_ms = 3000
)");
  EXPECT_EQ(count(of,
                  [](const DevicePlan& plan) {
                    return plan.delay >= seconds(1) && plan.delay <= seconds(3);
                  }),
            many);
  EXPECT_NEAR(count(of, [](const DevicePlan& plan) { return plan.delay < seconds(2); }), many / 2.0,
              many * 0.015);
}

TEST(Behaviour, LetsUsersAcceptOrCancelOrNeither) {
  const auto of = behaviour(R"(
[[behaviour]]
kind = "accept"
share = 0.6
least_ms = 100
most_ms = 200
[[behaviour]]
kind = "cancel"
share = 0.3
)");
  std::uint32_t accept = 0;
  std::uint32_t cancel = 0;
  for (std::uint32_t user = 0; user < many; ++user) {
    const auto plan = plan_of_user(of, user);
    ASSERT_FALSE(plan.accepts && plan.cancels);
    accept += plan.accepts ? 1 : 0;
    cancel += plan.cancels ? 1 : 0;
    EXPECT_EQ(plan.accepts, plan.delay >= milliseconds(100));
  }
  EXPECT_NEAR(accept, many * 0.6, many * 0.015);
  EXPECT_NEAR(cancel, many * 0.3, many * 0.015);
}

TEST(Behaviour, TakesTheCommandLinesWordAboutAccepting) {
  auto of = behaviour("[[behaviour]]\nkind=\"accept\"\nshare=0.6\n");
  of.accept(1.0, seconds(2));
  EXPECT_DOUBLE_EQ(of.share_of(Question::user), 1.0);
  EXPECT_TRUE(plan_of_user(of, 5).accepts);
  EXPECT_EQ(plan_of_user(of, 5).delay, seconds(2));
}

}  // namespace
}  // namespace muster::loadgen
