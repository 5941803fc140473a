// Time, as an argument.
//
// Only a reactor (once a turn) and the outermost loops ask a Clock; everybody else is told `now`.
// Instants come from CLOCK_BOOTTIME, so that a suspended laptop wakes to overdue deadlines rather
// than to frozen ones. WallTime is seconds since 1970, for what leaves the process
// (apns-expiration, iat, updated_at).
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

namespace muster {

using Duration = std::chrono::nanoseconds;

struct Instant {
  std::int64_t nanoseconds = 0;  // since boot; meaningless outside this process

  static constexpr Instant never() { return Instant{std::numeric_limits<std::int64_t>::max()}; }
  friend auto operator<=>(const Instant&, const Instant&) = default;
  friend Instant operator+(Instant at, Duration by) {
    return at == never() ? at : Instant{at.nanoseconds + by.count()};
  }
  friend Instant operator-(Instant at, Duration by) { return Instant{at.nanoseconds - by.count()}; }
  friend Duration operator-(Instant later, Instant earlier) {
    return Duration{later.nanoseconds - earlier.nanoseconds};
  }
};

struct WallTime {
  std::int64_t milliseconds = 0;  // since 1970-01-01T00:00:00Z
  [[nodiscard]] std::int64_t seconds() const { return milliseconds / 1000; }
  friend auto operator<=>(const WallTime&, const WallTime&) = default;
};
// "2026-11-22T23:08:00.000Z"
[[nodiscard]] std::string to_text(WallTime at);

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
  [[nodiscard]] virtual WallTime wall() const = 0;
  // How long the calling thread has worked so far, or could have, had a core been free: tells a
  // thread that is busy from one that waits for others.
  [[nodiscard]] virtual Duration thread_busy() const { return Duration::zero(); }
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] WallTime wall() const override;
  [[nodiscard]] Duration thread_busy() const override;
};

// A clock that a test turns by hand; both faces move together.
class FakeClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return wall_; }
  void turn(Duration by) {
    now_ = now_ + by;
    wall_.milliseconds = wall_at_start + now_.nanoseconds / 1'000'000;
  }
  void turn_to(Instant at) { turn(at - now_); }

 private:
  static constexpr std::int64_t wall_at_start = 1'700'000'000'000;
  Instant now_{0};
  WallTime wall_{wall_at_start};
};

}  // namespace muster
