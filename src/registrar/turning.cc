// What is due, whose turn it is, and what trouble means for a location.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/log.h"
#include "model/limits.h"
#include "registrar/implementation.h"

namespace muster::registrar {

void Round::note(const Refusal& refusal) {
  note_handled(refusal);
  words_ = refusal.words();
  if (refusal.remedy() == Remedy::stop_location) {
    stop_ = refusal;
    return;
  }
  held_up_ = true;
  if (refusal.remedy() == Remedy::our_mistake) {
    log::error("registrar", "Apple calls a request of ours wrong", {{"reason", words_}});
  }
}

void Round::note_handled(const Refusal& refusal) {
  retry_after_ = std::max(retry_after_, refusal.retry_after);
  held_up_ = held_up_ || refusal.retry_after > Duration::zero();
}

void Registrar::Implementation::turn() {
  if (halted) {
    return;
  }
  if (stale) {
    if (clock.now() < load_at) {
      return;
    }
    if (const auto loaded = load(); !loaded) {
      lose(loaded.error(), clock.now());
      return;
    }
    stale = false;
  }
  auto done = hear();
  const auto now = clock.now();
  for (std::size_t i = 0; done && i < places.size(); ++i) {
    auto& location = places[(turn_of + i) % places.size()];
    if (due_of(location) <= now) {
      turn_of = (turn_of + i + 1) % places.size();
      done = step(location);
      break;
    }
  }
  if (!done) {
    lose(done.error(), clock.now());
  }
  publish();
}

Instant Registrar::Implementation::next() const {
  if (halted) {
    return Instant::never();
  }
  if (stale) {
    return load_at;
  }
  auto earliest = inbox.any() ? Instant{} : Instant::never();
  for (const auto& location : places) {
    earliest = std::min(earliest, due_of(location));
  }
  return earliest;
}

Instant Registrar::Implementation::due_of(const Location& location) const {
  if (!location.open()) {
    return Instant::never();
  }
  return std::max({work_of(location), location.not_before, location.paced_until});
}

bool Registrar::Implementation::can_create(const Location& location) const {
  const bool room = settings.one_by_one || location.batches.size() < limits::books_batches_open_max;
  return room && !location.wanted.empty();
}

// When there is next something to ask; whose turn it is then, step() decides.
Instant Registrar::Implementation::work_of(const Location& location) const {
  if (location.unproved() || location.walk || location.walk_wanted || !location.lookups.empty() ||
      can_create(location)) {
    return Instant{};
  }
  auto earliest = location.later.empty() ? Instant::never() : location.later.top().at;
  for (const auto& batch : location.batches) {
    earliest = std::min(earliest, batch.ask_at);
  }
  if (records.counts(location.row.number).registered != 0) {
    earliest = std::min(earliest, location.poll_at);
  }
  return earliest;
}

Result<void> Registrar::Implementation::step(Location& location) {
  const auto now = clock.now();
  if (!service || now >= service_until) {
    return ask_service(location);
  }
  if (location.unproved() || now >= location.proved_until) {
    return prove(location);
  }
  while (!location.later.empty() && location.later.top().at <= now) {
    location.wanted.push_back(location.later.top().user);
    location.later.pop();
  }
  if (std::ranges::any_of(location.batches,
                          [&](const OpenBatch& batch) { return batch.ask_at <= now; })) {
    return ask_statuses(location);
  }
  // No batch is asked for while a walk is on: the list would move under it.
  const bool poll = location.poll_at <= now && records.counts(location.row.number).registered != 0;
  if (location.walk || location.walk_wanted || poll) {
    return walk(location);
  }
  // In turns with new batches: many who are looked up hold up nobody else.
  const bool others_turn = std::exchange(location.looked_up, false) && can_create(location);
  if (!location.lookups.empty() && !others_turn) {
    location.looked_up = true;
    return look_up(location);
  }
  return settings.one_by_one ? register_some(location) : create(location);
}

const ServiceConfig& Registrar::Implementation::rules() const {
  MUSTER_ASSERT(service.has_value());  // every step begins with them
  return *service;
}

std::size_t Registrar::Implementation::at_once() const {
  const auto limit = service ? service->requests_per_second : 0;
  return limit == 0 ? limits::books_parallel_max : std::min(limits::books_parallel_max, limit);
}

std::vector<HttpAnswer> Registrar::Implementation::ask(Location& location,
                                                       std::span<const http::Request> requests) {
  MUSTER_ASSERT(requests.size() <= limits::books_parallel_max);
  auto answers = exchange.exchange(requests);
  MUSTER_ASSERT(answers.size() == requests.size());
  if (service && service->requests_per_second != 0) {
    const auto each = Duration{std::chrono::seconds(1)} / service->requests_per_second;
    location.paced_until = clock.now() + each * static_cast<std::int64_t>(requests.size());
  }
  return answers;
}

Result<void> Registrar::Implementation::conclude(Location& location, const Round& round) {
  if (round.held_up()) {
    const auto wait = std::max(location.back_off.raise(random), round.retry_after());
    location.not_before = std::max(location.not_before, clock.now() + wait);
    location.trouble = round.words();
    log::info("registrar", "held up",
              {{"location", location.row.id},
               {"reason", round.words()},
               {"seconds", std::chrono::duration_cast<std::chrono::seconds>(wait).count()}});
  } else if (round.good()) {
    location.back_off.reset();
    location.trouble.clear();
  }
  if (const auto& stop = round.stop(); stop) {
    const auto done =
        hold(location, Hold::refused, stop->words() + ": install a new content token");
    if (!done) {
      return done;
    }
  }
  if (round.retry_after() == Duration::zero()) {
    return {};
  }
  // A new process keeps to it as well: who calls earlier is shut out for longer.
  const auto until =
      clock.wall().milliseconds +
      std::chrono::duration_cast<std::chrono::milliseconds>(round.retry_after()).count() + 1;
  location.row.not_before = WallTime{std::max(location.row.not_before.milliseconds, until)};
  return records.store().put_location(location.row);
}

Result<void> Registrar::Implementation::hold(Location& location, Hold hold, std::string words) {
  if (location.hold() == hold && location.row.standing_text == words) {
    return {};
  }
  if (hold == Hold::foreign || hold == Hold::refused) {
    log::warning("registrar", "location held", {{"location", location.row.id}, {"reason", words}});
  }
  location.row.standing = static_cast<std::uint8_t>(hold);
  location.row.standing_text = std::move(words);
  return records.store().put_location(location.row);
}

Result<bool> Registrar::Implementation::still_ours(Location& location,
                                                   const std::optional<MdmInfo>& mdm) {
  if (!mdm || mdm->id == location.row.our_id) {
    return true;
  }
  const auto done = hold(location, Hold::foreign,
                         "another MDM server, '" + mdm->name +
                             "', holds this content token: take it over if that server no longer "
                             "uses it, or install another one");
  if (!done) {
    return tl::unexpected(done.error());
  }
  return false;
}

}  // namespace muster::registrar
