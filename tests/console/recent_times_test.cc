#include "console/recent_times.h"

#include <gtest/gtest.h>

namespace muster::console {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Times times_of(std::size_t place, std::uint64_t count) {
  Times times;
  times.counts[place] = count;
  return times;
}

TEST(Quantile, LiesBetweenTheBoundsOfItsCount) {
  auto times = times_of(3, 98);
  times.counts[6] = 2;
  EXPECT_DOUBLE_EQ(quantile(times, 0.49), 0.0015) << "half of those between 1 and 2 ms";
  EXPECT_DOUBLE_EQ(quantile(times, 0.99), 0.012) << "half of those between 8 and 16 ms";
  EXPECT_DOUBLE_EQ(quantile(times_of(0, 2), 0.5), 0.000125);
  EXPECT_DOUBLE_EQ(quantile(times_of(Times::bounds, 5), 0.5), 32.768) << "no more is known";
}

class RecentTimesTest : public testing::Test {
 protected:
  FakeClock clock;
  RecentTimes recent;
};

TEST_F(RecentTimesTest, SaysWhatCameSinceALookSomeSecondsAgo) {
  EXPECT_FALSE(recent.look(clock.now(), times_of(10, 1'000'000)));
  clock.turn(seconds(2));
  auto later = times_of(10, 1'000'000);
  later.counts[3] = 10;
  const auto look = recent.look(clock.now(), later);
  ASSERT_TRUE(look);
  EXPECT_DOUBLE_EQ(look->p50_ms, 1.5);
  EXPECT_DOUBLE_EQ(look->p99_ms, 1.99);
}

TEST_F(RecentTimesTest, SaysNothingWhereNothingWasAnsweredOrNobodyLooked) {
  const auto before = times_of(3, 10);
  EXPECT_FALSE(recent.look(clock.now(), before));
  clock.turn(seconds(2));
  EXPECT_FALSE(recent.look(clock.now(), before)) << "nothing was answered";
  clock.turn(seconds(60));
  EXPECT_FALSE(recent.look(clock.now(), times_of(3, 500))) << "nobody looked for a minute";
  clock.turn(milliseconds(100));
  EXPECT_TRUE(recent.look(clock.now(), times_of(3, 501)));
}

TEST_F(RecentTimesTest, ForgetsWhatIsLongAgoHoweverOftenSomebodyLooks) {
  EXPECT_FALSE(recent.look(clock.now(), {}));
  auto now = times_of(10, 5);
  for (int i = 0; i < 20; ++i) {
    clock.turn(seconds(1));
    now.counts[3] += 1;
    ASSERT_TRUE(recent.look(clock.now(), now));
  }
  const auto look = recent.look(clock.now(), now);
  ASSERT_TRUE(look);
  EXPECT_LT(look->p99_ms, 2) << "the slow ones are of twenty seconds ago";
}

}  // namespace
}  // namespace muster::console
