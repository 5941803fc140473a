#include "pipeline/mail_pace.h"

#include <gtest/gtest.h>

namespace muster::pipeline {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(MailPace, WithoutLimitsLetsEverythingThrough) {
  const FakeClock clock;
  MailPace pace{MailPaceSettings{}};
  EXPECT_TRUE(pace.unlimited());
  EXPECT_EQ(pace.allowed(clock.now(), clock.wall(), 1000), 1000U);
  pace.take(1000);
  EXPECT_FALSE(pace.used_up(clock.wall()));
}

TEST(MailPace, LetsAtMostSoManyThroughInAMinute) {
  FakeClock clock;
  MailPaceSettings settings;
  settings.per_minute = 30;
  MailPace pace{settings};
  std::uint64_t went = 0;
  for (int i = 0; i < 600; ++i) {
    const auto count = pace.allowed(clock.now(), clock.wall(), 100);
    pace.take(count);
    went += count;
    clock.turn(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(went, 30U);
  EXPECT_LE(pace.next(clock.now()), clock.now() + seconds(2));
}

TEST(MailPace, ObeysTheNarrowestOfItsLimits) {
  FakeClock clock;
  MailPaceSettings settings;
  settings.per_second = 100;
  settings.per_minute = 60;
  settings.per_day = 5;
  MailPace pace{settings};
  std::uint64_t went = 0;
  for (int i = 0; i < 10; ++i) {
    const auto count = pace.allowed(clock.now(), clock.wall(), 100);
    pace.take(count);
    went += count;
    clock.turn(seconds(1));
  }
  EXPECT_EQ(went, 5U);
}

TEST(MailPace, OpensTheDaysQuotaAgainAtMidnightUtc) {
  FakeClock clock;  // 22:13:20
  MailPaceSettings settings;
  settings.per_day = 10;
  settings.spent_today = 7;
  MailPace pace{settings};
  EXPECT_EQ(pace.allowed(clock.now(), clock.wall(), 100), 3U);
  pace.take(3);
  EXPECT_TRUE(pace.used_up(clock.wall()));
  clock.turn(hours(1) + minutes(46));
  EXPECT_TRUE(pace.used_up(clock.wall()));
  clock.turn(minutes(1));
  EXPECT_EQ(pace.allowed(clock.now(), clock.wall(), 100), 10U);
}

TEST(MailPace, BeginsNoNewDayWhereTheClockIsSetBack) {
  const FakeClock clock;
  MailPaceSettings settings;
  settings.per_day = 1;
  MailPace pace{settings};
  EXPECT_FALSE(pace.used_up(clock.wall()));
  pace.take(1);
  EXPECT_TRUE(pace.used_up(WallTime{clock.wall().milliseconds - 86'400'000}));
}

TEST(MailPace, TakesTheDaysTokensBackOfWhatWasNotSent) {
  const FakeClock clock;
  MailPaceSettings settings;
  settings.per_day = 4;
  MailPace pace{settings};
  pace.take(4);
  pace.give_back(3);
  EXPECT_EQ(pace.allowed(clock.now(), clock.wall(), 100), 3U);
}

TEST(MailPace, LetsNoMoreWaitThanGoInASecond) {
  MailPaceSettings settings;
  settings.per_second = 20;
  EXPECT_EQ(MailPace{settings}.waiting_most(256), 20U);
  settings.per_minute = 6;
  EXPECT_EQ(MailPace{settings}.waiting_most(256), 1U);
  EXPECT_EQ(MailPace{MailPaceSettings{}}.waiting_most(256), 256U);
}

}  // namespace
}  // namespace muster::pipeline
