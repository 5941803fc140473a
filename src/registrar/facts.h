// Locations as people see them, out of the store: also while another process is the registrar.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "registrar/registrar.h"

namespace muster::registrar {

// In the order of their ids. Empty where DIR holds no control.db yet.
[[nodiscard]] Result<std::vector<LocationFacts>, Complaint> read_facts(const std::string& dir,
                                                                       WallTime now);
// Whether there is any: cheap.
[[nodiscard]] Result<bool, Complaint> any_location(const std::string& dir);
// A location's row in words; counts are left at 0.
[[nodiscard]] LocationFacts facts_of(const store::LocationRow& row, WallTime now);

}  // namespace muster::registrar
