#include "pipeline/account_expander.h"

#include <algorithm>
#include <utility>

namespace muster::pipeline {

void AccountExpander::begin(TaskIndex task) {
  if (crossings_.tasks[task]->layout.accounts == 0) {
    return;
  }
  MUSTER_ASSERT(clearances_ != nullptr);
  Work work;
  work.index = task;
  work.gather_asked = true;
  works_.insert_or_assign(task, std::move(work));
  ask(LedgerRequest::Kind::gather, task);  // exceptions of an earlier run
}

void AccountExpander::take_page(ledger::LeasedPage leased, Instant now) {
  auto& work = works_.at(leased.task);
  const auto& entry = *crossings_.tasks[leased.task];
  --work.leases_asked;
  Page page;
  page.first = leased.first;
  page.size = entry.layout.size_of(leased.page);
  const auto users = entry.accounts.slice(entry.layout.rank_of(leased.first), page.size);
  for (std::uint32_t at = leased.mark; at < page.size; ++at) {
    if (leased.outcomes.empty() || leased.outcomes[at] == 0) {
      page.open.add({at, users[at]}, now, changes_);
    }
  }
  page.open.look_soon();
  if (leased.mark < page.size) {  // otherwise it was settled by the commit that leased it
    work.pages.insert_or_assign(leased.page, std::move(page));
  }
}

void AccountExpander::take_retry(const ledger::DueRetry& retry) {
  works_.at(retry.task).retries.push_back(retry);
}

void AccountExpander::move(const ledger::MovedMark& mark) {
  const auto work = works_.find(mark.task);
  if (work == works_.end()) {
    return;
  }
  const auto page = work->second.pages.find(mark.page);
  if (page != work->second.pages.end() && mark.mark >= page->second.size) {
    work->second.pages.erase(page);
  }
}

void AccountExpander::take_news(const PartNews& news) {
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

void AccountExpander::turn(Instant now, WallTime wall, std::uint64_t most,
                           std::vector<Settlement>& settled) {
  next_ = Instant::never();
  if (works_.empty()) {
    return;
  }
  now_ = now;
  wall_ = wall;
  changes_ = clearances_->changes();
  for (auto& [index, work] : works_) {
    if (crossings_.tasks[index]->stop.load(std::memory_order_acquire) != Stop::none) {
      continue;
    }
    gather_due(work);
    if (!crossings_.store_trouble.load(std::memory_order_acquire)) {
      settle_retries(work, most, settled);
      settle_pages(work, most, settled);
    }
    lease_ahead(work);
  }
}

void AccountExpander::settle_pages(Work& work, std::uint64_t& allowed,
                                   std::vector<Settlement>& settled) {
  const auto& entry = *crossings_.tasks[work.index];
  for (auto& [number, page] : work.pages) {
    if (!page.open.due(now_, changes_)) {
      next_ = std::min(next_, page.open.next(changes_));
      continue;
    }
    page.open.look(now_, changes_, allowed, [&](const PassedOver::One& one, bool patient) {
      const auto outcome = outcome_for(entry, one.user);
      if (patient && !at_rest(outcome.state)) {
        return false;
      }
      settled.push_back(settlement_for(work, page.first + one.at, outcome));
      return true;
    });
  }
}

void AccountExpander::settle_retries(Work& work, std::uint64_t& allowed,
                                     std::vector<Settlement>& settled) {
  const auto& entry = *crossings_.tasks[work.index];
  for (; allowed != 0 && !work.retries.empty(); --allowed) {
    const auto retry = work.retries.front();
    work.retries.pop_front();
    const auto user = entry.accounts.at(entry.layout.rank_of(retry.invitation));
    MUSTER_ASSERT(user.has_value());
    auto settlement = settlement_for(work, retry.invitation, outcome_for(entry, *user));
    settlement.from_exception = true;
    settlement.generation = retry.generation;
    settled.push_back(settlement);
  }
}

Outcome AccountExpander::outcome_for(const TaskEntry& entry, UserNumber user) const {
  const auto clearance = clearances_->of(user);
  switch (clearance.word) {
    case Clearance::Word::enrolled:
      return {State::enrolled, Reason::none, 0};
    case Clearance::Word::refused:
      return {State::failed, clearance.reason, 0};
    case Clearance::Word::go:
    case Clearance::Word::wait:
      break;
  }
  return wall_.seconds() >= entry.content.expiration_s
             ? Outcome{State::expired, Reason::too_late, 0}
             : Outcome{State::registering, Reason::none, 0};
}

Settlement AccountExpander::settlement_for(const Work& work, InvitationNumber invitation,
                                           Outcome outcome) const {
  const auto& entry = *crossings_.tasks[work.index];
  Settlement settlement;
  settlement.task = work.index;
  settlement.invitation = invitation;
  settlement.page = entry.layout.page_of(invitation);
  settlement.outcome = outcome;
  if (!at_rest(outcome.state)) {
    settlement.next_at_ms = look_again_at(entry, entry.content.expiration_s, wall_).milliseconds;
  }
  return settlement;
}

void AccountExpander::lease_ahead(Work& work) {
  std::size_t in_hand = 0;
  for (const auto& [index, each] : works_) {
    in_hand += each.pages.size() + each.leases_asked;
  }
  const auto share = std::max<std::size_t>(1, limits::account_pages_in_hand_max / works_.size());
  while (!work.exhausted && in_hand < limits::account_pages_in_hand_max &&
         work.pages.size() + work.leases_asked < share) {
    ++work.leases_asked;
    ++in_hand;
    ask(LedgerRequest::Kind::lease, work.index);
  }
}

void AccountExpander::gather_due(Work& work) {
  if (work.gather_asked || work.due.milliseconds == 0 || !work.retries.empty()) {
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

void AccountExpander::ask(LedgerRequest::Kind kind, TaskIndex task) {
  crossings_.requests.enqueue(LedgerRequest{kind, task, 0, Part::account});
  crossings_.ledger_bell.ring();
}

bool AccountExpander::open(TaskIndex task) const {
  const auto found = works_.find(task);
  if (found == works_.end()) {
    return false;
  }
  const auto& work = found->second;
  return !work.exhausted || !work.pages.empty() || !work.retries.empty() ||
         work.due.milliseconds != 0 || work.gather_asked;
}

bool AccountExpander::home(TaskIndex task) const {
  const auto work = works_.find(task);
  return work == works_.end() || (work->second.leases_asked == 0 && !work->second.gather_asked);
}

void AccountExpander::surrender_retries(TaskIndex task, std::deque<ledger::DueRetry>& into) {
  if (const auto work = works_.find(task); work != works_.end()) {
    into.insert(into.end(), work->second.retries.begin(), work->second.retries.end());
    work->second.retries.clear();
  }
}

std::vector<std::uint32_t> AccountExpander::pages_of(TaskIndex task) const {
  std::vector<std::uint32_t> numbers;
  if (const auto work = works_.find(task); work != works_.end()) {
    for (const auto& [number, page] : work->second.pages) {
      numbers.push_back(number);
    }
  }
  return numbers;
}

}  // namespace muster::pipeline
