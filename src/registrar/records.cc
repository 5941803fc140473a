#include "registrar/records.h"

#include <utility>

#include "base/assert.h"
#include "crypto/digest.h"
#include "model/limits.h"

namespace muster::registrar {

Result<void> Records::load(const Visit& visit) {
  counts_.clear();
  changes_.clear();
  auto states = store_.states();
  if (!states) {
    return tl::unexpected(states.error());
  }
  for (;;) {
    const auto more = states->step();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return {};
    }
    const auto user = static_cast<UserNumber>(states->integer(0));
    const auto progress = static_cast<Progress>(states->integer(1));
    const auto location = static_cast<store::LocationNumber>(states->integer(3));
    see({user, progress, static_cast<std::uint32_t>(states->integer(2)), location});
    count(location, progress, 1);
    if (progress == Progress::wanted || progress == Progress::asked) {
      visit(location, user, progress);
    }
  }
}

Result<void> Records::begin() {
  MUSTER_ASSERT(changes_.empty());
  return store_.begin();
}

Result<void> Records::commit() {
  const auto done = store_.commit();
  if (done) {
    for (const auto& change : changes_) {
      see(change);
    }
  }
  changes_.clear();
  return done;
}

void Records::rollback() {
  store_.rollback();
  changes_.clear();
}

store::RegistrationRow Records::new_row(UserNumber user) {
  store::RegistrationRow row;
  row.user = user;
  crypto::fill_random(row.client_user_id);
  constexpr Byte version = 0x40;  // RFC 9562 §5.4
  constexpr Byte variant = 0x80;
  row.client_user_id[6] = static_cast<Byte>((row.client_user_id[6] & 0x0FU) | version);
  row.client_user_id[8] = static_cast<Byte>((row.client_user_id[8] & 0x3FU) | variant);
  return row;
}

Result<void> Records::add(store::RegistrationRow& row, Progress to, WallTime now) {
  return put(row, to, now);
}

Result<void> Records::change(store::RegistrationRow& row, Progress to, WallTime now) {
  count(row.location, progress_of(row), -1);
  return put(row, to, now);
}

void Records::move(store::RegistrationRow& row, store::LocationNumber to) {
  count(row.location, progress_of(row), -1);
  row.location = to;
  count(row.location, progress_of(row), 1);
}

Result<void> Records::put(store::RegistrationRow& row, Progress to, WallTime now) {
  row.state = static_cast<std::uint8_t>(to);
  row.changed_at = now;
  count(row.location, to, 1);
  changes_.push_back({row.user, to, row.error, row.location});
  return store_.put_registration(row);
}

Counts Records::counts(store::LocationNumber location) const {
  const auto found = counts_.find(location);
  return found == counts_.end() ? Counts{} : found->second;
}

std::vector<UserNumber> Records::take_associated() {
  return std::exchange(associated_, {});
}

void Records::count(store::LocationNumber location, Progress progress, std::int64_t by) {
  auto& counts = counts_[location];
  const auto change = static_cast<std::uint64_t>(by);  // wraps for -1, and back
  switch (progress) {
    case Progress::wanted:
    case Progress::asked:
      counts.waiting += change;
      break;
    case Progress::registered:
      counts.registered += change;
      break;
    case Progress::associated:
      counts.associated += change;
      break;
    case Progress::refused:
      counts.refused += change;
      break;
    case Progress::retired:
      counts.retired += change;
      break;
  }
}

void Records::see(const Change& change) {
  const auto seen = seen_of(change.progress, change.error);
  if (seen.standing == Standing::associated &&
      standings_.at(change.user).standing != Standing::associated) {
    associated_.push_back(change.user);
  }
  // A store that is not ours may have stranger numbers.
  const auto location = change.location <= limits::locations_max ? change.location : 0;
  standings_.set(change.user, seen, static_cast<std::uint32_t>(location));
}

}  // namespace muster::registrar
