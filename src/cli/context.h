// What a command begins with: the settings that hold, and a dispatcher on their data directory.
#pragma once

#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/screen.h"
#include "muster/dispatcher.h"
#include "muster/error.h"
#include "settings/read.h"

namespace muster::cli {

// The settings file that holds: --config, else what MUSTER_CONFIG names, else the system's file
// where it exists; empty: none, the defaults hold. `environment` may be null.
[[nodiscard]] std::string settings_file(const std::string& option, const char* environment,
                                        const std::string& system_file);

struct Loaded {
  std::string file;  // empty: none was read
  Settings settings;
  settings::Origins origins;
};
[[nodiscard]] Checked<Loaded> load_settings(const Common& common);

// Of the server that --server or MUSTER_SERVER names, else of the process that holds the data
// directory, where one answers at its socket, else in this process.
[[nodiscard]] Checked<std::unique_ptr<Dispatcher>> open_dispatcher(const Common& common,
                                                                   Access access);

// Who is at this terminal, for the record: "local:anna".
[[nodiscard]] std::string local_name();

// Says it on standard error; returns the exit code.
int fail(Screen& screen, const Failure& failure);

}  // namespace muster::cli
