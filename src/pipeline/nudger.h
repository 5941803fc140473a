// The expander's part for nudges: fills slots for them, takes them home, tells who asked.
//
// Lives on the expander's thread. Of all slots it has limits::nudges_out_max at most, so that no
// task waits for it; who is not to be woken any more (no token, enrolled, nobody's) counts as done.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "pipeline/block_cache.h"
#include "pipeline/clearance.h"
#include "pipeline/crossings.h"
#include "pipeline/pace.h"

namespace muster::pipeline {

class Nudger {
 public:
  // `clearances` outlives it; null: no batch asks.
  Nudger(Crossings& crossings, BlockCache& blocks, const Clearances* clearances)
      : crossings_(crossings), blocks_(blocks), clearances_(clearances) {}

  // What the expander shares for a turn: its free slots, the pace of wakes, and its batches by
  // credential.
  struct Turn {
    Instant now{};
    WallTime wall{};
    std::vector<Slot>* free = nullptr;
    Pace* wakes = nullptr;
    std::vector<std::vector<Slot>>* batches = nullptr;
  };
  // Slots of those that came home are free again. Before issue().
  void take_home(std::vector<Slot>& free);
  // True: more can be issued at once.
  bool issue(const Turn& turn);
  // When the pace lets the next one through; never: none waits for it.
  [[nodiscard]] Instant next() const { return next_; }

 private:
  struct Work {
    TaskIndex index = 0;
    std::vector<Nudge> nudges;
    std::size_t cursor = 0;  // next to issue
    std::uint64_t out = 0;   // on their way
    NudgesDone done;
  };
  void take_batches();
  // False: it is not to be woken.
  bool start(Work& work, const Turn& turn);
  void finish();

  Crossings& crossings_;
  BlockCache& blocks_;
  const Clearances* clearances_;
  std::vector<Work> works_;
  std::uint64_t out_ = 0;
  Instant next_ = Instant::never();
};

}  // namespace muster::pipeline
