// Under which user_id or group_id each entry of a directory stands in the roster.
//
// Entries are known by an id that never changes, the roster's rows by one that people use, which
// does change: whoever is renamed takes his row along, also where two swap their names. A name that
// somebody else has in the roster is his: an entry that is new is left out then, one that is known
// keeps the name it had. Only who was removed, or vanishes with this import, gives his up.
#pragma once

#include <string>
#include <vector>

#include "base/number_set.h"
#include "base/result.h"
#include "store/roster_store.h"

namespace muster::roster {

struct Claim {
  const std::string& guid;
  const std::string& id;
  bool active = true;  // who is not, and is not in the roster either, need not come
};
struct ClaimsOf {
  store::DirectoryKind kind;
  const std::string& source;
  const NumberSet& removed;  // users or groups
};
// By claim the id; empty: it is left out. Renames rows. Runs inside a transaction, while ids are
// indexed.
[[nodiscard]] Result<std::vector<std::string>> settle_claims(store::RosterStore& store,
                                                             const std::vector<Claim>& claims,
                                                             const ClaimsOf& of,
                                                             std::vector<std::string>& warnings);

}  // namespace muster::roster
