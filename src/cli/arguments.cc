#include "cli/arguments.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <optional>

#include "cli/text.h"
#include "console/moment.h"
#include "muster/error.h"
#include "muster/version.h"

namespace muster::cli {
namespace {

constexpr int usage_code = static_cast<int>(FailureKind::usage);
constexpr int refused_code = static_cast<int>(FailureKind::refused);

constexpr const char* footer =
    "Settings are read from --config, else from the file that MUSTER_CONFIG names, else from\n"
    "/etc/muster/muster.toml where it exists; without any, defaults hold (muster config print).\n"
    "\n"
    "While a send runs, with or without a server, tasks, pause, cancel, resume and retry work "
    "from\n"
    "another terminal.\n"
    "\n"
    "Exit codes:\n"
    "  0  every invitation was handed over\n"
    "  1  ended: cancelled, or some invitations failed or were unreachable\n"
    "  2  the command line is wrong\n"
    "  3  cannot start: settings, credentials, or the data directory\n"
    "  4  refused: nothing to send, the audience changed, or not confirmed\n"
    "  5  not finished, and resumable (muster resume)\n";

const std::vector<std::string> audiences{"not-invited", "not-enrolled"};
const std::vector<std::string> channel_words{"push", "mail", "push,mail", "push-then-mail"};
const std::vector<std::string> formats{"csv", "ndjson", "open-directory", "active-directory",
                                       "generic"};
const std::vector<std::string> goals{"sent", "shown", "enrolled"};

// A validator of CLI11: empty where the word is known, otherwise what is wrong.
std::function<std::string(const std::string&)> one_of(const std::vector<std::string>& known) {
  return [&known](const std::string& word) -> std::string {
    if (std::find(known.begin(), known.end(), word) != known.end()) {
      return {};
    }
    return "'" + shown(word) + "' is not " + any_of(known);
  };
}

// "500" or "500/s".
std::optional<std::uint32_t> read_rate(std::string_view text) {
  if (text.ends_with("/s")) {
    text.remove_suffix(2);
  }
  std::uint32_t rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error != std::errc{} || end != text.data() + text.size() || rate == 0) {
    return std::nullopt;
  }
  return rate;
}

// In seconds since 1970, none of them too early; 0 where nothing is said.
std::int64_t start_of(std::string_view text) {
  const auto at = console::moment_of(text);
  return at ? (at->milliseconds + 999) / 1000 : 0;
}

// What CLI11 writes into; the words that need a second look are kept as text.
struct Draft {
  Arguments arguments;
  std::string audience = "not-invited";
  std::string channels = "push-then-mail";
  std::string rate;
  std::string until = "sent";
  std::string at;
};

void add_common(CLI::App& command, Common& to) {
  command.add_option("--config", to.config, "Settings file")->type_name("FILE");
  command.add_option("--data", to.data, "Data directory, instead of [data] dir")->type_name("DIR");
  command.add_option("--server", to.server, "A running server elsewhere")->type_name("URL");
  command.add_option("--token-file", to.token_file, "An API token of that server")
      ->type_name("FILE");
  command.add_flag("--json", to.json, "JSON on standard output");
}

CLI::App* add_command(CLI::App& parent, const char* name, const char* purpose, Verb verb,
                      Arguments& to) {
  CLI::App* command = parent.add_subcommand(name, purpose);
  add_common(*command, to.common);
  command->callback([verb, &to] { to.verb = verb; });
  return command;
}

void add_import(CLI::App& app, Draft& draft) {
  Arguments& to = draft.arguments;
  CLI::App* command =
      add_command(app, "import", "Read users, groups and devices from files or a directory service",
                  Verb::import_roster, to);
  command
      ->add_option("PATH", to.import_options.paths,
                   "Directory of CSV files, CSV or NDJSON file, files of Apple School Manager or "
                   "OneRoster (directory or zip), or ldap://host/")
      ->required()
      ->type_name("");
  command->add_option("--format", to.import_options.format, any_of(formats) + ", where not evident")
      ->check(one_of(formats))
      ->type_name("FORMAT");
  command->add_flag("--dry-run", to.import_options.dry_run, "Check everything, store nothing");
  command
      ->add_option("--skip-bad", to.import_options.rejects_file,
                   "Leave bad rows out and write them to this file")
      ->type_name("REJECTS");
}

void add_doctor(CLI::App& app, Arguments& to) {
  CLI::App* command = add_command(
      app, "doctor", "Check settings, credentials and the data directory", Verb::doctor, to);
  CLI::Option* roster = command->add_flag(
      "--roster", to.of_roster,
      "Look at the roster too: users without address or device, devices that are silent or whose "
      "token is gone, addresses that several share, groups with nobody in them");
  command->add_option("--examples", to.examples, "How many of each to name (5)")
      ->check(CLI::Range(0, 1000))
      ->needs(roster)
      ->type_name("N");
}

void add_selector(CLI::App& command, Draft& draft) {
  Selector& to = draft.arguments.selector;
  command.add_option("--user", to.user, "A user, by user_id")->type_name("USER");
  command.add_option("--group", to.group, "A group, by group_id or name")->type_name("GROUP");
  command.add_option("--device", to.device, "With --user: only this device")->type_name("DEVICE");
  command.add_option("--audience", draft.audience, any_of(audiences) + " (default not-invited)")
      ->check(one_of(audiences))
      ->type_name("WHO");
  command
      .add_option("--channels", draft.channels, any_of(channel_words) + " (default push-then-mail)")
      ->check(one_of(channel_words))
      ->type_name("HOW");
}

void add_sending(CLI::App& app, Draft& draft) {
  CLI::App* preview = add_command(app, "preview", "Say what a send would do; sends nothing",
                                  Verb::preview, draft.arguments);
  add_selector(*preview, draft);
  preview
      ->add_option("--unreached", draft.arguments.unreached_file,
                   "Write whom it would not reach, and why, to this CSV file")
      ->type_name("FILE");
  CLI::App* send =
      add_command(app, "send", "Send invitations; asks first", Verb::send, draft.arguments);
  add_selector(*send, draft);
  send->add_flag("--yes,-y", draft.arguments.yes, "Do not ask");
  send->add_option("--rate", draft.rate, "At most so many invitations a second")
      ->check([](const std::string& text) -> std::string {
        return read_rate(text) ? "" : "'" + shown(text) + "' is not a number a second, as 500/s";
      })
      ->type_name("N/s");
  send->add_option("--at", draft.at,
                   "Begin then, and return at once: 2026-11-22T23:08:00Z, or with +01:00")
      ->check([](const std::string& text) -> std::string {
        return console::moment_of(text) ? ""
                                        : "'" + shown(text) +
                                              "' is not a time, as 2026-11-22T23:08:00Z or "
                                              "2026-11-22T23:08:00+01:00";
      })
      ->type_name("TIME");
  send->add_option("--until", draft.until, "When to stop waiting: sent, shown or enrolled")
      ->check(one_of(goals))
      ->type_name("WHAT");
}

void add_tasks(CLI::App& app, Draft& draft) {
  Arguments& to = draft.arguments;
  CLI::App* tasks =
      add_command(app, "tasks", "Show tasks, or one task and its invitations", Verb::tasks, to);
  tasks->add_option("TASK", to.task, "A task's id, or its first characters")->type_name("");
  CLI::Option* active = tasks->add_flag("--active", to.active, "Only tasks that have not ended");
  tasks->add_flag("--completed", to.completed, "Only tasks that have ended")->excludes(active);
  tasks->add_option("--state", to.state, "Only tasks, or a task's invitations, in this state")
      ->type_name("STATE");
  tasks->add_option("--invitation", to.invitation, "One invitation of a task, step by step")
      ->type_name("N");
  tasks->add_flag("--csv", to.csv, "A task's invitations as CSV");
  tasks->add_flag("--watch", to.watch, "Show again every second");

  const auto add_change = [&](const char* name, const char* purpose, Verb verb) {
    CLI::App* command = add_command(app, name, purpose, verb, to);
    command->add_option("TASK", to.task, "A task's id, or its first characters")->type_name("");
    return command;
  };
  add_change("resume", "Go on with a task, or with all interrupted ones", Verb::resume);
  add_change("pause", "Keep a task from being sent until it is resumed", Verb::pause);
  add_change("cancel", "End a task; what was not sent will not be", Verb::cancel);
  add_change("retry", "Send again what failed", Verb::retry)
      ->add_option("--state", to.state, "Send again what is in this state")
      ->check(one_of(invitation_states()))
      ->type_name("STATE");
}

void add_serving(CLI::App& app, Draft& draft) {
  Arguments& to = draft.arguments;
  add_command(app, "serve", "Send what is to be sent, and listen for devices and Apple",
              Verb::serve, to);
  CLI::App* token =
      app.add_subcommand("token", "Content tokens of Apple School or Business Manager");
  token->require_subcommand(1);
  CLI::App* install = add_command(*token, "install", "Install or replace a location's token",
                                  Verb::token_install, to);
  install->add_option("FILE", to.file, "The file that Apple gave; -: standard input")
      ->required()
      ->type_name("");
  install->add_option("--location", to.location, "Which location (default default)")
      ->type_name("LOCATION");
  install->add_flag("--take-over", to.take_over, "Take it away from the MDM server that uses it");
  add_command(*token, "show", "Whose tokens they are, and until when", Verb::token_show, to);
}

Parsed answered(std::string text) {
  Parsed parsed;
  parsed.answer = std::move(text);
  return parsed;
}

Parsed complain(std::string line, int exit_code = usage_code) {
  Parsed parsed;
  parsed.exit_code = exit_code;
  parsed.complaint = std::move(line);
  return parsed;
}

// The innermost command that was named; the program itself where none was.
const CLI::App* command_named(const CLI::App& app) {
  const CLI::App* command = &app;
  for (auto below = app.get_subcommands(); !below.empty(); below = command->get_subcommands()) {
    command = below.front();
  }
  return command;
}

std::string path_of(const CLI::App* command) {
  const CLI::App* parent = command->get_parent();
  return parent == nullptr ? command->get_name() : path_of(parent) + " " + command->get_name();
}

std::vector<std::string> commands_of(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

// One line for what CLI11 did not accept.
std::string words(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = command_named(app);
  const std::string see = "see " + path_of(command) + " --help";
  const auto rest = app.remaining(true);
  const auto commands = commands_of(command);
  if (rest.empty()) {
    if (!commands.empty()) {
      return "which command? expected " + any_of(commands) + "; " + see;
    }
    std::string text = error.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return shown(text) + "; " + see;
  }
  const auto option = std::find_if(rest.begin(), rest.end(),
                                   [](const std::string& word) { return word.starts_with("-"); });
  if (option == rest.end() || (commands.size() > 1 && option != rest.begin())) {
    const std::string word = shown(rest.front());
    if (commands.empty()) {
      return "'" + word + "' was not expected; " + see;
    }
    const std::string near = nearest(rest.front(), commands);
    return "no command '" + word + "'; " +
           (near.empty() ? "expected " + any_of(commands) : "did you mean " + near + "?");
  }
  std::vector<std::string> known{"--help"};
  for (const CLI::Option* each : command->get_options()) {
    for (const auto& name : each->get_lnames()) {
      known.push_back("--" + name);
    }
  }
  const std::string word = option->substr(0, option->find('='));
  const std::string near = nearest(word, known);
  return path_of(command) + " has no option " + shown(word) + "; " +
         (near.empty() ? see : "did you mean " + near + "?");
}

// What one option means for another; empty where all fits.
std::string misfit(const Arguments& to) {
  if (to.verb == Verb::preview || to.verb == Verb::send) {
    const bool user = !to.selector.user.empty();
    if (user == !to.selector.group.empty()) {
      return user ? "--user and --group exclude each other; give one of them"
                  : "whom? give --user USER or --group GROUP";
    }
    if (!to.selector.device.empty() && !user) {
      return "--device names a device of a user; give --user as well";
    }
  }
  if (to.verb != Verb::tasks) {
    return to.verb == Verb::roster ? misfit_of_roster(to.roster) : std::string();
  }
  if (to.csv && (to.task.empty() || to.common.json || to.watch)) {
    return "--csv exports one task's invitations; give a TASK, without --json and --watch";
  }
  if (to.invitation && (to.task.empty() || to.csv || to.watch || !to.state.empty())) {
    return "--invitation shows one invitation of a task; give a TASK, without --csv, --watch and "
           "--state";
  }
  if (!to.task.empty() && (to.active || to.completed)) {
    return "--active and --completed choose among tasks; leave them out, or leave out TASK";
  }
  const auto& states = to.task.empty() ? task_states() : invitation_states();
  if (!to.state.empty()) {
    if (auto wrong = one_of(states)(to.state); !wrong.empty()) {
      return "--state: " + wrong;
    }
  }
  return {};
}

Parsed finish(Draft& draft) {
  Arguments& to = draft.arguments;
  if (auto wrong = misfit(to); !wrong.empty()) {
    return complain(std::move(wrong));
  }
  if (!draft.at.empty() && draft.until != "sent") {
    return complain("--at returns at once, --until waits; leave out one of them");
  }
  to.goal = draft.until == "shown"      ? Goal::shown
            : draft.until == "enrolled" ? Goal::enrolled
                                        : Goal::sent;
  to.selector.audience =
      draft.audience == "not-enrolled" ? Audience::not_enrolled : Audience::not_invited;
  to.selector.channels = draft.channels == "push"        ? Channels::push
                         : draft.channels == "mail"      ? Channels::mail
                         : draft.channels == "push,mail" ? Channels::push_and_mail
                                                         : Channels::push_then_mail;
  to.rate = read_rate(draft.rate).value_or(0);
  to.start_at = start_of(draft.at);
  Parsed parsed;
  parsed.act = true;
  parsed.arguments = std::move(to);
  return parsed;
}

}  // namespace

std::string Common::flags() const {
  return (config.empty() ? "" : " --config " + shell_word(config)) +
         (data.empty() ? "" : " --data " + shell_word(data)) +
         (server.empty() ? "" : " --server " + shell_word(server)) +
         (token_file.empty() ? "" : " --token-file " + shell_word(token_file));
}

Parsed parse_arguments(const std::vector<std::string>& words_given) {
  Draft draft;
  CLI::App app("Muster sends invitations to the devices of users, and says what became of each.",
               "muster");
  app.set_version_flag("--version", std::string("muster ") + version, "Print the version");
  app.require_subcommand(1);
  app.footer(footer);
  add_common(app, draft.arguments.common);  // before the command as well as after it
  add_import(app, draft);
  add_sending(app, draft);
  add_tasks(app, draft);
  add_roster(app, draft.arguments,
             [](CLI::App& parent, const char* name, const char* purpose, Arguments& to) {
               return add_command(parent, name, purpose, Verb::roster, to);
             });
  add_serving(app, draft);
  add_admin(app, draft.arguments,
            [](CLI::App& parent, const char* name, const char* purpose, Arguments& to) {
              return add_command(parent, name, purpose, Verb::admin, to);
            });
  CLI::App* config = app.add_subcommand("config", "Settings");
  config->require_subcommand(1);
  add_command(*config, "print", "Print the settings in force", Verb::config_print, draft.arguments);
  add_doctor(app, draft.arguments);
  try {
    // CLI11 takes the words last first.
    app.parse(std::vector<std::string>(words_given.rbegin(), words_given.rend()));
  } catch (const CLI::CallForHelp&) {
    return answered(app.help());
  } catch (const CLI::CallForVersion& version_asked) {
    return answered(std::string(version_asked.what()) + "\n");
  } catch (const CLI::ParseError& error) {
    return complain(words(app, error));
  }
  return finish(draft);
}

const std::vector<std::string>& invitation_states() {
  static const std::vector<std::string> states{
      "queued",   "registering", "sent",        "shown",     "postponed", "enrolled",  "deferred",
      "in_doubt", "failed",      "unreachable", "cancelled", "expired",   "superseded"};
  return states;
}

const std::vector<std::string>& task_states() {
  static const std::vector<std::string> states{"running", "paused", "interrupted", "completed",
                                               "cancelled"};
  return states;
}

}  // namespace muster::cli
