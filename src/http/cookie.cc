#include "http/cookie.h"

#include <algorithm>
#include <cstdint>

#include "base/assert.h"
#include "http/token.h"

namespace muster::http {
namespace {

// cookie-octet of RFC 6265 §4.1.1.
bool is_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte > 0x20 && byte < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
  });
}

bool is_path(std::string_view text) {
  return text.starts_with('/') &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f && c != ';'; });
}

std::string_view without_blanks(std::string_view text) {
  const auto first = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

}  // namespace

std::optional<std::string_view> cookie_in(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const auto end = std::min(cookies.find(';'), cookies.size());
    const auto pair = cookies.substr(0, end);
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || without_blanks(pair.substr(0, equals)) != name) {
      continue;
    }
    const auto value = without_blanks(pair.substr(equals + 1));
    return is_value(value) ? std::optional(value) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string_view> cookie_of(const Fields& fields, std::string_view name) {
  for (const auto& each : fields) {
    if (!same_word(each.name, "Cookie")) {
      continue;
    }
    if (const auto value = cookie_in(each.value, name)) {
      return value;
    }
  }
  return std::nullopt;
}

std::string set_cookie(const NewCookie& cookie) {
  MUSTER_ASSERT(is_token(cookie.name));
  MUSTER_ASSERT(is_value(cookie.value));
  MUSTER_ASSERT(is_path(cookie.path));
  auto text = cookie.name + "=" + cookie.value + "; Path=" + cookie.path;
  if (cookie.max_age) {
    MUSTER_ASSERT(*cookie.max_age >= Duration::zero());
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*cookie.max_age).count();
    text += "; Max-Age=" + std::to_string(seconds);
  }
  text += "; HttpOnly; SameSite=Strict";
  if (cookie.secure) {
    text += "; Secure";
  }
  return text;
}

}  // namespace muster::http
