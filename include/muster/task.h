// A task: one confirmed send to one user or group.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "muster/selector.h"

namespace muster {

enum class TaskState : std::uint8_t { running, paused, interrupted, completed, cancelled };

struct ReasonCount {
  std::string state;   // "failed"
  std::string reason;  // "BadDeviceToken"
  std::string words;   // "the device token is not valid for this environment"
  std::uint64_t count = 0;
};

struct Task {
  std::string id;
  TaskState state = TaskState::running;
  std::string state_reason;  // why it is paused, in one line; empty otherwise
  std::string target_name;
  Selector selector;
  std::uint64_t invitations = 0;
  std::uint64_t queued = 0;  // not tried yet, or on its way
  std::uint64_t deferred = 0;
  std::uint64_t in_doubt = 0;
  std::uint64_t sent = 0;  // shown, postponed and enrolled included
  std::uint64_t failed = 0;
  std::uint64_t unreachable = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t expired = 0;
  std::uint64_t superseded = 0;
  // Of a task that invites to Managed Distribution, as far as its devices reported.
  std::uint64_t shown = 0;           // devices that showed the invitation; those of `enrolled` too
  std::uint64_t postponed = 0;       // devices that put it off last
  std::uint64_t users = 0;           // who are meant; 0: the task is of another kind
  std::uint64_t users_enrolled = 0;  // of those
  std::uint64_t repeated = 0;        // sent again because the first attempt's fate was unknown
  std::vector<ReasonCount> reasons;  // of everything that did not arrive; most frequent first
  std::string by;                    // who pressed Send; empty: not recorded
  std::string created_at;            // ISO 8601, UTC
  std::string starts_at;             // empty: it began at once, or has begun
  std::string ended_at;              // empty while active
  // What limits the rate now, where this process sends it: as in Progress.
  std::string bound_by;

  [[nodiscard]] bool active() const {
    return state != TaskState::completed && state != TaskState::cancelled;
  }
};
[[nodiscard]] const char* name_of(TaskState state);

}  // namespace muster
