// The ledger's thread by itself: when it commits, when it wants to be rung, and that it hears every
// call. The test plays the expander and the shards, and turns the clock.
#include "pipeline/ledger_loop.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "tests/pipeline/household.h"

namespace muster::pipeline {
namespace {

using std::chrono::milliseconds;

// Lets something happen when it is asked for the time, on the asking thread.
class InterruptingClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override {
    ++asked;
    if (interrupt) {
      interrupt();
    }
    return clock.now();
  }
  [[nodiscard]] WallTime wall() const override { return clock.wall(); }

  FakeClock clock;
  mutable int asked = 0;  // how often
  std::function<void()> interrupt;
};

class PipelineLedgerLoop : public ::testing::Test {
 protected:
  static constexpr std::uint32_t pages = 8;

  PipelineLedgerLoop() {
    const auto task = household_.new_task(86'400);
    EXPECT_TRUE(ledger_->create_task(task));
    EXPECT_TRUE(ledger_->attach(task.id, 0));
    crossings_.tasks[0] = std::make_unique<TaskEntry>();
    crossings_.tasks[0]->id = task.id;
    crossings_.tasks[0]->devices = task.devices;
    crossings_.tasks[0]->total = task.devices.size();
  }
  void ask_for_pages(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      crossings_.requests.enqueue({LedgerRequest::Kind::lease, 0, 0});
    }
  }
  // So many answers, one for each invitation in turn.
  [[nodiscard]] std::vector<Settlement> answers(std::uint32_t count) {
    std::vector<Settlement> made(count);
    for (auto& settlement : made) {
      settlement.invitation = answered_++;
      settlement.page = settlement.invitation / limits::page_size;
      settlement.outcome = {State::sent, Reason::none, 1};
    }
    return made;
  }
  void answer(std::uint32_t count) {
    auto made = answers(count);
    crossings_.hand_over(made);
  }
  // What the last turn committed.
  std::uint64_t committed() {
    const auto durable = crossings_.durable.load();
    return durable - std::exchange(seen_, durable);
  }
  // Pages in hand, a commit just made.
  void begin() {
    clock_.clock.turn(milliseconds(100));
    ask_for_pages(pages);
    loop_.turn();
    clock_.clock.turn(limits::commit_interval);
    loop_.turn();
    EXPECT_EQ(ledger_->pages_in_hand(0), pages);
    answer(1);
    clock_.clock.turn(limits::commit_interval);
    loop_.turn();
    clock_.clock.turn(limits::commit_interval);
    loop_.turn();
    EXPECT_EQ(committed(), 1U);
  }
  [[nodiscard]] bool rung() {
    pollfd bell{crossings_.ledger_bell.fd(), POLLIN, 0};
    return ::poll(&bell, 1, 0) == 1;
  }

  testing::Household household_{pages * limits::page_size};
  InterruptingClock clock_;
  Crossings crossings_;
  std::unique_ptr<ledger::Ledger> ledger_ = household_.open_ledger();
  LedgerLoop loop_{crossings_, *ledger_, clock_};
  InvitationNumber answered_ = 0;
  std::uint64_t seen_ = 0;
};

TEST_F(PipelineLedgerLoop, CommitsFewSettlementsWhenTheOldestHasWaitedLongEnough) {
  begin();
  clock_.clock.turn(milliseconds(100));
  answer(1);
  EXPECT_FALSE(loop_.turn());
  EXPECT_EQ(committed(), 0U);
  EXPECT_EQ(loop_.next(), clock_.clock.now() + limits::commit_interval);
  clock_.clock.turn(limits::commit_interval - milliseconds(1));
  answer(1);
  loop_.turn();
  EXPECT_EQ(committed(), 0U);
  clock_.clock.turn(milliseconds(1));
  loop_.turn();
  EXPECT_EQ(committed(), 2U);
  EXPECT_EQ(loop_.next(), Instant::never());
}

TEST_F(PipelineLedgerLoop, CountsHowLongItsCommitsTake) {
  begin();
  const auto before = crossings_.commits.read();
  answer(limits::settlements_per_commit);
  clock_.clock.turn(limits::commit_gap);
  loop_.turn();
  EXPECT_EQ(committed(), limits::settlements_per_commit);
  const auto after = crossings_.commits.read();
  EXPECT_EQ(after.counts[0] - before.counts[0], 1U);
}

TEST_F(PipelineLedgerLoop, CommitsManySettlementsAtOnceWhereTheLastCommitIsLongAgo) {
  begin();
  clock_.clock.turn(limits::commit_gap);
  answer(limits::settlements_per_commit - 1);
  loop_.turn();
  EXPECT_EQ(committed(), 0U);
  answer(1);
  loop_.turn();
  EXPECT_EQ(committed(), limits::settlements_per_commit);
}

TEST_F(PipelineLedgerLoop, KeepsLargeCommitsApart) {
  begin();
  answer(limits::settlements_per_commit);
  loop_.turn();
  EXPECT_EQ(committed(), 0U);
  EXPECT_EQ(loop_.next(), clock_.clock.now() + limits::commit_gap);
  clock_.clock.turn(limits::commit_gap - Duration(1));
  answer(1);
  loop_.turn();
  EXPECT_EQ(committed(), 0U);
  clock_.clock.turn(Duration(1));
  loop_.turn();
  EXPECT_EQ(committed(), limits::settlements_per_commit + 1);
}

TEST_F(PipelineLedgerLoop, CommitsWhatACommitMayHoldWithoutAnyGap) {
  begin();
  answer(limits::settlements_per_commit_max + 1);
  loop_.turn();
  EXPECT_EQ(committed(), limits::settlements_per_commit_max);
  loop_.turn();
  EXPECT_EQ(committed(), 0U);
  clock_.clock.turn(limits::commit_interval);
  loop_.turn();
  EXPECT_EQ(committed(), 1U);
}

TEST_F(PipelineLedgerLoop, CommitsTheFirstPagesAtOnceAndLaterOnesWithOthers) {
  clock_.clock.turn(milliseconds(100));
  std::unique_ptr<News> news;
  ask_for_pages(1);
  loop_.turn();
  ASSERT_TRUE(crossings_.news.try_dequeue(news));
  EXPECT_EQ(news->pages.size(), 1U);
  ask_for_pages(3);
  loop_.turn();
  ASSERT_TRUE(crossings_.news.try_dequeue(news));
  EXPECT_EQ(news->pages.size(), 3U);
  ask_for_pages(2);
  loop_.turn();
  EXPECT_FALSE(crossings_.news.try_dequeue(news));
  clock_.clock.turn(limits::commit_interval);
  loop_.turn();
  ASSERT_TRUE(crossings_.news.try_dequeue(news));
  EXPECT_EQ(news->pages.size(), 2U);
}

TEST_F(PipelineLedgerLoop, FillsTheNewsAgainThatTheExpanderHandsBack) {
  auto handed_back = std::make_unique<News>();
  const auto* const known = handed_back.get();
  crossings_.eaten.enqueue(std::move(handed_back));
  std::unique_ptr<News> news;
  ask_for_pages(1);
  loop_.turn();
  ASSERT_TRUE(crossings_.news.try_dequeue(news));
  EXPECT_NE(news.get(), known);
  ask_for_pages(1);
  loop_.turn();
  ASSERT_TRUE(crossings_.news.try_dequeue(news));
  EXPECT_EQ(news.get(), known);
  EXPECT_EQ(news->pages.size(), 1U);
}

TEST_F(PipelineLedgerLoop, IsRungWhenThereAreAsManySettlementsAsItWaitsFor) {
  begin();
  crossings_.ledger_rung_at.store(100);
  crossings_.ledger_bell.doze();
  answer(99);
  EXPECT_FALSE(rung());
  answer(1);
  EXPECT_TRUE(rung());
  crossings_.ledger_bell.awake();
}

TEST_F(PipelineLedgerLoop, IsRungForTheFirstSettlementWhereItWaitsForNothing) {
  begin();
  crossings_.ledger_rung_at.store(0);
  crossings_.ledger_bell.doze();
  EXPECT_FALSE(rung());
  answer(1);
  EXPECT_TRUE(rung());
  crossings_.ledger_bell.awake();
}

// What comes after the thread has looked and before it dozes does not find it asleep: it looks once
// more. Were it to sleep, it would ask the clock for how long.
class PipelineLedgerLoopInterrupted : public PipelineLedgerLoop {
 protected:
  static constexpr int looked = 2;  // asked once when an answer is taken, once to commit or not

  void run_with_one_answer() {
    begin();
    answer(1);
    clock_.asked = 0;
    loop_.run();
  }
  void end() { crossings_.ledger_ending.store(true); }
};

TEST_F(PipelineLedgerLoopInterrupted, HearsACallThatComesJustBeforeItFallsAsleep) {
  int asked = 0;
  std::thread caller;
  const auto work = [&](ledger::Ledger&) {
    asked = clock_.asked;
    end();
  };
  clock_.interrupt = [&] {
    if (clock_.asked == looked && !caller.joinable() && answered_ == 2) {
      caller = std::thread([&] { loop_.perform(work); });
      while (!loop_.called()) {
        std::this_thread::yield();
      }
    }
  };
  run_with_one_answer();
  caller.join();
  EXPECT_EQ(asked, looked);
}

TEST_F(PipelineLedgerLoopInterrupted, SeesSettlementsThatComeJustBeforeItFallsAsleep) {
  std::size_t left = 1;
  clock_.interrupt = [&] {
    if (clock_.asked == looked && answered_ == 2) {
      answer(limits::settlements_per_commit - 1);  // rings nobody: the bell is awake
    } else if (clock_.asked == looked + 1 && answered_ > 2) {
      left = crossings_.settlements.size_approx();
      end();
    }
  };
  run_with_one_answer();
  EXPECT_EQ(left, 0U);
}

// A task with nothing but letters.
class PipelineLedgerLoopOfMail : public ::testing::Test {
 protected:
  static constexpr std::uint32_t window = limits::mail_ahead_of_mark_max;
  static constexpr std::uint32_t letters = limits::mail_pages_in_hand_max * window;

  PipelineLedgerLoopOfMail() {
    auto task = household_.new_mail_task(86'400);
    task.devices = {};
    EXPECT_TRUE(ledger_->create_task(task));
    EXPECT_TRUE(ledger_->attach(task.id, 0));
    crossings_.tasks[0] = std::make_unique<TaskEntry>();
    crossings_.tasks[0]->id = task.id;
    crossings_.tasks[0]->layout = Layout{0, static_cast<std::uint32_t>(task.mailboxes.size()), 0};
    crossings_.tasks[0]->mailboxes = task.mailboxes;
    crossings_.tasks[0]->total = task.mailboxes.size();
    for (std::uint32_t i = 0; i < limits::mail_pages_in_hand_max; ++i) {
      crossings_.requests.enqueue({LedgerRequest::Kind::lease, 0, 0, Part::mail});
    }
    loop_.turn();
    EXPECT_EQ(ledger_->pages_in_hand(0), limits::mail_pages_in_hand_max);
  }
  // The next letters, a window of each page.
  void answer(std::uint32_t count) {
    std::vector<Settlement> made(count);
    for (auto& settlement : made) {
      const auto& layout = crossings_.tasks[0]->layout;
      settlement.slot = Letters::first + answered_;
      settlement.invitation = answered_ / window * limits::mail_page_size + answered_ % window;
      settlement.page = layout.page_of(settlement.invitation);
      settlement.outcome = {State::sent, Reason::none, 1};
      ++answered_;
    }
    crossings_.hand_over(made);
  }

  testing::Household household_{0, limits::mail_pages_in_hand_max* limits::mail_page_size};
  InterruptingClock clock_;
  Crossings crossings_{true};
  std::unique_ptr<ledger::Ledger> ledger_ = household_.open_ledger();
  LedgerLoop loop_{crossings_, *ledger_, clock_};
  std::uint32_t answered_ = 0;
};

TEST_F(PipelineLedgerLoopOfMail, CommitsAtOnceWhereNoLetterIsLeftOnItsWay) {
  crossings_.letters_out = letters;
  answer(letters - 1);
  loop_.turn();
  EXPECT_EQ(crossings_.durable, 0U);
  answer(1);
  loop_.turn();
  EXPECT_EQ(crossings_.durable, letters);
}

TEST_F(PipelineLedgerLoopOfMail, LetsFewLettersWaitForTheirTime) {
  crossings_.letters_out = 3;
  answer(3);
  loop_.turn();
  EXPECT_EQ(crossings_.durable, 0U);
  clock_.clock.turn(limits::commit_interval);
  loop_.turn();
  EXPECT_EQ(crossings_.durable, 3U);
}

}  // namespace
}  // namespace muster::pipeline
