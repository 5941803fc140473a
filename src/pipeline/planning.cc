#include "pipeline/planning.h"

#include <algorithm>

namespace muster::pipeline {
namespace {

// A plan is made of so much time, and of so many round trips: answers come in bursts.
constexpr Duration stretch_least = std::chrono::milliseconds(50);
constexpr int stretch_round_trips = 3;
constexpr double full_share = 0.5;                             // of a stretch that counts as full
constexpr Duration quickest_period = std::chrono::seconds(5);  // paths change

}  // namespace

// How long there was work and no place for it, from look to look.
void Planning::look(Instant now, const Pool::Load& load, const Pool::Standing& standing,
                    std::uint32_t room) {
  if (was_full_) {
    stretch_.full += now - looked_at_;
  }
  looked_at_ = now;
  note_standing(load.waiting, standing, room);
  make_plan(now, load, standing);
}

void Planning::note_standing(std::uint64_t waiting, const Pool::Standing& standing,
                             std::uint32_t room) {
  was_full_ = waiting != 0 && room == 0;
  if (was_full_) {
    waiting_when_full_ = waiting;
    in_flight_when_full_ = standing.in_flight;
  }
}

void Planning::note_drawn(std::uint64_t waiting, const Pool::Standing& standing,
                          std::uint32_t room) {
  if (!was_full_) {
    note_standing(waiting, standing, room);
  }
}

void Planning::make_plan(Instant now, const Pool::Load& load, const Pool::Standing& standing) {
  // The widest window was seen when nothing was on its way.
  window_widest_ = std::max(window_widest_, standing.window_bytes);
  const auto quickest = std::min(quickest_, quickest_before_);
  const bool known = quickest != Duration::max();
  const Duration lasted = now - stretch_.since;
  if (standing.open != 0 && lasted < stretch_least) {
    return;
  }
  if (standing.open != 0 && known && lasted < stretch_round_trips * quickest) {
    return;
  }
  Measured measured;
  measured.connections = standing.open;
  measured.connections_max = connections_max_;
  measured.streams = standing.streams;
  measured.window_bytes = window_widest_;
  measured.body_bytes = load.body_bytes;
  measured.full = static_cast<double>(stretch_.full.count()) >=
                  full_share * static_cast<double>(lasted.count());
  // Between two bursts of answers everything looks empty: what counts is how it is when full.
  measured.in_flight = measured.full ? in_flight_when_full_ : standing.in_flight;
  measured.waiting = measured.full ? waiting_when_full_ : load.waiting;
  measured.rate = static_cast<double>(stretch_.answers) * 1e9 /
                  static_cast<double>(std::max<std::int64_t>(1, lasted.count()));
  measured.round_trip = known ? quickest : Duration{0};
  measured.busy = load.busy;
  plan_ = pipeline::plan(measured);
  stretch_ = Stretch{now, Duration{0}, 0};
  if (now - quickest_since_ >= quickest_period) {
    quickest_before_ = quickest_;
    quickest_ = Duration::max();
    quickest_since_ = now;
  }
}

void Planning::note_answers(std::uint64_t count, Duration quickest) {
  stretch_.answers += count;
  quickest_ = std::min(quickest_, quickest);
}

}  // namespace muster::pipeline
