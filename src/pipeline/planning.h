// Measures a pool over stretches of time, and plans how many connections it wants (plan.h).
//
// Belongs to a pool.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "pipeline/plan.h"
#include "pipeline/pool.h"

namespace muster::pipeline {

class Planning {
 public:
  explicit Planning(std::uint32_t connections_max) : connections_max_(connections_max) {}

  // Before the drawing: how it stands, and what a plan says where a stretch is over. `room`: how
  // many jobs could be written now.
  void look(Instant now, const Pool::Load& load, const Pool::Standing& standing,
            std::uint32_t room);
  // As Pool::note_drawn(); `standing` as it is then.
  void note_drawn(std::uint64_t waiting, const Pool::Standing& standing, std::uint32_t room);
  // As Pool::note_answers().
  void note_answers(std::uint64_t count, Duration quickest);

  [[nodiscard]] const Plan& plan() const { return plan_; }
  // Jobs wait and there is no place, as of the last look or drawing.
  [[nodiscard]] bool full() const { return was_full_; }

 private:
  // What the plan is made of, over one stretch of time.
  struct Stretch {
    Instant since{};
    Duration full{0};  // so long jobs waited and there was no place
    std::uint64_t answers = 0;
  };

  void note_standing(std::uint64_t waiting, const Pool::Standing& standing, std::uint32_t room);
  void make_plan(Instant now, const Pool::Load& load, const Pool::Standing& standing);

  std::uint32_t connections_max_;
  Plan plan_;
  Stretch stretch_;
  Instant looked_at_{};
  bool was_full_ = false;
  std::uint64_t waiting_when_full_ = 0;
  std::uint64_t in_flight_when_full_ = 0;
  std::int64_t window_widest_ = 0;
  // The quickest answers of this period and of the one before.
  Duration quickest_{Duration::max()};
  Duration quickest_before_{Duration::max()};
  Instant quickest_since_{};
};

}  // namespace muster::pipeline
