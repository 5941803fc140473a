// The stream of events.
#include <charconv>
#include <optional>

#include "console/office.h"
#include "console/question.h"
#include "console/routes.h"

namespace muster::console {
namespace {

// One that is not a number of ours is as if there were none: everything is told.
std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

Answered events(Office& office, const Call& call) {
  Question question(call.request.query);
  const auto asked = question.text("last_event_id");
  if (auto whole = question.whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  if (!office.events->has_room()) {
    return refuse(503, "too many pages are listening; close some", 10);
  }
  const auto header = http::field(call.request.fields, "Last-Event-ID");
  const auto seen = number_of(header ? *header : std::string_view(asked));
  http::Reply head;
  head.fields = {{"Content-Type", "text/event-stream"}, {"X-Accel-Buffering", "no"}};
  head.body = "retry: 2000\n\n";
  return Response(std::move(head), [&office, seen](http::Outflow flow) {
    office.events->listen(std::move(flow), seen);
  });
}

}  // namespace

void add_events(std::vector<Route>& routes) {
  routes.insert(routes.end(), {{"GET", "/api/v1/events", Scope::read, Pace::quick, events}});
}

}  // namespace muster::console
