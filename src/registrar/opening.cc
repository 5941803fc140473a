// What the store has, into memory: at the start, and after trouble with it.
#include <algorithm>
#include <unordered_set>

#include "base/log.h"
#include "crypto/digest.h"
#include "model/limits.h"
#include "registrar/implementation.h"

namespace muster::registrar {
namespace {

constexpr Duration load_again_after = std::chrono::seconds(10);
constexpr Duration not_before_max = std::chrono::hours(24 * 7);  // whatever the clock was then
constexpr Duration batch_patience = std::chrono::minutes(10);

std::uint64_t some_seed() {
  std::array<Byte, sizeof(std::uint64_t)> bytes{};
  crypto::fill_random(bytes);
  return muster::load<std::uint64_t>(bytes.data());
}

Instant instant_of(WallTime at, const Clock& clock) {
  const auto left = std::chrono::milliseconds(at.milliseconds - clock.wall().milliseconds);
  return left <= left.zero() ? Instant{} : clock.now() + std::min<Duration>(left, not_before_max);
}

}  // namespace

Registrar::Implementation::Implementation(std::string dir, RegistrarSettings how,
                                          http::Exchange& with, const Clock& by,
                                          store::RegistrationStore store)
    : dir_(std::move(dir)),
      settings(std::move(how)),
      exchange(with),
      clock(by),
      records(std::move(store)),
      random(some_seed()) {}

Location& Registrar::Implementation::add_location(store::LocationRow row) {
  auto& location = places.emplace_back();
  location.row = std::move(row);
  location.batch_size = limits::books_batch_users_max;
  location.not_before = instant_of(location.row.not_before, clock);
  if (!location.row.notification_token.empty()) {
    inbox.admit(location.row.number, location.row.notification_token);
  }
  return location;
}

Result<void> Registrar::Implementation::load() {
  places.clear();
  const auto rows = records.store().locations();
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  for (const auto& row : *rows) {
    const auto shared = records.store().shared_id_hashes(row.number);
    if (!shared) {
      return tl::unexpected(shared.error());
    }
    add_location(row).shared_accounts = *shared;
  }
  const auto batches = records.store().batches();
  if (!batches) {
    return tl::unexpected(batches.error());
  }
  const auto now = clock.now();
  std::unordered_set<UserNumber> in_batches;
  for (const auto& batch : *batches) {
    if (auto* location = find(batch.location); location != nullptr) {
      location->batches.push_back({batch, now, 0, now + batch_patience});
      in_batches.insert(batch.users.begin(), batch.users.end());
    }
  }
  const auto done =
      records.load([&](store::LocationNumber number, UserNumber user, Progress progress) {
        auto* location = find(number);
        if (location == nullptr) {
          return;
        }
        if (progress == Progress::wanted) {
          location->wanted.push_back(user);
        } else if (!in_batches.contains(user)) {
          location->unsettled.push_back({user, false});
          location->walk_wanted = true;
        }
      });
  publish();
  return done;
}

void Registrar::Implementation::lose(const Error& error, Instant now) {
  records.rollback();
  stale = true;
  halted = halted || error.code == ErrorCode::disk_failed;
  load_at = now + load_again_after;
  log::error("registrar", "the store refused", {{"reason", muster::words(error)}});
}

Location* Registrar::Implementation::find(const std::string& id) {
  const auto found =
      std::ranges::find_if(places, [&](const Location& each) { return each.row.id == id; });
  return found == places.end() ? nullptr : &*found;
}

Location* Registrar::Implementation::find(store::LocationNumber number) {
  const auto found =
      std::ranges::find_if(places, [&](const Location& each) { return each.row.number == number; });
  return found == places.end() ? nullptr : &*found;
}

}  // namespace muster::registrar
