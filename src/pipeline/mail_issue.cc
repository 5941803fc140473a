// How many letters may go now, and what becomes of each: a letter on its way to the writers, or an
// end at once.
#include <algorithm>
#include <array>
#include <limits>

#include "base/assert.h"
#include "base/log.h"
#include "pipeline/mail_expander.h"
#include "pipeline/settlement_of.h"

namespace muster::pipeline {
namespace {

// So many wait to be composed and sent: enough for every connection until the expander looks again,
// few enough that a crash or a pause finds little begun.
constexpr std::uint64_t waiting_most =
    std::uint64_t{limits::mail_pages_in_hand_max} * limits::mail_ahead_of_mark_max;
constexpr Duration read_again_after = std::chrono::seconds(1);
constexpr Duration look_again_after = std::chrono::milliseconds(20);

}  // namespace

std::uint64_t MailExpander::allowance(const Work& work) {
  const auto waiting = crossings_.to_write.size_approx() + batch_.size() + without_url_.size() +
                       crossings_.written.size_approx();
  const auto most = pace_.waiting_most(waiting_most);
  const auto share = limits::letters_max / works_.size();
  return std::min({static_cast<std::uint64_t>(free_.size()),
                   most - std::min<std::uint64_t>(waiting, most),
                   share - std::min<std::uint64_t>(work.outstanding, share)});
}

// How many first attempts the canary lets through. Further attempts pass the gate: the proof may
// hang on them.
std::uint64_t MailExpander::gate(const Work& work) const {
  const auto& entry = *crossings_.tasks[work.index];
  const auto& layout = entry.layout;
  if (settings_.canary == 0 || layout.mailboxes + layout.fallbacks <= settings_.canary ||
      entry.mail.proved.load(std::memory_order_relaxed) != 0) {
    return limits::letters_max;
  }
  return settings_.canary > work.begun ? settings_.canary - work.begun : 0;
}

bool MailExpander::anything_to_issue(const Work& work) const {
  return !work.retries.empty() || !work.fresh.empty() ||
         std::any_of(work.pages.begin(), work.pages.end(), [this](const auto& page) {
           return page.second.cursor < page.second.end() || page.second.passed.due(now_, changes_);
         });
}

void MailExpander::issue(Work& work) {
  if (!anything_to_issue(work)) {
    return;
  }
  const auto room = allowance(work);
  const auto allowed_at_first = pace_.allowed(now_, wall_, room);
  auto allowed = allowed_at_first;
  issue_retries(work, work.retries, allowed);
  const auto spent = allowed_at_first - allowed;
  allowed = std::min(allowed, gate(work));
  const auto gated = allowed;
  issue_retries(work, work.fresh, allowed);
  for (auto& [number, page] : work.pages) {
    if (allowed == 0) {
      break;
    }
    issue_from(work, page, allowed);
  }
  if (spent + gated - allowed != 0) {
    last_served_ = work.index;
  }
  // Whoever had nothing to issue waits for that, not for the pace.
  const bool all_went = spent + gated - allowed == allowed_at_first;
  if (!all_went) {
    return;
  }
  if (allowed_at_first < room) {
    paced_ = true;
    next_ = std::min(next_, pace_.next(now_));
  } else if (room < free_.size()) {
    next_ = std::min(next_, now_ + look_again_after);  // the queue falls without ringing
  }
}

void MailExpander::issue_retries(Work& work, std::deque<ledger::DueRetry>& retries,
                                 std::uint64_t& allowed) {
  const auto& entry = *crossings_.tasks[work.index];
  while (allowed != 0 && !retries.empty()) {
    const auto retry = retries.front();
    const auto& set =
        entry.layout.part_of(retry.invitation) == Part::mail ? entry.mailboxes : entry.fallbacks;
    const auto user = set.at(entry.layout.rank_of(retry.invitation));
    MUSTER_ASSERT(user.has_value());
    if (const auto done = addressees_.read(std::array{*user}, target_); !done) {
      pause_unread(work, done.error());
      return;  // it goes back with the others
    }
    retries.pop_front();
    start(work, Start{retry.invitation, retry.attempts, retry.generation, retry.in_doubt, true},
          target_.front());
    --allowed;
  }
}

std::uint32_t MailExpander::Page::end() const {
#ifdef MUSTER_BUG_ack_before_commit  // planted: tests/sim/canaries.sh demands that it is caught
  return size;
#else
  return std::min(size, mark + limits::mail_ahead_of_mark_max);
#endif
}

MailExpander::Start MailExpander::first_start(const Page& page, std::uint32_t at) {
  Start what;
  what.invitation = page.leased.first + at;
  what.in_doubt = page.doubted(at);
  what.patient = true;
  return what;
}

void MailExpander::issue_from(Work& work, Page& page, std::uint64_t& allowed) {
  const std::uint32_t end = page.end();
  const bool look = page.passed.due(now_, changes_);
  if ((page.cursor >= end && !look) || !read(work, page)) {
    return;
  }
  if (look) {
    look_again(work, page, allowed);
  }
  while (page.cursor < end && allowed != 0) {
    const std::uint32_t at = page.cursor++;
    if (at < page.leased.outcomes.size() && page.leased.outcomes[at] != 0) {
      continue;  // known from an earlier run
    }
    if (start(work, first_start(page, at), page.targets[at])) {
      --allowed;
    } else {
      page.passed.add({at, page.users[at]}, now_, changes_);
    }
  }
}

// Once a page, and again where the roster changed: a page is in hand for as long as its letters
// take.
bool MailExpander::read(Work& work, Page& page) {
  const bool stale = !page.read || (page.read_state != addressees_.state() &&
                                    now_ - page.read_at >= read_again_after);
  if (!stale) {
    return true;
  }
  const auto done = addressees_.read(page.users, page.targets);
  page.read = done.has_value();
  if (!done) {
    pause_unread(work, done.error());
    return false;
  }
  MUSTER_ASSERT(page.targets.size() == page.users.size());
  page.read_state = addressees_.state();
  page.read_at = now_;
  return true;
}

// Fills a slot and its letter, or settles at once what cannot be sent.
bool MailExpander::start(Work& work, const Start& what, const roster::MailTarget& target) {
  const auto& entry = *crossings_.tasks[work.index];
  const auto slot = take_slot(work, what);
#ifdef MUSTER_BUG_skip_in_doubt  // planted: tests/sim/canaries.sh demands that it is caught
  if (what.in_doubt) {
    settle_unsent(slot, State::sent, Reason::none);
    return true;
  }
#endif
  if (what.in_doubt && settings_.hold_in_doubt && !what.from_exception) {
    settle_unsent(slot, State::in_doubt, Reason::process_died,
                  std::numeric_limits<std::int64_t>::max());
    return true;
  }
  const Outcome hindrance = hindrance_of(entry, target);
  if (hindrance.state != State::queued) {
    const bool waits = hindrance.state == State::registering;
    if (waits && what.patient) {
      free_.push_back(slot);
      --work.outstanding;
      return false;
    }
    const auto again =
        waits ? look_again_at(entry, entry.content.mail_expiration_s, wall_) : WallTime{};
    settle_unsent(slot, hindrance.state, hindrance.reason, again.milliseconds);
    return true;
  }
  auto& job = crossings_.slab[slot];
  job.language = target.language < entry.template_of_language.size()
                     ? entry.template_of_language[target.language]
                     : std::uint8_t{0};
  auto& letter = *job.letter;
  letter.user = target.user;
  letter.address = target.address;
  letter.full_name = target.full_name;
  letter.url.clear();
  (entry.asks_clearance ? without_url_ : batch_).push_back(slot);
  pace_.take(1);
  work.begun += what.attempts == 0 ? 1U : 0U;
  return true;
}

Slot MailExpander::take_slot(Work& work, const Start& what) {
  const Slot slot = free_.back();
  free_.pop_back();
  ++work.outstanding;
  auto& letter = crossings_.letters[slot];
  letter.reply.clear();
  auto& job = crossings_.slab[slot];
  job.invitation = what.invitation;
  job.generation = what.generation;
  job.epoch = work.epoch;
  job.page = crossings_.tasks[work.index]->layout.page_of(what.invitation);
  job.task = work.index;
  job.attempts = what.attempts;
  job.in_doubt = what.in_doubt;
  job.from_exception = what.from_exception;
  job.channel = Channel::mail;
  job.letter = &letter;
  return slot;
}

// What keeps this letter from being sent at all; queued: nothing does; registering: nothing but
// that its user must wait.
Outcome MailExpander::hindrance_of(const TaskEntry& entry, const roster::MailTarget& target) const {
  if (!target.known) {
    return Outcome{State::cancelled, Reason::removed, 0};
  }
  if (addressees_.enrolled(target.user)) {
    return Outcome{State::superseded, Reason::enrolled, 0};
  }
  Outcome clearance;
  if (entry.asks_clearance) {
    clearance = outcome_of(clearances_->of(target.user));
    if (at_rest(clearance.state)) {
      return clearance;
    }
  }
  if (target.address.empty()) {
    return Outcome{State::unreachable, Reason::no_address, 0};
  }
  if (wall_.seconds() >= entry.content.mail_expiration_s) {
    return Outcome{State::expired, Reason::too_late, 0};
  }
  return clearance;
}

void MailExpander::settle_unsent(Slot slot, State state, Reason reason, std::int64_t next_at_ms) {
  const auto& job = crossings_.slab[slot];
  auto settlement = settlement_of(slot, job);
  settlement.outcome = Outcome{state, reason, job.attempts};
  settlement.next_at_ms = next_at_ms;
  settlement.in_doubt = false;  // nothing is repeated
  unsent_.push_back(settlement);
}

void MailExpander::pause_unread(const Work& work, const Error& error) {
  log::error("pipeline", "roster unreadable", {{"error", words(error)}});
  crossings_.request_stop(work.index, Stop::pause, "the roster cannot be read: " + words(error));
}

}  // namespace muster::pipeline
