// Date of RFC 5322 §3.3, always in UTC: "Mon, 23 Nov 2026 06:06:46 +0000".
//
// Written without the C library, whose strftime() would name days in the locale's language.
#pragma once

#include <array>

#include "base/time.h"

namespace muster::smtp {

using DateText = std::array<char, 31>;
// Years 1970 to 9999.
[[nodiscard]] DateText date_text(WallTime at);

}  // namespace muster::smtp
