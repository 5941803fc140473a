#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"

namespace muster {
namespace {

TEST(Complaint, SaysWhatWhereExpectedAndTheMendInOneLine) {
  const Complaint whole{"members.csv",   17,       4, "group 'g9' is unknown",
                        "a known group", "add it", {}};
  EXPECT_EQ(whole.line_of_text(),
            "members.csv:17:4: group 'g9' is unknown; expected a known group; add it");
  const Complaint bare{"", 0, 0, "nothing to send", "", "", {}};
  EXPECT_EQ(bare.line_of_text(), "nothing to send");
}

TEST(Error, NamesWhatErrnoMeans) {
  EXPECT_EQ(error_of_errno(ENOSPC).code, ErrorCode::disk_full);
  EXPECT_EQ(error_of_errno(EDQUOT).code, ErrorCode::disk_full);
  EXPECT_EQ(error_of_errno(EIO).code, ErrorCode::disk_failed);
  EXPECT_EQ(error_of_errno(EACCES).code, ErrorCode::not_permitted);
  EXPECT_EQ(error_of_errno(ECONNREFUSED).code, ErrorCode::connect_refused);
  EXPECT_EQ(error_of_errno(EINVAL).code, ErrorCode::os);
}

TEST(Error, HasWordsForEveryCode) {
  for (std::uint32_t code = 0; code <= static_cast<std::uint32_t>(ErrorCode::store_newer); ++code) {
    EXPECT_NE(words(Error{static_cast<ErrorCode>(code), 0}), "unknown error") << code;
  }
}

TEST(WallTime, IsWrittenInUtc) {
  EXPECT_EQ(to_text(WallTime{1'700'000'000'123}), "2023-11-14T22:13:20.123Z");
}

TEST(Instant, NeverStaysNever) {
  EXPECT_EQ(Instant::never() + std::chrono::hours(1), Instant::never());
}

TEST(FakeClock, TurnsBothFaces) {
  FakeClock clock;
  const auto wall = clock.wall();
  clock.turn(std::chrono::seconds(61));
  EXPECT_EQ(clock.now().nanoseconds, 61'000'000'000);
  EXPECT_EQ(clock.wall().milliseconds - wall.milliseconds, 61'000);
}

TEST(Random, GivesTheSameNumbersForTheSameSeed) {
  Random a(7);
  Random b(7);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(a.next(), b.next());
  }
}

TEST(Random, KeepsJitterWithinItsShare) {
  Random random(1);
  for (int i = 0; i < 1'000; ++i) {
    const auto wait = random.jitter(std::chrono::seconds(10), 0.2);
    EXPECT_GE(wait, std::chrono::seconds(8));
    EXPECT_LE(wait, std::chrono::seconds(12));
  }
}

TEST(Log, LetsNoValueForgeALine) {
  log::set_level(log::Level::info);
  testing::internal::CaptureStderr();
  log::info("test", "a peer's words", {{"reason", "x\nlevel=info \"forged\""}, {"count", 3}});
  const auto line = testing::internal::GetCapturedStderr();
  EXPECT_EQ(
      line,
      "level=info room=test msg=\"a peer's words\" reason=\"x\\x0alevel=info \\\"forged\\\"\" "
      "count=3\n");
  log::set_level(log::Level::warning);
}

TEST(Log, LeavesOutWhatComesTooOften) {
  log::set_level(log::Level::info);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 100; ++i) {
    log::info("test", "again and again");
  }
  const auto text = testing::internal::GetCapturedStderr();
  const auto lines = std::count(text.begin(), text.end(), '\n');
  EXPECT_GE(lines, 10);
  EXPECT_LE(lines, 20);  // two seconds' worth, where the loop met a second's end
  log::set_level(log::Level::warning);
}

}  // namespace
}  // namespace muster
