#include "base/time.h"

#include <fmt/format.h>

#include <ctime>

namespace muster {

Instant SystemClock::now() const {
  timespec at{};
  ::clock_gettime(CLOCK_BOOTTIME, &at);
  return Instant{at.tv_sec * std::int64_t{1'000'000'000} + at.tv_nsec};
}

WallTime SystemClock::wall() const {
  timespec at{};
  ::clock_gettime(CLOCK_REALTIME, &at);
  return WallTime{at.tv_sec * std::int64_t{1'000} + at.tv_nsec / 1'000'000};
}

Duration SystemClock::thread_cpu() const {
  timespec at{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return Duration{at.tv_sec * std::int64_t{1'000'000'000} + at.tv_nsec};
}

std::string to_text(WallTime at) {
  const std::time_t seconds = at.milliseconds / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     at.milliseconds % 1000);
}

}  // namespace muster
