// What stands behind RosterReader, for its .cc files: the store, and one snapshot a call.
#pragma once

#include "base/result.h"
#include "roster/roster.h"
#include "store/roster_store.h"

namespace muster::roster {

struct RosterReader::Implementation {
  store::RosterStore store;
};

// Runs `read` on one snapshot.
template <class Value, class Read>
Result<Value> in_snapshot(store::RosterStore& store, Read read) {
  if (auto begun = store.begin(); !begun) {
    return tl::unexpected(begun.error());
  }
  Result<Value> value = read();
  store.rollback();  // nothing was written
  return value;
}

}  // namespace muster::roster
