// What a route is given, and what it gives back.
//
// A route is a function from a Call, and the Office it works in, to a Response or the Refusal to
// answer with. It runs on a thread of one of the lanes (workers.h), may block, and throws nothing.
// By the time it is called, the visitor may do what the route needs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "console/refusal.h"
#include "console/visitor.h"
#include "http/server.h"

namespace muster::console {

struct Office;

struct Call {
  http::ServerRequest request;
  std::vector<std::string> parameters;  // of the route's pattern, in order, decoded
  std::optional<Visitor> visitor;       // nobody: the route is open

  [[nodiscard]] const std::string& parameter(std::size_t index = 0) const {
    return parameters[index];
  }
  // Of a route that needs a scope.
  [[nodiscard]] const Visitor& who() const {
    MUSTER_ASSERT(visitor.has_value());
    return *visitor;
  }
};

// A whole reply; or, where `stream` is set, the head of one that goes on.
struct Response {
  // NOLINTNEXTLINE(google-explicit-constructor): a reply is a response
  Response(http::Reply whole) : reply(std::move(whole)) {}
  Response(http::Reply head, std::function<void(http::Outflow)> rest)
      : reply(std::move(head)), stream(std::move(rest)) {}
  http::Reply reply;
  std::function<void(http::Outflow)> stream;  // called once, on the lane's thread
};

using Answered = Result<Response, Refusal>;

}  // namespace muster::console
