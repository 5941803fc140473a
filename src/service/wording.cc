#include "service/wording.h"

#include <algorithm>

#include "json/small_object.h"
#include "json/writer.h"

namespace muster {

const char* name_of(TaskState state) {
  switch (state) {
    case TaskState::running:
      return "running";
    case TaskState::paused:
      return "paused";
    case TaskState::interrupted:
      return "interrupted";
    case TaskState::completed:
      return "completed";
    case TaskState::cancelled:
      return "cancelled";
  }
  return "running";
}

namespace service {
namespace {

TaskState state_of(const ledger::TaskRow& row, bool held) {
  switch (row.state) {
    case ledger::TaskState::running:
      return held ? TaskState::running : TaskState::interrupted;
    case ledger::TaskState::paused:
    case ledger::TaskState::held:
      return TaskState::paused;
    case ledger::TaskState::completed:
      return TaskState::completed;
    case ledger::TaskState::cancelled:
      return TaskState::cancelled;
  }
  return TaskState::running;
}

std::string reply_of(const ledger::Row& row) {
  if (!row.reply.empty()) {
    return row.reply;  // a mail server's own words
  }
  if (row.status == 0) {
    return {};
  }
  std::string reply = std::to_string(row.status);
  if (row.outcome.reason != Reason::none) {
    reply += " " + std::string(name_of(row.outcome.reason));
  }
  if (row.timestamp_ms != 0) {
    reply += ", timestamp " + to_text(WallTime{row.timestamp_ms});
  }
  return reply;
}

constexpr std::string_view channel_names[] = {"push", "mail", "push,mail", "push-then-mail"};

}  // namespace

Failure failure_of(const Complaint& complaint, FailureKind kind) {
  // Of other kinds it is a file of ours that was not found.
  const bool missing = kind == FailureKind::refused && complaint.cause.code == ErrorCode::not_found;
  return Failure{kind, complaint.line_of_text(), missing};
}

Failure failure_of(const Error& error, const std::string& doing) {
  const bool disk = error.code == ErrorCode::disk_full;
  return Failure{FailureKind::cannot_start,
                 doing + ": " + words(error) + (disk ? "; free some space and try again" : "")};
}

Task task_of(const ledger::TaskRow& row, bool held) {
  Task task;
  task.id = uuid_text(row.id.bytes);
  task.state = state_of(row, held);
  task.state_reason = row.state_reason;
  task.target_name = row.target_name;
  const auto asked = read_asked(row.selector);
  task.selector = asked.selector;
  task.by = asked.by;
  if (row.state == ledger::TaskState::paused && row.state_reason == waits_for_its_time) {
    task.starts_at = to_text(WallTime{asked.start_at * 1000});
  }
  task.invitations = row.invitations;
  const auto count = [&](State state) {
    return row.counts.by_state[static_cast<std::size_t>(state)];
  };
  task.deferred = count(State::deferred);
  task.in_doubt = count(State::in_doubt);
  task.sent =
      count(State::sent) + count(State::shown) + count(State::postponed) + count(State::enrolled);
  task.failed = count(State::failed);
  task.unreachable = count(State::unreachable);
  task.cancelled = count(State::cancelled);
  task.expired = count(State::expired);
  task.superseded = count(State::superseded);
  task.repeated = row.counts.repeated;
  const auto settled = task.deferred + task.in_doubt + task.sent + task.failed + task.unreachable +
                       task.cancelled + task.expired + task.superseded;
  task.queued = row.invitations - std::min(row.invitations, settled);
  for (const auto& [key, number] : row.counts.by_reason) {
    if (number != 0) {
      task.reasons.push_back(ReasonCount{std::string(name_of(key.first)),
                                         std::string(name_of(key.second)),
                                         std::string(words(key.second)), number});
    }
  }
  std::stable_sort(task.reasons.begin(), task.reasons.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  task.created_at = to_text(row.created_at);
  task.ended_at = row.ended_at.milliseconds == 0 ? "" : to_text(row.ended_at);
  return task;
}

Invitation invitation_of_row(const ledger::Row& row, const ledger::TaskRow& task,
                             const roster::DeviceText& text) {
  const auto channel = channel_of(task.layout.part_of(row.invitation));
  const auto& prefix = channel == Channel::push ? task.push_prefix : task.mail_prefix;
  Invitation invitation;
  invitation.number = row.invitation;
  invitation.user_id = text.user_id;
  invitation.user_full_name = text.user_full_name;
  invitation.device_id = text.device_id;
  invitation.device_name = text.device_name;
  invitation.channel = name_of(channel);
  invitation.state = name_of(row.outcome.state);
  invitation.reason = name_of(row.outcome.reason);
  invitation.attempts = row.outcome.attempts;
  if (channel != Channel::account) {
    invitation.apns_id = uuid_text(apns_id(prefix, row.invitation, row.generation));
  }
  invitation.reply = reply_of(row);
  invitation.updated_at = row.updated_at.milliseconds == 0 ? "" : to_text(row.updated_at);
  return invitation;
}

std::string write_asked(const Asked& asked) {
  const auto& selector = asked.selector;
  json::Writer writer;
  writer.begin_object();
  writer.key("user").text(selector.user).key("group").text(selector.group);
  writer.key("device").text(selector.device);
  writer.key("audience")
      .text(selector.audience == Audience::not_invited ? "not-invited" : "not-enrolled");
  writer.key("channels").text(channel_names[static_cast<std::size_t>(selector.channels)]);
  writer.key("managed").number(asked.managed ? 1 : 0);
  if (!asked.by.empty()) {
    writer.key("by").text(asked.by);
  }
  if (!asked.key.empty()) {
    writer.key("key").text(asked.key).key("preview").text(asked.preview);
  }
  if (asked.start_at != 0) {
    writer.key("start_at").number(asked.start_at);
  }
  writer.end();
  return writer.result();
}

Asked read_asked(const std::string& text) {
  Asked asked;
  asked.selector = read_selector(text);
  asked.managed = is_managed(text);
  json::SmallObject object;
  if (object.read(text)) {
    asked.by = object.string("by").value_or("");
    asked.key = object.string("key").value_or("");
    asked.preview = object.string("preview").value_or("");
    asked.start_at = object.integer("start_at").value_or(0);
  }
  return asked;
}

Selector read_selector(const std::string& text) {
  Selector selector;
  json::SmallObject object;
  if (!object.read(text)) {
    return selector;
  }
  selector.user = object.string("user").value_or("");
  selector.group = object.string("group").value_or("");
  selector.device = object.string("device").value_or("");
  selector.audience = object.string("audience").value_or("") == "not-enrolled"
                          ? Audience::not_enrolled
                          : Audience::not_invited;
  for (std::size_t i = 0; i < std::size(channel_names); ++i) {
    if (object.string("channels").value_or("") == channel_names[i]) {
      selector.channels = static_cast<Channels>(i);
    }
  }
  return selector;
}

bool is_managed(const std::string& selector_json) {
  json::SmallObject object;
  return object.read(selector_json) && object.integer("managed").value_or(0) == 1;
}

roster::Wanted wanted(Audience audience) {
  return audience == Audience::not_invited ? roster::Wanted::not_invited
                                           : roster::Wanted::not_enrolled;
}

}  // namespace service
}  // namespace muster
