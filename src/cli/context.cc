#include "cli/context.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/time.h"
#include "cli/remote_dispatcher.h"
#include "console/console.h"
#include "settings/files.h"

namespace muster::cli {
namespace {

constexpr const char* system_settings_file = "/etc/muster/muster.toml";
// A command that sends by itself answers at its socket until it ends, and holds the directory a
// moment longer: whoever pauses a task and goes on with it at once comes in between.
constexpr Duration holder_patience = std::chrono::seconds(2);
constexpr std::chrono::milliseconds holder_interval{10};

// What an option says, else a variable of the environment.
std::string given(const std::string& option, const char* variable) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets the environment
  const char* environment = std::getenv(variable);
  return !option.empty() || environment == nullptr ? option : environment;
}

std::string server_of(const Common& common) {
  auto server = given(common.server, "MUSTER_SERVER");
  while (server.ends_with('/')) {
    server.pop_back();
  }
  return server;
}

Checked<std::unique_ptr<Dispatcher>> open_remote(const RemoteLink::Where& where) {
  auto link = RemoteLink::open(where);
  if (!link) {
    return link.failure();
  }
  return std::unique_ptr<Dispatcher>(new RemoteDispatcher(std::move(*link)));
}

// Of the process that holds the data directory; none where nobody answers at the socket.
Checked<std::unique_ptr<RemoteLink>> link_of_holder(const std::string& data_dir) {
  const auto socket = console::socket_of(data_dir);
  if (!answers(socket)) {
    return std::unique_ptr<RemoteLink>();
  }
  auto link = RemoteLink::open({"http://localhost", socket, "", ""});
  // Connected is not yet answered: it may be ending.
  if (link && !(*link)->exchange({"GET", "/healthz", ""})) {
    return std::unique_ptr<RemoteLink>();
  }
  return link;
}

Checked<std::unique_ptr<Dispatcher>> at_server(const std::string& server, const Common& common) {
  if (!server.starts_with("https://") && !server.starts_with("http://")) {
    return Failure{FailureKind::usage,
                   "--server " + server + ": expected https://HOST or http://HOST:PORT"};
  }
  const auto file = given(common.token_file, "MUSTER_TOKEN_FILE");
  if (file.empty()) {
    return Failure{FailureKind::usage,
                   "a server at an address wants an API token: --token-file FILE, or "
                   "MUSTER_TOKEN_FILE; make one with `muster admin token create`"};
  }
  const auto token = settings::read_password(file);
  if (!token) {
    return Failure{FailureKind::cannot_start, token.error().line_of_text()};
  }
  return open_remote({server, "", *token, given("", "MUSTER_TRUST_FILE")});
}

}  // namespace

std::string settings_file(const std::string& option, const char* environment,
                          const std::string& system_file) {
  if (!option.empty()) {
    return option;
  }
  if (environment != nullptr && *environment != '\0') {
    return environment;
  }
  return access(system_file.c_str(), F_OK) == 0 ? system_file : std::string();
}

Checked<Loaded> load_settings(const Common& common) {
  Loaded loaded;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets the environment
  loaded.file = settings_file(common.config, std::getenv("MUSTER_CONFIG"), system_settings_file);
  if (!loaded.file.empty()) {
    auto read = settings::read_settings(loaded.file, &loaded.origins);
    if (!read) {
      return Failure{FailureKind::cannot_start, read.error().line_of_text()};
    }
    loaded.settings = std::move(*read);
  }
  if (!common.data.empty()) {
    loaded.settings.data_dir = common.data;
    loaded.origins["data.dir"] = {.file = "--data", .line = 0, .column = 0};
  }
  return loaded;
}

Checked<std::unique_ptr<Dispatcher>> open_dispatcher(const Common& common, Access access) {
  const auto server = server_of(common);
  if (!server.empty()) {
    return at_server(server, common);
  }
  const auto loaded = load_settings(common);
  if (!loaded) {
    return loaded.failure();
  }
  const auto& data_dir = loaded->settings.data_dir;
  const SystemClock clock;
  const auto until = clock.now() + holder_patience;
  for (;;) {
    auto link = link_of_holder(data_dir);
    if (!link) {
      return link.failure();
    }
    if (*link != nullptr) {
      return std::unique_ptr<Dispatcher>(new RemoteDispatcher(std::move(*link)));
    }
    if (access == Access::read || !console::is_held(data_dir) || clock.now() >= until) {
      return Dispatcher::open(loaded->settings, access);
    }
    std::this_thread::sleep_for(holder_interval);
  }
}

bool is_served(const Common& common) {
  if (!server_of(common).empty()) {
    return true;
  }
  const auto loaded = load_settings(common);
  const auto link = loaded ? link_of_holder(loaded->settings.data_dir)
                           : Checked<std::unique_ptr<RemoteLink>>(loaded.failure());
  if (!link || *link == nullptr) {
    return false;
  }
  const auto about = (*link)->get("/api/v1/about");
  return about && about->root().at("serves").boolean().value_or(false);
}

Checked<Done> Source::open() {
  auto opened = open_dispatcher(common_, Access::read);
  if (!opened) {
    return opened.failure();
  }
  dispatcher_ = std::move(*opened);
  return Done{};
}

std::string local_name() {
  std::array<char, 1024> room{};
  passwd entry{};
  passwd* found = nullptr;
  const auto user = ::geteuid();
  const bool named =
      ::getpwuid_r(user, &entry, room.data(), room.size(), &found) == 0 && found != nullptr;
  return "local:" + (named ? std::string(entry.pw_name) : std::to_string(user));
}

int fail(Screen& screen, const Failure& failure) {
  screen.complain(failure.line);
  return static_cast<int>(failure.kind);
}

}  // namespace muster::cli
