// What a command begins with: the settings that hold, and a dispatcher on their data directory.
#pragma once

#include <memory>
#include <string>
#include <utility>

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
// directory, where one answers at its socket, else in this process. Where one holds it and does not
// answer, waits a little for it to end.
[[nodiscard]] Checked<std::unique_ptr<Dispatcher>> open_dispatcher(const Common& common,
                                                                   Access access);

// Whether there is a server, and not only a command that sends and ends then.
[[nodiscard]] bool is_served(const Common& common);

// Whom a command asks that only looks. A command that sends by itself answers as long as it sends:
// when it has ended, whoever answers then is asked, or the directory itself.
class Source {
 public:
  explicit Source(Common common) : common_(std::move(common)) {}
  template <class Question>  // of a Dispatcher&, with a Checked<> answer
  [[nodiscard]] auto ask(Question question) -> decltype(question(std::declval<Dispatcher&>()));

 private:
  [[nodiscard]] Checked<Done> open();

  const Common common_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

template <class Question>
auto Source::ask(Question question) -> decltype(question(std::declval<Dispatcher&>())) {
  if (dispatcher_ != nullptr) {
    auto answer = question(*dispatcher_);
    if (answer || !dispatcher_->elsewhere() || answer.failure().kind != FailureKind::cannot_start) {
      return answer;
    }
  }
  if (auto opened = open(); !opened) {
    return opened.failure();
  }
  return question(*dispatcher_);
}

// Who is at this terminal, for the record: "local:anna".
[[nodiscard]] std::string local_name();

// Says it on standard error; returns the exit code.
int fail(Screen& screen, const Failure& failure);

}  // namespace muster::cli
