#include "service/hygiene.h"

#include <filesystem>

#include "mdm/desk.h"
#include "service/wording.h"
#include "store/command_store.h"

namespace muster::service {
namespace {

Checked<NumberSet> devices_silent(const std::string& data_dir, WallTime now) {
  if (!std::filesystem::exists(data_dir + "/control.db")) {
    return NumberSet();
  }
  auto commands = store::CommandStore::open(data_dir, store::OpenMode::read);
  if (!commands) {
    return failure_of(commands.error());
  }
  const auto silent_ms = std::chrono::milliseconds(silent_after).count();
  auto silent =
      commands->devices_silent(mdm::enrolment_left, WallTime{now.milliseconds - silent_ms});
  if (!silent) {
    return failure_of(silent.error(), "what devices were heard of cannot be read");
  }
  return std::move(*silent);
}

}  // namespace

Checked<Hygiene> hygiene_of(const std::string& data_dir, std::size_t examples_max, WallTime now) {
  const auto silent = devices_silent(data_dir, now);
  if (!silent) {
    return silent.failure();
  }
  auto found = roster::look_at_hygiene(data_dir, *silent, examples_max);
  if (!found) {
    return failure_of(found.error());
  }
  return std::move(*found);
}

}  // namespace muster::service
