// Users as the registrar needs them, and which of them have a Managed Apple Account.
#pragma once

#include <span>
#include <vector>

#include "roster/roster.h"
#include "store/roster_store.h"

namespace muster::roster {

// Inside one snapshot; numbers ascend; users that are not known are left out.
[[nodiscard]] Result<std::vector<Person>> read_people(store::RosterStore& store,
                                                      std::span<const UserNumber> users);
[[nodiscard]] Result<NumberSet> users_with_account(store::RosterStore& store);

}  // namespace muster::roster
