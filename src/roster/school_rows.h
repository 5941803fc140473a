// A school's users, groups and memberships as the rows of an import: the columns of users.csv,
// groups.csv and members.csv, at the lines of the school's own files.
#pragma once

#include <vector>

#include "roster/import_state.h"
#include "roster/row.h"
#include "roster/school.h"

namespace muster::roster {

// In the order in which they are to be read; borrows both. Left out are who is disabled and not in
// the roster, and memberships of users and groups that are not in `state` by then.
[[nodiscard]] std::vector<Source> school_sources(const School& school, ImportState& state);

}  // namespace muster::roster
