// Which tasks' invitations devices may still be shown: asked by who hands them out and by who
// wakes devices again.
#pragma once

#include "ledger/task.h"
#include "service/wording.h"

namespace muster::service {

// Not those of a task that a person or the machine has stopped. One that has ended goes on: its
// invitations are with Apple, and hold until they expire.
[[nodiscard]] inline bool may_be_shown(const ledger::TaskRow& row, WallTime now) {
  return (row.state == ledger::TaskState::running || row.state == ledger::TaskState::completed) &&
         row.layout.devices != 0 && now.seconds() < row.expiration_s && is_managed(row.selector);
}

}  // namespace muster::service
