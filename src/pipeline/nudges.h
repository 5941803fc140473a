// Waking devices again: pushes beside every task, of which the ledger hears nothing.
//
// A device that was woken for an invitation and did not come for its command is woken again, maybe
// after its task has ended. The invitation stays what it is (sent): what is to be known of the new
// push is only whether it went out. So nudges come in batches, each with a place of its own beside
// the open tasks, are filled into slots as jobs are, go through the same queues, sessions and pace,
// and come home to the expander instead of to the ledger. Whoever asked is given back what did not
// go: what was stopped, or refused for the time being.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/job.h"

namespace muster::pipeline {

struct Nudge {
  DeviceNumber device = 0;
  InvitationNumber invitation = 0;
  std::uint32_t generation = 0;  // of its apns-id
};

// Of one task.
struct NudgeBatch {
  TaskId id;
  IdPrefix push_prefix{};
  std::int64_t expiration_s = 0;
  bool asks_clearance = false;
  std::vector<std::uint16_t> credential_of_topic;  // 0xffff: not to be woken
  std::vector<Nudge> nudges;                       // at most limits::nudges_per_batch_max
};

// What a batch came to.
struct NudgesDone {
  TaskId id;
  std::uint64_t went = 0;
  std::vector<Nudge> undone;  // may be tried again later
};

// One that left the shards.
struct NudgeHome {
  enum class How : std::uint8_t { went, undone, dead_token };
  Slot slot = 0;
  How how = How::went;
  std::int64_t timestamp_ms = 0;  // of dead_token
};

// A batch on its way to the expander, under the place it was given.
struct PlacedNudges {
  TaskIndex index = 0;
  std::vector<Nudge> nudges;
};

}  // namespace muster::pipeline
