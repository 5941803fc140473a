// Registering: users/create in batches, and version 1's one by one.
//
// Who is in a request is marked as asked, durably, before Apple sees it. What Apple says he has not
// processed is wanted again at once; what may have been processed is read back.
#include <algorithm>

#include "base/log.h"
#include "model/limits.h"
#include "registrar/implementation.h"

namespace muster::registrar {
namespace {

constexpr std::size_t looked_at_max = 4096;  // of a queue's hints, in one turn
constexpr std::uint8_t tries_max = 6;
constexpr Duration try_again_first = std::chrono::seconds(5);
constexpr Duration try_again_longest = std::chrono::minutes(10);
constexpr Duration batch_patience = std::chrono::minutes(10);
constexpr Duration status_first = std::chrono::seconds(1);
constexpr double spread = 0.2;

NewUser new_user(const store::RegistrationRow& row) {
  return NewUser{row.client_user_id, row.email, row.account};
}

bool names(const Refusal& refusal, const store::RegistrationRow& row) {
  return std::ranges::find(refusal.users, row.client_user_id) != refusal.users.end();
}

}  // namespace

// The next users who are really wanted, in order.
Result<Registrar::Implementation::Chunk> Registrar::Implementation::next_chunk(Location& location,
                                                                               std::size_t most,
                                                                               bool mark) {
  Chunk chunk;
  for (std::size_t looked = 0;
       looked < looked_at_max && chunk.size() < most && !location.wanted.empty(); ++looked) {
    const auto user = location.wanted.front();
    location.wanted.pop_front();
    auto found = records.store().registration(user);
    if (!found) {
      return tl::unexpected(found.error());
    }
    auto& row = *found;
    const bool wanted = row && Records::progress_of(*row) == Progress::wanted &&
                        row->location == location.row.number;
    const bool there = std::ranges::find(chunk, user, &store::RegistrationRow::user) != chunk.end();
    if (!row || !wanted || there) {
      continue;
    }
    const auto early = row->next_at.milliseconds - clock.wall().milliseconds;
    if (early > 0) {
      location.later.push({clock.now() + std::chrono::milliseconds(early), user});
      continue;
    }
    if (mark) {
      if (const auto done = records.change(*row, Progress::asked, clock.wall()); !done) {
        return tl::unexpected(done.error());
      }
    }
    chunk.push_back(std::move(*row));
  }
  return chunk;
}

Result<void> Registrar::Implementation::create(Location& location) {
  const auto room = std::min<std::size_t>(
      at_once(),
      limits::books_batches_open_max -
          std::min<std::size_t>(location.batches.size(), limits::books_batches_open_max));
  const auto size = std::min(location.batch_size, rules().users_max);
  std::vector<Chunk> chunks;
  if (const auto begun = records.begin(); !begun) {
    return begun;
  }
  while (chunks.size() < room) {
    auto chunk = next_chunk(location, size, true);
    if (!chunk) {
      return tl::unexpected(chunk.error());
    }
    if (chunk->empty()) {
      break;
    }
    chunks.push_back(std::move(*chunk));
  }
  if (const auto done = records.commit(); !done || chunks.empty()) {
    return done;
  }
  std::vector<http::Request> requests;
  for (const auto& chunk : chunks) {
    std::vector<NewUser> users(chunk.size());
    std::ranges::transform(chunk, users.begin(), new_user);
    requests.push_back(create_users(access(location), users));
  }
  const auto answers = ask(location, requests);
  Round round;
  if (const auto begun = records.begin(); !begun) {
    return begun;
  }
  for (std::size_t i = chunks.size(); i-- > 0;) {  // backwards: what is put back keeps its order
    const auto created = read_created(answers[i], clock.wall());
    const auto done = take_in_created(location, chunks[i], created, round);
    if (!done) {
      return done;
    }
  }
  if (const auto done = conclude(location, round); !done) {
    return done;
  }
  return records.commit();
}

Result<void> Registrar::Implementation::take_in_created(Location& location, const Chunk& chunk,
                                                        const Answer<Created>& answer,
                                                        Round& round) {
  if (!answer) {
    return take_in_refused(location, chunk, answer.error(), round);
  }
  location.batch_size = std::min(limits::books_batch_users_max, location.batch_size * 2);
  if (answer->event.empty()) {
    read_back(location, chunk, true);
  } else {
    auto found = std::ranges::find_if(
        location.batches, [&](const OpenBatch& each) { return each.row.event == answer->event; });
    const auto now = clock.now();
    if (found == location.batches.end()) {
      location.batches.push_back({{answer->event, location.row.number, clock.wall(), {}},
                                  now + random.jitter(status_first, spread),
                                  0,
                                  now + batch_patience});
      found = location.batches.end() - 1;
    }
    for (const auto& row : chunk) {
      found->row.users.push_back(row.user);
    }
    if (const auto done = records.store().put_batch(found->row); !done) {
      return done;
    }
  }
  const auto ours = still_ours(location, answer->mdm);
  return ours ? Result<void>{} : tl::unexpected(ours.error());
}

void Registrar::Implementation::read_back(Location& location, const Chunk& chunk, bool counts) {
  for (const auto& row : chunk) {
    location.unsettled.push_back({row.user, counts});
  }
  location.walk_wanted = true;
}

// The request as a whole was refused, or its answer was lost.
Result<void> Registrar::Implementation::take_in_refused(Location& location, const Chunk& chunk,
                                                        const Refusal& refusal, Round& round) {
  const auto remedy = refusal.remedy();
  if (!refusal.untouched() || remedy == Remedy::already_there) {
    read_back(location, chunk, remedy == Remedy::already_there);
    remedy == Remedy::already_there ? round.note_handled(refusal) : round.note(refusal);
    return {};
  }
  if (refusal.status == 0 || remedy == Remedy::retry_later || remedy == Remedy::stop_location) {
    round.note(refusal);
    return back_to_wanted(location, chunk);
  }
  if (remedy == Remedy::refuse_user || remedy == Remedy::smaller_batches) {
    round.note_handled(refusal);
  } else {
    round.note(refusal);
  }
  if (remedy == Remedy::smaller_batches) {
    service_until = Instant{};
  }
  Chunk guilty;
  Chunk others;
  for (const auto& row : chunk) {
    (names(refusal, row) ? guilty : others).push_back(row);
  }
  if (guilty.empty() && chunk.size() == 1) {
    guilty.swap(others);
  } else if (guilty.empty()) {
    // Somebody in it: smaller and smaller batches find out who.
    location.batch_size = static_cast<std::uint32_t>(std::max<std::size_t>(1, chunk.size() / 2));
  }
  for (auto& row : guilty) {
    const auto done = remedy == Remedy::refuse_user ? refuse(row, refusal.number)
                                                    : again(location, row, refusal.number);
    if (!done) {
      return done;
    }
  }
  return back_to_wanted(location, others);
}

Result<void> Registrar::Implementation::back_to_wanted(Location& location, const Chunk& chunk) {
  for (auto row = chunk.rbegin(); row != chunk.rend(); ++row) {
    auto changed = *row;
    if (const auto done = records.change(changed, Progress::wanted, clock.wall()); !done) {
      return done;
    }
    location.wanted.push_front(row->user);
  }
  return {};
}

Result<void> Registrar::Implementation::again(Location& location, store::RegistrationRow& row,
                                              std::uint32_t number) {
  if (++row.tries >= tries_max) {
    return refuse(row, number);
  }
  const auto wait = random.jitter(
      std::min(try_again_longest, try_again_first * (std::int64_t{1} << row.tries)), spread);
  row.next_at = WallTime{clock.wall().milliseconds +
                         std::chrono::duration_cast<std::chrono::milliseconds>(wait).count()};
  location.later.push({clock.now() + wait, row.user});
  return records.change(row, Progress::wanted, clock.wall());
}

Result<void> Registrar::Implementation::refuse(store::RegistrationRow& row, std::uint32_t number) {
  row.error = number == 0 ? error_never_seen : number;
  return records.change(row, Progress::refused, clock.wall());
}

Result<void> Registrar::Implementation::register_some(Location& location) {
  const auto begun = records.begin();
  if (!begun) {
    return begun;
  }
  auto chunk = next_chunk(location, at_once(), true);
  if (!chunk) {
    return tl::unexpected(chunk.error());
  }
  if (const auto done = records.commit(); !done || chunk->empty()) {
    return done;
  }
  std::vector<http::Request> requests;
  for (const auto& row : *chunk) {
    requests.push_back(register_user(access(location), new_user(row)));
  }
  const auto answers = ask(location, requests);
  Round round;
  if (const auto again_begun = records.begin(); !again_begun) {
    return again_begun;
  }
  for (std::size_t i = 0; i < chunk->size(); ++i) {
    const auto seen = read_registered(answers[i], clock.wall());
    const auto& row = (*chunk)[i];
    const auto done = !seen ? take_in_refused(location, {row}, seen.error(), round)
                      : seen->id == row.client_user_id ? see(location, *seen, true)
                                                       : again_asked(location, row);
    if (!done) {
      return done;
    }
  }
  if (const auto done = conclude(location, round); !done) {
    return done;
  }
  return records.commit();
}

// Version 1 has answered with somebody else.
Result<void> Registrar::Implementation::again_asked(Location& location,
                                                    store::RegistrationRow row) {
  return again(location, row, error_never_seen);
}

}  // namespace muster::registrar
