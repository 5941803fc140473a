// Waking in the dispatcher: what joins it to the desk and the pipeline.
#include "base/log.h"
#include "model/job.h"
#include "service/implementation.h"
#include "service/may_be_shown.h"
#include "service/wording.h"

namespace muster {
namespace {

constexpr std::uint16_t no_credential = 0xffff;

}  // namespace

Checked<Done> Dispatcher::Implementation::open_waking() {
  if (devices_room == nullptr || waking != nullptr) {
    return Done{};
  }
  service::WakingHouse house;
  house.nudge = [this](pipeline::NudgeBatch batch) { return nudge(std::move(batch)); };
  house.take_nudged = [this] { return pipeline->take_nudged(); };
  house.take_events = [this] { return devices_room->take_events(); };
  house.credentials = [this] { return credentials_to_wake(); };
  auto opened = service::Waking::open(settings.data_dir,
                                      {settings.mdm.wake_again, settings.mdm.not_now_again}, clock,
                                      std::move(house));
  if (!opened) {
    return service::failure_of(opened.error());
  }
  waking = std::move(*opened);
  waking->start();
  return Done{};
}

// Under the lock of those who stop tasks: either its task is seen to be stopped here, or who stops
// it finds this batch in the pipeline and stops it too.
bool Dispatcher::Implementation::nudge(pipeline::NudgeBatch batch) {
  const std::lock_guard guard(mutex);
  const auto row = find(uuid_text(batch.id.bytes));
  return row && service::may_be_shown(*row, clock.wall()) && pipeline->nudge(std::move(batch));
}

// Alerts wake no MDM client.
std::vector<std::uint16_t> Dispatcher::Implementation::credentials_to_wake() {
  const std::lock_guard guard(mutex);
  auto readers = roster_reader();
  if (!readers) {
    return {};
  }
  const auto topics = (*readers)->topics();
  if (!topics) {
    log::warning("service", "topics could not be read", {{"error", words(topics.error())}});
    return {};
  }
  auto credentials_found = service::credentials_by_topic(*topics, settings);
  for (std::size_t topic = 0; topic < topics->size(); ++topic) {
    if (push_type_of((*topics)[topic]) != PushType::mdm) {
      credentials_found[topic] = no_credential;
    }
  }
  return credentials_found;
}

}  // namespace muster
