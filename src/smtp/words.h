// Words of the protocol, which know no case.
#pragma once

#include <algorithm>
#include <string_view>

#include "base/ascii.h"

namespace muster::smtp {

[[nodiscard]] inline bool same_word(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
}

// Whether `text` holds `word`, which is in lower case.
[[nodiscard]] inline bool mentions(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](char a, char b) { return ascii_lower(a) == b; }) != text.end();
}

}  // namespace muster::smtp
