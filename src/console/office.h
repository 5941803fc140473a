// What the routes work with: one for the life of a console. Everything in it may be used from any
// thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "console/accounts.h"
#include "console/audit.h"
#include "console/bounds.h"
#include "console/events.h"
#include "console/metrics.h"
#include "console/recent_times.h"
#include "console/uploads.h"
#include "console/visitor.h"
#include "console/workers.h"
#include "json/writer.h"
#include "muster/dispatcher.h"

namespace muster::console {

struct Office {
  Dispatcher& dispatcher;
  const Settings settings;
  const Clock& clock;
  const bool serves = true;  // false: as long as a command sends
  std::unique_ptr<Accounts> accounts = {};
  std::unique_ptr<Audit> audit = {};
  std::unique_ptr<Reception> reception = {};
  std::unique_ptr<Events> events = {};
  std::unique_ptr<Uploads> uploads = {};
  // Where exports go on; outlives the office in whoever still holds it.
  std::shared_ptr<Lane> slow = {};
  std::shared_ptr<std::atomic<std::uint32_t>> exports_open =
      std::make_shared<std::atomic<std::uint32_t>>(0);
  std::uint32_t exports_max = limits::exports_max;
  std::atomic<bool> ready{false};
  RecentTimes answer_times = {};

  // How many requests were answered so, by hundreds of the status; relaxed: counts alone.
  std::array<std::atomic<std::uint64_t>, 6> answers{};

  [[nodiscard]] ConsoleCounts counts();
  // Into the audit log: what the visitor has done. Trouble is logged; what was done stays done.
  void record(const Visitor& visitor, const std::string& action, const std::string& target,
              const std::string& detail = {});
};

// {"name":"value"}: the detail of one thing.
[[nodiscard]] std::string detail_of(std::string_view name, std::string_view value);

}  // namespace muster::console
