// Users and groups that an import takes out of the roster, because their source has them no more:
// as if somebody removed them by hand. Their rows stay, for what was sent to them.
#pragma once

#include <vector>

#include "base/number_set.h"
#include "base/result.h"
#include "roster/import_state.h"

namespace muster::roster {

// Out of every group and audience; their devices are nobody's.
[[nodiscard]] Result<void> users_leave(ImportState& state, const NumberSet& users);
void groups_leave(ImportState& state, const NumberSet& groups);
// What the import says of this group's members is all there is.
void replace_members_of(ImportState& state, GroupNumber group);
[[nodiscard]] std::vector<std::uint32_t> numbers_in(const NumberSet& set);

}  // namespace muster::roster
