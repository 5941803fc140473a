#include "service/wake_plan.h"

#include <algorithm>

#include "model/limits.h"

namespace muster::service {
namespace {

constexpr double jitter_share = 0.2;
// Jobs count their generations from 0.
constexpr std::uint32_t first_generation = 1U << 31;
constexpr std::uint32_t number_bits = 8;
static_assert(limits::wakes_again_max < 1U << number_bits);

struct Silence {
  WallTime since;
  Duration period{};
};

std::int64_t milliseconds_of(Duration duration) {
  return std::max<std::int64_t>(
      1, std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

Silence silence_of(const WakeFacts& facts, const WakePlan& plan) {
  if (facts.result == mdm::CommandResult::postponed) {
    const bool soon = facts.not_now <= limits::not_now_soon_max;
    return {facts.result_at, soon ? plan.not_now_again : plan.wake_again};
  }
  return {facts.handed == 0 ? facts.sent_at : facts.handed_at, plan.wake_again};
}

// −0.2 … 0.2, as it comes out of the invitation and the wake's number: splitmix64's finish.
double jitter_of(const TaskId& task, InvitationNumber invitation, std::uint64_t number) {
  std::uint64_t seed = (std::uint64_t{invitation} << 32) ^ number;
  for (const Byte byte : task.bytes) {
    seed = (seed ^ byte) * 0x9E3779B97F4A7C15ULL;
    seed ^= seed >> 29;
  }
  seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9ULL;
  seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EBULL;
  seed ^= seed >> 31;
  const double unit = static_cast<double>(seed >> 11) * 0x1.0p-52 - 1.0;
  return jitter_share * unit;
}

}  // namespace

std::optional<Wake> next_wake(const WakeFacts& facts, const WakePlan& plan, const TaskId& task,
                              WallTime after, WallTime expires) {
  const bool answered =
      facts.result == mdm::CommandResult::shown || facts.result == mdm::CommandResult::refused;
  const auto silence = silence_of(facts, plan);
  if (answered || silence.since.milliseconds == 0) {
    return std::nullopt;
  }
  const auto period = milliseconds_of(silence.period);
  const auto elapsed = std::max<std::int64_t>(0, after.milliseconds - silence.since.milliseconds);
  // Jitter moves a wake by less than half a period: it is one of these, or the next.
  auto number = static_cast<std::uint64_t>(std::max<std::int64_t>(1, elapsed / period));
  for (;; ++number) {
    if (number + facts.handed > limits::wakes_again_max) {
      return std::nullopt;
    }
    const auto whole = static_cast<std::int64_t>(number) * period;
    const auto moved = static_cast<std::int64_t>(static_cast<double>(period) *
                                                 jitter_of(task, facts.invitation, number));
    const WallTime at{silence.since.milliseconds + whole + moved};
    if (at >= expires) {
      return std::nullopt;
    }
    if (at > after) {
      return Wake{
          at, first_generation | facts.handed << number_bits | static_cast<std::uint32_t>(number)};
    }
  }
}

Duration earliest_after(Duration period) {
  return Duration{
      static_cast<std::int64_t>(static_cast<double>(period.count()) * (1 - jitter_share))};
}

}  // namespace muster::service
