// The slab of jobs, one a slot.
//
// Sixteen MiB of address space at most, of which only the slots that are really used become memory:
// the expander fills the lowest free slots first, and mapped pages are not touched before. Owned
// by Crossings; who may touch which job says pipeline/crossings.h.
#pragma once

#include <sys/mman.h>

#include <memory>
#include <type_traits>

#include "base/assert.h"
#include "model/job.h"
#include "model/limits.h"

namespace muster::pipeline {

class Slab {
 public:
  Slab() {
    void* const mapped =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUSTER_ASSERT(mapped != MAP_FAILED);
    jobs_.reset(static_cast<Job*>(mapped));
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
  // … and for what is sent as well: the usual job's two lines.
  void prefetch_all(Slot slot) const {
    prefetch(slot);
    __builtin_prefetch(reinterpret_cast<const Byte*>(&jobs_.get()[slot]) + 64);
  }

 private:
  // All-zero bytes are a Job as its initializers make it (a language of 0, nothing in doubt), and
  // a mapping holds such implicit-lifetime objects from the start. Its pages are aligned, as a job
  // that is laid out for cache lines wants it.
  static_assert(std::is_aggregate_v<Job> && std::is_trivially_destructible_v<Job>);
  static constexpr std::size_t bytes = limits::slots_max * sizeof(Job);
  struct Unmap {
    void operator()(Job* jobs) const { ::munmap(jobs, bytes); }
  };
  std::unique_ptr<Job, Unmap> jobs_;
};

}  // namespace muster::pipeline
