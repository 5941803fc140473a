// What became of the batches: status?eventId, until it is no longer PENDING.
//
// COMPLETE and FAILED only end the waiting. Who is named in a failure is seen to here; everybody
// else is read back.
#include <algorithm>

#include "base/log.h"
#include "model/limits.h"
#include "registrar/implementation.h"

namespace muster::registrar {
namespace {

constexpr Duration status_first = std::chrono::seconds(1);
constexpr Duration status_longest = std::chrono::seconds(30);
constexpr double spread = 0.2;

}  // namespace

Result<void> Registrar::Implementation::ask_statuses(Location& location) {
  std::vector<std::size_t> due;
  std::vector<http::Request> requests;
  const auto now = clock.now();
  for (std::size_t i = 0; i < location.batches.size() && due.size() < at_once(); ++i) {
    if (location.batches[i].ask_at <= now) {
      due.push_back(i);
      requests.push_back(ask_status(access(location), location.batches[i].row.event));
    }
  }
  const auto answers = ask(location, requests);
  Round round;
  if (const auto begun = records.begin(); !begun) {
    return begun;
  }
  for (std::size_t i = 0; i < due.size(); ++i) {
    const auto state = read_status(answers[i], clock.wall());
    const auto done = take_in_status(location, location.batches[due[i]], state, round);
    if (!done) {
      return done;
    }
  }
  if (const auto done = conclude(location, round); !done) {
    return done;
  }
  std::erase_if(location.batches, [](const OpenBatch& batch) { return batch.row.event.empty(); });
  return records.commit();
}

Result<void> Registrar::Implementation::take_in_status(Location& location, OpenBatch& batch,
                                                       const Answer<EventState>& answer,
                                                       Round& round) {
  if (!answer) {
    if (answer.error().remedy() == Remedy::event_unknown) {
      round.note_handled(answer.error());
      return finish(location, batch, true);
    }
    round.note(answer.error());
    return {};
  }
  const auto now = clock.now();
  if (answer->kind == EventState::Kind::pending && now < batch.overdue_at) {
    const auto wait = std::min(status_longest, status_first * (std::int64_t{1} << batch.asks));
    batch.asks = std::min(batch.asks + 1, 10U);
    batch.ask_at = now + random.jitter(wait, spread);
    return {};
  }
  if (const auto done = take_in_failures(location, batch, *answer, round); !done) {
    return done;
  }
  return finish(location, batch, answer->kind != EventState::Kind::pending);
}

Result<void> Registrar::Implementation::take_in_failures(Location& location, const OpenBatch& batch,
                                                         const EventState& state, Round& round) {
  const auto& users = batch.row.users;
  for (const auto& failure : state.failures) {
    if (failure.users.empty() && users.size() > 1) {  // somebody in it: smaller batches find out
      location.batch_size = static_cast<std::uint32_t>(users.size() / 2);
    } else if (failure.users.empty() && !users.empty()) {
      const auto done = take_in_failure(location, users.front(), failure.number, round);
      if (!done) {
        return done;
      }
    }
    for (const auto& id : failure.users) {
      const auto found = records.store().registration_of(id);
      if (!found) {
        return tl::unexpected(found.error());
      }
      const auto& row = *found;
      if (!row || std::ranges::find(users, row->user) == users.end()) {
        continue;
      }
      const auto done = take_in_failure(location, row->user, failure.number, round);
      if (!done) {
        return done;
      }
    }
  }
  return {};
}

Result<void> Registrar::Implementation::take_in_failure(Location& location, UserNumber user,
                                                        std::uint32_t number, Round& round) {
  auto found = records.store().registration(user);
  if (!found) {
    return tl::unexpected(found.error());
  }
  auto& row = *found;
  if (!row || Records::progress_of(*row) != Progress::asked) {
    return {};
  }
  switch (books_error(number).remedy) {
    case Remedy::refuse_user:
      return refuse(*row, number);
    case Remedy::already_there:
      return {};  // read back like everybody in the batch
    case Remedy::stop_location:
      round.note(Refusal{.number = number,
                         .status = 0,
                         .trouble = ErrorCode::none,
                         .retry_after = Duration::zero(),
                         .users = {}});
      return back_to_wanted(location, {*row});
    default:
      return again(location, *row, number);
  }
}

Result<void> Registrar::Implementation::finish(Location& location, OpenBatch& batch, bool counts) {
  for (const auto user : batch.row.users) {
    location.unsettled.push_back({user, counts});
  }
  location.walk_wanted = true;
  const auto done = records.store().remove_batch(batch.row.event);
  batch.row.event.clear();
  return done;
}

}  // namespace muster::registrar
