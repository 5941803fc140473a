#include "pipeline/mail_expander.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "base/log.h"
#include "pipeline/settlement_of.h"

namespace muster::pipeline {
namespace {

// So many wait to be composed and sent: enough for every connection until the expander looks again,
// few enough that a crash or a pause finds little begun.
constexpr std::uint64_t waiting_most =
    std::uint64_t{limits::mail_pages_in_hand_max} * limits::mail_ahead_of_mark_max;
// Another page only where those in hand have fewer left to issue.
constexpr std::uint64_t issuable_enough = 128;
constexpr Duration read_again_after = std::chrono::seconds(1);
constexpr Duration look_again_after = std::chrono::milliseconds(20);

}  // namespace

MailExpander::MailExpander(Crossings& crossings, roster::RosterReader& roster,
                           const MailIssueSettings& settings)
    : crossings_(crossings), addressees_(roster), settings_(settings), pace_(settings.pace) {
  if (crossings.letters.any()) {
    free_.reserve(limits::letters_max);
    for (Slot slot = limits::slots_max; slot-- > Letters::first;) {
      free_.push_back(slot);
    }
  }
}

void MailExpander::begin(TaskIndex task) {
  const auto& layout = crossings_.tasks[task]->layout;
  if (layout.mailboxes + layout.fallbacks == 0) {
    return;
  }
  Work work;
  work.index = task;
  work.exhausted = layout.mailboxes == 0;
  work.gather_asked = true;
  works_.insert_or_assign(task, std::move(work));
  ask(LedgerRequest::Kind::gather, task);  // exceptions of an earlier run, and who was woken
}

void MailExpander::take_page(ledger::LeasedPage leased) {
  auto& work = works_.at(leased.task);
  const auto& entry = *crossings_.tasks[leased.task];
  --work.leases_asked;
  Page page;
  page.users =
      entry.mailboxes.slice(entry.layout.rank_of(leased.first), entry.layout.size_of(leased.page));
  page.size = static_cast<std::uint32_t>(page.users.size());
  page.mark = leased.mark;
  page.cursor = leased.mark;
  if (!spare_targets_.empty()) {
    page.targets = std::move(spare_targets_.back());
    spare_targets_.pop_back();
  }
  page.leased = std::move(leased);
  const auto number = page.leased.page;
  if (page.mark < page.size) {  // otherwise it was settled by the commit that leased it
    work.pages.insert_or_assign(number, std::move(page));
  }
}

void MailExpander::take_retry(const ledger::DueRetry& retry) {
  auto& work = works_.at(retry.task);
  (retry.attempts == 0 ? work.fresh : work.retries).push_back(retry);
}

void MailExpander::move(const ledger::MovedMark& mark) {
  const auto work = works_.find(mark.task);
  if (work == works_.end()) {
    return;
  }
  const auto page = work->second.pages.find(mark.page);
  if (page == work->second.pages.end()) {
    return;
  }
  page->second.mark = mark.mark;
  if (mark.mark >= page->second.size) {
    erase(work->second, page);
  }
}

void MailExpander::erase(Work& work, std::map<std::uint32_t, Page>::iterator page) {
  if (spare_targets_.size() < limits::mail_pages_in_hand_max) {
    spare_targets_.push_back(std::move(page->second.targets));
  }
  work.pages.erase(page);
}

void MailExpander::take_news(const MailNews& news) {
  for (const auto slot : news.freed) {
    free_.push_back(slot);
    if (const auto work = works_.find(crossings_.slab[slot].task); work != works_.end()) {
      MUSTER_ASSERT(work->second.outstanding != 0);
      --work->second.outstanding;
    }
  }
  for (const auto task : news.exhausted) {
    auto& work = works_.at(task);
    --work.leases_asked;
    work.exhausted = true;
  }
  for (const auto& [task, at] : news.due) {
    if (const auto work = works_.find(task); work != works_.end()) {
      work->second.due = at;
    }
  }
  for (const auto task : news.gathered) {
    if (const auto work = works_.find(task); work != works_.end()) {
      work->second.gather_asked = false;
    }
  }
}

void MailExpander::turn(Instant now, WallTime wall) {
  next_ = Instant::never();
  if (works_.empty()) {
    return;
  }
  now_ = now;
  wall_ = wall;
  pace_.give_back(crossings_.letters_returned.exchange(0, std::memory_order_relaxed));
  paced_ = false;
  const auto refreshed = addressees_.refresh(now);
  // Tasks take turns: whoever comes first may take the last token, letter or page.
  auto next = works_.upper_bound(last_served_);
  for (std::size_t i = 0; i < works_.size(); ++i, ++next) {
    if (next == works_.end()) {
      next = works_.begin();
    }
    auto& work = next->second;
    auto& entry = *crossings_.tasks[work.index];
    // The epoch first: as Expander::turn says.
    work.epoch = entry.epoch.load(std::memory_order_seq_cst);
    if (entry.stop.load(std::memory_order_acquire) != Stop::none) {
      continue;
    }
    if (!refreshed) {
      pause_unread(work, refreshed.error());
      continue;
    }
    say_hold(work, hold_of(work));
    if (work.hold != Hold::none || crossings_.store_trouble.load(std::memory_order_acquire)) {
      continue;
    }
    gather_due(work);
    issue(work);
    lease_ahead(work);
  }
  crossings_.mail_paced.store(paced_, std::memory_order_relaxed);
  crossings_.letters_out.store(limits::letters_max - free_.size(), std::memory_order_relaxed);
  flush();
}

std::uint64_t MailExpander::allowance(const Work& work) {
  const auto waiting =
      crossings_.to_write.size_approx() + batch_.size() + crossings_.written.size_approx();
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

bool MailExpander::anything_to_issue(const Work& work) {
  return !work.retries.empty() || !work.fresh.empty() ||
         std::any_of(work.pages.begin(), work.pages.end(),
                     [](const auto& page) { return page.second.cursor < page.second.end(); });
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

void MailExpander::issue_from(Work& work, Page& page, std::uint64_t& allowed) {
  const std::uint32_t end = page.end();
  const std::uint32_t doubted =
      page.leased.in_doubt ? page.leased.mark + limits::mail_ahead_of_mark_max : 0;
  if (page.cursor >= end || !read(work, page)) {
    return;
  }
  while (page.cursor < end && allowed != 0) {
    const std::uint32_t at = page.cursor++;
    if (at < page.leased.outcomes.size() && page.leased.outcomes[at] != 0) {
      continue;  // known from an earlier run
    }
    start(work, Start{page.leased.first + at, 0, 0, at < doubted, false}, page.targets[at]);
    --allowed;
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
void MailExpander::start(Work& work, const Start& what, const roster::MailTarget& target) {
  const auto& entry = *crossings_.tasks[work.index];
  const auto slot = take_slot(work, what);
#ifdef MUSTER_BUG_skip_in_doubt  // planted: tests/sim/canaries.sh demands that it is caught
  if (what.in_doubt) {
    settle_unsent(slot, State::sent, Reason::none);
    return;
  }
#endif
  if (what.in_doubt && settings_.hold_in_doubt && !what.from_exception) {
    settle_unsent(slot, State::in_doubt, Reason::process_died,
                  std::numeric_limits<std::int64_t>::max());
    return;
  }
  const Outcome hindrance = hindrance_of(entry, target);
  if (hindrance.state != State::queued) {
    settle_unsent(slot, hindrance.state, hindrance.reason);
    return;
  }
  auto& job = crossings_.slab[slot];
  job.language = target.language < entry.template_of_language.size()
                     ? entry.template_of_language[target.language]
                     : std::uint8_t{0};
  auto& letter = *job.letter;
  letter.user = target.user;
  letter.address = target.address;
  letter.full_name = target.full_name;
  batch_.push_back(slot);
  pace_.take(1);
  work.begun += what.attempts == 0 ? 1U : 0U;
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

// What keeps this letter from being sent at all; queued: nothing does.
Outcome MailExpander::hindrance_of(const TaskEntry& entry, const roster::MailTarget& target) const {
  if (!target.known) {
    return Outcome{State::cancelled, Reason::removed, 0};
  }
  if (addressees_.enrolled(target.user)) {
    return Outcome{State::superseded, Reason::enrolled, 0};
  }
  if (target.address.empty()) {
    return Outcome{State::unreachable, Reason::no_address, 0};
  }
  if (wall_.seconds() >= entry.content.mail_expiration_s) {
    return Outcome{State::expired, Reason::too_late, 0};
  }
  return {};
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

void MailExpander::lease_ahead(Work& work) {
  std::size_t in_hand = 0;
  for (const auto& [index, each] : works_) {
    in_hand += each.pages.size() + each.leases_asked;
  }
  const auto share = std::max<std::size_t>(1, limits::mail_pages_in_hand_max / works_.size());
  std::uint64_t issuable = std::uint64_t{work.leases_asked} * limits::mail_ahead_of_mark_max;
  for (const auto& [number, page] : work.pages) {
    issuable += page.end() - page.cursor;
  }
  while (!work.exhausted && issuable < issuable_enough && gate(work) != 0 &&
         in_hand < limits::mail_pages_in_hand_max &&
         work.pages.size() + work.leases_asked < share) {
    ++work.leases_asked;
    ++in_hand;
    issuable += limits::mail_ahead_of_mark_max;
    ask(LedgerRequest::Kind::lease, work.index);
  }
}

void MailExpander::gather_due(Work& work) {
  if (work.gather_asked || work.due.milliseconds == 0 || !work.retries.empty() ||
      !work.fresh.empty()) {
    return;
  }
  if (work.due > wall_) {
    const auto wait = std::chrono::milliseconds(
        std::min<std::int64_t>(work.due.milliseconds - wall_.milliseconds, 60'000));
    next_ = std::min(next_, now_ + wait);
    return;
  }
  work.gather_asked = true;
  ask(LedgerRequest::Kind::gather, work.index);
}

void MailExpander::ask(LedgerRequest::Kind kind, TaskIndex task) {
  crossings_.requests.enqueue(LedgerRequest{kind, task, 0, Part::mail});
  crossings_.ledger_bell.ring();
}

void MailExpander::flush() {
  if (!batch_.empty()) {
    crossings_.to_write.enqueue_bulk(batch_.data(), batch_.size());
    batch_.clear();
    crossings_.ring_writers();
  }
  if (!unsent_.empty()) {
    const auto settled = std::count_if(unsent_.begin(), unsent_.end(), [](const auto& settlement) {
      return settlement.kind == Settlement::Kind::settled;
    });
    crossings_.unsent.fetch_add(static_cast<std::uint64_t>(settled), std::memory_order_relaxed);
    crossings_.hand_over(unsent_);
  }
}

bool MailExpander::home(TaskIndex task) const {
  const auto work = works_.find(task);
  return work == works_.end() || (work->second.outstanding == 0 && work->second.leases_asked == 0);
}

void MailExpander::surrender_retries(TaskIndex task, std::deque<ledger::DueRetry>& into) {
  if (const auto work = works_.find(task); work != works_.end()) {
    for (auto* retries : {&work->second.retries, &work->second.fresh}) {
      into.insert(into.end(), retries->begin(), retries->end());
      retries->clear();
    }
  }
}

std::vector<std::uint32_t> MailExpander::pages_of(TaskIndex task) const {
  std::vector<std::uint32_t> numbers;
  if (const auto work = works_.find(task); work != works_.end()) {
    for (const auto& [number, page] : work->second.pages) {
      numbers.push_back(number);
    }
  }
  return numbers;
}

}  // namespace muster::pipeline
