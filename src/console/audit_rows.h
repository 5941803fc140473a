// Rows of the audit log: made clean, sealed and appended. Private to this room.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "console/audit.h"
#include "store/account_store.h"

namespace muster::console {

// SHA-256 over the seal of the row before (zeros before the first), and over number, time and texts
// of this one, each text behind its length.
[[nodiscard]] store::SecretDigest seal_of(const store::SecretDigest& before,
                                          const store::AuditRow& row);

// Inside a transaction of the caller's.
[[nodiscard]] Result<void> append_row(store::AccountStore& store, WallTime now, const Actor& actor,
                                      const Deed& deed);

}  // namespace muster::console
