// The file of `muster preview --unreached`: whom a send would not reach, and why, as CSV.
//
//   user_id,full_name,reason                       cells as csv.h has them
//
// Names people, so it is readable by its owner only.
#pragma once

#include "cli/arguments.h"
#include "cli/screen.h"
#include "muster/dispatcher.h"

namespace muster::cli {

// Returns the exit code.
[[nodiscard]] int write_unreached(Dispatcher& dispatcher, const Arguments& arguments,
                                  Screen& screen);

}  // namespace muster::cli
