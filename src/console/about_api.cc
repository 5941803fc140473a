// What is asked of the server itself: whether it lives and is ready, what it is and how it is set
// up, and the description of its API.
#include <algorithm>
#include <functional>

#include "console/metrics.h"
#include "console/office.h"
#include "console/page.h"
#include "console/problem.h"
#include "console/routes.h"
#include "console/shapes.h"
#include "json/members.h"
#include "muster/version.h"

namespace muster::console {
namespace {

Answered healthz(Office& /*office*/, const Call& /*call*/) {
  return text_reply("ok\n");
}

Answered readyz(Office& office, const Call& /*call*/) {
  if (!office.ready) {
    return refuse(503, "the server is starting or ending; try again", 1);
  }
  return text_reply("ready\n");
}

Answered openapi(Office& /*office*/, const Call& /*call*/) {
  return json_reply(std::string(page_file("/openapi.json")));
}

Answered about(Office& office, const Call& call) {
  const auto locations = office.dispatcher.locations();
  if (!locations) {
    return refused(locations.failure());
  }
  json::Writer writer;
  writer.begin_object().key("version").text(version).key("locations").begin_array();
  for (const auto& location : *locations) {
    add(writer, location);
  }
  writer.end();
  json::Members{writer}
      .member("mail", office.settings.mail.mode != "off")
      .member("mdm", office.settings.mdm.mode)
      .member("reactor", office.dispatcher.reactor())
      .member("serves", office.serves)
      .member("users_scope", name_of(call.who().scope));
  return json_reply(writer.end().result());
}

Answered metrics(Office& office, const Call& /*call*/) {
  const auto found = office.dispatcher.metrics();
  if (!found) {
    return refused(found.failure());
  }
  auto reply = text_reply(metrics_text(*found, office.counts()));
  reply.fields.front().value = "text/plain; version=0.0.4; charset=utf-8";
  return reply;
}

// Of all peers together.
Times all_of(const std::vector<PeerTimes>& latencies) {
  Times sum;
  for (const auto& each : latencies) {
    std::ranges::transform(sum.counts, each.times.counts, sum.counts.begin(), std::plus());
    sum.seconds += each.times.seconds;
  }
  return sum;
}

// For the small chart of the page, which keeps what it has been told.
Answered metrics_sample(Office& office, const Call& /*call*/) {
  const auto found = office.dispatcher.metrics();
  if (!found) {
    return refused(found.failure());
  }
  json::Writer writer;
  writer.begin_object();
  json::Members{writer}
      .member("at", to_text(office.clock.wall()))
      .member("rate", found->rate)
      .member("in_flight", found->in_flight);
  if (const auto times = office.answer_times.look(office.clock.now(), all_of(found->latencies))) {
    json::Members{writer}
        .member("latency_ms_p50", times->p50_ms)
        .member("latency_ms_p99", times->p99_ms);
  }
  return json_reply(writer.end().result());
}

}  // namespace

void add_about(std::vector<Route>& routes) {
  routes.insert(routes.end(),
                {{"GET", "/healthz", {}, Pace::quick, healthz},
                 {"GET", "/readyz", {}, Pace::quick, readyz},
                 {"GET", "/api/v1/openapi.json", {}, Pace::quick, openapi},
                 {"GET", "/metrics", Scope::read, Pace::quick, metrics},
                 {"GET", "/api/v1/metrics-sample", Scope::read, Pace::quick, metrics_sample},
                 {"GET", "/api/v1/about", Scope::read, Pace::quick, about}});
}

}  // namespace muster::console
