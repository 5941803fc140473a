// What one key alone cannot tell: keys that need, exclude or repeat each other.
#pragma once

#include "base/result.h"
#include "settings/read.h"

namespace muster::settings {

// The complaint points at the key that brought the condition up.
[[nodiscard]] Result<void, Complaint> check_together(const Settings& settings,
                                                     const Origins& origins);

// At `name`, or at `fallback` where nobody wrote `name`.
[[nodiscard]] tl::unexpected<Complaint> complain_about(const Origins& origins,
                                                       const std::string& name,
                                                       const std::string& fallback, Words words);

}  // namespace muster::settings
