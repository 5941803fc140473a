// From an id (of a group also its name) to the row, or to a complaint that names the nearest known.
//
// Whoever was removed is not known. Each runs inside a transaction of the store.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "store/roster_store.h"

namespace muster::roster {

[[nodiscard]] Result<store::UserRow, Complaint> find_user(store::RosterStore& store,
                                                          const std::string& id);
// By group_id or by a name that only one group has.
[[nodiscard]] Result<store::GroupRow, Complaint> find_group(store::RosterStore& store,
                                                            const std::string& group);
[[nodiscard]] Result<store::DeviceRow, Complaint> find_device(store::RosterStore& store,
                                                              const std::string& id);

}  // namespace muster::roster
