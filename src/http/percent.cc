#include "http/percent.h"

#include <cstddef>

#include "base/ascii.h"
#include "base/bytes.h"

namespace muster::http {
namespace {

int value_of_hex(char digit) {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  const char small = ascii_lower(digit);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
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

std::optional<std::string> without_escapes(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    if (text.size() - at < 3) {
      return std::nullopt;
    }
    const int high = value_of_hex(text[at + 1]);
    const int low = value_of_hex(text[at + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) {
      return std::nullopt;
    }
    decoded += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return decoded;
}

}  // namespace muster::http
