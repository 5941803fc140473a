// The one form of a date that HTTP writes (RFC 9110 §5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
#pragma once

#include <string>

#include "base/time.h"

namespace muster::http {

[[nodiscard]] std::string date_text(WallTime at);

}  // namespace muster::http
