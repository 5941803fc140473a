#include "pipeline/mail_expander.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace muster::pipeline {
namespace {

// Another page only where those in hand have fewer left to issue.
constexpr std::uint64_t issuable_enough = 128;

}  // namespace

MailExpander::MailExpander(Crossings& crossings, roster::RosterReader& roster,
                           const MailIssueSettings& settings, Clearances* clearances)
    : crossings_(crossings),
      addressees_(roster),
      settings_(settings),
      pace_(settings.pace),
      clearances_(clearances) {
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

void MailExpander::take_news(const PartNews& news) {
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
  changes_ = clearances_ == nullptr ? 0 : clearances_->changes();
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
    note_next_look(work);
    lease_ahead(work);
  }
  add_urls();
  crossings_.mail_paced.store(paced_, std::memory_order_relaxed);
  crossings_.letters_out.store(limits::letters_max - free_.size(), std::memory_order_relaxed);
  flush();
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
  const auto asked_most = leases_most(work);
  while (!work.exhausted && issuable < issuable_enough && gate(work) != 0 &&
         in_hand < limits::mail_pages_in_hand_max &&
         work.pages.size() + work.leases_asked < share && work.leases_asked < asked_most) {
    ++work.leases_asked;
    ++in_hand;
    issuable += limits::mail_ahead_of_mark_max;
    ask(LedgerRequest::Kind::lease, work.index);
  }
}

void MailExpander::gather_due(Work& work) {
  // Where the canary shuts the gate, what it hangs on may be among those that are due.
  const bool any = !work.retries.empty() || (!work.fresh.empty() && gate(work) != 0);
  if (work.gather_asked || work.due.milliseconds == 0 || any) {
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
  return work == works_.end() || (work->second.outstanding == 0 && work->second.leases_asked == 0 &&
                                  !work->second.gather_asked);
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
