// The expander's part for accounts: users who need no invitation, because registering their Managed
// Apple Account associates them. Nothing is sent to anybody; each is settled when his clearance
// says what became of him.
//
// A page in hand holds the users of it who are still waited for (clearing.h); who accepted is
// `enrolled`, whom Apple refused `failed`, and at the task's expiry the rest is `expired`. Whoever
// has a code, and so was not associated, goes on waiting: he may still accept an invitation of
// another task. Cancel, pause, crash: a page is put back as any other, and nothing of it is ever in
// doubt.
//
// Used by the expander alone, on its thread; its slots are the expander's to give.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "base/time.h"
#include "pipeline/clearing.h"
#include "pipeline/crossings.h"

namespace muster::pipeline {

class AccountExpander {
 public:
  // No task has accounts where `clearances` is null.
  AccountExpander(Crossings& crossings, const Clearances* clearances)
      : crossings_(crossings), clearances_(clearances) {}

  void begin(TaskIndex task);
  void forget(TaskIndex task) { works_.erase(task); }
  // The task has accounts.
  [[nodiscard]] bool knows(TaskIndex task) const { return works_.contains(task); }

  // ── news ──
  void take_page(ledger::LeasedPage leased, Instant now);
  void take_retry(const ledger::DueRetry& retry);
  void move(const ledger::MovedMark& mark);
  void take_news(const PartNews& news);

  // Leases, and appends what is to be settled, at most `most`: all but their slots.
  void turn(Instant now, WallTime wall, std::uint64_t most, std::vector<Settlement>& settled);
  // When it wants to be called again although nothing happened; as of the last turn.
  [[nodiscard]] Instant next() const { return next_; }

  // Somebody of the task is still waited for.
  [[nodiscard]] bool open(TaskIndex task) const;

  // ── a task that stops ──
  // Every page and row that was asked for has come.
  [[nodiscard]] bool home(TaskIndex task) const;
  // Moves to `into` what was gathered and not settled.
  void surrender_retries(TaskIndex task, std::deque<ledger::DueRetry>& into);
  // Numbers of the pages in hand.
  [[nodiscard]] std::vector<std::uint32_t> pages_of(TaskIndex task) const;

 private:
  struct Page {
    InvitationNumber first = 0;
    std::uint32_t size = 0;
    PassedOver open{patience_with_accounts};  // who is waited for
  };
  struct Work {
    TaskIndex index = 0;
    std::map<std::uint32_t, Page> pages;  // in hand, by number
    std::deque<ledger::DueRetry> retries;
    std::uint32_t leases_asked = 0;
    bool gather_asked = false;
    bool exhausted = false;  // no page left to lease
    WallTime due{0};         // earliest waiting exception; 0: none
  };

  void settle_pages(Work& work, std::uint64_t& allowed, std::vector<Settlement>& settled);
  void settle_retries(Work& work, std::uint64_t& allowed, std::vector<Settlement>& settled);
  // registering: is waited for.
  [[nodiscard]] Outcome outcome_for(const TaskEntry& entry, UserNumber user) const;
  [[nodiscard]] Settlement settlement_for(const Work& work, InvitationNumber invitation,
                                          Outcome outcome) const;
  void lease_ahead(Work& work);
  void gather_due(Work& work);
  void ask(LedgerRequest::Kind kind, TaskIndex task);

  Crossings& crossings_;
  const Clearances* clearances_;
  std::map<TaskIndex, Work> works_;
  std::uint64_t changes_ = 0;
  Instant now_{};
  WallTime wall_{};
  Instant next_ = Instant::never();
};

}  // namespace muster::pipeline
