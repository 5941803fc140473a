// Locations and their content tokens.
#include <algorithm>

#include "console/body.h"
#include "console/office.h"
#include "console/problem.h"
#include "console/roster_changes.h"
#include "console/routes.h"
#include "console/shapes.h"
#include "json/members.h"
#include "model/limits.h"

namespace muster::console {
namespace {

Answered locations(Office& office, const Call& /*call*/) {
  const auto all = office.dispatcher.locations();
  if (!all) {
    return refused(all.failure());
  }
  json::Writer writer;
  writer.begin_object().key("rows").begin_array();
  for (const auto& location : *all) {
    add(writer, location);
  }
  return json_reply(writer.end().end().result());
}

Result<Location, Refusal> found(Office& office, const std::string& id) {
  const auto all = office.dispatcher.locations();
  if (!all) {
    return refused(all.failure());
  }
  const auto location = std::ranges::find(*all, id, &Location::id);
  if (location == all->end()) {
    return refuse(404, "there is no location '" + id + "'; install its content token first");
  }
  return *location;
}

Answered shown(Office& office, const std::string& id) {
  const auto location = found(office, id);
  if (!location) {
    return tl::unexpected(location.error());
  }
  json::Writer writer;
  add(writer, *location);
  return json_reply(writer.result());
}

// The file as Apple gave it. Of what is in it nothing is ever said, but whose it is.
Answered install(Office& office, const Call& call) {
  if (!is_type(call.request, "text/plain")) {
    return refuse(415, "the body must be the token's file; send Content-Type: text/plain");
  }
  if (call.request.body.size() > limits::content_token_bytes_max) {
    return refuse(413, "a content token has at most " +
                           std::to_string(limits::content_token_bytes_max) + " bytes");
  }
  const auto done = office.dispatcher.install_content_token(call.parameter(), call.request.body,
                                                            "the content token");
  if (!done) {
    // The file is at fault, which the visitor chose, not what stands here.
    auto refusal = refusal_of(done.failure());
    refusal.status = 422;
    return tl::unexpected(refusal);
  }
  office.record(call.who(), "content_token.install", call.parameter());
  return shown(office, call.parameter());
}

Answered take_over(Office& office, const Call& call) {
  if (auto empty = no_body(call); !empty) {
    return tl::unexpected(empty.error());
  }
  if (const auto location = found(office, call.parameter()); !location) {
    return tl::unexpected(location.error());
  }
  const auto done = office.dispatcher.take_over_content_token(call.parameter());
  if (!done) {
    return refused(done.failure());
  }
  office.record(call.who(), "content_token.take_over", call.parameter());
  return shown(office, call.parameter());
}

}  // namespace

void add_locations(std::vector<Route>& routes) {
  routes.insert(
      routes.end(),
      {{"GET", "/api/v1/locations", Scope::read, Pace::quick, locations},
       {"PUT", "/api/v1/locations/{id}/content-token", Scope::admin, Pace::slow, install},
       {"POST", "/api/v1/locations/{id}/take-over", Scope::admin, Pace::slow, take_over}});
}

}  // namespace muster::console
