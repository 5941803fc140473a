// How far a running task is: cheap to ask, many times a second, from any thread.
#pragma once

#include <cstdint>
#include <string>

#include "muster/task.h"

namespace muster {

struct Progress {
  TaskState state = TaskState::running;
  std::string state_reason;
  std::uint64_t total = 0;
  std::uint64_t done = 0;  // durably at rest
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;     // failed, unreachable, expired, cancelled
  std::uint64_t deferred = 0;   // waiting for another attempt
  std::uint64_t in_flight = 0;  // written to a peer, not answered
  std::uint64_t unsettled = 0;  // answered, not durable
  double rate = 0;              // done a second, over the last seconds
  double seconds_left = 0;      // at that rate; 0: unknown
  double seconds = 0;           // since the send began
  // What limits the rate now: "pace", "streams", "window", "CPU", "peer"; empty: nothing known.
  std::string bound_by;
};

}  // namespace muster
