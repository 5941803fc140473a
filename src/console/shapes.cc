#include "console/shapes.h"

#include <array>

#include "json/members.h"

namespace muster::console {
namespace {

using json::Members;

constexpr std::array<const char*, 2> audience_words = {"not-invited", "not-enrolled"};
constexpr std::array<const char*, 4> channels_words = {"push", "mail", "push,mail",
                                                       "push-then-mail"};

template <class Enum, std::size_t count>
std::optional<Enum> found(const std::array<const char*, count>& words, std::string_view word) {
  for (std::size_t i = 0; i < count; ++i) {
    if (word == words[i]) {
      return static_cast<Enum>(i);
    }
  }
  return std::nullopt;
}

void add_change(json::Writer& writer, std::string_view name, const ImportChange& change) {
  writer.key(name).begin_object().key("count").number(change.count);
  add_texts(writer, "first", change.first);
  writer.end();
}

void add_changes(json::Writer& writer, std::string_view name, const ImportChanges& changes) {
  writer.key(name).begin_object();
  add_change(writer, "added", changes.added);
  add_change(writer, "changed", changes.changed);
  add_change(writer, "removed", changes.removed);
  writer.end();
}

}  // namespace

const char* word_of(Audience audience) {
  return audience_words[static_cast<std::size_t>(audience)];
}
const char* word_of(Channels channels) {
  return channels_words[static_cast<std::size_t>(channels)];
}
std::optional<Audience> audience_of(std::string_view word) {
  return found<Audience>(audience_words, word);
}
std::optional<Channels> channels_of(std::string_view word) {
  return found<Channels>(channels_words, word);
}

void add_selector(json::Writer& writer, const Selector& selector) {
  writer.key("selector").begin_object();
  Members{writer}
      .member("user", selector.user)
      .member("group", selector.group)
      .member("device", selector.device)
      .member("audience", word_of(selector.audience))
      .member("channels", word_of(selector.channels));
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

void add_texts(json::Writer& writer, std::string_view name, const std::vector<std::string>& texts) {
  writer.key(name).begin_array();
  for (const auto& text : texts) {
    writer.text(text);
  }
  writer.end();
}

void add(json::Writer& writer, const Preview& preview) {
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
  add_texts(writer, "warnings", preview.warnings);
  Members{writer}.member("seconds_estimated", preview.seconds_estimated);
  writer.end();
}

void add(json::Writer& writer, const UnreachedUser& user) {
  writer.begin_object();
  Members{writer}
      .member("user_id", user.user_id)
      .member("full_name", user.full_name)
      .member("reason", user.reason);
  writer.end();
}

void add(json::Writer& writer, const Progress& progress) {
  writer.begin_object();
  Members{writer}
      .member("state", name_of(progress.state))
      .member("state_reason", progress.state_reason)
      .member("total", progress.total)
      .member("done", progress.done)
      .member("sent", progress.sent)
      .member("failed", progress.failed)
      .member("deferred", progress.deferred)
      .member("in_flight", progress.in_flight)
      .member("unsettled", progress.unsettled)
      .member("rate", progress.rate)
      .member("seconds_left", progress.seconds_left)
      .member("seconds", progress.seconds)
      .member("bound_by", progress.bound_by);
  writer.end();
}

void add(json::Writer& writer, const Location& location) {
  writer.begin_object();
  Members{writer}
      .member("id", location.id)
      .member("organisation", location.organisation)
      .member("name", location.name)
      .member("expires_at", location.expires_at)
      .member("days_left", location.days_left)
      .member("condition", location.condition)
      .member("words", location.words)
      .member("waiting", location.waiting)
      .member("registered", location.registered)
      .member("enrolled", location.enrolled)
      .member("refused", location.refused);
  writer.end();
}

void add_members(json::Writer& writer, const Task& task) {
  Members{writer}
      .member("id", task.id)
      .member("state", name_of(task.state))
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
      .member("by", task.by)
      .member("created_at", task.created_at)
      .member("starts_at", task.starts_at)
      .member("ended_at", task.ended_at)
      .member("bound_by", task.bound_by);
}

void add_members(json::Writer& writer, const ImportReport& report, bool dry_run) {
  Members{writer}
      .member("users", report.users)
      .member("groups", report.groups)
      .member("memberships", report.memberships)
      .member("devices", report.devices)
      .member("codes", report.codes)
      .member("rejected", report.rejected)
      .member("dry_run", dry_run)
      .member("seconds", report.seconds);
  writer.key("changes").begin_object();
  add_changes(writer, "users", report.users_changed);
  add_changes(writer, "groups", report.groups_changed);
  add_changes(writer, "devices", report.devices_changed);
  writer.end();
  add_texts(writer, "warnings", report.warnings);
}

void add_members(json::Writer& writer, const Invitation& row) {
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
}

void add(json::Writer& writer, const Timeline& timeline) {
  writer.begin_object().key("row").begin_object();
  add_members(writer, timeline.row);
  writer.end().key("moments").begin_array();
  for (const auto& moment : timeline.moments) {
    writer.begin_object();
    Members{writer}
        .member("at", moment.at)
        .member("what", moment.what)
        .member("words", moment.words);
    writer.end();
  }
  writer.end().end();
}

void add_members(json::Writer& writer, const User& user, std::string_view id_name) {
  Members{writer}
      .member(id_name, user.id)
      .member("full_name", user.full_name)
      .member("email", user.email)
      .member("managed_apple_account", user.managed_apple_account)
      .member("location", user.location)
      .member("managed_distribution", user.managed_distribution)
      .member("enabled", user.enabled)
      .member("invited", user.invited)
      .member("enrolled", user.enrolled);
}

void add_members(json::Writer& writer, const Group& group, std::string_view id_name) {
  Members{writer}
      .member(id_name, group.id)
      .member("name", group.name)
      .member("managed_distribution", group.managed_distribution)
      .member("members_direct", group.members_direct);
}

void add_members(json::Writer& writer, const Device& device, std::string_view id_name) {
  Members{writer}
      .member(id_name, device.id)
      .member("name", device.name)
      .member("user_id", device.user_id)
      .member("user_full_name", device.user_full_name)
      .member("platform", device.platform)
      .member("enrollment", device.enrollment)
      .member("serial", device.serial)
      .member("udid", device.udid)
      .member("imei", device.imei)
      .member("meid", device.meid)
      .member("pushable", device.pushable)
      .member("why_not", device.why_not);
}

void add_details(json::Writer& writer, const User& user, std::string_view id_name) {
  Members{writer}.member("language", user.language).member("enabled_because", user.enabled_because);
  add_texts(writer, "groups", user.groups);
  writer.key("devices").begin_array();
  for (const auto& device : user.devices) {
    writer.begin_object();
    add_members(writer, device, id_name);
    writer.end();
  }
  writer.end();
}

void add_details(json::Writer& writer, const Group& group) {
  Members{writer}
      .member("members", group.members)
      .member("enabled", group.enabled)
      .member("invited", group.invited)
      .member("enrolled", group.enrolled)
      .member("devices", group.devices)
      .member("devices_pushable", group.devices_pushable);
  add_texts(writer, "parents", group.parents);
  add_texts(writer, "children", group.children);
}

}  // namespace muster::console
