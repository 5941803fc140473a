// The two ways in which Apple writes times: in a content token, and in Retry-After.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace muster::registrar {

// "2030-11-08T22:33:22-0700"; the offset may have a colon or be "Z", seconds a fraction. Nothing
// for what is no such time.
[[nodiscard]] std::optional<WallTime> read_token_date(std::string_view text);

// A Retry-After field (RFC 9110 §10.2.3): whole seconds, or an IMF-fixdate, which is compared with
// `now`. At least zero, at most a week. Nothing for what is neither.
[[nodiscard]] std::optional<Duration> read_retry_after(std::string_view text, WallTime now);

}  // namespace muster::registrar
