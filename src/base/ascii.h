// Letters of ASCII, whatever the locale: what protocols compare by.
#pragma once

namespace muster {

// The small letter of a capital; everything else as it is.
[[nodiscard]] constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace muster
