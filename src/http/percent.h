// Percent-encoding (RFC 3986 §2.1) of what goes into a path or a query, and its undoing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster::http {

// Everything but letters, digits, '-', '.', '_' and '~' is escaped.
[[nodiscard]] std::string percent_encoded(std::string_view text);
// Undone once. Nothing where an escape is broken, or is NUL's.
[[nodiscard]] std::optional<std::string> without_escapes(std::string_view text);

}  // namespace muster::http
