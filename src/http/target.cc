#include "http/target.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "http/message.h"
#include "http/percent.h"

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

// `path` has no broken escape.
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    segments.push_back(without_escapes(path.substr(0, end)).value_or(""));
    path.remove_prefix(end);
  }
  return segments;
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
  return Target{std::move(*decoded), segments_of(path),
                std::string(local->substr(std::min(mark + 1, local->size())))};
}

}  // namespace muster::http
