// Which fallbacks to wake: mail for users whose last device invitation of a task has failed.
//
// The ledger says which device invitations ended without arriving; here their users are found, and
// of each user all device invitations of the task. Only if every one of them ended without arriving
// is his mailbox woken. Asking again is harmless: a woken fallback stays awake.
#pragma once

#include <vector>

#include "base/number_set.h"
#include "ledger/reader.h"
#include "model/layout.h"
#include "pipeline/block_cache.h"
#include "roster/roster.h"

namespace muster::service {

// The frozen sets of one task.
struct Frozen {
  TaskId id;
  Layout layout;
  const NumberSet& devices;
  const NumberSet& fallbacks;
};

// The sleeping fallbacks of these ended device invitations, ascending, each once. What the ledger
// has not made durable is not seen, so a user whose devices fail in different commits is found with
// the last of them.
[[nodiscard]] Result<std::vector<InvitationNumber>> fallbacks_to_wake(
    const Frozen& task, const std::vector<InvitationNumber>& ended, ledger::LedgerReader& ledger,
    pipeline::BlockCache& blocks);

}  // namespace muster::service
