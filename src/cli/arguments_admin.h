// muster admin: what it was told.
#pragma once

#include <cstdint>
#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own
class App;
}  // namespace CLI

namespace muster::cli {

struct Arguments;

struct AdminArguments {
  enum class Action : std::uint8_t {
    create,
    list,
    disable,
    enable,
    password,
    token_create,
    token_list,
    token_revoke,
  };
  Action action = Action::list;
  std::string name;            // of the administrator, or of the token
  std::string role = "admin";  // create; token create: the scope
  std::string password_file;   // create, password; empty: asked for; "-": standard input
  std::string account;         // token create: whose; empty: the local owner's
  std::uint32_t expires = 0;   // token create: days; 0: never
};

// Adds the command to the program's; `add_command` is arguments.cc's.
using AddAdminCommand = CLI::App* (*)(CLI::App& parent, const char* name, const char* purpose,
                                      Arguments& to);
void add_admin(CLI::App& app, Arguments& to, AddAdminCommand add_command);

}  // namespace muster::cli
