#include "registrar/dates.h"

#include <gtest/gtest.h>

namespace muster::registrar {
namespace {

std::string read(std::string_view text) {
  const auto time = read_token_date(text);
  return time ? to_text(*time) : "none";
}

TEST(TokenDate, IsReadWithEveryFormOfOffset) {
  EXPECT_EQ(read("2014-08-15T18:13:52-0700"), "2014-08-16T01:13:52.000Z");
  EXPECT_EQ(read("2014-08-15T18:13:52-07:00"), "2014-08-16T01:13:52.000Z");
  EXPECT_EQ(read("2014-08-15T18:13:52+0530"), "2014-08-15T12:43:52.000Z");
  EXPECT_EQ(read("2014-08-15T18:13:52Z"), "2014-08-15T18:13:52.000Z");
  EXPECT_EQ(read("2014-08-15T18:13:52.123Z"), "2014-08-15T18:13:52.000Z");
  EXPECT_EQ(read("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(read("2016-12-31T23:59:60Z"), "2016-12-31T23:59:59.000Z");
}

TEST(TokenDate, IsRefusedWhereItIsNone) {
  for (const auto* text :
       {"", "2014", "2014-08-15", "2014-08-15T18:13:52", "2014-08-15 18:13:52Z",
        "2014-13-15T18:13:52Z", "2014-00-15T18:13:52Z", "2023-02-29T00:00:00Z",
        "2014-08-15T24:13:52Z", "2014-08-15T18:60:52Z", "2014-08-15T18:13:61Z",
        "2014-08-15T18:13:52-07", "2014-08-15T18:13:52-2400", "2014-08-15T18:13:52-0760",
        "2014-08-15T18:13:52Zx", "2014-08-15T18:13:52.Z", "20x4-08-15T18:13:52Z",
        "2014-08-15T18:13:52+07:0"}) {
    EXPECT_EQ(read(text), "none") << text;
  }
}

constexpr WallTime now{784'111'777'000};  // Sun, 06 Nov 1994 08:49:37 GMT

TEST(RetryAfter, MayBeSecondsOrADate) {
  EXPECT_EQ(read_retry_after("120", now), std::chrono::seconds(120));
  EXPECT_EQ(read_retry_after("0", now), Duration::zero());
  EXPECT_EQ(read_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), std::chrono::minutes(1));
  EXPECT_EQ(read_retry_after("Sun, 06 Nov 1994 08:49:00 GMT", now), Duration::zero());
}

TEST(RetryAfter, IsNeverTooEarlyByAFraction) {
  EXPECT_EQ(read_retry_after("Sun, 06 Nov 1994 08:49:38 GMT", WallTime{now.milliseconds + 1}),
            std::chrono::seconds(1));
}

TEST(RetryAfter, IsAtMostAWeek) {
  const auto week = std::chrono::hours(24 * 7);
  EXPECT_EQ(read_retry_after("999999999", now), week);
  EXPECT_EQ(read_retry_after("99999999999999999999", now), week);
  EXPECT_EQ(read_retry_after("Sun, 06 Nov 2094 08:49:38 GMT", now), week);
  EXPECT_EQ(read_retry_after("Sun, 06 Nov 9999 08:49:38 GMT", now), week);
  EXPECT_EQ(read_retry_after("Sun, 06 Nov 1572 08:49:37 GMT", now), Duration::zero());
}

TEST(RetryAfter, IsNothingWhereItIsNeither) {
  for (const auto* text : {"", "-5", "1.5", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov",
                           "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 nov 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(read_retry_after(text, now)) << text;
  }
}

}  // namespace
}  // namespace muster::registrar
