#include "service/wake_plan.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "model/limits.h"

namespace muster::service {
namespace {

using mdm::CommandResult;

constexpr std::int64_t minute = 60'000;
constexpr std::int64_t hour = 60 * minute;
constexpr WallTime sent{100 * hour};
constexpr WallTime late{10'000 * hour};
const WakePlan plan{std::chrono::hours(8), std::chrono::minutes(30)};

TaskId task_of(Byte number) {
  TaskId task;
  task.bytes[0] = number;
  return task;
}

WakeFacts silent(InvitationNumber invitation = 0) {
  WakeFacts facts;
  facts.invitation = invitation;
  facts.sent_at = sent;
  return facts;
}

// Every wake from `after` on.
std::vector<Wake> all_wakes(const WakeFacts& facts, WallTime after, WallTime expires = late) {
  std::vector<Wake> wakes;
  while (const auto wake = next_wake(facts, plan, task_of(1), after, expires)) {
    wakes.push_back(*wake);
    after = wake->at;
  }
  return wakes;
}

TEST(WakePlan, WakesASilentDeviceAtEachPeriodGiveOrTakeAFifth) {
  const auto wakes = all_wakes(silent(), WallTime{});
  ASSERT_EQ(wakes.size(), limits::wakes_again_max);
  for (std::size_t i = 0; i < wakes.size(); ++i) {
    const auto about = sent.milliseconds + static_cast<std::int64_t>(i + 1) * 8 * hour;
    EXPECT_NEAR(static_cast<double>(wakes[i].at.milliseconds), static_cast<double>(about),
                8.0 * hour / 5);
  }
}

TEST(WakePlan, SpreadsTheDevicesOfATask) {
  std::set<std::int64_t> times;
  for (InvitationNumber invitation = 0; invitation < 1000; ++invitation) {
    const auto wake = next_wake(silent(invitation), plan, task_of(1), sent, late);
    ASSERT_TRUE(wake);
    times.insert(wake->at.milliseconds / minute);
  }
  EXPECT_GT(times.size(), 150U);  // of the 192 minutes there are
}

TEST(WakePlan, IsTheSameWheneverItIsAsked) {
  const auto wakes = all_wakes(silent(), WallTime{});
  for (std::size_t i = 0; i + 1 < wakes.size(); ++i) {
    for (const auto part : {1, 2, 3}) {
      const auto between = wakes[i].at.milliseconds +
                           (wakes[i + 1].at.milliseconds - wakes[i].at.milliseconds) * part / 4;
      const auto wake = next_wake(silent(), plan, task_of(1), WallTime{between}, late);
      ASSERT_TRUE(wake);
      EXPECT_EQ(wake->at, wakes[i + 1].at);
      EXPECT_EQ(wake->generation, wakes[i + 1].generation);
    }
  }
}

TEST(WakePlan, EndsWithTheInvitation) {
  const WallTime expires{sent.milliseconds + 30 * hour};
  const auto wakes = all_wakes(silent(), WallTime{}, expires);
  ASSERT_FALSE(wakes.empty());
  EXPECT_LE(wakes.size(), 4U);
  EXPECT_LT(wakes.back().at, expires);
}

TEST(WakePlan, CountsFromTheHandingOutOfTheCommand) {
  auto facts = silent();
  facts.handed = 1;
  facts.handed_at = WallTime{sent.milliseconds + 100 * hour};
  const auto wake = next_wake(facts, plan, task_of(1), facts.handed_at, late);
  ASSERT_TRUE(wake);
  EXPECT_GE(wake->at.milliseconds, facts.handed_at.milliseconds + 6 * hour);
}

TEST(WakePlan, WakesWhoSaidNotNowSoonerButNotForEver) {
  auto facts = silent();
  facts.handed = 3;
  facts.not_now = 3;
  facts.result = CommandResult::postponed;
  facts.result_at = WallTime{sent.milliseconds + hour};
  auto wake = next_wake(facts, plan, task_of(1), facts.result_at, late);
  ASSERT_TRUE(wake);
  EXPECT_GE(wake->at.milliseconds, facts.result_at.milliseconds + 24 * minute);
  EXPECT_LE(wake->at.milliseconds, facts.result_at.milliseconds + 36 * minute);
  facts.not_now = limits::not_now_soon_max + 1;
  wake = next_wake(facts, plan, task_of(1), facts.result_at, late);
  ASSERT_TRUE(wake);
  EXPECT_GE(wake->at.milliseconds, facts.result_at.milliseconds + 6 * hour);
  facts.handed = limits::wakes_again_max;
  EXPECT_FALSE(next_wake(facts, plan, task_of(1), facts.result_at, late));
}

TEST(WakePlan, WakesNobodyWhoAnsweredOrWasNeverSentAnything) {
  for (const auto result : {CommandResult::shown, CommandResult::refused}) {
    auto facts = silent();
    facts.handed = 1;
    facts.result = result;
    EXPECT_FALSE(next_wake(facts, plan, task_of(1), sent, late));
  }
  EXPECT_FALSE(next_wake(WakeFacts{}, plan, task_of(1), sent, late));
}

TEST(WakePlan, GivesEachWakeAnIdOfItsOwn) {
  std::set<std::uint32_t> generations;
  for (std::uint32_t handed = 0; handed < 4; ++handed) {
    auto facts = silent();
    facts.handed = handed;
    facts.handed_at = sent;
    for (const auto& wake : all_wakes(facts, WallTime{})) {
      EXPECT_TRUE(generations.insert(wake.generation).second);
      EXPECT_GE(wake.generation, 1U << 31);
    }
  }
}

}  // namespace
}  // namespace muster::service
