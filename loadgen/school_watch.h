// How far a rehearsal has come, from the simulators' journals while they are written: how many
// registered, woken, handed, shown, accepted, since when, and when last something happened.
//
// Pure. A device counts once a stage, whatever it was told again. News is what devices and people
// do: a device that never answers may be woken for days, and Apps and Books is asked as long as
// anybody may accept.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/time.h"

namespace muster::loadgen {

enum class SchoolStage : std::uint8_t {
  enrolled,    // devices, with the MDM server
  registered,  // users, with Apps and Books
  associated,  // of those, by their Managed Apple Account: nothing is sent to them
  woken,       // devices
  handed,      // devices, their command
  shown,       // devices
  accepted,    // users
};
inline constexpr std::size_t school_stages_count = 7;
[[nodiscard]] std::string_view name_of(SchoolStage stage);

class SchoolWatch {
 public:
  struct Reached {
    std::uint64_t count = 0;
    WallTime first;
    WallTime last;
  };

  // The journal of the fleet has the time since boot; `now` and `wall` are one moment.
  SchoolWatch(Instant now, WallTime wall)
      : wall_at_boot_ms_(wall.milliseconds - now.nanoseconds / 1'000'000) {}

  // A line of either journal; others are left out.
  void hear(std::string_view line);
  [[nodiscard]] const Reached& reached(SchoolStage stage) const {
    return reached_[static_cast<std::size_t>(stage)];
  }
  // Facts so far that were news.
  [[nodiscard]] std::uint64_t news() const { return news_; }

 private:
  void count(SchoolStage stage, const std::string& who, WallTime at);

  std::int64_t wall_at_boot_ms_;
  std::array<Reached, school_stages_count> reached_{};
  std::array<std::unordered_set<std::string>, school_stages_count> who_;
  std::uint64_t news_ = 0;
};

// What to_text(WallTime) writes, back again; the beginning of time for anything else.
[[nodiscard]] WallTime wall_time_of(std::string_view text);

}  // namespace muster::loadgen
