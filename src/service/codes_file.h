// Invitation codes from a CSV file, for a site whose other MDM server owns the content token and
// registers its users: user_id,invite_url and, where there are several, location.
//
// The addresses are bearer secrets: no complaint repeats one.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "registrar/registrar.h"
#include "roster/roster.h"

namespace muster::service {

// By its first line; false also where it cannot be read.
[[nodiscard]] bool is_codes_file(const std::string& file);
// All or nothing: the first bad row is the complaint.
[[nodiscard]] Result<std::vector<registrar::ImportedCode>, Complaint> read_codes(
    const std::string& file, roster::RosterReader& roster);

}  // namespace muster::service
