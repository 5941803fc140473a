#include "base/histogram.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// In which bucket a time falls.
std::size_t place_of(Duration took) {
  Histogram histogram;
  histogram.count(took);
  const auto reading = histogram.read();
  for (std::size_t i = 0; i < reading.counts.size(); ++i) {
    if (reading.counts[i] != 0) {
      return i;
    }
  }
  return reading.counts.size();
}

TEST(Histogram, PutsABoundItselfBelowIt) {
  EXPECT_EQ(place_of(microseconds(250)), 0U);
  EXPECT_EQ(place_of(microseconds(250) + nanoseconds(1)), 1U);
  EXPECT_EQ(place_of(microseconds(500)), 1U);
  EXPECT_EQ(place_of(microseconds(501)), 2U);
  EXPECT_EQ(place_of(milliseconds(1)), 2U);
  EXPECT_EQ(place_of(milliseconds(32'768)), Histogram::bounds - 1);
}

TEST(Histogram, KeepsWhatIsLongerThanAllBoundsAndWhatIsNone) {
  EXPECT_EQ(place_of(milliseconds(32'769)), Histogram::bounds);
  EXPECT_EQ(place_of(hours(24)), Histogram::bounds);
  EXPECT_EQ(place_of(Duration::zero()), 0U);
  EXPECT_EQ(place_of(-milliseconds(5)), 0U) << "a clock that seems to run back";
}

TEST(Histogram, SumsUpWhatSeveralThreadsCounted) {
  Histogram one;
  Histogram other;
  one.count(milliseconds(1));
  other.count(milliseconds(1));
  other.count(milliseconds(3));
  auto sum = one.read();
  sum += other.read();
  EXPECT_EQ(sum.counts[2], 2U);
  EXPECT_EQ(sum.counts[4], 1U);
  EXPECT_EQ(sum.sum, milliseconds(5));
}

}  // namespace
}  // namespace muster
