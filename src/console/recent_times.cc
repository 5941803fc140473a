#include "console/recent_times.h"

#include <chrono>
#include <numeric>

namespace muster::console {
namespace {

constexpr Duration span = std::chrono::seconds(10);
constexpr Duration kept_every = std::chrono::seconds(1);

std::uint64_t count_of(const Times& times) {
  return std::accumulate(times.counts.begin(), times.counts.end(), std::uint64_t{0});
}

Times difference(const Times& until_now, const Times& before) {
  Times since;
  for (std::size_t i = 0; i < since.counts.size(); ++i) {
    since.counts[i] = until_now.counts[i] - before.counts[i];
  }
  since.seconds = until_now.seconds - before.seconds;
  return since;
}

}  // namespace

double quantile(const Times& times, double share) {
  const double wanted = share * static_cast<double>(count_of(times));
  double below = 0;
  for (std::size_t i = 0; i < Times::bounds; ++i) {
    const auto count = static_cast<double>(times.counts[i]);
    if (count != 0 && below + count >= wanted) {
      const double from = i == 0 ? 0 : Times::bound(i - 1);
      return from + (Times::bound(i) - from) * (wanted - below) / count;
    }
    below += count;
  }
  return Times::bound(Times::bounds - 1);
}

std::optional<RecentTimes::Look> RecentTimes::look(Instant now, const Times& until_now) {
  const std::lock_guard guard(mutex_);
  while (!kept_.empty() && now - kept_.front().at > span) {
    kept_.pop_front();
  }
  const auto since = kept_.empty() ? Times{} : difference(until_now, kept_.front().times);
  if (kept_.empty() || now - kept_.back().at >= kept_every) {
    kept_.push_back({now, until_now});
  }
  if (count_of(since) == 0) {
    return std::nullopt;
  }
  constexpr double ms = 1000;
  return Look{ms * quantile(since, 0.5), ms * quantile(since, 0.99)};
}

}  // namespace muster::console
