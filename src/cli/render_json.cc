#include "cli/render_json.h"

#include "console/shapes.h"
#include "json/members.h"

namespace muster::cli {
namespace {

using json::Members;

void add_report(json::Writer& writer, const SendReport& report) {
  const Task& task = report.task;
  writer.begin_object();
  Members{writer}
      .member("task", task.id)
      .member("state", muster::name_of(task.state))
      .member("state_reason", task.state_reason)
      .member("invitations", task.invitations)
      .member("sent", task.sent)
      .member("failed", task.failed)
      .member("unreachable", task.unreachable)
      .member("repeated", task.repeated)
      .member("seconds", report.seconds)
      .member("rate", report.rate)
      .member("queued", task.queued)
      .member("deferred", task.deferred)
      .member("in_doubt", task.in_doubt)
      .member("cancelled", task.cancelled)
      .member("expired", task.expired)
      .member("superseded", task.superseded);
  console::add_reasons(writer, task.reasons);
  writer.end();
}

}  // namespace

std::string preview_json(const Preview& preview) {
  json::Writer writer;
  console::add(writer, preview);
  return writer.result();
}

std::string report_json(const SendReport& report) {
  json::Writer writer;
  add_report(writer, report);
  return writer.result();
}

std::string reports_json(const std::vector<SendReport>& reports) {
  json::Writer writer;
  writer.begin_object().key("tasks").begin_array();
  for (const auto& report : reports) {
    add_report(writer, report);
  }
  return writer.end().end().result();
}

std::string tasks_json(const std::vector<Task>& tasks) {
  json::Writer writer;
  writer.begin_object().key("tasks").begin_array();
  for (const auto& task : tasks) {
    writer.begin_object();
    console::add_members(writer, task);
    writer.end();
  }
  return writer.end().end().result();
}

std::string task_json(const Task& task) {
  json::Writer writer;
  writer.begin_object();
  console::add_members(writer, task);
  return writer.end().result();
}

std::string task_json_open(const Task& task) {
  json::Writer writer;
  writer.begin_object();
  console::add_members(writer, task);
  return writer.key("rows").begin_array().result();
}

std::string invitation_json(const Invitation& row) {
  json::Writer writer;
  writer.begin_object();
  console::add_members(writer, row);
  return writer.end().result();
}

std::string locations_json(const std::vector<Location>& locations) {
  json::Writer writer;
  writer.begin_object().key("locations").begin_array();
  for (const auto& each : locations) {
    console::add(writer, each);
  }
  return writer.end().end().result();
}

std::string import_json(const ImportReport& report, const ImportOptions& options) {
  json::Writer writer;
  writer.begin_object();
  console::add_members(writer, report, options.dry_run);
  return writer.end().result();
}

}  // namespace muster::cli
