#include "cli/arguments_admin.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/arguments.h"
#include "cli/text.h"
#include "console/scope.h"
#include "model/limits.h"

namespace muster::cli {
namespace {

using Action = AdminArguments::Action;

CLI::App* add(CLI::App& parent, const char* name, const char* purpose, Action action, Arguments& to,
              AddAdminCommand add_command) {
  CLI::App* command = add_command(parent, name, purpose, to);
  command->callback([&to, action] {
    to.verb = Verb::admin;
    to.admin.action = action;
  });
  return command;
}

std::string wrong_role(const std::string& word) {
  return console::scope_of(word) ? "" : "'" + shown(word) + "' is not admin, send or read";
}

void add_name(CLI::App& command, Arguments& to, const char* meaning) {
  command.add_option("NAME", to.admin.name, meaning)->required()->type_name("");
}

void add_password_file(CLI::App& command, Arguments& to) {
  command
      .add_option("--password-file", to.admin.password_file,
                  "Read the password from a file; -: standard input. Without it, it is asked for")
      ->type_name("FILE");
}

void add_tokens(CLI::App& admin, Arguments& to, AddAdminCommand add_command) {
  CLI::App* token = admin.add_subcommand("token", "API tokens for scripts");
  token->require_subcommand(1);
  CLI::App* create = add(*token, "create", "Make a token and print it, once", Action::token_create,
                         to, add_command);
  add_name(*create, to, "What it is for");
  create->add_option("--scope", to.admin.role, "admin, send or read")
      ->required()
      ->check(wrong_role)
      ->type_name("SCOPE");
  create->add_option("--account", to.admin.account, "The administrator it acts for")
      ->type_name("ADMINISTRATOR");
  create->add_option("--expires", to.admin.expires, "After so many days; without it, never")
      ->check(CLI::Range(1U, limits::api_token_days_max))
      ->type_name("DAYS");
  add(*token, "list", "Tokens, when they were used last, and until when", Action::token_list, to,
      add_command);
  add_name(*add(*token, "revoke", "End a token at once", Action::token_revoke, to, add_command), to,
           "Its name");
}

}  // namespace

void add_admin(CLI::App& app, Arguments& to, AddAdminCommand add_command) {
  CLI::App* admin = app.add_subcommand("admin", "Administrators of the console, and API tokens");
  admin->require_subcommand(1);
  CLI::App* create = add(*admin, "create", "Add an administrator", Action::create, to, add_command);
  add_name(*create, to, "Small letters, digits and . _ - @ +");
  create->add_option("--role", to.admin.role, "admin, send or read (default admin)")
      ->check(wrong_role)
      ->type_name("ROLE");
  add_password_file(*create, to);
  add(*admin, "list", "Who may log in", Action::list, to, add_command);
  add_name(*add(*admin, "disable", "Keep somebody out, at once", Action::disable, to, add_command),
           to, "The administrator");
  add_name(*add(*admin, "enable", "Let somebody in again", Action::enable, to, add_command), to,
           "The administrator");
  CLI::App* password = add(*admin, "password", "Set a new password; ends all sessions",
                           Action::password, to, add_command);
  add_name(*password, to, "The administrator");
  add_password_file(*password, to);
  add_tokens(*admin, to, add_command);
}

}  // namespace muster::cli
