#include "pipeline/expander.h"

#include <algorithm>

#include "base/assert.h"

namespace muster::pipeline {
namespace {

constexpr Duration idle_most = std::chrono::milliseconds(500);

}  // namespace

Expander::Expander(Crossings& crossings, std::unique_ptr<roster::RosterReader> roster,
                   const Clock& clock, const ExpanderSettings& settings)
    : crossings_(crossings),
      blocks_(std::move(roster)),
      clock_(clock),
      settings_(settings),
      mail_(crossings, blocks_.roster(), settings.mail, settings.clearances),
      accounts_(crossings, settings.clearances),
      nudger_(crossings, blocks_, settings.clearances),
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
  const Instant now = now_ = clock_.now();
  wall_ = clock_.wall();
  next_ = now + idle_most;
  changes_ = settings_.clearances == nullptr ? 0 : settings_.clearances->changes();
  const bool news = take_news();
  blocks_.refresh(now);
  std::size_t pages = 0;
  for (const auto& [index, work] : works_) {
    pages += work.pages.size();
  }
  blocks_.hold(pages);
  bool more = news;
  nudger_.take_home(free_);
  nudges_first_ = !nudges_first_;
  more = (nudges_first_ && issue_nudges()) || more;
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
  more = settle_accounts() || more;
  more = (!nudges_first_ && issue_nudges()) || more;
  next_ = std::min({next_, mail_.next(), accounts_.next(), nudger_.next()});
  crossings_.slots_out.store(crossings_.letters.begin() - free_.size(), std::memory_order_relaxed);
  flush();
  return more;
}

bool Expander::issue_nudges() {
  return nudger_.issue({now_, wall_, &free_, &wakes_, &batches_});
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
  accounts_.begin(index);
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
    accounts_.take_news(news->account);
    for (const auto& retry : news->retries) {
      take_retry(retry);
    }
    for (const auto& mark : news->marks) {
      take_mark(mark);
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
      accounts_.forget(index);
      crossings_.tasks[index]->forgotten.store(true, std::memory_order_release);
    }
    if (crossings_.eaten.size_approx() < limits::news_kept_max) {
      news->clear();
      crossings_.eaten.enqueue(std::move(news));
    }
  }
  return any;
}

void Expander::take_retry(const ledger::DueRetry& retry) {
  switch (part_of(retry.task, retry.invitation)) {
    case Part::push: {
      auto& work = works_.at(retry.task);
      const bool tried = retry.attempts != 0 || retry.generation != 0;
      (tried ? work.retries : work.fresh).push_back(retry);
      return;
    }
    case Part::mail:
    case Part::fallback:
      mail_.take_retry(retry);
      return;
    case Part::account:
      accounts_.take_retry(retry);
      return;
  }
}

void Expander::take_mark(const ledger::MovedMark& mark) {
  const auto work = works_.find(mark.task);
  if (work == works_.end()) {
    return;
  }
  const auto page = work->second.pages.find(mark.page);
  if (page == work->second.pages.end()) {
    mail_.move(mark);
    accounts_.move(mark);
    return;
  }
  page->second.mark = mark.mark;
  if (mark.mark >= page->second.size) {
    work->second.pages.erase(page);
  }
}

void Expander::take_page(ledger::LeasedPage leased) {
  const auto part = part_of(leased.task, leased.first);
  if (part == Part::mail) {
    mail_.take_page(std::move(leased));
    return;
  }
  if (part == Part::account) {
    accounts_.take_page(std::move(leased), now_);
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
  const auto asked_most = leases_most(work);
  while (!work.exhausted && issuable < issue_per_turn_max && in_hand < pages_most_ &&
         work.pages.size() + work.leases_asked < most && work.leases_asked < asked_most) {
    ++work.leases_asked;
    ++in_hand;
    issuable += limits::ahead_of_mark_max;
    ask(LedgerRequest::Kind::lease, work.index);
  }
}

void Expander::gather_due(Work& work) {
  // Where the canary shuts the gate, what it hangs on may be among those that are due.
  const bool any = !work.retries.empty() || (!work.fresh.empty() && gate(work) != 0);
  if (work.gather_asked || work.due.milliseconds == 0 || any) {
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
      !mail_.home(work.index) || !accounts_.home(work.index) || give_back_retries(work)) {
    return;
  }
  work.stop_asked = true;
  for (const auto& [number, page] : work.pages) {
    ask(LedgerRequest::Kind::release, work.index, number);
  }
  for (const auto& numbers : {mail_.pages_of(work.index), accounts_.pages_of(work.index)}) {
    for (const auto number : numbers) {
      ask(LedgerRequest::Kind::release, work.index, number);
    }
  }
  ask(LedgerRequest::Kind::stop, work.index);
}

// What was gathered and not begun goes back as it came. False: there was nothing of that kind.
bool Expander::give_back_retries(Work& work) {
  work.retries.insert(work.retries.end(), work.fresh.begin(), work.fresh.end());
  work.fresh.clear();
  mail_.surrender_retries(work.index, work.retries);
  accounts_.surrender_retries(work.index, work.retries);
  const bool any = !work.retries.empty();
  while (!work.retries.empty() && !free_.empty()) {  // other tasks may hold every slot
    const auto retry = work.retries.front();
    work.retries.pop_front();
    Settlement back;
    back.kind = Settlement::Kind::returned;
    back.task = work.index;
    back.invitation = retry.invitation;
    back.page = part_of(work.index, retry.invitation) == Part::push
                    ? retry.invitation / limits::page_size
                    : crossings_.tasks[work.index]->layout.page_of(retry.invitation);
    back.from_exception = true;
    back.slot = free_.back();
    free_.pop_back();
    ++work.outstanding;
    unsent_.push_back(back);
  }
  return any;
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
