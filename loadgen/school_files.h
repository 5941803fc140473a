// Feeds the school's verdict from files: muster's table and the journals; and writes what it says.
#pragma once

#include <string>

#include "base/result.h"
#include "loadgen/school_verdict.h"

namespace muster::loadgen {

// The addresses of a roster's folder.
[[nodiscard]] Result<void, Complaint> read_school_people(const std::string& dir,
                                                         SchoolVerdict& verdict);
// What `muster tasks TASK --csv` wrote; rows by mail are left out.
[[nodiscard]] Result<void, Complaint> read_school_rows(const std::string& file,
                                                       SchoolVerdict& verdict);
// A journal of the fleet or of the Apps and Books simulator. A line that is cut short at the end
// was never acted upon and is left out; any other that cannot be read is a complaint.
[[nodiscard]] Result<void, Complaint> read_school_journal(const std::string& file,
                                                          SchoolVerdict& verdict);
// One line of JSON, without the newline.
[[nodiscard]] std::string json_of(const SchoolReport& report);

}  // namespace muster::loadgen
