// The command line, read: which command, and what it was told.
//
// A wrong one is said in one line that names the nearest command or option; nothing is opened, read
// or sent before the whole line is understood. The words here are names that scripts rely on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments_admin.h"
#include "cli/arguments_roster.h"
#include "muster/dispatcher.h"
#include "muster/selector.h"

namespace muster::cli {

enum class Verb : std::uint8_t {
  import_roster,
  preview,
  send,
  tasks,
  resume,
  pause,
  cancel,
  retry,
  config_print,
  doctor,
  roster,  // user, group, device
  serve,
  token_install,
  token_show,
  admin,
};

// What every command takes.
struct Common {
  std::string config;      // --config; empty: the places that --help names
  std::string data;        // --data; empty: as the settings say
  std::string server;      // --server; empty: MUSTER_SERVER, else whoever holds the data directory
  std::string token_file;  // --token-file; empty: MUSTER_TOKEN_FILE
  bool json = false;

  // " --config x --data y" as given here, so that a command we propose means the same data
  // directory.
  [[nodiscard]] std::string flags() const;
};

struct Arguments {
  Verb verb = Verb::doctor;
  Common common;
  ImportOptions import_options;      // import
  Selector selector;                 // preview, send
  RosterArguments roster;            // user, group, device
  AdminArguments admin;              // admin
  std::string unreached_file;        // preview; empty: not asked for
  bool yes = false;                  // send
  std::uint32_t rate = 0;            // send; 0: not given
  Goal goal = Goal::sent;            // send
  std::int64_t start_at = 0;         // send; seconds since 1970; 0: now
  std::string file;                  // token install; "-": standard input
  std::string location = "default";  // token install
  bool take_over = false;            // token install
  std::string task;                  // tasks, resume, pause, cancel, retry; empty: not given
  bool active = false;               // tasks
  bool completed = false;            // tasks
  std::string state;                 // tasks: of tasks, or with a task of its invitations; retry
  bool csv = false;                  // tasks
  std::optional<std::uint32_t> invitation;  // tasks
  bool watch = false;                       // tasks
  bool of_roster = false;                   // doctor
  std::uint32_t examples = 5;               // doctor
};

// Either arguments to act on, or an answer already: help, the version, or a complaint.
struct Parsed {
  bool act = false;
  Arguments arguments;
  int exit_code = 0;
  std::string answer;     // for stdout
  std::string complaint;  // for stderr, one line
};
// `words` without the program's own name.
[[nodiscard]] Parsed parse_arguments(const std::vector<std::string>& words);

// Every state an invitation can be shown in (design §2), and every state of a task.
[[nodiscard]] const std::vector<std::string>& invitation_states();
[[nodiscard]] const std::vector<std::string>& task_states();

}  // namespace muster::cli
