// What an Apps and Books simulator is told at its start, and the limits that it may change later.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace muster::loadgen {

// service/config's `limits`: dynamic, so that a fault may change them (books_faults.h).
class BooksLimits {
 public:
  using Limit = std::pair<std::string_view, std::uint64_t>;

  // nullptr: there is no limit of that name.
  [[nodiscard]] const Limit* find(std::string_view name) const {
    const auto found = std::ranges::find(limits_, name, &Limit::first);
    return found == limits_.end() ? nullptr : &*found;
  }
  // Of a name that exists.
  [[nodiscard]] std::uint64_t of(std::string_view name) const { return find(name)->second; }
  void set(std::string_view name, std::uint64_t value) {
    std::ranges::find(limits_, name, &Limit::first)->second = value;
  }
  [[nodiscard]] const auto& all() const { return limits_; }

 private:
  // Apple's values; maxRequestPerSecond is told and kept once it is not 0.
  std::array<Limit, 13> limits_{{{"maxAssets", 25},
                                 {"maxClientUserIds", 1000},
                                 {"maxMdmIdLength", 100},
                                 {"maxMdmMetadataLength", 255},
                                 {"maxMdmNameLength", 100},
                                 {"maxNotificationLength", 512},
                                 {"maxRequestPerSecond", 0},
                                 {"maxRevokeClientUserIds", 100},
                                 {"maxRevokeSerialNumbers", 100},
                                 {"maxSerialNumbers", 1000},
                                 {"maxSubscriptionClientUserIds", 1000},
                                 {"maxSubscriptions", 25},
                                 {"maxUsers", 100}}};
};

struct BooksRules {
  std::string organisation = "Example School";
  std::vector<std::string> domains;  // of its Managed Apple Accounts, in lower case
  BooksLimits limits;
  std::uint32_t page_size = 500;                              // users a page or batch
  Duration event_delay = std::chrono::milliseconds(200);      // from a request to its COMPLETE
  Duration notification_retry = std::chrono::seconds(60);     // twice, then it is given up
  Duration service_config_every = std::chrono::seconds(300);  // Apple's five minutes
  Duration service_config_tolerance = std::chrono::seconds(60);
  Duration session_pause = std::chrono::hours(1);  // a longer silence begins a new session
  std::uint32_t lists_max = 5;                     // list requests at once
  std::uint64_t seed = 1;
  // The instant and the hour of the start: what tells the time of day afterwards, and keeps the ids
  // of one run from being those of the next.
  Instant started;
  WallTime started_wall;
  Duration token_lifetime = std::chrono::hours(24 * 365);

  [[nodiscard]] WallTime wall(Instant now) const {
    return {started_wall.milliseconds + (now - started).count() / 1'000'000};
  }
};

}  // namespace muster::loadgen
