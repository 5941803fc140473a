// How long answers took of late, for the small chart of the page.
//
// The dispatcher counts since its process began; what changed since a look some seconds ago is of
// late. Nobody need look: after a pause the first look says nothing, and the next one does.
#pragma once

#include <deque>
#include <mutex>
#include <optional>

#include "base/time.h"
#include "muster/metrics.h"

namespace muster::console {

// So many of all (0 < share < 1) took at most so long, in seconds: told from the counts, evenly
// spread within each. Of longer ones than all bounds the last bound is all that is known.
[[nodiscard]] double quantile(const Times& times, double share);

// Any thread.
class RecentTimes {
 public:
  struct Look {
    double p50_ms = 0;
    double p99_ms = 0;
  };
  // `until_now`: counted since the beginning. Nothing where nobody looked in the last seconds, or
  // nothing was answered since.
  [[nodiscard]] std::optional<Look> look(Instant now, const Times& until_now);

 private:
  struct Kept {
    Instant at;
    Times times;
  };
  std::mutex mutex_;       // guards what follows
  std::deque<Kept> kept_;  // oldest first, one a second, of the last seconds
};

}  // namespace muster::console
