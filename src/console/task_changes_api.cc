// Sends: begun, paused, gone on with, cancelled, tried again.
#include <algorithm>

#include "console/body.h"
#include "console/moment.h"
#include "console/office.h"
#include "console/problem.h"
#include "console/question.h"
#include "console/routes.h"
#include "console/selectors.h"
#include "console/shapes.h"
#include "json/members.h"

namespace muster::console {
namespace {

constexpr std::uint64_t undo_seconds_max = 60;
constexpr std::size_t key_bytes_max = 255;
constexpr std::uint64_t rate_max = 1'000'000'000;

struct Order {
  Preview confirmed;  // its id, selector and count alone: what the visitor has seen
  SendOptions options;
};

Result<std::string, Refusal> idempotency_key(const http::ServerRequest& request) {
  const auto key = http::field(request.fields, "Idempotency-Key").value_or("");
  const bool visible = std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f; });
  if (key.size() > key_bytes_max || !visible) {
    return refuse(400, "Idempotency-Key must be at most 255 visible ASCII characters");
  }
  return std::string(key);
}

Result<Order, Refusal> order_of(const Call& call, WallTime now) {
  auto key = idempotency_key(call.request);
  if (!key) {
    return tl::unexpected(key.error());
  }
  auto body = Body::read(call.request);
  if (!body) {
    return tl::unexpected(body.error());
  }
  Order order;
  order.options.by = call.who().name;
  order.options.key = std::move(*key);
  order.confirmed.selector = selector_in(*body);
  order.confirmed.id = body->needed("preview");
  const auto invitations = body->number("invitations", 0xffffffff);
  if (!invitations) {
    body->complain("'invitations' is missing; say how many the preview named");
  }
  order.confirmed.invitations = invitations.value_or(0);
  order.options.rate = static_cast<std::uint32_t>(body->number("rate", rate_max).value_or(0));
  const auto undo = body->number("undo_seconds", undo_seconds_max);
  const auto start_at = body->text("start_at");
  if (start_at) {
    const auto at = moment_of(*start_at);
    order.options.start_at = at.value_or(WallTime{}).seconds();
    if (!at) {
      body->complain("'start_at' must be a time such as 2026-11-22T23:08:00Z");
    }
  }
  if (undo.value_or(0) != 0 && start_at) {
    body->complain("say either 'undo_seconds' or 'start_at'");
  }
  if (undo.value_or(0) != 0) {
    // Rounded up: nobody has less time to undo than was asked for.
    order.options.start_at = (now.milliseconds + 999) / 1000 + static_cast<std::int64_t>(*undo);
  }
  if (auto whole = body->whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  return order;
}

std::string detail_of_send(const Order& order, const Task& task) {
  json::Writer writer;
  writer.begin_object();
  json::Members{writer}
      .member("target_name", task.target_name)
      .member("invitations", task.invitations);
  add_selector(writer, order.confirmed.selector);
  return writer.end().result();
}

http::Reply task_reply(const Task& task, std::uint16_t status = 200) {
  json::Writer writer;
  writer.begin_object();
  add_members(writer, task);
  return json_reply(writer.end().result(), status);
}

// What a send was refused for: the audience, as it is now, where that is why.
Answered not_sent(Office& office, const Order& order, const Failure& failure) {
  if (failure.kind == FailureKind::refused && !failure.missing) {
    const auto now = office.dispatcher.preview(order.confirmed.selector);
    if (now && now->id != order.confirmed.id && now->invitations != 0) {
      return audience_changed(*now, order.confirmed.invitations);
    }
  }
  return refused(failure);
}

Answered send(Office& office, const Call& call) {
  const auto begun_at = to_text(office.clock.wall());
  const auto order = order_of(call, office.clock.wall());
  if (!order) {
    return tl::unexpected(order.error());
  }
  const auto id = office.dispatcher.send(order->confirmed, order->options);
  if (!id) {
    return not_sent(office, *order, id.failure());
  }
  const auto task = office.dispatcher.task(*id);
  if (!task) {
    return refused(task.failure());
  }
  if (task->created_at >= begun_at) {  // not one that the key has found
    office.record(call.who(), "task.send", task->id, detail_of_send(*order, *task));
    office.events->look_now();
  }
  auto reply = task_reply(*task, 202);
  reply.fields.push_back({"Location", "/api/v1/tasks/" + task->id});
  return reply;
}

// What the audit log says of it.
struct Deed {
  const char* action;
  std::string detail = {};
};

// Does it, records it, and answers with the task as it is then.
template <class Change>
Answered changed(Office& office, const Call& call, const Deed& deed, Change change) {
  auto body = Body::read(call.request);
  if (!body) {
    return tl::unexpected(body.error());
  }
  if (auto whole = body->whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  const auto task = office.dispatcher.task(call.parameter());
  if (!task) {
    return refused(task.failure());
  }
  if (const auto done = change(task->id); !done) {
    return refused(done.failure());
  }
  office.record(call.who(), deed.action, task->id, deed.detail);
  office.events->look_now();
  const auto now = office.dispatcher.task(task->id);
  return now ? Answered(task_reply(*now)) : refused(now.failure());
}

Answered pause(Office& office, const Call& call) {
  return changed(office, call, {"task.pause"},
                 [&](const std::string& id) { return office.dispatcher.pause(id); });
}

Answered resume(Office& office, const Call& call) {
  return changed(office, call, {"task.resume"},
                 [&](const std::string& id) { return office.dispatcher.resume(id); });
}

// With all that were interrupted.
Answered resume_all(Office& office, const Call& call) {
  const auto body = Body::read(call.request);
  if (!body) {
    return tl::unexpected(body.error());
  }
  if (auto whole = body->whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  const auto resumed = office.dispatcher.resume();
  if (!resumed) {
    return refused(resumed.failure());
  }
  for (const auto& id : *resumed) {
    office.record(call.who(), "task.resume", id);
  }
  office.events->look_now();
  json::Writer writer;
  writer.begin_object();
  add_texts(writer, "tasks", *resumed);
  return json_reply(writer.end().result());
}

Answered cancel(Office& office, const Call& call) {
  return changed(office, call, {"task.cancel"},
                 [&](const std::string& id) { return office.dispatcher.cancel(id); });
}

Answered retry(Office& office, const Call& call) {
  auto body = Body::read(call.request);
  if (!body) {
    return tl::unexpected(body.error());
  }
  const auto state = body->text("state").value_or("");
  if (auto whole = body->whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  const auto task = office.dispatcher.task(call.parameter());
  if (!task) {
    return refused(task.failure());
  }
  const auto retried = office.dispatcher.retry(task->id, state);
  if (!retried) {
    return refused(retried.failure());
  }
  if (*retried != 0) {
    office.record(call.who(), "task.retry", task->id, detail_of("state", state));
    // Where what is to be sent again has not begun by itself, this begins it.
    if (const auto resumed = office.dispatcher.resume(task->id); !resumed) {
      return refused(resumed.failure());
    }
    office.events->look_now();
  }
  const auto now = office.dispatcher.task(task->id);
  if (!now) {
    return refused(now.failure());
  }
  json::Writer writer;
  writer.begin_object();
  add_members(writer, *now);
  json::Members{writer}.member("retried", *retried);
  return json_reply(writer.end().result());
}

Answered send_again(Office& office, const Call& call) {
  const auto number = invitation_of(call.parameter(1));
  if (!number) {
    return tl::unexpected(number.error());
  }
  const auto detail = detail_of("invitation", call.parameter(1));
  return changed(office, call, {"task.send_again", detail},
                 [&](const std::string& id) { return office.dispatcher.send_again(id, *number); });
}

}  // namespace

void add_task_changes(std::vector<Route>& routes) {
  routes.insert(routes.end(),
                {{"POST", "/api/v1/tasks", Scope::send, Pace::quick, send},
                 {"POST", "/api/v1/tasks/resume", Scope::send, Pace::quick, resume_all},
                 {"POST", "/api/v1/tasks/{id}/pause", Scope::send, Pace::quick, pause},
                 {"POST", "/api/v1/tasks/{id}/resume", Scope::send, Pace::quick, resume},
                 {"POST", "/api/v1/tasks/{id}/cancel", Scope::send, Pace::quick, cancel},
                 {"POST", "/api/v1/tasks/{id}/retry", Scope::send, Pace::quick, retry},
                 {"POST", "/api/v1/tasks/{id}/invitations/{invitation}/send-again", Scope::send,
                  Pace::quick, send_again}});
}

}  // namespace muster::console
