// What a name may be in HTTP: a token (RFC 9110 §5.6.2).
#pragma once

#include <algorithm>
#include <string_view>

#include "base/ascii.h"

namespace muster::http {

[[nodiscard]] inline bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
           marks.find(c) != std::string_view::npos;
  });
}

}  // namespace muster::http
