#include "cli/signals.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <chrono>

namespace muster::cli {
namespace {

using std::chrono::milliseconds;

TEST(Signals, AreTakenOnceEach) {
  Signals signals;
  EXPECT_FALSE(signals.take());
  ASSERT_EQ(raise(SIGTERM), 0);
  EXPECT_TRUE(signals.take());
  EXPECT_FALSE(signals.take());
  ASSERT_EQ(raise(SIGINT), 0);
  EXPECT_TRUE(signals.wait(milliseconds(10'000)));
  EXPECT_FALSE(signals.wait(milliseconds(0)));
}

TEST(Signals, GiveTheMaskBackThatTheyFound) {
  sigset_t mask;
  {
    const Signals signals;
    ASSERT_EQ(pthread_sigmask(SIG_BLOCK, nullptr, &mask), 0);
    EXPECT_EQ(sigismember(&mask, SIGINT), 1);
    EXPECT_EQ(sigismember(&mask, SIGHUP), 1);
  }
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, nullptr, &mask), 0);
  EXPECT_EQ(sigismember(&mask, SIGINT), 0);
}

TEST(Signals, LeaveAnIgnoredHangupIgnored) {
  struct sigaction before{};
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(sigaction(SIGHUP, &ignore, &before), 0);
  {
    Signals signals;
    ASSERT_EQ(raise(SIGHUP), 0);
    EXPECT_FALSE(signals.take());
  }
  ASSERT_EQ(sigaction(SIGHUP, &before, nullptr), 0);
}

}  // namespace
}  // namespace muster::cli
