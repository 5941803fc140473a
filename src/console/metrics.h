// /metrics: what the dispatcher and the console can be measured by, in Prometheus' text.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "muster/metrics.h"

namespace muster::console {

// The console's own.
struct ConsoleCounts {
  std::array<std::uint64_t, 6> answers{};  // by hundreds of the status
  std::uint64_t listeners = 0;             // of events
  std::uint64_t exports = 0;               // under way
};

[[nodiscard]] std::string metrics_text(const Metrics& metrics, const ConsoleCounts& counts);

}  // namespace muster::console
