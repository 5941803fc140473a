#include "pipeline/pace.h"

#include <gtest/gtest.h>

namespace muster::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Pace, WithoutALimitLetsEverythingThrough) {
  Pace pace;
  EXPECT_TRUE(pace.unlimited());
  EXPECT_EQ(pace.allowed(Instant{0}, 1'000'000), 1'000'000U);
}

TEST(Pace, BeginsWithOneAndNotWithABurst) {
  Pace pace(1000);
  FakeClock clock;
  clock.turn(seconds(100));
  EXPECT_EQ(pace.allowed(clock.now(), 500), 1U);
}

TEST(Pace, HoldsAFiftiethOfASecondAfterAPause) {
  Pace pace(1000);
  FakeClock clock;
  pace.take(pace.allowed(clock.now(), 500));
  clock.turn(seconds(100));
  EXPECT_EQ(pace.allowed(clock.now(), 500), 20U);
}

TEST(Pace, KeepsItsRateOverManySmallSteps) {
  Pace pace(777);
  FakeClock clock;
  std::uint64_t went = 0;
  for (int step = 0; step < 10'000; ++step) {
    const auto now = pace.allowed(clock.now(), 100);
    pace.take(now);
    went += now;
    clock.turn(milliseconds(1));
  }
  EXPECT_NEAR(static_cast<double>(went), 7770, 2);
}

TEST(Pace, SlowerThanOneATurnStillMoves) {
  Pace pace(1);
  FakeClock clock;
  std::uint64_t went = 0;
  for (int step = 0; step < 100; ++step) {
    const auto now = pace.allowed(clock.now(), 100);
    pace.take(now);
    went += now;
    clock.turn(milliseconds(100));
  }
  EXPECT_EQ(went, 10U);
}

TEST(Pace, SaysWhenTheNextMayGo) {
  Pace pace(100);
  FakeClock clock;
  pace.take(pace.allowed(clock.now(), 1));
  const auto at = pace.next(clock.now());
  EXPECT_GT(at, clock.now() + milliseconds(9));
  EXPECT_LE(at, clock.now() + milliseconds(11));
  clock.turn_to(at);
  EXPECT_EQ(pace.allowed(clock.now(), 1), 1U);
}

}  // namespace
}  // namespace muster::pipeline
