#include "cli/context.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "cli/remote_dispatcher.h"
#include "settings/files.h"

namespace muster::cli {
namespace {

constexpr const char* system_settings_file = "/etc/muster/muster.toml";
constexpr const char* socket_name = "muster.sock";  // in the data directory

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
  const auto socket = loaded->settings.data_dir + "/" + socket_name;
  if (answers(socket)) {
    return open_remote({"http://localhost", socket, "", ""});
  }
  return Dispatcher::open(loaded->settings, access);
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
