#include "base/time.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

TEST(SystemClock, CountsAThreadThatComputesAsBusy) {
  const SystemClock clock;
  const Duration before = clock.thread_busy();
  while (clock.thread_busy() == before) {
  }
  EXPECT_GT(clock.thread_busy(), before);
}

}  // namespace
}  // namespace muster
