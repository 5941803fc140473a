// A directory's users, groups and memberships as the rows of an import: the same columns that
// users.csv, groups.csv and members.csv have, so that the rules of an import hold for them.
#pragma once

#include <vector>

#include "directory/directory.h"
#include "roster/directory_book.h"
#include "roster/import_state.h"
#include "roster/row.h"

namespace muster::roster {

// In the order in which they are to be read. Borrows all three; memberships of users and groups
// that are not in `state` by then are left out.
[[nodiscard]] std::vector<Source> directory_sources(const directory::Directory& directory,
                                                    const DirectoryNames& names,
                                                    ImportState& state);

}  // namespace muster::roster
