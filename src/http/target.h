// The target of a request line, taken apart and decoded once, so that nobody behind it decodes a
// second time and sees another path.
//
//   target = [ ("http" | "https") "://" authority ] path [ "?" query ]        (RFC 9112 §3.2)
//
// Refused (nothing): what does not begin with "/", a broken escape, NUL however it is written, a
// segment "..", also one that comes out of escapes, "#", blanks and control characters.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::http {

struct Target {
  std::string path;  // decoded; "/" and on
  // Between the slashes that were written as such, each decoded: a name may hold a slash.
  std::vector<std::string> segments;
  std::string query;  // as it came, without "?"; may be empty
};
[[nodiscard]] std::optional<Target> read_target(std::string_view target);

}  // namespace muster::http
