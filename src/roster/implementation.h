// What stands behind Roster, for its .cc files: the store, and commits that are whole or nothing.
#pragma once

#include "base/result.h"
#include "roster/roster.h"
#include "store/roster_store.h"

namespace muster::roster {

struct Roster::Implementation {
  store::RosterStore store;
};

// Runs `write` as one commit, or not at all.
template <class Write>
Result<void> in_one_commit(store::RosterStore& store, Write write) {
  if (auto begun = store.begin(); !begun) {
    return begun;
  }
  if (Result<void> written = write(); !written) {
    store.rollback();
    return written;
  }
  return store.commit();
}

}  // namespace muster::roster
