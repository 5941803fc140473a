// When a device is woken again for an invitation that it did not come for.
//
// Nothing of it is stored: the n-th wake stands at n periods after the last thing that is known of
// the invitation (it was sent, its command was handed out, the device put it off), each moved by up
// to a fifth of a period that follows from the invitation and n. So the schedule is the same in
// every process; what of it is done already says one time, kept for all invitations together
// (service/waking.h).
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "mdm/command.h"
#include "model/id.h"

namespace muster::service {

// What is known of an invitation that was sent.
struct WakeFacts {
  InvitationNumber invitation = 0;
  WallTime sent_at;
  std::uint32_t handed = 0;  // how often its command was handed out
  WallTime handed_at;        // last
  std::uint32_t not_now = 0;
  mdm::CommandResult result = mdm::CommandResult::none;
  WallTime result_at;
};

struct WakePlan {
  Duration wake_again{};
  Duration not_now_again{};
};

struct Wake {
  WallTime at;
  std::uint32_t generation = 0;  // of its apns-id; no job has one like it
};

// The earliest wake that lies behind `after`; nothing: there will be none, because the device has
// answered, the invitation expires before, or it was woken limits::wakes_again_max times.
[[nodiscard]] std::optional<Wake> next_wake(const WakeFacts& facts, const WakePlan& plan,
                                            const TaskId& task, WallTime after, WallTime expires);
// How long nothing of the kind can be due after anything was heard of an invitation.
[[nodiscard]] Duration earliest_after(Duration period);

}  // namespace muster::service
