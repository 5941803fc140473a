#include "http/target.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "http/message.h"

namespace muster::http {
namespace {

// Path and query of a target in either form; nothing where it has no path and is no URL.
std::optional<std::string_view> without_authority(std::string_view target) {
  if (target.starts_with('/')) {
    return target;
  }
  const auto colon = std::min(target.find("://"), target.size());
  const auto scheme = target.substr(0, colon);
  if (!same_word(scheme, "http") && !same_word(scheme, "https")) {
    return std::nullopt;
  }
  target.remove_prefix(std::min(colon + 3, target.size()));
  const auto end = std::min(target.find_first_of("/?"), target.size());
  if (end == 0) {
    return std::nullopt;  // a URL of nobody
  }
  return target.substr(end);
}

int value_of_hex(char digit) {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  const char small = ascii_lower(digit);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
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

bool climbs(std::string_view path) {
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    if (path.substr(0, end) == "..") {
      return true;
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

bool is_printable(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte > ' ' && byte != 0x7f && c != '#';
}

}  // namespace

std::optional<Target> read_target(std::string_view target) {
  if (!std::all_of(target.begin(), target.end(), is_printable)) {
    return std::nullopt;
  }
  const auto local = without_authority(target);
  if (!local) {
    return std::nullopt;
  }
  const auto mark = std::min(local->find('?'), local->size());
  const auto path = mark == 0 ? "/" : local->substr(0, mark);  // a URL may have none
  auto decoded = without_escapes(path);
  if (!decoded || climbs(*decoded)) {
    return std::nullopt;
  }
  return Target{std::move(*decoded), std::string(local->substr(std::min(mark + 1, local->size())))};
}

}  // namespace muster::http
