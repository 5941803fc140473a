// Percent-encoding (RFC 3986 §2.1) of what goes into a query.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace muster::registrar {

// Everything but letters, digits, '-', '.', '_' and '~' is escaped.
[[nodiscard]] inline std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += to_hex(as_bytes({&c, 1}));
    }
  }
  return encoded;
}

}  // namespace muster::registrar
