#include "base/thread.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

namespace muster {
namespace {

bool readable(int fd) {
  pollfd look{fd, POLLIN, 0};
  return ::poll(&look, 1, 0) == 1;
}

TEST(Doorbell, CostsNothingWhileTheOwnerIsAwake) {
  Doorbell bell;
  bell.ring();
  EXPECT_FALSE(readable(bell.fd()));
}

TEST(Doorbell, WakesWhoDozes) {
  Doorbell bell;
  bell.doze();
  bell.ring();
  EXPECT_TRUE(readable(bell.fd()));
  bell.wait(std::chrono::hours(1));  // returns at once
  bell.awake();
  EXPECT_FALSE(readable(bell.fd()));
}

TEST(Doorbell, LeavesTheDescriptorAloneWhereNobodyRang) {
  Doorbell bell;
  const std::uint64_t stray = 1;  // not by ring(): only a read that nobody asked for would take it
  ASSERT_EQ(::write(bell.fd(), &stray, sizeof stray), ssize_t{sizeof stray});
  bell.awake();
  bell.doze();
  bell.awake();
  EXPECT_TRUE(readable(bell.fd()));
}

TEST(Doorbell, EmptiesWhatRangBeforeASecondDoze) {
  Doorbell bell;
  bell.doze();
  bell.ring();
  bell.doze();  // as an owner does that found work and went round without awake()
  bell.ring();
  bell.awake();
  EXPECT_FALSE(readable(bell.fd()));
}

TEST(Doorbell, LosesNoWorkBetweenTwoThreads) {
  constexpr int rounds = 20'000;
  Doorbell bell;
  std::atomic<int> published{0};
  auto worker = start_thread("ringer", [&] {
    for (int i = 1; i <= rounds; ++i) {
      published.store(i, std::memory_order_release);
      bell.ring();
    }
  });
  int seen = 0;
  while (seen < rounds) {
    bell.doze();
    const int now = published.load(std::memory_order_acquire);
    if (now == seen) {
      bell.wait(std::chrono::hours(1));  // only a ring ends it: a lost one hangs the test
    }
    bell.awake();
    seen = published.load(std::memory_order_acquire);
  }
  worker.join();
  EXPECT_EQ(seen, rounds);
  bell.awake();  // also what a ringer wrote after the owner had looked
  EXPECT_FALSE(readable(bell.fd()));
}

TEST(Thread, HasItsNameAndLeavesSignalsToTheFirstThread) {
  std::string name(16, '\0');
  bool blocked = false;
  start_thread("a-name-that-is-too-long", [&] {
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked = ::sigismember(&mask, SIGTERM) == 1;
  }).join();
  EXPECT_STREQ(name.c_str(), "a-name-that-is-");
  EXPECT_TRUE(blocked);
}

}  // namespace
}  // namespace muster
