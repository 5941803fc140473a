// How many pushes may go now, and what becomes of each: a filled slot on its way to the shards, or
// an end at once.
#include <algorithm>
#include <limits>
#include <string>

#include "base/assert.h"
#include "base/log.h"
#include "pipeline/expander.h"
#include "pipeline/settlement_of.h"

namespace muster::pipeline {
namespace {

constexpr std::uint16_t no_credential = 0xffff;
// So far ahead a slot is asked for from memory while another one is filled.
constexpr std::size_t slots_ahead = 8;

}  // namespace

std::uint64_t Expander::allowance(Work& work, Instant now) {
  std::uint64_t allowed = std::min<std::uint64_t>(issue_per_turn_max, free_.size());
  for (auto* pace : {&work.pace, &wakes_}) {
    allowed = pace->allowed(now, allowed);
  }
  return allowed;
}

// How many of the pages' jobs the canary lets through. Retries pass the gate: they were let through
// once, and the proof may hang on them.
std::uint64_t Expander::gate(const Work& work) const {
  const auto& entry = *crossings_.tasks[work.index];
  if (entry.canary == 0 || entry.total <= entry.canary ||
      entry.proved.load(std::memory_order_relaxed) != 0) {
    return issue_per_turn_max;
  }
  return entry.canary > work.issued ? entry.canary - work.issued : 0;
}

std::uint64_t Expander::room(const Work& work) const {
  const auto queued =
      work.issued - crossings_.tasks[work.index]->taken.load(std::memory_order_seq_cst);
  return queued < limits::queued_per_task_max ? limits::queued_per_task_max - queued : 0;
}

// Where the full queue held us, the shards ring when half of it is taken. True: it is already.
bool Expander::ring_when_low(const Work& work, bool held) {
  auto& entry = *crossings_.tasks[work.index];
  if (!held) {
    entry.rung_at.store(TaskEntry::not_rung, std::memory_order_relaxed);
    return false;
  }
  // What was settled unsent went, but into no queue.
  const auto at = work.issued - std::min(work.issued, limits::queued_per_task_max / 2);
  entry.rung_at.store(at, std::memory_order_seq_cst);  // pairs with Crossings::take
  return entry.taken.load(std::memory_order_seq_cst) >= at;
}

bool Expander::issue(Work& work, Instant now) {
  const auto queue_room = room(work);
  const std::uint64_t allowed_at_first = std::min(allowance(work, now), queue_room);
  std::uint64_t allowed = allowed_at_first;
  const auto issued_before = work.issued;
  issue_retries(work, work.retries, allowed);
  std::uint64_t went = allowed_at_first - allowed;
  allowed = std::min(allowed, gate(work));
  const auto gated = allowed;
  issue_retries(work, work.fresh, allowed);
  went += gated - allowed;
  for (auto& [number, page] : work.pages) {
    if (allowed == 0) {
      break;
    }
    const auto before = allowed;
    issue_from(work, page, allowed);
    went += before - allowed;
  }
  // Who wakes no device takes nothing of the pace.
  work.pace.take(work.issued - issued_before);
  wakes_.take(work.issued - issued_before);
  const bool held = went == queue_room;
  // Whoever had nothing to issue, or nowhere to put it, waits for that, not for the pace.
  if (went == allowed_at_first && !held) {
    for (const auto* pace : {&work.pace, &wakes_}) {
      if (!pace->unlimited()) {
        next_ = std::min(next_, pace->next(now));
      }
    }
  }
  return ring_when_low(work, held) || went == issue_per_turn_max;
}

void Expander::issue_retries(Work& work, std::deque<ledger::DueRetry>& retries,
                             std::uint64_t& allowed) {
  const auto& entry = *crossings_.tasks[work.index];
  while (allowed != 0 && !retries.empty()) {
    const auto retry = retries.front();
    retries.pop_front();
    const auto device = entry.devices.at(retry.invitation);
    MUSTER_ASSERT(device.has_value());
    start(work,
          Start{retry.invitation, *device, retry.attempts, retry.generation, retry.in_doubt, true});
    --allowed;
  }
}

std::uint32_t Expander::Page::end() const {
#ifdef MUSTER_BUG_ack_before_commit  // planted: tests/sim/canaries.sh demands that it is caught
  return size;                       // as if every mark were durable before its commit
#else
  return std::min(size, mark + limits::ahead_of_mark_max);
#endif
}

Expander::Start Expander::first_start(const Page& page, std::uint32_t at) {
  Start what;
  what.invitation = page.leased.first + at;
  what.device = page.devices[at];
  what.in_doubt = page.doubted(at);
  what.patient = true;
  return what;
}

void Expander::issue_from(Work& work, Page& page, std::uint64_t& allowed) {
  if (!page.passed.empty()) {
    look_again(work, page, allowed);
  }
  const std::uint32_t end = page.end();
  while (page.cursor < end && allowed != 0) {
    const std::uint32_t at = page.cursor++;
    if (at < page.leased.outcomes.size() && page.leased.outcomes[at] != 0) {
      continue;  // known from an earlier run
    }
    if (const auto user = start(work, first_start(page, at))) {
      page.passed.add({at, *user}, now_, changes_);
    } else {
      --allowed;
    }
  }
}

// Fills a slot and sends it to the shards, or settles at once what cannot be sent.
std::optional<UserNumber> Expander::start(Work& work, const Start& what) {
  const auto& entry = *crossings_.tasks[work.index];
  const Slot slot = free_.back();
  free_.pop_back();
  if (free_.size() > slots_ahead) {
    crossings_.slab.prefetch_all(free_[free_.size() - 1 - slots_ahead]);
  }
  ++work.outstanding;
  auto& job = crossings_.slab[slot];
  job.invitation = what.invitation;
  job.generation = what.generation;
  job.epoch = work.epoch;
  job.page = what.invitation / limits::page_size;
  job.task = work.index;
  job.attempts = what.attempts;
  job.in_doubt = what.in_doubt;
  job.from_exception = what.from_exception;

#ifdef MUSTER_BUG_skip_in_doubt  // planted: tests/sim/canaries.sh demands that it is caught
  if (what.in_doubt) {
    settle_unsent(job, slot, State::sent, Reason::none);
    return {};
  }
#endif
  const auto target = blocks_.at(what.device);
  if (!target) {
    give_back_unread(work, job, slot, target.error());
    return {};
  }
  if (what.in_doubt && settings_.hold_in_doubt && !what.from_exception) {
    settle_unsent(job, slot, State::in_doubt, Reason::process_died,
                  std::numeric_limits<std::int64_t>::max());
    return {};
  }
  job.credential = target->topic < entry.credential_of_topic.size()
                       ? entry.credential_of_topic[target->topic]
                       : no_credential;
  Outcome hindrance = hindrance_of(entry, *target, job.credential);
  if (hindrance.state == State::queued && entry.asks_clearance) {
    hindrance = outcome_of(settings_.clearances->prepared(entry.id, what.invitation, what.device));
  }
  if (hindrance.state != State::queued) {
    const bool waits = hindrance.state == State::registering;
    if (waits && what.patient) {
      free_.push_back(slot);
      --work.outstanding;
      return target->user;
    }
    const auto again = waits ? look_again_at(entry, entry.content.expiration_s, wall_) : WallTime{};
    settle_unsent(job, slot, hindrance.state, hindrance.reason, again.milliseconds);
    return {};
  }
  job.language = target->language < entry.payload_of_language.size()
                     ? entry.payload_of_language[target->language]
                     : std::uint8_t{0};
  job.registered_at_s = target->registered_at_s;
  job.set_target(target->token, target->magic);
  batches_[job.credential].push_back(slot);
  ++work.issued;
  return {};
}

// What keeps this push from being sent at all; queued: nothing does; registering: nothing but that
// its user must wait. Frozen was who, never how: the device may have gone, changed hands or lost
// its token since Send.
Outcome Expander::hindrance_of(const TaskEntry& entry, const roster::PushTarget& target,
                               std::uint16_t credential) const {
  if (!target.known) {
    return Outcome{State::cancelled, Reason::removed, 0};
  }
  if (!entry.users.contains(target.user)) {
    return Outcome{State::cancelled, Reason::reassigned, 0};
  }
  Outcome clearance;
  if (entry.asks_clearance) {
    clearance = outcome_of(settings_.clearances->of(target.user));
    if (at_rest(clearance.state)) {
      return clearance;
    }
  }
  if (target.token.empty()) {
    return Outcome{State::unreachable, Reason::no_push_token, 0};
  }
  if (wall_.seconds() >= entry.content.expiration_s) {
    return Outcome{State::expired, Reason::too_late, 0};
  }
  if (credential == no_credential) {
    return Outcome{State::failed, Reason::no_credential, 0};
  }
  return clearance;
}

void Expander::give_back_unread(const Work& work, const Job& job, Slot slot, const Error& error) {
  log::error("pipeline", "roster block unreadable", {{"error", words(error)}});
  crossings_.request_stop(work.index, Stop::pause, "the roster cannot be read: " + words(error));
  auto back = settlement_of(slot, job);
  back.kind = Settlement::Kind::returned;
  unsent_.push_back(back);
}

void Expander::settle_unsent(const Job& job, Slot slot, State state, Reason reason,
                             std::int64_t next_at_ms) {
  auto settlement = settlement_of(slot, job);
  settlement.outcome = Outcome{state, reason, job.attempts};
  settlement.next_at_ms = next_at_ms;
  settlement.in_doubt = false;  // nothing is repeated
  unsent_.push_back(settlement);
}

}  // namespace muster::pipeline
