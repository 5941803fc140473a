#include "cli/context.h"

#include <unistd.h>

#include <cstdlib>

namespace muster::cli {
namespace {

constexpr const char* system_settings_file = "/etc/muster/muster.toml";

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
  const auto loaded = load_settings(common);
  if (!loaded) {
    return loaded.failure();
  }
  return Dispatcher::open(loaded->settings, access);
}

int fail(Screen& screen, const Failure& failure) {
  screen.complain(failure.line);
  return static_cast<int>(failure.kind);
}

}  // namespace muster::cli
