// One invitation, step by step, for a person and for a script.
#pragma once

#include <string>

#include "muster/invitation.h"

namespace muster::cli {

[[nodiscard]] std::string timeline_text(const Timeline& timeline);
// The invitation's members, and "moments".
[[nodiscard]] std::string timeline_json(const Timeline& timeline);

}  // namespace muster::cli
