// Notifications: what came in by deliver(), taken up on the registrar's thread.
//
// They may be repeated, late, lost or out of order. Who has accepted is believed at once;
// everything else only says that it is worth looking.
#include <algorithm>

#include "registrar/implementation.h"

namespace muster::registrar {
namespace {

constexpr Duration remembered = std::chrono::hours(24);  // Apple repeats within minutes
constexpr Duration forget_every = std::chrono::hours(1);

}  // namespace

Result<void> Registrar::Implementation::hear() {
  const auto now = clock.now();
  if (!inbox.any() && now < forget_at) {
    return {};
  }
  const auto mail = inbox.take();
  if (const auto begun = records.begin(); !begun) {
    return begun;
  }
  for (const auto& letter : mail.letters) {
    auto* location = find(letter.location);
    if (location == nullptr) {
      continue;
    }
    const auto& id = letter.notification.id;
    const auto fresh =
        id.empty() ? Result<bool>(true) : records.store().note_notification(id, clock.wall());
    if (!fresh) {
      return tl::unexpected(fresh.error());
    }
    const auto done = *fresh ? hear_one(*location, letter.notification) : Result<void>{};
    if (!done) {
      return done;
    }
  }
  for (const auto number : mail.left_out) {
    if (auto* location = find(number); location != nullptr) {
      location->walk_wanted = true;
    }
  }
  if (now >= forget_at) {
    const auto before = std::chrono::duration_cast<std::chrono::milliseconds>(remembered).count();
    const auto done =
        records.store().forget_notifications(WallTime{clock.wall().milliseconds - before});
    if (!done) {
      return done;
    }
    forget_at = now + forget_every;
  }
  return records.commit();
}

Result<void> Registrar::Implementation::hear_one(Location& location,
                                                 const Notification& notification) {
  if (notification.kind == Notification::Kind::user_associated) {
    for (const auto& user : notification.users) {
      if (const auto done = see(location, user, false); !done) {
        return done;
      }
    }
    return {};
  }
  const auto batch = std::ranges::find_if(location.batches, [&](const OpenBatch& each) {
    return each.row.event == notification.event;
  });
  if (batch == location.batches.end()) {
    location.walk_wanted = true;  // of a batch whose event we never learnt, or of somebody else's
  } else {
    batch->ask_at = Instant{};
  }
  return {};
}

}  // namespace muster::registrar
