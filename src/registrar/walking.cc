// Reading back: walks over GET /users, and users looked up one by one.
//
// A walk since the version of the last whole one shows everybody who has changed: the users of a
// batch just done, and who has accepted. While the list moves under a walk it begins again, a few
// times; after that it is gone through to its end, but does not count as whole: its version is not
// kept, so that the next one covers the same ground.
#include <algorithm>

#include "base/log.h"
#include "model/limits.h"
#include "registrar/implementation.h"

namespace muster::registrar {
namespace {

constexpr std::uint32_t restarts_max = 3;

}  // namespace

Result<void> Registrar::Implementation::walk(Location& location) {
  if (!location.walk) {
    location.walk = Walk{};
    location.walk->since = location.row.since_version;
    location.walk_wanted = false;
  }
  auto& walk = location.walking();
  std::vector<http::Request> requests;
  const auto past = walk.page == 0 ? 1 : walk.pages;  // how many there are, the first page says
  for (auto page = walk.page; page < past && requests.size() < at_once(); ++page) {
    requests.push_back(ask_users(access(location), page, walk.since));
  }
  const auto answers = ask(location, requests);
  Round round;
  if (const auto begun = records.begin(); !begun) {
    return begun;
  }
  if (const auto done = take_in_pages(location, answers, round); !done) {
    return done;
  }
  if (const auto done = conclude(location, round); !done) {
    return done;
  }
  if (walk.page >= walk.pages && walk.page > 0) {
    if (const auto done = end_walk(location); !done) {
      return done;
    }
  }
  return records.commit();
}

// In their order, up to the first that was refused: what came behind it is asked for again.
Result<void> Registrar::Implementation::take_in_pages(Location& location,
                                                      std::span<const HttpAnswer> answers,
                                                      Round& round) {
  bool in_order = true;
  for (const auto& answer : answers) {
    const auto page = read_users(answer, clock.wall());
    if (!page) {
      round.note_handled(page.error());  // its Retry-After counts wherever it stands
      if (in_order && (page.error().remedy() != Remedy::begin_walk_again ||
                       !begin_again(location, page.error().number))) {
        round.note(page.error());
      }
      in_order = false;
    } else if (in_order) {
      if (const auto done = take_in_page(location, *page); !done) {
        return done;
      }
      in_order = location.open();
    }
  }
  return {};
}

// Apple no longer knows what we name: from the beginning, or, after the last time, what was read is
// all there is. False: not even the beginning is there.
bool Registrar::Implementation::begin_again(Location& location, std::uint32_t number) {
  constexpr std::uint32_t unknown_page = 9650;
  auto& walk = location.walking();
  if (walk.restarts >= restarts_max) {
    walk.moved = true;
    walk.pages = walk.page;
    return walk.page > 0;
  }
  const auto restarts = walk.restarts + 1;
  auto since = number == unknown_page ? walk.since : std::string();
  walk = Walk{};
  walk.since = std::move(since);
  walk.restarts = restarts;
  return true;
}

Result<void> Registrar::Implementation::take_in_page(Location& location, const UsersPage& page) {
  auto& walk = location.walking();
  for (const auto& user : page.users) {
    if (const auto done = see(location, user, false); !done) {
      return done;
    }
  }
  const auto ours = still_ours(location, page.mdm);
  if (!ours) {
    return tl::unexpected(ours.error());
  }
  if (walk.page == 0) {
    walk.version = page.version;
    walk.pages = std::max(page.pages, 1U);
  } else if (page.version != walk.version || page.pages != walk.pages) {
    walk.moved = true;
    walk.pages = std::max({page.pages, walk.page + 1, 1U});
  }
  ++walk.page;
  return {};
}

Result<void> Registrar::Implementation::end_walk(Location& location) {
  auto& walk = location.walking();
  if (walk.moved && walk.restarts < restarts_max) {
    const auto restarts = walk.restarts + 1;
    auto since = std::move(walk.since);
    walk = Walk{};
    walk.since = std::move(since);
    walk.restarts = restarts;
    return {};
  }
  const bool whole = !walk.moved;
  const bool all = walk.since.empty();
  if (whole && location.row.since_version != walk.version) {
    location.row.since_version = walk.version;
    if (const auto done = records.store().put_location(location.row); !done) {
      return done;
    }
  }
  location.walk.reset();
  location.poll_at = clock.now() + settings.poll_every;
  return settle(location, whole, all);
}

// Who should have been seen and was not. Of whom Apple never said that he was done, nothing is lost
// by asking for him anew: should Apple know him after all it says so (9716), and then he is looked
// up. Whoever is stopped in mid-request leaves hundreds of them.
Result<void> Registrar::Implementation::settle(Location& location, bool whole, bool all) {
  const auto unsettled = std::exchange(location.unsettled, {});
  std::vector<Unsettled> open;
  for (const auto& who : unsettled) {
    auto found = records.store().registration(who.user);
    if (!found) {
      return tl::unexpected(found.error());
    }
    auto& row = *found;
    if (!row || Records::progress_of(*row) != Progress::asked) {
      continue;
    }
    if (who.counts) {
      open.push_back(who);
    } else if (const auto done = not_there(location, who, *row); !done) {
      return done;
    }
  }
  if (open.size() <= limits::books_lookups_max) {
    location.lookups.insert(location.lookups.end(), open.begin(), open.end());
    return {};
  }
  if (!whole || !all) {  // too many to ask for each: once more, over everybody
    location.row.since_version.clear();
    location.unsettled = std::move(open);
    location.walk_wanted = true;
    return records.store().put_location(location.row);
  }
  for (const auto& who : open) {
    auto found = records.store().registration(who.user);
    if (!found) {
      return tl::unexpected(found.error());
    }
    auto& row = *found;
    const auto done = row ? not_there(location, who, *row) : Result<void>{};
    if (!done) {
      return done;
    }
  }
  return {};
}

Result<void> Registrar::Implementation::look_up(Location& location) {
  std::vector<Unsettled> asked;
  std::vector<http::Request> requests;
  while (!location.lookups.empty() && requests.size() < at_once()) {
    const auto who = location.lookups.front();
    location.lookups.pop_front();
    const auto found = records.store().registration(who.user);
    if (!found) {
      return tl::unexpected(found.error());
    }
    const auto& row = *found;
    if (row && row->location == location.row.number) {
      asked.push_back(who);
      requests.push_back(ask_user(access(location), row->client_user_id));
    }
  }
  if (requests.empty()) {
    return {};
  }
  const auto answers = ask(location, requests);
  Round round;
  if (const auto begun = records.begin(); !begun) {
    return begun;
  }
  for (std::size_t i = asked.size(); i-- > 0;) {  // backwards: who is put back keeps his place
    const auto page = read_users(answers[i], clock.wall());
    const bool unknown = !page && page.error().remedy() == Remedy::unknown_to_apple;
    if (!page && !unknown) {
      round.note(page.error());
      location.lookups.push_front(asked[i]);
      continue;
    }
    const auto done =
        take_in_looked_up(location, asked[i], unknown ? std::vector<SeenUser>{} : page->users);
    if (!done) {
      return done;
    }
  }
  if (const auto done = conclude(location, round); !done) {
    return done;
  }
  return records.commit();
}

Result<void> Registrar::Implementation::take_in_looked_up(Location& location, const Unsettled& who,
                                                          const std::vector<SeenUser>& found) {
  auto stored = records.store().registration(who.user);
  if (!stored) {
    return tl::unexpected(stored.error());
  }
  auto& row = *stored;
  if (!row) {
    return {};
  }
  const auto& id = row->client_user_id;
  const auto active = std::ranges::find_if(found, [&](const SeenUser& each) {
    return each.id == id && each.status != SeenUser::Status::retired;
  });
  return active == found.end() ? not_there(location, who, *row) : see(location, *active, true);
}

// Apple has no active user of this clientUserId.
Result<void> Registrar::Implementation::not_there(Location& location, const Unsettled& who,
                                                  store::RegistrationRow& row) {
  switch (Records::progress_of(row)) {
    case Progress::registered:
    case Progress::associated:
      row.code.clear();
      row.url.clear();
      row.id_hash.clear();
      return records.change(row, Progress::retired, clock.wall());
    case Progress::asked:
      break;
    default:
      return {};
  }
  if (who.counts) {
    return again(location, row, error_never_seen);
  }
  location.wanted.push_front(who.user);
  return records.change(row, Progress::wanted, clock.wall());
}

}  // namespace muster::registrar
