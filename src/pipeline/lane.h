// A lane: a pool of connections and the jobs that it is to carry. Belongs to a shard.
#pragma once

#include <memory>
#include <vector>

#include "model/id.h"
#include "pipeline/crossings.h"
#include "pipeline/pool.h"

namespace muster::pipeline {

struct Lane {
  std::unique_ptr<Pool> pool;
  // What comes for it; nullptr: a site's, whose letters the shard sorts into `again`.
  Queue<Slot>* queue = nullptr;
  std::vector<Slot> again;  // taken, to be written as soon as there is room; oldest first

  [[nodiscard]] std::size_t queued() const { return queue == nullptr ? 0 : queue->size_approx(); }
  [[nodiscard]] bool waiting() const { return !again.empty() || queued() != 0; }
};

}  // namespace muster::pipeline
