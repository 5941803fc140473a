// The slab of jobs, one a slot.
//
// Sixteen MiB of address space at most, of which only the slots that are really used become memory:
// the expander fills the lowest free slots first, and calloc's pages are not touched before. Owned
// by Crossings; who may touch which job says pipeline/crossings.h.
#pragma once

#include <cstdlib>
#include <memory>
#include <type_traits>

#include "base/assert.h"
#include "model/job.h"
#include "model/limits.h"

namespace muster::pipeline {

class Slab {
 public:
  Slab() : jobs_(static_cast<Job*>(std::calloc(limits::slots_max, sizeof(Job)))) {
    MUSTER_ASSERT(jobs_ != nullptr);
  }
  [[nodiscard]] Job& operator[](Slot slot) {
    MUSTER_ASSERT(slot < limits::slots_max);
    return jobs_.get()[slot];
  }
  [[nodiscard]] const Job& operator[](Slot slot) const {
    MUSTER_ASSERT(slot < limits::slots_max);
    return jobs_.get()[slot];
  }
  // Asks for a job's head, which is what an answer needs, before it is looked at.
  void prefetch(Slot slot) const { __builtin_prefetch(&jobs_.get()[slot], 1); }

 private:
  // All-zero bytes are a Job as its initializers make it (a language of 0, nothing in doubt), and
  // calloc begins the lifetime of such implicit-lifetime objects.
  static_assert(std::is_aggregate_v<Job> && std::is_trivially_destructible_v<Job>);
  struct Free {
    void operator()(Job* jobs) const { std::free(jobs); }
  };
  std::unique_ptr<Job, Free> jobs_;
};

}  // namespace muster::pipeline
