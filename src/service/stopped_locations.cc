#include "service/stopped_locations.h"

#include <algorithm>

#include "registrar/progress.h"
#include "service/registering.h"
#include "store/registration_store.h"

namespace muster::service {
namespace {

constexpr std::size_t users_at_once = 4096;

// Those of the ascending `users` who have a code, or have accepted.
Result<NumberSet> registered(store::RegistrationStore& store,
                             const std::vector<UserNumber>& users) {
  if (auto begun = store.begin(); !begun) {
    return tl::unexpected(begun.error());
  }
  const auto rows = store.registrations(users);
  store.rollback();  // nothing was written
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  NumberSet found;
  for (const auto& row : *rows) {
    const auto progress = static_cast<registrar::Progress>(row.state);
    if (progress == registrar::Progress::registered ||
        progress == registrar::Progress::associated) {
      found.add(row.user);
    }
  }
  return found;
}

}  // namespace

std::string why_stopped(const registrar::LocationFacts& location) {
  using Condition = registrar::LocationFacts::Condition;
  const bool stopped =
      location.condition == Condition::foreign || location.condition == Condition::refused;
  const bool expired =
      location.expiry == registrar::Expiry::expired && location.condition != Condition::codes;
  if (!stopped && !expired) {
    return {};
  }
  return "location " + location.id + ", content token of " + location.organisation + ": " +
         (stopped ? location.words
                  : "it expired on " + to_text(location.expires_at) +
                        "; get a new one from Apple School or Business Manager and install it "
                        "with `muster token install`");
}

Result<std::vector<StoppedUsers>> stopped_users(
    const std::string& dir, const std::vector<registrar::LocationFacts>& locations,
    roster::RosterReader& roster, const NumberSet& users) {
  std::vector<StoppedUsers> stopped;
  for (const auto& location : locations) {
    if (auto why = why_stopped(location); !why.empty()) {
      stopped.push_back({location.id, std::move(why), 0});
    }
  }
  if (stopped.empty()) {
    return stopped;
  }
  auto store = store::RegistrationStore::open(dir, store::OpenMode::read);
  if (!store) {
    return tl::unexpected(store.error().cause);
  }
  for (std::uint64_t from = 0; from < users.size(); from += users_at_once) {
    const auto some = users.slice(from, users_at_once);
    const auto people = roster.people(some);
    if (!people) {
      return tl::unexpected(people.error());
    }
    const auto done = registered(*store, some);
    if (!done) {
      return tl::unexpected(done.error());
    }
    for (const auto& person : *people) {
      const auto& id = person.location.empty() ? default_location : person.location;
      const auto at = std::ranges::find(stopped, id, &StoppedUsers::location);
      if (at != stopped.end() && !done->contains(person.user)) {
        ++at->users;
      }
    }
  }
  std::erase_if(stopped, [](const StoppedUsers& each) { return each.users == 0; });
  return stopped;
}

}  // namespace muster::service
