#include "pipeline/ledger_loop.h"

#include <algorithm>
#include <limits>

#include "base/log.h"

namespace muster::pipeline {
namespace {

constexpr Duration retry_after_trouble = std::chrono::milliseconds(200);
constexpr Duration stalled_after = std::chrono::seconds(2);
constexpr Duration idle_most = std::chrono::seconds(1);
constexpr std::size_t pages_enough = 4;
// Taken from the queue in one stroke: few, for they are read twice and are to stay in the cache.
constexpr std::size_t settlements_at_once = 256;
// Fewer letters wait for their time, or a slow relay's would be committed one by one.
constexpr std::size_t letters_enough =
    limits::mail_pages_in_hand_max * limits::mail_ahead_of_mark_max / 2;
constexpr std::size_t retries_per_gather = limits::settlements_per_commit;

ledger::TaskState state_after(Stop stop) {
  switch (stop) {
    case Stop::pause:
      return ledger::TaskState::paused;
    case Stop::hold:
      return ledger::TaskState::held;
    case Stop::cancel:
      return ledger::TaskState::cancelled;
    case Stop::none:
    case Stop::drain:
      break;
  }
  return ledger::TaskState::running;
}

}  // namespace

LedgerLoop::LedgerLoop(Crossings& crossings, ledger::Ledger& ledger, const Clock& clock)
    : crossings_(crossings), ledger_(ledger), clock_(clock), batch_(settlements_at_once) {}

bool LedgerLoop::turn() {
  take_calls();
  if (failed()) {
    return false;
  }
  take_requests();
  take_settlements();
  const Instant now = clock_.now();
  if (now >= not_before_ && commit_due(now)) {
    commit(now);
  }
  return now >= not_before_ &&
         (taken_ >= limits::settlements_per_commit_max ||
          crossings_.settlements.size_approx() >= limits::settlements_per_commit_max);
}

Instant LedgerLoop::next() const {
  return failed() ? Instant::never() : std::max(due_at(), not_before_);
}

// When what has been taken is to be committed.
Instant LedgerLoop::due_at() const {
  if (oldest_ == Instant::never()) {
    return oldest_;
  }
  const Instant due = oldest_ + limits::commit_interval;
  return taken_ >= limits::settlements_per_commit
             ? std::min(due, committed_at_ + limits::commit_gap)
             : due;
}

// How many more make a difference.
std::size_t LedgerLoop::wanted() const {
  if (oldest_ == Instant::never()) {
    return 0;
  }
  if (taken_ >= limits::settlements_per_commit_max) {  // the store refuses them for now
    return std::numeric_limits<std::size_t>::max();
  }
  const auto more = taken_ < limits::settlements_per_commit
                        ? limits::settlements_per_commit - taken_
                        : limits::settlements_per_commit_max - taken_;
  const auto letters = news_->mail.freed.size();
  const auto until = letters_wanted();
  return letters == taken_ && letters != 0 && letters < until ? std::min(more, until - letters)
                                                              : more;
}

// So many letters are worth a commit although its time has not come: all that are on their way.
// Their windows are used up, and until they move nothing is sent.
std::size_t LedgerLoop::letters_wanted() const {
  return std::max<std::size_t>(crossings_.letters_out.load(std::memory_order_relaxed),
                               letters_enough);
}

void LedgerLoop::run() {
  auto& bell = crossings_.ledger_bell;
  while (true) {
    const bool ending = crossings_.ledger_ending.load(std::memory_order_acquire);
    if (turn()) {
      continue;
    }
    if (ending) {
      const Instant now = clock_.now();
      if (!failed()) {
        commit(now);
      }
      take_calls();
      return;
    }
    const auto rung_at = wanted();
    crossings_.ledger_rung_at.store(rung_at, std::memory_order_seq_cst);
    bell.doze();
    const bool more = crossings_.requests.size_approx() != 0 || called() ||
                      crossings_.settlements.size_approx() >= std::max<std::size_t>(rung_at, 1);
    if (!more && !crossings_.ledger_ending.load(std::memory_order_acquire)) {
      const Duration wait = next() == Instant::never() ? idle_most : next() - clock_.now();
      if (wait > Duration::zero()) {
        bell.wait(std::min(wait, idle_most));
      }
    }
    bell.awake();
  }
}

void LedgerLoop::perform(const std::function<void(ledger::Ledger&)>& work) {
  Call call{&work};
  std::unique_lock lock(crossings_.control_mutex);
  calls_.push_back(&call);
  lock.unlock();
  crossings_.ledger_bell.ring();
  lock.lock();
  crossings_.control_changed.wait(lock, [&] { return call.done; });
}

void LedgerLoop::announce(TaskIndex task) {
  news_->opened.push_back(task);
  waited_for_ = true;
}

bool LedgerLoop::called() {
  const std::lock_guard lock(crossings_.control_mutex);
  return !calls_.empty();
}

void LedgerLoop::take_calls() {
  std::unique_lock lock(crossings_.control_mutex);
  while (!calls_.empty()) {
    Call* call = calls_.front();
    calls_.pop_front();
    lock.unlock();
    (*call->work)(ledger_);
    look_everywhere_ = true;  // a retry and a judgement make exceptions due
    oldest_ = std::min(oldest_, clock_.now());
    lock.lock();
    call->done = true;
    crossings_.control_changed.notify_all();
  }
}

void LedgerLoop::take_requests() {
  LedgerRequest request;
  while (crossings_.requests.try_dequeue(request)) {
    if (crossings_.tasks[request.task]->phase.load(std::memory_order_relaxed) !=
        TaskEntry::Phase::open) {
      continue;  // asked before the expander knew that the task had ended
    }
    // A page asked for ahead can wait for others; the first ones are waited for.
    const bool ahead = request.kind == LedgerRequest::Kind::lease &&
                       ledger_.pages_in_hand(request.task) >= pages_enough;
    waited_for_ = waited_for_ || !ahead;
    oldest_ = std::min(oldest_, clock_.now());
    switch (request.kind) {
      case LedgerRequest::Kind::lease: {
        auto page = ledger_.lease(request.task, request.part);
        auto& exhausted = news_->of(request.part).exhausted;
        if (!page) {
          exhausted.push_back(request.task);  // the task is pausing: it waits for no page
          if (page.error().code == ErrorCode::store_corrupt) {
            // One page is damaged: that task waits for a person, the others go on.
            crossings_.request_stop(
                request.task, Stop::pause,
                "a page of the ledger is damaged; restore ledger.db from a backup");
          } else {
            trouble(page.error(), clock_.now());
          }
        } else if (auto& leased = *page; leased.has_value()) {
          news_->pages.push_back(std::move(*leased));
        } else {
          exhausted.push_back(request.task);
        }
        break;
      }
      case LedgerRequest::Kind::gather: {
        auto due = ledger_.gather(request.task, clock_.wall(), retries_per_gather,
                                  channel_of(request.part));
        if (!due) {
          trouble(due.error(), clock_.now());
        } else {
          news_->retries.insert(news_->retries.end(), due->begin(), due->end());
        }
        news_->of(request.part).gathered.push_back(request.task);
        look_for_due(request.task);
        break;
      }
      case LedgerRequest::Kind::release:
        ledger_.release(request.task, request.page);
        break;
      case LedgerRequest::Kind::stop:
        stopping_.push_back(request.task);
        break;
    }
  }
}

void LedgerLoop::take_settlements() {
  while (taken_ < limits::settlements_per_commit_max) {
    const auto count = crossings_.settlements.try_dequeue_bulk(
        batch_.data(), std::min(batch_.size(), limits::settlements_per_commit_max - taken_));
    if (count == 0) {
      return;
    }
    if (oldest_ == Instant::never()) {
      oldest_ = clock_.now();
    }
    const std::span<const Settlement> taken(batch_.data(), count);
    for (const auto& settlement : taken) {
      if (settlement.kind == Settlement::Kind::slow) {
        continue;
      }
      if (crossings_.letters.holds(settlement.slot)) {
        news_->mail.freed.push_back(settlement.slot);
      } else {
        news_->freed.push_back(settlement.slot);
        if (news_->home.empty() || news_->home.back().first != settlement.task) {
          news_->home.emplace_back(settlement.task, 0);
        }
        ++news_->home.back().second;
      }
      if (settlement.kind == Settlement::Kind::settled && settlement.in_doubt) {
        ledger_.count_repeated(settlement.task, 1);
      }
      const auto reason = settlement.outcome.reason;
      if (reason == Reason::unregistered || reason == Reason::expired_token) {
        const auto device = crossings_.tasks[settlement.task]->devices.at(settlement.invitation);
        crossings_.dead_tokens.enqueue({device.value_or(0), settlement.timestamp_ms});
      }
    }
    ledger_.settle(taken);
    taken_ += count;
  }
}

bool LedgerLoop::commit_due(Instant now) const {
  const auto letters = news_->mail.freed.size();
  const bool none_on_its_way = letters == taken_ && letters >= letters_wanted();
  return taken_ >= limits::settlements_per_commit_max || waited_for_ || none_on_its_way ||
         now >= due_at();
}

void LedgerLoop::commit(Instant now) {
  const Instant begun = clock_.now();
  auto report = ledger_.commit(clock_.wall());
  if (!report) {
    trouble(report.error(), now);
    return;
  }
  if (crossings_.store_trouble.exchange(false, std::memory_order_acq_rel)) {
    stalled_.store(false, std::memory_order_release);
    log::info("ledger", "the store takes commits again");
  }
  crossings_.commits.count(clock_.now() - begun);
  taken_ = 0;
  oldest_ = Instant::never();
  committed_at_ = now;
  waited_for_ = false;
  crossings_.durable.fetch_add(report->settlements, std::memory_order_relaxed);
  publish(*report);
  finish_stops();
  if (!news_->empty()) {
    crossings_.news.enqueue(std::move(news_));
    if (!crossings_.eaten.try_dequeue(news_)) {
      news_ = std::make_unique<News>();
    }
    crossings_.expander_bell.ring();
  }
}

void LedgerLoop::look_for_due(TaskIndex task) {
  const auto look = [&](Part part) {
    const auto read = ledger_.next_due(task, channel_of(part));
    // What an earlier process left behind is due since 1970; 0 says that nothing waits.
    WallTime due{0};
    if (read) {
      if (const auto& earliest = *read) {
        due = std::max(*earliest, WallTime{1});
      }
    }
    news_->of(part).due.emplace_back(task, due);
  };
  look(Part::push);
  const auto& layout = crossings_.tasks[task]->layout;
  if (layout.mailboxes + layout.fallbacks != 0) {
    look(Part::mail);
  }
  if (layout.accounts != 0) {
    look(Part::account);
  }
}

void LedgerLoop::publish(const ledger::CommitReport& report) {
  news_->marks = report.marks;
  const bool everywhere = std::exchange(look_everywhere_, false);
  for (TaskIndex index = 0; index < limits::tasks_open_max; ++index) {
    auto* entry = crossings_.tasks[index].get();
    if (entry == nullptr ||
        entry->phase.load(std::memory_order_relaxed) != TaskEntry::Phase::open) {
      continue;
    }
    const auto& counts = ledger_.counts(index);
    for (std::size_t state = 0; state < states_count; ++state) {
      entry->durable[state].store(counts.by_state[state], std::memory_order_relaxed);
    }
    entry->repeated.store(counts.repeated, std::memory_order_relaxed);
    entry->woken.store(counts.woken, std::memory_order_relaxed);
    const auto waiting = counts.by_state[static_cast<std::size_t>(State::deferred)] +
                         counts.by_state[static_cast<std::size_t>(State::in_doubt)] +
                         counts.by_state[static_cast<std::size_t>(State::registering)];
    const auto& moved = report.exceptions;
    // A fallback that was woken waits as well, and is in no such state.
    if ((waiting != 0 || counts.woken != 0) &&
        (everywhere || std::find(moved.begin(), moved.end(), index) != moved.end())) {
      look_for_due(index);
    }
  }
  for (const auto index : report.completed) {
    if (auto detached = ledger_.detach(index); !detached) {
      trouble(detached.error(), clock_.now());
    }
    news_->ended.push_back(index);
    const std::lock_guard lock(crossings_.control_mutex);
    crossings_.tasks[index]->phase.store(TaskEntry::Phase::completed, std::memory_order_release);
    crossings_.control_changed.notify_all();
  }
}

// Tasks whose every slot is home and whose pages the commit has put back: their end is recorded.
void LedgerLoop::finish_stops() {
  for (const auto index : std::exchange(stopping_, {})) {
    auto& entry = *crossings_.tasks[index];
    if (entry.phase.load(std::memory_order_relaxed) != TaskEntry::Phase::open) {
      continue;
    }
    std::string reason;
    {
      const std::lock_guard lock(crossings_.control_mutex);
      reason = entry.stop_reason;
    }
    const auto stop = entry.stop.load(std::memory_order_acquire);
    Result<void> stored = ledger_.detach(index);
    if (stored && stop > Stop::drain) {
      stored = ledger_.set_state(entry.id, state_after(stop), reason, clock_.wall());
    }
    if (!stored) {
      trouble(stored.error(), clock_.now());
    }
    news_->ended.push_back(index);
    const std::lock_guard lock(crossings_.control_mutex);
    entry.phase.store(TaskEntry::Phase::stopped, std::memory_order_release);
    crossings_.control_changed.notify_all();
  }
}

void LedgerLoop::trouble(const Error& error, Instant now) {
  not_before_ = now + retry_after_trouble;
  const std::string reason = "the ledger cannot be written: " + words(error);
  if (!crossings_.store_trouble.exchange(true, std::memory_order_acq_rel)) {
    trouble_since_ = now;
    log::error("ledger", "commit failed", {{"error", words(error)}});
  }
  stalled_.store(now - trouble_since_ >= stalled_after, std::memory_order_release);
  if (error.code == ErrorCode::disk_failed || error.code == ErrorCode::store_corrupt) {
    failed_.store(true, std::memory_order_release);
  }
  for (TaskIndex index = 0; index < limits::tasks_open_max; ++index) {
    auto* entry = crossings_.tasks[index].get();
    if (entry != nullptr &&
        entry->phase.load(std::memory_order_relaxed) == TaskEntry::Phase::open) {
      crossings_.request_stop(index, Stop::pause, reason);
    }
  }
  const std::lock_guard lock(crossings_.control_mutex);
  crossings_.control_changed.notify_all();
}

}  // namespace muster::pipeline
