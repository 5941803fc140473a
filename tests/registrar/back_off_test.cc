#include "registrar/back_off.h"

#include <gtest/gtest.h>

namespace muster::registrar {
namespace {

TEST(BackOff, DoublesUpToItsLongestAndBeginsAnew) {
  BackOff back_off;
  Random random(1);
  auto nominal = BackOff::first;
  for (int i = 0; i < 100; ++i) {
    const auto wait = back_off.raise(random);
    EXPECT_GE(wait, nominal * 3 / 4) << i;
    EXPECT_LE(wait, nominal * 5 / 4) << i;
    nominal = std::min(BackOff::longest, nominal * 2);
  }
  back_off.reset();
  EXPECT_LE(back_off.raise(random), BackOff::first * 5 / 4);
}

}  // namespace
}  // namespace muster::registrar
