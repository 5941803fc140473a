#include "cli/read_shapes.h"

#include <concepts>
#include <limits>
#include <utility>

#include "cli/render.h"

namespace muster::cli {
namespace {

// Reads members one after the other into the fields of a value.
struct Fields {
  json::Value from;

  const Fields& operator()(std::string_view name, std::string& to) const {
    if (const auto text = from.at(name).text()) {
      to = *text;
    }
    return *this;
  }
  const Fields& operator()(std::string_view name, bool& to) const {
    to = from.at(name).boolean().value_or(to);
    return *this;
  }
  const Fields& operator()(std::string_view name, double& to) const {
    to = from.at(name).number().value_or(to);
    return *this;
  }
  template <std::integral Whole>
  const Fields& operator()(std::string_view name, Whole& to) const {
    if (const auto whole = from.at(name).integer(); whole && std::in_range<Whole>(*whole)) {
      to = static_cast<Whole>(*whole);
    }
    return *this;
  }
  template <class Item>
  const Fields& operator()(std::string_view name, std::vector<Item>& to) const {
    to = read_all<Item>(from.at(name));
    return *this;
  }
};

// The value of the enumeration that has this name.
template <class Enum>
void read_named(json::Value from, Enum& to, Enum last) {
  const auto word = from.text();
  for (int i = 0; word && i <= static_cast<int>(last); ++i) {
    if (*word == name_of(static_cast<Enum>(i))) {
      to = static_cast<Enum>(i);
    }
  }
}

}  // namespace

void read(json::Value from, std::string& to) {
  to = from.text().value_or("");
}

void read(json::Value from, ReasonCount& to) {
  Fields{from}("state", to.state)("reason", to.reason)("words", to.words)("count", to.count);
}

void read(json::Value from, Unreached& to) {
  Fields{from}("reason", to.reason)("users", to.users);
}

void read(json::Value from, Selector& to) {
  Fields{from}("user", to.user)("group", to.group)("device", to.device);
  read_named(from.at("audience"), to.audience, Audience::not_enrolled);
  read_named(from.at("channels"), to.channels, Channels::push_then_mail);
}

void read(json::Value from, Preview& to) {
  Fields{from}("id", to.id)("target_name", to.target_name)("users_selected", to.users_selected)(
      "users", to.users)("invitations", to.invitations)("pushes", to.pushes)("mails", to.mails)(
      "accounts", to.accounts)("users_by_device", to.users_by_device)("fallbacks", to.fallbacks)(
      "users_not_invited", to.users_not_invited)("users_not_enrolled", to.users_not_enrolled)(
      "warnings", to.warnings)("seconds_estimated", to.seconds_estimated)("unreached",
                                                                          to.unreached);
  read(from.at("selector"), to.selector);
}

void read(json::Value from, Task& to) {
  Fields{from}("id", to.id)("state_reason", to.state_reason)("target_name", to.target_name)(
      "invitations", to.invitations)("queued", to.queued)("deferred", to.deferred)(
      "in_doubt", to.in_doubt)("sent", to.sent)("failed", to.failed)("unreachable", to.unreachable)(
      "cancelled", to.cancelled)("expired", to.expired)("superseded", to.superseded)(
      "shown", to.shown)("postponed", to.postponed)("users", to.users)(
      "users_enrolled", to.users_enrolled)("repeated", to.repeated)("by", to.by)(
      "created_at", to.created_at)("starts_at", to.starts_at)("ended_at", to.ended_at)(
      "bound_by", to.bound_by)("reasons", to.reasons);
  read_named(from.at("state"), to.state, TaskState::cancelled);
  read(from.at("selector"), to.selector);
}

void read(json::Value from, Progress& to) {
  Fields{from}("state_reason", to.state_reason)("total", to.total)("done", to.done)(
      "sent", to.sent)("failed", to.failed)("deferred", to.deferred)("in_flight", to.in_flight)(
      "unsettled", to.unsettled)("rate", to.rate)("seconds_left", to.seconds_left)(
      "seconds", to.seconds)("bound_by", to.bound_by);
  read_named(from.at("state"), to.state, TaskState::cancelled);
}

void read(json::Value from, Invitation& to) {
  Fields{from}("invitation", to.number)("user_id", to.user_id)("user_full_name", to.user_full_name)(
      "device_id", to.device_id)("device_name", to.device_name)("channel", to.channel)(
      "state", to.state)("reason", to.reason)("attempts", to.attempts)("apns_id", to.apns_id)(
      "reply", to.reply)("updated_at", to.updated_at);
}

void read(json::Value from, Moment& to) {
  Fields{from}("at", to.at)("what", to.what)("words", to.words);
}

void read(json::Value from, Timeline& to) {
  read(from.at("row"), to.row);
  to.moments = read_all<Moment>(from.at("moments"));
}

void read(json::Value from, Device& to) {
  Fields{from}("id", to.id)("name", to.name)("user_id", to.user_id)(
      "user_full_name", to.user_full_name)("platform", to.platform)("enrollment", to.enrollment)(
      "serial", to.serial)("udid", to.udid)("imei", to.imei)("meid", to.meid)(
      "pushable", to.pushable)("why_not", to.why_not);
}

void read(json::Value from, User& to) {
  Fields{from}("id", to.id)("full_name", to.full_name)("email", to.email)(
      "managed_apple_account", to.managed_apple_account)("location", to.location)(
      "managed_distribution", to.managed_distribution)("enabled", to.enabled)(
      "invited", to.invited)("enrolled", to.enrolled)("language", to.language)(
      "enabled_because", to.enabled_because)("groups", to.groups)("devices", to.devices);
}

void read(json::Value from, Group& to) {
  Fields{from}("id", to.id)("name", to.name)("managed_distribution", to.managed_distribution)(
      "members_direct", to.members_direct)("members", to.members)("enabled", to.enabled)(
      "invited", to.invited)("enrolled", to.enrolled)("devices", to.devices)(
      "devices_pushable", to.devices_pushable)("parents", to.parents)("children", to.children);
}

void read(json::Value from, Location& to) {
  Fields{from}("id", to.id)("organisation", to.organisation)("name", to.name)(
      "expires_at", to.expires_at)("days_left", to.days_left)("condition", to.condition)(
      "words", to.words)("waiting", to.waiting)("registered", to.registered)(
      "enrolled", to.enrolled)("refused", to.refused);
}

namespace {

void read_changes(json::Value from, ImportChanges& to) {
  for (const auto& [name, change] :
       {std::pair("added", &to.added), {"changed", &to.changed}, {"removed", &to.removed}}) {
    Fields{from.at(name)}("count", change->count)("first", change->first);
  }
}

}  // namespace

void read(json::Value from, ImportReport& to) {
  Fields{from}("users", to.users)("groups", to.groups)("memberships", to.memberships)(
      "devices", to.devices)("codes", to.codes)("rejected", to.rejected)("warnings", to.warnings)(
      "seconds", to.seconds);
  const auto changes = from.at("changes");
  read_changes(changes.at("users"), to.users_changed);
  read_changes(changes.at("groups"), to.groups_changed);
  read_changes(changes.at("devices"), to.devices_changed);
}

void read(json::Value from, UnreachedUser& to) {
  Fields{from}("user_id", to.user_id)("full_name", to.full_name)("reason", to.reason);
}

}  // namespace muster::cli
