#include "console/login_throttle.h"

#include <gtest/gtest.h>

#include "model/limits.h"

namespace muster::console {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1'000'000'000};

TEST(LoginThrottle, DoublesTheWaitOfAnAccountUpToAMinute) {
  LoginThrottle throttle;
  Instant now = start;
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(throttle.admit("mia", "", now), 0s) << i;
  }
  for (const auto wait : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    EXPECT_EQ(throttle.admit("mia", "", now), wait);
    now = now + wait;
    ASSERT_EQ(throttle.admit("mia", "", now), 0s);
  }
  EXPECT_EQ(throttle.admit("noah", "", now), 0s);
}

TEST(LoginThrottle, CountsAnAddressWhateverTheAccount) {
  LoginThrottle throttle;
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(throttle.admit("user" + std::to_string(i), "192.0.2.1", start), 0s) << i;
  }
  EXPECT_EQ(throttle.admit("mia", "192.0.2.1", start), 1s);
  EXPECT_EQ(throttle.admit("mia", "192.0.2.2", start), 0s);
}

TEST(LoginThrottle, ForgetsAnAccountsFailuresWhenItSucceeds) {
  LoginThrottle throttle;
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(throttle.admit("mia", "192.0.2.1", start), 0s);
  }
  throttle.succeeded("mia", "192.0.2.1");
  EXPECT_EQ(throttle.admit("mia", "192.0.2.1", start), 0s);
}

// One's own password between two guesses at others' gains nothing.
TEST(LoginThrottle, DoesNotForgetAnAddressForOneSuccess) {
  LoginThrottle throttle;
  Duration wait{};
  for (int i = 0; i < 25 && wait == 0s; ++i) {
    wait = throttle.admit("victim" + std::to_string(i), "192.0.2.1", start);
    if (wait == 0s) {
      wait = throttle.admit("own", "192.0.2.1", start);
      throttle.succeeded("own", "192.0.2.1");
    }
  }
  EXPECT_GT(wait, 0s);
}

TEST(LoginThrottle, ForgetsAfterAnHour) {
  LoginThrottle throttle;
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(throttle.admit("mia", "", start), 0s);
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(throttle.admit("mia", "", start + 1h), 0s) << i;
  }
  EXPECT_EQ(throttle.admit("mia", "", start + 1h), 1s);
}

TEST(LoginThrottle, RemembersTheOneThatIsGuessedAtAmongThousandsOfMadeUpNames) {
  LoginThrottle throttle;
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(throttle.admit("mia", "", start), 0s);
  }
  for (std::size_t i = 0; i < limits::login_trials_max + 10; ++i) {
    ASSERT_EQ(throttle.admit("made" + std::to_string(i), "", start), 0s);
  }
  EXPECT_EQ(throttle.admit("mia", "", start), 1s);
}

TEST(LoginThrottle, TakesAnIpv6NetworkForOneAddress) {
  EXPECT_EQ(network_of("2001:db8::1"), network_of("2001:db8::ffff:1"));
  EXPECT_NE(network_of("2001:db8::1"), network_of("2001:db8:0:1::1"));
  EXPECT_EQ(network_of("192.0.2.1"), "192.0.2.1");
  EXPECT_NE(network_of("::ffff:192.0.2.1"), network_of("::ffff:192.0.2.2"));
  EXPECT_EQ(network_of(""), "");
}

}  // namespace
}  // namespace muster::console
