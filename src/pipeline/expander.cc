#include "pipeline/expander.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/assert.h"
#include "base/log.h"
#include "pipeline/settlement_of.h"

namespace muster::pipeline {
namespace {

constexpr std::uint16_t no_credential = 0xffff;
constexpr std::uint64_t issue_per_turn_max = 4096;
// So far ahead a slot is asked for from memory while another one is filled.
constexpr std::size_t slots_ahead = 8;
constexpr Duration idle_most = std::chrono::milliseconds(500);

}  // namespace

Expander::Expander(Crossings& crossings, std::unique_ptr<roster::RosterReader> roster,
                   const Clock& clock, const ExpanderSettings& settings)
    : crossings_(crossings),
      blocks_(std::move(roster)),
      clock_(clock),
      settings_(settings),
      mail_(crossings, blocks_.roster(), settings.mail),
      pages_most_(limits::pages_in_hand_max -
                  (crossings.letters.any() ? limits::mail_pages_in_hand_max : 0)),
      wakes_(settings.wakes_per_second),
      batches_(limits::credentials_max) {
  free_.reserve(limits::slots_max);
  for (Slot slot = crossings.letters.begin(); slot-- > 0;) {
    free_.push_back(slot);
  }
}

bool Expander::turn() {
  const Instant now = clock_.now();
  wall_ = clock_.wall();
  next_ = now + idle_most;
  const bool news = take_news();
  blocks_.refresh(now);
  std::size_t pages = 0;
  for (const auto& [index, work] : works_) {
    pages += work.pages.size();
  }
  blocks_.hold(pages);
  bool more = news;
  for (auto& [index, work] : works_) {
    judge(work);
    // The epoch first: jobs of this turn carry it, so that a stop which comes after the next line
    // makes them stale.
    work.epoch = crossings_.tasks[index]->epoch.load(std::memory_order_seq_cst);
    if (crossings_.tasks[index]->stop.load(std::memory_order_acquire) != Stop::none) {
      wind_down(work);
      continue;
    }
    gather_due(work);
    if (!crossings_.store_trouble.load(std::memory_order_acquire)) {
      more = issue(work, now) || more;
    }
    lease_ahead(work);  // by what is left to issue
    pause_where_only_held_mail_is_left(work);
  }
  mail_.turn(now, wall_);
  next_ = std::min(next_, mail_.next());
  flush();
  return more;
}

void Expander::run() {
  auto& bell = crossings_.expander_bell;
  while (!crossings_.ending.load(std::memory_order_acquire)) {
    if (turn()) {
      continue;
    }
    bell.doze();
    // Once more, since stop requests and proofs ring as well: what came before doze() rang nobody.
    if (!turn() && !crossings_.ending.load(std::memory_order_acquire)) {
      const Duration wait = next_ - clock_.now();
      if (wait > Duration::zero()) {
        bell.wait(wait);
      }
    }
    bell.awake();
  }
}

void Expander::begin(TaskIndex index) {
  Work work;
  work.index = index;
  work.pace = Pace(crossings_.tasks[index]->rate);
  work.gather_asked = true;
  works_.insert_or_assign(index, std::move(work));
  mail_.begin(index);
  ask(LedgerRequest::Kind::gather, index);  // exceptions of an earlier run
}

bool Expander::take_news() {
  std::unique_ptr<News> news;
  bool any = false;
  while (crossings_.news.try_dequeue(news)) {
    any = true;
    for (const auto index : news->opened) {
      begin(index);
    }
    free_.insert(free_.end(), news->freed.begin(), news->freed.end());
    for (const auto& [index, count] : news->home) {
      if (const auto work = works_.find(index); work != works_.end()) {
        MUSTER_ASSERT(work->second.outstanding >= count);
        work->second.outstanding -= count;
      }
    }
    for (auto& leased : news->pages) {
      take_page(std::move(leased));
    }
    for (const auto index : news->exhausted) {
      auto& work = works_.at(index);
      --work.leases_asked;
      work.exhausted = true;
    }
    mail_.take_news(news->mail);
    for (const auto& retry : news->retries) {
      if (is_mail(retry.task, retry.invitation)) {
        mail_.take_retry(retry);
        continue;
      }
      works_.at(retry.task).retries.push_back(retry);
    }
    for (const auto& mark : news->marks) {
      const auto work = works_.find(mark.task);
      if (work == works_.end()) {
        continue;
      }
      const auto page = work->second.pages.find(mark.page);
      if (page == work->second.pages.end()) {
        mail_.move(mark);
        continue;
      }
      page->second.mark = mark.mark;
      if (mark.mark >= page->second.size) {
        work->second.pages.erase(page);
      }
    }
    for (const auto& [index, at] : news->due) {
      if (const auto work = works_.find(index); work != works_.end()) {
        work->second.due = at;
      }
    }
    for (const auto index : news->gathered) {
      if (const auto work = works_.find(index); work != works_.end()) {
        work->second.gather_asked = false;
      }
    }
    for (const auto index : news->ended) {
      works_.erase(index);
      mail_.forget(index);
      crossings_.tasks[index]->forgotten.store(true, std::memory_order_release);
    }
    if (crossings_.eaten.size_approx() < limits::news_kept_max) {
      news->clear();
      crossings_.eaten.enqueue(std::move(news));
    }
  }
  return any;
}

void Expander::take_page(ledger::LeasedPage leased) {
  if (is_mail(leased.task, leased.first)) {
    mail_.take_page(std::move(leased));
    return;
  }
  auto& work = works_.at(leased.task);
  --work.leases_asked;
  Page page;
  page.devices = crossings_.tasks[leased.task]->devices.slice(leased.first, limits::page_size);
  page.size = static_cast<std::uint32_t>(page.devices.size());
  page.mark = leased.mark;
  page.cursor = leased.mark;
  page.leased = std::move(leased);
  const auto number = page.leased.page;
  if (page.mark < page.size) {  // otherwise it was settled by the commit that leased it
    work.pages.insert_or_assign(number, std::move(page));
  }
}

void Expander::ask(LedgerRequest::Kind kind, TaskIndex task, std::uint32_t page) {
  crossings_.requests.enqueue(LedgerRequest{kind, task, page});
  crossings_.ledger_bell.ring();
}

// Another page only where those in hand have less than a turn's jobs left to issue: their marks
// follow the answers, so how many that takes depends on how far away these are.
// The ledger holds so many pages for all tasks together: each has its share, so that a task which
// begins late need not wait for the end of the others.
void Expander::lease_ahead(Work& work) {
  std::size_t in_hand = 0;
  for (const auto& [index, each] : works_) {
    in_hand += each.pages.size() + each.leases_asked;
  }
  const auto share = std::max<std::size_t>(1, pages_most_ / works_.size());
  const auto most = std::min<std::size_t>(settings_.pages_per_task, share);
  std::uint64_t issuable = std::uint64_t{work.leases_asked} * limits::ahead_of_mark_max;
  for (const auto& [number, page] : work.pages) {
    issuable += page.end() - page.cursor;
  }
  while (!work.exhausted && issuable < issue_per_turn_max && in_hand < pages_most_ &&
         work.pages.size() + work.leases_asked < most) {
    ++work.leases_asked;
    ++in_hand;
    issuable += limits::ahead_of_mark_max;
    ask(LedgerRequest::Kind::lease, work.index);
  }
}

void Expander::gather_due(Work& work) {
  if (work.gather_asked || work.due.milliseconds == 0 || !work.retries.empty()) {
    return;
  }
  if (work.due > wall_) {
    const auto wait = std::chrono::milliseconds(
        std::min<std::int64_t>(work.due.milliseconds - wall_.milliseconds, 60'000));
    next_ = std::min(next_, clock_.now() + wait);
    return;
  }
  work.gather_asked = true;
  ask(LedgerRequest::Kind::gather, work.index);
}

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
  issue_retries(work, allowed);
  std::uint64_t went = allowed_at_first - allowed;
  allowed = std::min(allowed, gate(work));
  for (auto& [number, page] : work.pages) {
    if (allowed == 0) {
      break;
    }
    const auto before = allowed;
    issue_from(work, page, allowed);
    went += before - allowed;
  }
  work.pace.take(went);
  wakes_.take(went);
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

void Expander::issue_retries(Work& work, std::uint64_t& allowed) {
  const auto& entry = *crossings_.tasks[work.index];
  while (allowed != 0 && !work.retries.empty()) {
    const auto retry = work.retries.front();
    work.retries.pop_front();
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

void Expander::issue_from(Work& work, Page& page, std::uint64_t& allowed) {
  const std::uint32_t end = page.end();
  const std::uint32_t doubted =
      page.leased.in_doubt ? page.leased.mark + limits::ahead_of_mark_max : 0;
  while (page.cursor < end && allowed != 0) {
    const std::uint32_t at = page.cursor++;
    if (at < page.leased.outcomes.size() && page.leased.outcomes[at] != 0) {
      continue;  // known from an earlier run
    }
    start(work, Start{page.leased.first + at, page.devices[at], 0, 0, at < doubted, false});
    --allowed;
  }
}

// Fills a slot and sends it to the shards, or settles at once what cannot be sent.
void Expander::start(Work& work, const Start& what) {
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
    return;
  }
#endif
  const auto target = blocks_.at(what.device);
  if (!target) {
    give_back_unread(work, job, slot, target.error());
    return;
  }
  if (what.in_doubt && settings_.hold_in_doubt && !what.from_exception) {
    settle_unsent(job, slot, State::in_doubt, Reason::process_died,
                  std::numeric_limits<std::int64_t>::max());
    return;
  }
  job.credential = target->topic < entry.credential_of_topic.size()
                       ? entry.credential_of_topic[target->topic]
                       : no_credential;
  const Outcome hindrance = hindrance_of(entry, *target, job.credential);
  if (hindrance.state != State::queued) {
    settle_unsent(job, slot, hindrance.state, hindrance.reason);
    return;
  }
  job.language = target->language < entry.payload_of_language.size()
                     ? entry.payload_of_language[target->language]
                     : std::uint8_t{0};
  job.registered_at_s = target->registered_at_s;
  job.set_target(target->token, target->magic);
  batches_[job.credential].push_back(slot);
  ++work.issued;
}

// What keeps this push from being sent at all; queued: nothing does. Frozen was who, never how: the
// device may have gone, changed hands or lost its token since Send.
Outcome Expander::hindrance_of(const TaskEntry& entry, const roster::PushTarget& target,
                               std::uint16_t credential) const {
  if (!target.known) {
    return Outcome{State::cancelled, Reason::removed, 0};
  }
  if (!entry.users.contains(target.user)) {
    return Outcome{State::cancelled, Reason::reassigned, 0};
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
  return {};
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

// Everything that is on its way comes home first; then the pages are put back and the end is
// recorded.
void Expander::wind_down(Work& work) {
  if (!work.recalled) {
    // Jobs handed over while the stop was being asked for may have missed the shards' look: once
    // more.
    work.recalled = true;
    crossings_.stops.fetch_add(1, std::memory_order_release);
    crossings_.ring_shards();
    crossings_.ring_mail();
  }
  if (work.stop_asked || work.outstanding != 0 || work.leases_asked != 0 || work.gather_asked ||
      !mail_.home(work.index)) {
    return;
  }
  // What was gathered and not begun goes back as it came.
  mail_.surrender_retries(work.index, work.retries);
  const bool any = !work.retries.empty();
  while (!work.retries.empty() && !free_.empty()) {  // other tasks may hold every slot
    const auto retry = work.retries.front();
    work.retries.pop_front();
    Settlement back;
    back.kind = Settlement::Kind::returned;
    back.task = work.index;
    back.invitation = retry.invitation;
    back.page = is_mail(work.index, retry.invitation)
                    ? crossings_.tasks[work.index]->layout.page_of(retry.invitation)
                    : retry.invitation / limits::page_size;
    back.from_exception = true;
    back.slot = free_.back();
    free_.pop_back();
    ++work.outstanding;
    unsent_.push_back(back);
  }
  if (any) {
    return;
  }
  work.stop_asked = true;
  for (const auto& [number, page] : work.pages) {
    ask(LedgerRequest::Kind::release, work.index, number);
  }
  for (const auto number : mail_.pages_of(work.index)) {
    ask(LedgerRequest::Kind::release, work.index, number);
  }
  ask(LedgerRequest::Kind::stop, work.index);
}

void Expander::flush() {
  bool any = false;
  for (std::size_t credential = 0; credential < batches_.size(); ++credential) {
    auto& batch = batches_[credential];
    if (!batch.empty()) {
      crossings_.jobs[credential]->enqueue_bulk(batch.data(), batch.size());
      batch.clear();
      any = true;
    }
  }
  if (any) {
    crossings_.ring_shards();
  }
  if (!unsent_.empty()) {
    const auto settled = std::count_if(unsent_.begin(), unsent_.end(), [](const auto& settlement) {
      return settlement.kind == Settlement::Kind::settled;
    });
    crossings_.unsent.fetch_add(static_cast<std::uint64_t>(settled), std::memory_order_relaxed);
    crossings_.hand_over(unsent_);
  }
}

}  // namespace muster::pipeline
