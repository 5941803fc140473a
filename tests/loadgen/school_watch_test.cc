#include "loadgen/school_watch.h"

#include <gtest/gtest.h>

namespace muster::loadgen {
namespace {

// Boot was at 1,000 s.
class ASchoolWatch : public ::testing::Test {
 protected:
  void hear(const std::string& rest) { watch_.hear("{\"at\":" + rest + "}"); }
  [[nodiscard]] const SchoolWatch::Reached& reached(SchoolStage stage) const {
    return watch_.reached(stage);
  }
  SchoolWatch watch_{Instant{5'000'000'000}, WallTime{1'005'000}};
};

TEST_F(ASchoolWatch, CountsADeviceOnceAStage) {
  hear(R"(6000000000,"fact":"woken","device":"d1")");
  hear(R"(7000000000,"fact":"woken","device":"d1")");
  hear(R"(8500000000,"fact":"woken","device":"d2")");
  const auto& woken = reached(SchoolStage::woken);
  EXPECT_EQ(woken.count, 2U);
  EXPECT_EQ(woken.first.milliseconds, 1'006'000);
  EXPECT_EQ(woken.last.milliseconds, 1'008'500);
}

TEST_F(ASchoolWatch, CountsWhatDevicesShowNotWhatTheyRefuse) {
  hear(R"(1,"fact":"enrolled","device":"d1")");
  hear(R"(1,"fact":"handed","device":"d1")");
  hear(R"(1,"fact":"answered","device":"d1","status":"NotNow")");
  EXPECT_EQ(reached(SchoolStage::shown).count, 0U);
  hear(R"(1,"fact":"answered","device":"d1","status":"Acknowledged","result":"Acknowledged")");
  EXPECT_EQ(reached(SchoolStage::shown).count, 1U);
  EXPECT_EQ(reached(SchoolStage::handed).count, 1U);
  EXPECT_EQ(reached(SchoolStage::enrolled).count, 1U);
}

TEST_F(ASchoolWatch, CountsUsersWithTheBooksOwnTime) {
  hear(R"("1970-01-01T00:20:00.250Z","fact":"registered","clientUserId":"u","by":"v2")");
  hear(R"("1970-01-01T00:20:01.000Z","fact":"registered","clientUserId":"s","by":"stranger")");
  hear(R"("1970-01-01T00:20:02.000Z","fact":"associated","clientUserId":"u","by":"account")");
  hear(R"("1970-01-01T00:20:03.000Z","fact":"associated","clientUserId":"v","by":"accept")");
  hear(R"(3,"fact":"accepted","user":"v")");
  EXPECT_EQ(reached(SchoolStage::registered).count, 1U);
  EXPECT_EQ(reached(SchoolStage::registered).first.milliseconds, 1'200'250);
  EXPECT_EQ(reached(SchoolStage::associated).count, 1U);
  EXPECT_EQ(reached(SchoolStage::accepted).count, 1U);
}

TEST_F(ASchoolWatch, TakesForNewsOnlyWhatDevicesAndPeopleDo) {
  for (const auto* fact : {"woken", "missed", "change", "refused", "violation"}) {
    hear(std::string(R"(1,"fact":")") + fact + "\"");
  }
  hear(R"(1,"fact":"registered","by":"stranger")");
  watch_.hear("no line of a journal");
  EXPECT_EQ(watch_.news(), 0U);
  hear(R"(1,"fact":"asked","device":"d1")");
  hear(R"(1,"fact":"asked","device":"d1")");
  EXPECT_EQ(watch_.news(), 2U);
}

TEST(WallTimeOf, ReadsWhatToTextWrites) {
  const WallTime at{1'795'453'323'456};
  EXPECT_EQ(wall_time_of(to_text(at)).milliseconds, at.milliseconds);
  EXPECT_EQ(wall_time_of("yesterday").milliseconds, 0);
  EXPECT_EQ(wall_time_of("2026-11-xxT12:00:00.000Z").milliseconds, 0);
}

}  // namespace
}  // namespace muster::loadgen
