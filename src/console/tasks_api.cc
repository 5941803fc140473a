// Tasks and their invitations, looked at.
#include <cstdint>
#include <string>

#include "console/body.h"
#include "console/csv.h"
#include "console/exports.h"
#include "console/office.h"
#include "console/problem.h"
#include "console/question.h"
#include "console/routes.h"
#include "console/shapes.h"
#include "json/members.h"

namespace muster::console {
namespace {

constexpr std::uint32_t export_rows = 4096;  // the most that invitations() gives

Answered tasks(Office& office, const Call& call) {
  Question question(call.request.query);
  const auto state = question.one_of("state", {"active", "completed"});
  if (auto whole = question.whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  const auto found = office.dispatcher.tasks();
  if (!found) {
    return refused(found.failure());
  }
  json::Writer writer;
  writer.begin_object().key("tasks").begin_array();
  for (const auto& task : *found) {
    if (state.empty() || task.active() == (state == "active")) {
      writer.begin_object();
      add_members(writer, task);
      writer.end();
    }
  }
  return json_reply(writer.end().end().result());
}

Answered task(Office& office, const Call& call) {
  const auto found = office.dispatcher.task(call.parameter());
  if (!found) {
    return refused(found.failure());
  }
  json::Writer writer;
  writer.begin_object();
  add_members(writer, *found);
  return json_reply(writer.end().result());
}

Answered progress(Office& office, const Call& call) {
  const auto found = office.dispatcher.task(call.parameter());
  if (!found) {
    return refused(found.failure());
  }
  const auto now = office.dispatcher.progress(found->id);
  if (!now) {
    return refused(now.failure());
  }
  json::Writer writer;
  add(writer, *now);
  return json_reply(writer.result());
}

Answered timeline(Office& office, const Call& call) {
  const auto number = invitation_of(call.parameter(1));
  if (!number) {
    return tl::unexpected(number.error());
  }
  const auto found = office.dispatcher.timeline(call.parameter(0), *number);
  if (!found) {
    return refused(found.failure());
  }
  json::Writer writer;
  add(writer, *found);
  return json_reply(writer.result());
}

// How many have not come so far. Reads all of them.
Answered pending(Office& office, const Call& call) {
  Question question(call.request.query);
  const auto word = question.one_of("goal", {"sent", "shown", "enrolled"});
  if (auto whole = question.whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  const auto goal = word == "enrolled" ? Goal::enrolled
                    : word == "shown"  ? Goal::shown
                                       : Goal::sent;
  const auto left = office.dispatcher.pending(call.parameter(), goal);
  if (!left) {
    return refused(left.failure());
  }
  json::Writer writer;
  writer.begin_object();
  json::Members{writer}.member("pending", *left);
  return json_reply(writer.end().result());
}

Answered invitations_csv(Office& office, const std::string& task, InvitationQuery query) {
  query.limit = export_rows;
  return export_csv(office, "invitations.csv", csv_header,
                    [&dispatcher = office.dispatcher, task,
                     query = std::move(query)]() mutable -> Checked<CsvPart> {
                      const auto page = dispatcher.invitations(task, query);
                      if (!page) {
                        return page.failure();
                      }
                      CsvPart part;
                      for (const auto& row : page->rows) {
                        append_csv_row(part.rows, row);
                      }
                      part.more = page->more;
                      query.after = page->next;
                      return part;
                    });
}

Answered invitations(Office& office, const Call& call) {
  Question question(call.request.query);
  const auto wanted = part_of(question);
  const InvitationQuery query{wanted.after, wanted.limit, question.text("state"),
                              question.text("query")};
  if (auto whole = question.whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  if (accepts(call.request, "text/csv")) {
    return invitations_csv(office, call.parameter(), query);
  }
  const auto page = office.dispatcher.invitations(call.parameter(), query);
  if (!page) {
    return refused(page.failure());
  }
  json::Writer writer;
  writer.begin_object().key("rows").begin_array();
  for (const auto& row : page->rows) {
    writer.begin_object();
    add_members(writer, row);
    writer.end();
  }
  writer.end();
  json::Members{writer}.member("next", page->next).member("more", page->more);
  return json_reply(writer.end().result());
}

}  // namespace

void add_tasks(std::vector<Route>& routes) {
  routes.insert(
      routes.end(),
      {{"GET", "/api/v1/tasks", Scope::read, Pace::quick, tasks},
       {"GET", "/api/v1/tasks/{id}", Scope::read, Pace::quick, task},
       {"GET", "/api/v1/tasks/{id}/progress", Scope::read, Pace::quick, progress},
       {"GET", "/api/v1/tasks/{id}/pending", Scope::read, Pace::slow, pending},
       {"GET", "/api/v1/tasks/{id}/invitations", Scope::read, Pace::quick, invitations},
       {"GET", "/api/v1/tasks/{id}/invitations/{invitation}", Scope::read, Pace::quick, timeline}});
}

}  // namespace muster::console
