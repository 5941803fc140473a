// The ledger's thread: takes settlements and requests, commits them in groups, brings the news.
//
// One turn: take what waits, commit when 1,024 settlements are there (more, up to 8,192, where they
// come faster than every 5 ms), when the oldest waits 5 ms, or when the expander waits for a page;
// after the commit, and only then, slots become free and pages may be written. When the disk is
// full it keeps everything, tells the tasks to pause and tries again; when the disk failed it
// believes nothing any more and stops everything.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "base/time.h"
#include "ledger/ledger.h"
#include "pipeline/crossings.h"

namespace muster::pipeline {

class LedgerLoop {
 public:
  LedgerLoop(Crossings& crossings, ledger::Ledger& ledger, const Clock& clock);

  // One turn; true: more waits already. Otherwise next() tells when it wants to be called again.
  bool turn();
  [[nodiscard]] Instant next() const;
  // The thread's body: turns until Crossings::ending and nothing is left, then a last commit.
  void run();
  // Runs `work` on this thread before its next turn and waits for it: for create, pause, retry.
  // Call it from another thread than the loop's, or before run().
  void perform(const std::function<void(ledger::Ledger&)>& work);
  // Whether somebody waits in perform().
  [[nodiscard]] bool called();
  // Takes what the expander has asked. Within perform(), before a place is given to another task:
  // what was asked for the old one must not reach the new one.
  void take_requests();
  // Within perform(): tells the expander of a new entry.
  void announce(TaskIndex task);
  // EIO: nothing after it can be believed.
  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_acquire); }
  // The disk has been full for seconds. Everything is kept and tried again, but nobody need wait
  // for it.
  [[nodiscard]] bool stalled() const { return stalled_.load(std::memory_order_acquire); }

 private:
  void take_settlements();
  void take_calls();
  [[nodiscard]] Instant due_at() const;
  [[nodiscard]] std::size_t wanted() const;
  [[nodiscard]] std::size_t letters_wanted() const;
  [[nodiscard]] bool commit_due(Instant now) const;
  void commit(Instant now);
  void publish(const ledger::CommitReport& report);
  void finish_stops();
  void trouble(const Error& error, Instant now);
  void look_for_due(TaskIndex task);

  Crossings& crossings_;
  ledger::Ledger& ledger_;
  const Clock& clock_;
  std::vector<Settlement> batch_;
  std::size_t taken_ = 0;  // settlements since the last commit
  Instant oldest_ = Instant::never();
  Instant committed_at_{};
  bool look_everywhere_ = false;  // any task's exceptions may be due anew
  bool waited_for_ = false;       // somebody waits for this commit
  Instant not_before_{};          // after trouble
  std::unique_ptr<News> news_ = std::make_unique<News>();
  std::vector<TaskIndex> stopping_;   // every slot is home: put back after the next commit
  std::atomic<bool> failed_{false};   // release; pairs with failed()
  std::atomic<bool> stalled_{false};  // release; pairs with stalled()
  Instant trouble_since_{};

  struct Call {
    const std::function<void(ledger::Ledger&)>* work;
    bool done = false;
  };
  std::deque<Call*> calls_;  // guarded by Crossings::control_mutex
};

}  // namespace muster::pipeline
