#include "cli/render_json.h"

#include "cli/members.h"

namespace muster::cli {
namespace {

void add_selector(json::Writer& writer, const Selector& selector) {
  writer.key("selector").begin_object();
  Members{writer}
      .member("user", selector.user)
      .member("group", selector.group)
      .member("device", selector.device)
      .member("audience", name_of(selector.audience))
      .member("channels", name_of(selector.channels));
  writer.end();
}

void add_reasons(json::Writer& writer, const std::vector<ReasonCount>& reasons) {
  writer.key("reasons").begin_array();
  for (const auto& each : reasons) {
    writer.begin_object();
    Members{writer}
        .member("state", each.state)
        .member("reason", each.reason)
        .member("words", each.words)
        .member("count", each.count);
    writer.end();
  }
  writer.end();
}

void add_warnings(json::Writer& writer, const std::vector<std::string>& warnings) {
  writer.key("warnings").begin_array();
  for (const auto& warning : warnings) {
    writer.text(warning);
  }
  writer.end();
}

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
  add_reasons(writer, task.reasons);
  writer.end();
}

// Into an object that the caller has begun and ends.
void add_task(json::Writer& writer, const Task& task) {
  Members{writer}
      .member("id", task.id)
      .member("state", muster::name_of(task.state))
      .member("state_reason", task.state_reason)
      .member("target_name", task.target_name);
  add_selector(writer, task.selector);
  Members{writer}
      .member("invitations", task.invitations)
      .member("queued", task.queued)
      .member("deferred", task.deferred)
      .member("in_doubt", task.in_doubt)
      .member("sent", task.sent)
      .member("failed", task.failed)
      .member("unreachable", task.unreachable)
      .member("cancelled", task.cancelled)
      .member("expired", task.expired)
      .member("superseded", task.superseded)
      .member("shown", task.shown)
      .member("postponed", task.postponed)
      .member("users", task.users)
      .member("users_enrolled", task.users_enrolled)
      .member("repeated", task.repeated);
  add_reasons(writer, task.reasons);
  Members{writer}
      .member("created_at", task.created_at)
      .member("ended_at", task.ended_at)
      .member("bound_by", task.bound_by);
}

}  // namespace

std::string preview_json(const Preview& preview) {
  json::Writer writer;
  writer.begin_object();
  Members{writer}.member("id", preview.id).member("target_name", preview.target_name);
  add_selector(writer, preview.selector);
  Members{writer}
      .member("users_selected", preview.users_selected)
      .member("users", preview.users)
      .member("invitations", preview.invitations)
      .member("pushes", preview.pushes)
      .member("mails", preview.mails)
      .member("accounts", preview.accounts)
      .member("users_by_device", preview.users_by_device)
      .member("fallbacks", preview.fallbacks)
      .member("users_not_invited", preview.users_not_invited)
      .member("users_not_enrolled", preview.users_not_enrolled);
  writer.key("unreached").begin_array();
  for (const auto& each : preview.unreached) {
    writer.begin_object();
    Members{writer}.member("reason", each.reason).member("users", each.users);
    writer.end();
  }
  writer.end();
  add_warnings(writer, preview.warnings);
  Members{writer}.member("seconds_estimated", preview.seconds_estimated);
  return writer.end().result();
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
    add_task(writer, task);
    writer.end();
  }
  return writer.end().end().result();
}

std::string task_json(const Task& task) {
  json::Writer writer;
  writer.begin_object();
  add_task(writer, task);
  return writer.end().result();
}

std::string task_json_open(const Task& task) {
  json::Writer writer;
  writer.begin_object();
  add_task(writer, task);
  return writer.key("rows").begin_array().result();
}

std::string invitation_json(const Invitation& row) {
  json::Writer writer;
  writer.begin_object();
  Members{writer}
      .member("invitation", row.number)
      .member("user_id", row.user_id)
      .member("user_full_name", row.user_full_name)
      .member("device_id", row.device_id)
      .member("device_name", row.device_name)
      .member("channel", row.channel)
      .member("state", row.state)
      .member("reason", row.reason)
      .member("attempts", row.attempts)
      .member("apns_id", row.apns_id)
      .member("reply", row.reply)
      .member("updated_at", row.updated_at);
  return writer.end().result();
}

std::string locations_json(const std::vector<Location>& locations) {
  json::Writer writer;
  writer.begin_object().key("locations").begin_array();
  for (const auto& each : locations) {
    writer.begin_object();
    Members{writer}
        .member("id", each.id)
        .member("organisation", each.organisation)
        .member("name", each.name)
        .member("expires_at", each.expires_at)
        .member("days_left", each.days_left)
        .member("condition", each.condition)
        .member("words", each.words)
        .member("waiting", each.waiting)
        .member("registered", each.registered)
        .member("enrolled", each.enrolled)
        .member("refused", each.refused);
    writer.end();
  }
  return writer.end().end().result();
}

std::string import_json(const ImportReport& report, const ImportOptions& options) {
  json::Writer writer;
  writer.begin_object();
  Members{writer}
      .member("users", report.users)
      .member("groups", report.groups)
      .member("memberships", report.memberships)
      .member("devices", report.devices)
      .member("rejected", report.rejected)
      .member("dry_run", options.dry_run)
      .member("seconds", report.seconds);
  add_warnings(writer, report.warnings);
  return writer.end().result();
}

}  // namespace muster::cli
