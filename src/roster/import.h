// An import from its paths to its commit: finds the files, feeds the rows, derives, commits once.
#pragma once

#include <functional>

#include "roster/roster.h"
#include "store/roster_store.h"

namespace muster::roster {

[[nodiscard]] Result<ImportCounts, Complaint> import_roster(
    store::RosterStore& store, const ImportPlan& plan,
    const std::function<bool(const ImportStep&)>& step, WallTime now);

}  // namespace muster::roster
