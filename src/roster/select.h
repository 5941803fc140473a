// Audiences as algebra: a target and a few sets in, a selection out. Each runs inside one snapshot.
#pragma once

#include <string>
#include <vector>

#include "roster/roster.h"
#include "store/roster_store.h"

namespace muster::roster {

struct Meant {
  Wanted wanted;
  Means means;
  bool accounts = false;
};

// Of a device that is named, only that device is pushed; whether its user gets mail is asked as if
// he had no other.
[[nodiscard]] Result<Selection, Complaint> user_selection(store::RosterStore& store,
                                                          const std::string& user_id,
                                                          const std::string& device_id,
                                                          Meant meant);
[[nodiscard]] Result<Selection, Complaint> group_selection(store::RosterStore& store,
                                                           const std::string& group, Meant meant);
// In the order asked; devices that are not known are left out.
[[nodiscard]] Result<std::vector<DeviceText>> texts_of(store::RosterStore& store,
                                                       const std::vector<DeviceNumber>& devices);

}  // namespace muster::roster
