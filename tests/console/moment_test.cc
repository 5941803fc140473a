#include "console/moment.h"

#include <gtest/gtest.h>

namespace muster::console {
namespace {

std::string read(std::string_view text) {
  const auto at = moment_of(text);
  return at ? to_text(*at) : "nothing";
}

TEST(Moment, IsReadWithItsOffset) {
  EXPECT_EQ(read("2026-11-22T23:08:00Z"), "2026-11-22T23:08:00.000Z");
  EXPECT_EQ(read("2026-11-22T23:08:00.2509+01:30"), "2026-11-22T21:38:00.250Z");
  EXPECT_EQ(read("2026-11-22 23:08:00-02:00"), "2026-11-23T01:08:00.000Z");
  EXPECT_EQ(read("2024-02-29t00:00:60z"), "2024-02-29T00:01:00.000Z");
}

TEST(Moment, IsRefusedWhereItIsNone) {
  for (const auto* text :
       {"", "now", "2026-11-22", "2026-11-22T23:08:00", "2026-11-22T23:08Z", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T23:60:00Z",
        "2026-11-22T23:08:61Z", "2026-11-22T23:08:00+24:00", "2026-11-22T23:08:00.Z",
        "2026-11-22T23:08:00Zx", "1969-12-31T23:59:59Z", "2026-11-22T23:08:00+0100"}) {
    EXPECT_EQ(read(text), "nothing") << text;
  }
}

}  // namespace
}  // namespace muster::console
