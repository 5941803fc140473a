// What one key alone cannot tell: keys that need, exclude or repeat each other.
#pragma once

#include "base/result.h"
#include "settings/read.h"

namespace muster::settings {

// The complaint points at the key that brought the condition up.
[[nodiscard]] Result<void, Complaint> check_together(const Settings& settings,
                                                     const Origins& origins);

}  // namespace muster::settings
