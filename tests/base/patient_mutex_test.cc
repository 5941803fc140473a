#include "base/patient_mutex.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>

namespace muster {
namespace {

TEST(PatientMutex, LetsOneInAtATime) {
  PatientMutex mutex;
  std::uint64_t count = 0;
  const auto work = [&] {
    for (int i = 0; i < 10'000; ++i) {
      const std::lock_guard guard(mutex);
      ++count;
    }
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(count, 20'000U);
}

TEST(PatientMutex, IsNotHadWhileAnotherHoldsIt) {
  PatientMutex mutex;
  const std::lock_guard guard(mutex);
  std::thread([&] {
    const std::unique_lock asked(mutex, std::chrono::milliseconds(1));
    EXPECT_FALSE(asked.owns_lock());
  }).join();
}

TEST(PatientMutex, IsHadOnceTheOtherLetsGo) {
  PatientMutex mutex;
  std::unique_lock held(mutex);
  std::thread other([&] {
    const std::unique_lock asked(mutex, std::chrono::hours(1));
    EXPECT_TRUE(asked.owns_lock());
  });
  held.unlock();
  other.join();
}

}  // namespace
}  // namespace muster
