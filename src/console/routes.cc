#include "console/routes.h"

#include <algorithm>

namespace muster::console {
namespace {

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{');
}

// The parameters where the segments are those of the pattern.
std::optional<std::vector<std::string>> match(std::string_view pattern,
                                              const std::vector<std::string>& segments) {
  std::vector<std::string> parameters;
  for (const auto& segment : segments) {
    if (pattern.empty()) {
      return std::nullopt;
    }
    pattern.remove_prefix(1);  // the slash
    const auto wanted = pattern.substr(0, pattern.find('/'));
    if (is_parameter(wanted) ? segment.empty() : segment != wanted) {
      return std::nullopt;
    }
    if (is_parameter(wanted)) {
      parameters.push_back(segment);
    }
    pattern.remove_prefix(wanted.size());
  }
  return pattern.empty() ? std::optional(std::move(parameters)) : std::nullopt;
}

// A word is nearer than a parameter: sessions/current before sessions/{id}.
std::size_t words_in(std::string_view pattern) {
  return static_cast<std::size_t>(std::ranges::count(pattern, '/') -
                                  std::ranges::count(pattern, '{'));
}

std::vector<Route> made() {
  std::vector<Route> all;
  for (const auto add :
       {add_about, add_sessions, add_tokens, add_previews, add_tasks, add_task_changes, add_users,
        add_groups, add_devices, add_imports, add_uploads, add_locations, add_events}) {
    add(all);
  }
  std::ranges::stable_sort(all, [](const Route& one, const Route& other) {
    return words_in(one.pattern) > words_in(other.pattern);
  });
  return all;
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> all = made();
  return all;
}

Found find_route(std::string_view method, const std::vector<std::string>& segments) {
  const auto wanted = method == "HEAD" ? "GET" : method;
  Found found;
  for (const auto& route : routes()) {
    auto parameters = match(route.pattern, segments);
    if (!parameters) {
      continue;
    }
    if (route.method == wanted) {
      return {&route, std::move(*parameters), {}};
    }
    found.allowed += (found.allowed.empty() ? "" : ", ") + std::string(route.method);
    found.allowed += route.method == "GET" ? ", HEAD" : "";
  }
  return found;
}

}  // namespace muster::console
