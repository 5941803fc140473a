// Every route of the console in one table, and how a request finds its own.
//
// A pattern is a path whose segments are words or {parameters}; a parameter is one segment,
// decoded, so that an id may hold a slash. HEAD finds what GET does. The table is walked by the
// test that holds it against openapi.json, and by the one that knocks at every door without a key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console/call.h"
#include "console/scope.h"

namespace muster::console {

enum class Pace : std::uint8_t { quick, slow };

struct Route {
  std::string_view method;
  std::string_view pattern;    // "/api/v1/tasks/{id}"
  std::optional<Scope> scope;  // empty: open to everybody
  Pace pace = Pace::quick;
  Answered (*answer)(Office& office, const Call& call) = nullptr;
};

[[nodiscard]] const std::vector<Route>& routes();

struct Found {
  const Route* route = nullptr;         // null: none
  std::vector<std::string> parameters;  // of its pattern
  std::string allowed;  // no route, but others have the path: their methods, for Allow
};
[[nodiscard]] Found find_route(std::string_view method, const std::vector<std::string>& segments);

// ── by subject, each in the file of its name ──
void add_about(std::vector<Route>& routes);     // health, about, metrics, openapi.json
void add_sessions(std::vector<Route>& routes);  // sessions
void add_tokens(std::vector<Route>& routes);    // tokens, audit
void add_previews(std::vector<Route>& routes);  // previews
void add_tasks(std::vector<Route>& routes);     // tasks and their invitations
void add_task_changes(std::vector<Route>& routes);
void add_users(std::vector<Route>& routes);
void add_groups(std::vector<Route>& routes);
void add_devices(std::vector<Route>& routes);
void add_imports(std::vector<Route>& routes);    // roster
void add_uploads(std::vector<Route>& routes);    // roster/uploads
void add_locations(std::vector<Route>& routes);  // locations
void add_events(std::vector<Route>& routes);     // events

}  // namespace muster::console
