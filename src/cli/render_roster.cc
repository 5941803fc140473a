#include "cli/render_roster.h"

#include <utility>

#include "cli/members.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

using Align = Table::Align;

constexpr std::size_t name_columns = 32;

std::string yes_or_no(bool yes) {
  return yes ? "yes" : "no";
}

std::string list_of(const std::vector<std::string>& ids) {
  std::string text;
  for (const auto& id : ids) {
    text += (text.empty() ? "" : ", ") + shown(id);
  }
  return text;
}

std::string push_words(const Device& device) {
  return device.pushable ? "can be pushed" : "cannot be pushed: " + device.why_not;
}

template <class Item>
std::string more_text(const RosterPage<Item>& page) {
  return page.more ? "More: --from " + std::to_string(page.next) + "\n" : "";
}

void add_row(Table& table, const char* label, const std::string& text) {
  if (!text.empty()) {
    table.row({label, shown(text)});
  }
}

void write(json::Writer& writer, const Device& device) {
  writer.begin_object();
  Members{writer}
      .member("device_id", device.id)
      .member("name", device.name)
      .member("user_id", device.user_id)
      .member("user_full_name", device.user_full_name)
      .member("platform", device.platform)
      .member("enrollment", device.enrollment)
      .member("serial", device.serial)
      .member("udid", device.udid)
      .member("pushable", device.pushable)
      .member("why_not", device.why_not);
  writer.end();
}

void write_members(json::Writer& writer, const User& user) {
  Members{writer}
      .member("user_id", user.id)
      .member("full_name", user.full_name)
      .member("email", user.email)
      .member("managed_apple_account", user.managed_apple_account)
      .member("location", user.location)
      .member("managed_distribution", user.managed_distribution)
      .member("enabled", user.enabled)
      .member("invited", user.invited)
      .member("enrolled", user.enrolled);
}

void write_members(json::Writer& writer, const Group& group) {
  Members{writer}
      .member("group_id", group.id)
      .member("name", group.name)
      .member("managed_distribution", group.managed_distribution)
      .member("members_direct", group.members_direct);
}

void write_ids(json::Writer& writer, const char* name, const std::vector<std::string>& ids) {
  writer.key(name).begin_array();
  for (const auto& id : ids) {
    writer.text(id);
  }
  writer.end();
}

template <class Item, class Write>
std::string page_json(const char* name, const RosterPage<Item>& page, Write write_one) {
  json::Writer writer;
  writer.begin_object().key(name).begin_array();
  for (const auto& row : page.rows) {
    write_one(writer, row);
  }
  writer.end();
  Members{writer}.member("next", page.next).member("more", page.more);
  return writer.end().result();
}

}  // namespace

std::string list_text(const RosterPage<User>& page) {
  if (page.rows.empty()) {
    return "No users.\n" + more_text(page);
  }
  Table table({Align::left, Align::left, Align::left, Align::left, Align::left, Align::left});
  table.row({"USER", "NAME", "EMAIL", "ENABLED", "INVITED", "ENROLLED"});
  for (const auto& user : page.rows) {
    table.row({shown(user.id), cut(shown(user.full_name), name_columns), shown(user.email),
               yes_or_no(user.enabled), yes_or_no(user.invited), yes_or_no(user.enrolled)});
  }
  return table.text() + more_text(page);
}

std::string list_text(const RosterPage<Group>& page) {
  if (page.rows.empty()) {
    return "No groups.\n" + more_text(page);
  }
  Table table({Align::left, Align::left, Align::left, Align::right});
  table.row({"GROUP", "NAME", "MANAGED DISTRIBUTION", "USERS"});
  for (const auto& group : page.rows) {
    table.row({shown(group.id), cut(shown(group.name), name_columns), group.managed_distribution,
               with_separators(group.members_direct)});
  }
  return table.text() + more_text(page);
}

std::string list_text(const RosterPage<Device>& page) {
  if (page.rows.empty()) {
    return "No devices.\n" + more_text(page);
  }
  Table table({Align::left, Align::left, Align::left, Align::left, Align::left, Align::left});
  table.row({"DEVICE", "NAME", "USER", "PLATFORM", "SERIAL", "PUSH"});
  for (const auto& device : page.rows) {
    table.row({shown(device.id), cut(shown(device.name), name_columns), shown(device.user_id),
               device.platform, shown(device.serial), push_words(device)});
  }
  return table.text() + more_text(page);
}

std::string one_text(const User& user) {
  Table table({Align::left, Align::left});
  add_row(table, "User", user.id);
  add_row(table, "Name", user.full_name);
  add_row(table, "Email", user.email);
  add_row(table, "Language", user.language);
  add_row(table, "Account", user.managed_apple_account);
  add_row(table, "Location", user.location);
  add_row(table, "Enabled", yes_or_no(user.enabled) + ": " + user.enabled_because);
  add_row(table, "Invited", yes_or_no(user.invited));
  add_row(table, "Enrolled", yes_or_no(user.enrolled));
  if (!user.groups.empty()) {
    table.row({"Groups", list_of(user.groups)});
  }
  std::string label = "Devices";
  for (const auto& device : user.devices) {
    table.row({std::exchange(label, ""), shown(device.id) + "  " + shown(device.name) +
                                             (device.platform.empty() ? "" : "  ") +
                                             device.platform + "  " + push_words(device)});
  }
  return table.text();
}

std::string one_text(const Group& group) {
  Table table({Align::left, Align::left});
  add_row(table, "Group", group.id);
  add_row(table, "Name", group.name);
  add_row(table, "Managed Distribution", group.managed_distribution);
  table.row({"Users", with_separators(group.members) + " (" +
                          with_separators(group.members_direct) + " directly)"});
  table.row({"Enabled", with_separators(group.enabled)});
  table.row({"Invited", with_separators(group.invited)});
  table.row({"Enrolled", with_separators(group.enrolled)});
  table.row({"Devices", with_separators(group.devices) + " (" +
                            with_separators(group.devices_pushable) + " can be pushed)"});
  if (!group.children.empty()) {
    table.row({"Groups in it", list_of(group.children)});
  }
  if (!group.parents.empty()) {
    table.row({"In groups", list_of(group.parents)});
  }
  return table.text();
}

std::string one_text(const Device& device) {
  Table table({Align::left, Align::left});
  add_row(table, "Device", device.id);
  add_row(table, "Name", device.name);
  add_row(table, "User",
          device.user_id.empty() ? "nobody" : device.user_id + " (" + device.user_full_name + ")");
  add_row(table, "Platform", device.platform);
  add_row(table, "Enrollment", device.enrollment);
  add_row(table, "Serial", device.serial);
  add_row(table, "UDID", device.udid);
  add_row(table, "Push", push_words(device));
  return table.text();
}

std::string list_json(const RosterPage<User>& page) {
  return page_json("users", page, [](json::Writer& writer, const User& user) {
    writer.begin_object();
    write_members(writer, user);
    writer.end();
  });
}

std::string list_json(const RosterPage<Group>& page) {
  return page_json("groups", page, [](json::Writer& writer, const Group& group) {
    writer.begin_object();
    write_members(writer, group);
    writer.end();
  });
}

std::string list_json(const RosterPage<Device>& page) {
  return page_json("devices", page,
                   [](json::Writer& writer, const Device& device) { write(writer, device); });
}

std::string one_json(const User& user) {
  json::Writer writer;
  writer.begin_object();
  write_members(writer, user);
  Members{writer}.member("language", user.language).member("enabled_because", user.enabled_because);
  write_ids(writer, "groups", user.groups);
  writer.key("devices").begin_array();
  for (const auto& device : user.devices) {
    write(writer, device);
  }
  return writer.end().end().result();
}

std::string one_json(const Group& group) {
  json::Writer writer;
  writer.begin_object();
  write_members(writer, group);
  Members{writer}
      .member("members", group.members)
      .member("enabled", group.enabled)
      .member("invited", group.invited)
      .member("enrolled", group.enrolled)
      .member("devices", group.devices)
      .member("devices_pushable", group.devices_pushable);
  write_ids(writer, "parents", group.parents);
  write_ids(writer, "children", group.children);
  return writer.end().result();
}

std::string one_json(const Device& device) {
  json::Writer writer;
  write(writer, device);
  return writer.result();
}

}  // namespace muster::cli
