// muster admin: administrators of the console and API tokens, in control.db itself. A server that
// runs on the same data directory sees each change at once.
#include <unistd.h>

#include <algorithm>

#include "base/assert.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/password_input.h"
#include "cli/text.h"
#include "console/accounts.h"
#include "console/local_owner.h"
#include "json/writer.h"

namespace muster::cli {
namespace {

using Action = AdminArguments::Action;

int refuse(Screen& screen, const console::Refusal& refusal) {
  const auto kind = refusal.status == 400   ? FailureKind::usage
                    : refusal.status == 503 ? FailureKind::cannot_start
                                            : FailureKind::refused;
  return fail(screen, {kind, refusal.detail});
}

int finish(Screen& screen, const Result<void, console::Refusal>& done, const std::string& said) {
  if (!done) {
    return refuse(screen, done.error());
  }
  screen.person().write(said + "\n");
  return 0;
}

console::Actor actor() {
  return {console::local_owner_name(geteuid()), ""};
}

Checked<std::string> new_password(const AdminArguments& to, Screen& screen) {
  return to.password_file.empty() ? password_of_terminal(STDIN_FILENO, screen.person())
                                  : password_of_file(to.password_file);
}

int create(console::Accounts& accounts, const AdminArguments& to, Screen& screen) {
  const auto password = new_password(to, screen);
  if (!password) {
    return fail(screen, password.failure());
  }
  const auto role = console::scope_of(to.role);
  MUSTER_ASSERT(role.has_value());
  const auto made = accounts.create_administrator(to.name, *password, *role, actor());
  if (!made) {
    return refuse(screen, made.error());
  }
  screen.person().write("Administrator " + made->name + " may log in (" + to.role + ")\n");
  return 0;
}

int set_password(console::Accounts& accounts, const AdminArguments& to, Screen& screen) {
  const auto password = new_password(to, screen);
  if (!password) {
    return fail(screen, password.failure());
  }
  return finish(screen, accounts.set_password(to.name, *password, actor()),
                "The password is set; every session of " + shown(to.name) + " has ended");
}

int list(console::Accounts& accounts, Screen& screen) {
  const auto all = accounts.administrators();
  if (!all) {
    return refuse(screen, all.error());
  }
  json::Writer writer;
  writer.begin_object().key("administrators").begin_array();
  Table table({Table::Align::left, Table::Align::left, Table::Align::left, Table::Align::left});
  table.row({"Name", "Role", "Since", "State"});
  for (const auto& each : *all) {
    const std::string role(name_of(each.role));
    table.row({each.name, role, to_text(each.created_at), each.disabled ? "disabled" : "enabled"});
    writer.begin_object().key("name").text(each.name).key("role").text(role);
    writer.key("created_at").text(to_text(each.created_at));
    writer.key("disabled").boolean(each.disabled).end();
  }
  writer.end().end();
  if (screen.json()) {
    screen.answer().write(writer.result() + "\n");
  } else {
    screen.answer().write(all->empty() ? "Nobody may log in yet; see muster admin create --help\n"
                                       : table.text());
  }
  return 0;
}

std::string state_of(const console::Token& token, WallTime now) {
  const bool expired = token.expires_at && *token.expires_at <= now;
  return token.revoked ? "revoked" : expired ? "expired" : "valid";
}

void write_token(json::Writer& writer, const console::Token& token, WallTime now) {
  writer.begin_object().key("number").number(token.number).key("name").text(token.name);
  writer.key("scope").text(name_of(token.scope)).key("account").text(token.account);
  writer.key("created_at").text(to_text(token.created_at));
  writer.key("last_used_at");
  token.last_used_at ? writer.text(to_text(*token.last_used_at)) : writer.null();
  writer.key("expires_at");
  token.expires_at ? writer.text(to_text(*token.expires_at)) : writer.null();
  writer.key("state").text(state_of(token, now)).end();
}

int list_tokens(console::Accounts& accounts, Screen& screen) {
  const auto all = accounts.tokens();
  if (!all) {
    return refuse(screen, all.error());
  }
  const WallTime now = SystemClock().wall();
  json::Writer writer;
  writer.begin_object().key("tokens").begin_array();
  Table table(std::vector<Table::Align>(6, Table::Align::left));
  table.row({"Name", "Scope", "Account", "Last used", "Expires", "State"});
  for (const auto& each : *all) {
    write_token(writer, each, now);
    table.row({each.name, std::string(name_of(each.scope)), each.account,
               each.last_used_at ? to_text(*each.last_used_at) : "never",
               each.expires_at ? to_text(*each.expires_at) : "never", state_of(each, now)});
  }
  writer.end().end();
  screen.answer().write(screen.json()  ? writer.result() + "\n"
                        : all->empty() ? "There are no tokens\n"
                                       : table.text());
  return 0;
}

int create_token(console::Accounts& accounts, const AdminArguments& to, Screen& screen) {
  const auto scope = console::scope_of(to.role);
  MUSTER_ASSERT(scope.has_value());
  console::NewToken wanted{to.name, *scope, to.account, {}};
  if (to.expires != 0) {
    wanted.days_left = to.expires;
  }
  const auto made = accounts.create_token(wanted, actor());
  if (!made) {
    return refuse(screen, made.error());
  }
  // The one place where it is seen: alone on standard output, so that a script can take it.
  screen.answer().write(
      screen.json()
          ? json::Writer().begin_object().key("token").text(made->secret).end().result() + "\n"
          : made->secret + "\n");
  return 0;
}

int revoke_token(console::Accounts& accounts, const AdminArguments& to, Screen& screen) {
  const auto all = accounts.tokens();
  if (!all) {
    return refuse(screen, all.error());
  }
  const auto found = std::ranges::find_if(
      *all, [&](const auto& each) { return !each.revoked && each.name == to.name; });
  if (found == all->end()) {
    return fail(screen, {FailureKind::refused, "there is no token '" + shown(to.name) +
                                                   "' to revoke; see muster admin token list"});
  }
  return finish(screen, accounts.revoke_token(found->number, actor()),
                "Token " + found->name + " is revoked");
}

int act(console::Accounts& accounts, const AdminArguments& to, Screen& screen) {
  switch (to.action) {
    case Action::create:
      return create(accounts, to, screen);
    case Action::list:
      return list(accounts, screen);
    case Action::disable:
      return finish(screen, accounts.set_disabled(to.name, true, actor()),
                    shown(to.name) + " is disabled; sessions have ended, tokens hold no longer");
    case Action::enable:
      return finish(screen, accounts.set_disabled(to.name, false, actor()),
                    shown(to.name) + " may log in again");
    case Action::password:
      return set_password(accounts, to, screen);
    case Action::token_create:
      return create_token(accounts, to, screen);
    case Action::token_list:
      return list_tokens(accounts, screen);
    case Action::token_revoke:
      return revoke_token(accounts, to, screen);
  }
  MUSTER_ASSERT(false);
}

}  // namespace

int command_admin(const Arguments& arguments, Screen& screen) {
  const auto loaded = load_settings(arguments.common);
  if (!loaded) {
    return fail(screen, loaded.failure());
  }
  const SystemClock clock;
  const auto accounts = console::Accounts::open(loaded->settings.data_dir, clock);
  if (!accounts) {
    return fail(screen, {FailureKind::cannot_start, accounts.error().line_of_text()});
  }
  return act(**accounts, arguments.admin, screen);
}

}  // namespace muster::cli
