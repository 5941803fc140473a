// muster user, group, device: what they were told.
#pragma once

#include <cstdint>
#include <string>

#include "muster/roster.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own
class App;
}  // namespace CLI

namespace muster::cli {

struct Arguments;

struct RosterArguments {
  enum class Kind : std::uint8_t { user, group, device };
  enum class Action : std::uint8_t {
    list,
    show,
    add,
    set,
    remove,
    erase,
    enable,
    disable,
    inherit,
    assign,
    unassign,
  };
  Kind kind = Kind::user;
  Action action = Action::list;
  std::string id;      // of whom; a device that is added may have none
  std::string search;  // list
  std::uint32_t from = 0;
  std::uint32_t limit = 100;
  std::string user;   // device assign: to whom; group assign, unassign: who
  std::string group;  // group assign, unassign: which group inside it
  UserEdit user_edit;
  GroupEdit group_edit;
  DeviceEdit device_edit;
};

// Adds the three commands to the program's; `add_command` is arguments.cc's.
using AddCommand = CLI::App* (*)(CLI::App& parent, const char* name, const char* purpose,
                                 Arguments& to);
void add_roster(CLI::App& app, Arguments& to, AddCommand add_command);
// What one option means for another; empty where all fits.
[[nodiscard]] std::string misfit_of_roster(const RosterArguments& to);

}  // namespace muster::cli
