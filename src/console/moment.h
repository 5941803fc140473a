// A moment as requests write it: ISO 8601 with a date, a time and where it holds (RFC 3339).
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace muster::console {

// "2026-11-22T23:08:00Z", "2026-11-22T23:08:00.250+01:00"; nothing for anything else, and for what
// is before 1970. Parts of a second beyond thousandths are left out.
[[nodiscard]] std::optional<WallTime> moment_of(std::string_view text);

}  // namespace muster::console
