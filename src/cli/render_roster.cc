#include "cli/render_roster.h"

#include <algorithm>
#include <utility>

#include "cli/text.h"
#include "console/shapes.h"
#include "json/members.h"

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

template <class Item>
std::string page_json(const char* name, const RosterPage<Item>& page, const char* id_name) {
  json::Writer writer;
  writer.begin_object().key(name).begin_array();
  for (const auto& row : page.rows) {
    writer.begin_object();
    console::add_members(writer, row, id_name);
    writer.end();
  }
  writer.end();
  json::Members{writer}.member("next", page.next).member("more", page.more);
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
  // Most devices have no radio, and many pages none with one.
  const bool radios = std::ranges::any_of(
      page.rows, [](const Device& device) { return !device.imei.empty() || !device.meid.empty(); });
  Table table(std::vector<Align>(radios ? 7 : 6, Align::left));
  std::vector<std::string> heads{"DEVICE", "NAME", "USER", "PLATFORM", "SERIAL", "PUSH"};
  if (radios) {
    heads.insert(heads.end() - 1, "IMEI OR MEID");
  }
  table.row(std::move(heads));
  for (const auto& device : page.rows) {
    std::vector<std::string> cells{shown(device.id),      cut(shown(device.name), name_columns),
                                   shown(device.user_id), device.platform,
                                   shown(device.serial),  push_words(device)};
    if (radios) {
      cells.insert(cells.end() - 1, device.imei.empty() ? device.meid : device.imei);
    }
    table.row(std::move(cells));
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
  add_row(table, "IMEI", device.imei);
  add_row(table, "MEID", device.meid);
  add_row(table, "Push", push_words(device));
  return table.text();
}

std::string list_json(const RosterPage<User>& page) {
  return page_json("users", page, "user_id");
}

std::string list_json(const RosterPage<Group>& page) {
  return page_json("groups", page, "group_id");
}

std::string list_json(const RosterPage<Device>& page) {
  return page_json("devices", page, "device_id");
}

std::string one_json(const User& user) {
  json::Writer writer;
  writer.begin_object();
  console::add_members(writer, user, "user_id");
  console::add_details(writer, user, "device_id");
  return writer.end().result();
}

std::string one_json(const Group& group) {
  json::Writer writer;
  writer.begin_object();
  console::add_members(writer, group, "group_id");
  console::add_details(writer, group);
  return writer.end().result();
}

std::string one_json(const Device& device) {
  json::Writer writer;
  writer.begin_object();
  console::add_members(writer, device, "device_id");
  return writer.end().result();
}

}  // namespace muster::cli
