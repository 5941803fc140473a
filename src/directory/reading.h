// All users and groups below the base, out of searches.
//
// Users come first, so that the members that groups name can be told apart at once; then groups,
// whose members are settled when all groups are known (members.h). Where Active Directory gives
// members by parts, the rest is asked for group by group.
#pragma once

#include "directory/directory.h"
#include "directory/server.h"

namespace muster::directory {

[[nodiscard]] Result<Directory, Complaint> read_from(Server& server, const Plan& plan);

}  // namespace muster::directory
