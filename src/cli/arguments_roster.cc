#include "cli/arguments_roster.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/arguments.h"

namespace muster::cli {
namespace {

using Kind = RosterArguments::Kind;
using Action = RosterArguments::Action;

// One of the three commands, to which its actions are added.
struct Group {
  CLI::App& parent;
  Arguments& to;
  AddCommand add_command;
  Kind kind;

  CLI::App* add(const char* name, const char* purpose, Action action) const {
    CLI::App* command = add_command(parent, name, purpose, to);
    command->callback([&arguments = to, of = kind, action] {
      arguments.verb = Verb::roster;
      arguments.roster.kind = of;
      arguments.roster.action = action;
    });
    return command;
  }
  // Of one that is named.
  CLI::App* add_of_one(const char* name, const char* purpose, Action action,
                       const char* meaning) const {
    CLI::App* command = add(name, purpose, action);
    command->add_option("ID", to.roster.id, meaning)->required()->type_name("");
    return command;
  }
  void add_removal(const char* name, const char* purpose, Action action,
                   const char* meaning) const {
    add_of_one(name, purpose, action, meaning)->add_flag("--yes,-y", to.yes, "Do not ask");
  }
  void add_list(const char* purpose) const {
    CLI::App* list = add("list", purpose, Action::list);
    list->add_option("--search", to.roster.search, "Only where id, name, address or serial has it")
        ->type_name("TEXT");
    list->add_option("--limit", to.roster.limit, "At most so many (default 100)")
        ->check(CLI::Range(1U, 1000U))
        ->type_name("N");
    list->add_option("--from", to.roster.from, "Go on from where the last list ended")
        ->type_name("N");
  }
};

constexpr const char* user_meaning = "user_id";
constexpr const char* group_meaning = "group_id, or a name that only one group has";
constexpr const char* device_meaning = "device_id";
constexpr const char* switch_meaning = "on, off, or \"\" for what the groups say";

void add_user_fields(CLI::App& command, UserEdit& edit) {
  command.add_option("--full-name", edit.full_name, "")->type_name("NAME");
  command.add_option("--email", edit.email, "")->type_name("ADDRESS");
  command.add_option("--language", edit.language, "As de or de-CH")->type_name("LANGUAGE");
  command.add_option("--managed-apple-account", edit.managed_apple_account, "")
      ->type_name("ACCOUNT");
  command.add_option("--location", edit.location, "")->type_name("LOCATION");
  command.add_option("--managed-distribution", edit.managed_distribution, switch_meaning)
      ->type_name("WORD");
}

void add_user(CLI::App& app, Arguments& to, AddCommand add_command) {
  CLI::App* parent = app.add_subcommand("user", "Users: list, show, edit");
  parent->require_subcommand(1);
  const Group user{*parent, to, add_command, Kind::user};
  user.add_list("Users of the roster");
  user.add_of_one("show", "A user, his groups and devices", Action::show, user_meaning);
  add_user_fields(*user.add_of_one("add", "Add a user", Action::add, user_meaning),
                  to.roster.user_edit);
  add_user_fields(*user.add_of_one("set", "Change a user's fields", Action::set, user_meaning),
                  to.roster.user_edit);
  user.add_of_one("enable", "Managed Distribution on, whatever his groups say", Action::enable,
                  user_meaning);
  user.add_of_one("disable", "Managed Distribution off", Action::disable, user_meaning);
  user.add_of_one("inherit", "Managed Distribution as his groups say", Action::inherit,
                  user_meaning);
  user.add_removal("remove", "Take a user out of groups and audiences", Action::remove,
                   user_meaning);
  user.add_removal("erase", "Remove, and blank name, address and account for good", Action::erase,
                   user_meaning);
}

void add_group(CLI::App& app, Arguments& to, AddCommand add_command) {
  CLI::App* parent = app.add_subcommand("group", "Groups: list, show, edit");
  parent->require_subcommand(1);
  const Group group{*parent, to, add_command, Kind::group};
  group.add_list("Groups of the roster");
  group.add_of_one("show", "A group and its figures", Action::show, group_meaning);
  for (const auto action : {Action::add, Action::set}) {
    CLI::App* command =
        action == Action::add
            ? group.add_of_one("add", "Add a group; it starts off", action, "group_id")
            : group.add_of_one("set", "Change a group's fields", action, group_meaning);
    command->add_option("--name", to.roster.group_edit.name, "")->type_name("NAME");
    command
        ->add_option("--managed-distribution", to.roster.group_edit.managed_distribution,
                     "on or off")
        ->type_name("WORD");
  }
  group.add_of_one("enable", "Managed Distribution on", Action::enable, group_meaning);
  group.add_of_one("disable", "Managed Distribution off", Action::disable, group_meaning);
  for (const auto action : {Action::assign, Action::unassign}) {
    CLI::App* command =
        action == Action::assign
            ? group.add_of_one("assign", "Put a user or a group into it", action, group_meaning)
            : group.add_of_one("unassign", "Take a user or a group out of it", action,
                               group_meaning);
    command->add_option("--user", to.roster.user, "Which user")->type_name("USER");
    command->add_option("--group", to.roster.group, "Which group")->type_name("GROUP");
  }
  group.add_removal("remove", "Remove a group; its users stay", Action::remove, group_meaning);
}

void add_device_fields(CLI::App& command, DeviceEdit& edit) {
  command.add_option("--name", edit.name, "")->type_name("NAME");
  command.add_option("--platform", edit.platform, "iOS, iPadOS, macOS, …")->type_name("PLATFORM");
  command.add_option("--serial", edit.serial, "")->type_name("SERIAL");
  command.add_option("--enrollment", edit.enrollment, "device, user or shared")->type_name("KIND");
  command.add_option("--udid", edit.udid, "UDID or EnrollmentID")->type_name("UDID");
}

void add_device(CLI::App& app, Arguments& to, AddCommand add_command) {
  CLI::App* parent = app.add_subcommand("device", "Devices: list, show, assign, edit");
  parent->require_subcommand(1);
  const Group device{*parent, to, add_command, Kind::device};
  device.add_list("Devices of the roster");
  device.add_of_one("show", "A device, and whether it can be pushed", Action::show, device_meaning);
  CLI::App* add =
      device.add("add", "Hold a place for a device that has not checked in", Action::add);
  add->add_option("ID", to.roster.id, "device_id; without it, the UDID or serial number")
      ->type_name("");
  add_device_fields(*add, to.roster.device_edit);
  add_device_fields(
      *device.add_of_one("set", "Change a device's fields", Action::set, device_meaning),
      to.roster.device_edit);
  CLI::App* assign =
      device.add_of_one("assign", "Assign a device to a user", Action::assign, device_meaning);
  assign->add_option("USER", to.roster.user, user_meaning)->required()->type_name("");
  device.add_of_one("unassign", "Assign a device to nobody", Action::unassign, device_meaning);
  device.add_removal("remove", "Remove a device", Action::remove, device_meaning);
}

}  // namespace

void add_roster(CLI::App& app, Arguments& to, AddCommand add_command) {
  add_user(app, to, add_command);
  add_group(app, to, add_command);
  add_device(app, to, add_command);
}

std::string misfit_of_roster(const RosterArguments& to) {
  const bool of_group =
      to.kind == Kind::group && (to.action == Action::assign || to.action == Action::unassign);
  if (of_group && to.user.empty() == to.group.empty()) {
    return to.user.empty() ? "whom? give --user USER or --group GROUP"
                           : "--user and --group exclude each other; give one of them";
  }
  return {};
}

}  // namespace muster::cli
