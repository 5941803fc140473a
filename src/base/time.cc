#include "base/time.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
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

Duration SystemClock::thread_busy() const {
  // "<ns on a core> <ns waiting for one> <turns>", where the kernel counts that
  // (CONFIG_SCHED_INFO).
  if (const int file = ::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC); file >= 0) {
    std::array<char, 64> text{};
    const auto size = ::read(file, text.data(), text.size());
    ::close(file);
    std::int64_t on_core = 0;
    std::int64_t waiting = 0;
    const char* const end = text.data() + std::max<ssize_t>(size, 0);
    const auto first = std::from_chars(text.data(), end, on_core);
    if (first.ec == std::errc{} && first.ptr != end &&
        std::from_chars(first.ptr + 1, end, waiting).ec == std::errc{}) {
      return Duration{on_core + waiting};
    }
  }
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
