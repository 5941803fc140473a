#include "console/workers.h"

#include <gtest/gtest.h>

#include <future>

namespace muster::console {
namespace {

TEST(Workers, RefuseWhatWouldWaitTooLong) {
  std::promise<void> begun;
  std::promise<void> go_on;
  Workers workers({.quick_threads = 1, .quick_waiting_max = 2});
  ASSERT_TRUE(workers.quick()->put([&] {
    begun.set_value();
    go_on.get_future().wait();
  }));
  begun.get_future().wait();
  EXPECT_TRUE(workers.quick()->put([] {}));
  EXPECT_TRUE(workers.quick()->put([] {}));
  EXPECT_FALSE(workers.quick()->put([] {}));
  EXPECT_TRUE(workers.quick()->again([] {}));
  go_on.set_value();
}

TEST(Workers, KeepTheQuickFromWaitingForTheSlow) {
  std::promise<void> go_on;
  std::promise<void> done;
  Workers workers({});
  ASSERT_TRUE(workers.slow()->put([&] { go_on.get_future().wait(); }));
  ASSERT_TRUE(workers.quick()->put([&] { done.set_value(); }));
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  go_on.set_value();
}

TEST(Workers, TakeNothingOnceTheyHaveEnded) {
  std::shared_ptr<Lane> lane;
  {
    const Workers workers({});
    lane = workers.slow();
  }
  EXPECT_FALSE(lane->put([] {}));
  EXPECT_FALSE(lane->again([] {}));
}

}  // namespace
}  // namespace muster::console
