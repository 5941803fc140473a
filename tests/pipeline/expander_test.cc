// Expander and ledger loop together, with a real ledger and roster; the test plays the shards.
#include "pipeline/expander.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/ledger_loop.h"
#include "pipeline/settlement_of.h"
#include "tests/pipeline/household.h"

namespace muster::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::SizeIs;
using Phase = TaskEntry::Phase;

// One life of the process, without shards.
struct Life {
  Life(const testing::Household& household, const FakeClock& the_clock)
      : clock(the_clock),
        ledger(household.open_ledger()),
        loop(crossings, *ledger, the_clock),
        expander(crossings, household.reader(), the_clock, ExpanderSettings{}) {
    const auto task = household.new_task(the_clock.wall().seconds() + 86'400);
    auto entry = std::make_unique<TaskEntry>();
    entry->id = task.id;
    entry->content.expiration_s = task.expiration_s;
    entry->devices = task.devices;
    entry->users = task.users;
    entry->total = task.devices.size();
    entry->credential_of_topic = {0, 0};
    entry->payload_of_language = {0};
    crossings.tasks[0] = std::move(entry);
    EXPECT_TRUE(ledger->attach(task.id, 0));
    loop.announce(0);
  }
  TaskEntry& entry() { return *crossings.tasks[0]; }
  // Both get some turns; a commit is due each time.
  void turn(FakeClock& turned, int times = 3) {
    for (int i = 0; i < times; ++i) {
      loop.turn();
      expander.turn();
      turned.turn(milliseconds(6));
      loop.turn();
      expander.turn();
      take();
    }
  }
  void take() {
    Slot slot = 0;
    while (crossings.jobs[0]->try_dequeue(slot)) {
      drawn.push_back(slot);
      crossings.take(entry(), 1);
    }
  }
  // Until nothing happens any more; nobody takes what is issued.
  void turn_untaken(FakeClock& turned) {
    for (int i = 0; i < 20; ++i) {
      loop.turn();
      while (expander.turn()) {
      }
      turned.turn(milliseconds(6));
    }
  }
  // Was the expander's bell rung since doze()?
  bool rung() {
    pollfd bell{crossings.expander_bell.fd(), POLLIN, 0};
    return ::poll(&bell, 1, 0) == 1;
  }
  const Job& job(Slot slot) { return crossings.slab[slot]; }
  void settle(Slot slot, State state, Reason reason = Reason::none, std::int64_t next_at_ms = 0) {
    Settlement settlement = of(slot);
    settlement.outcome = {state, reason, 1};
    settlement.next_at_ms = next_at_ms;
    crossings.settlements.enqueue(settlement);
  }
  void report_slow(Slot slot) {
    Settlement settlement = of(slot);
    settlement.kind = Settlement::Kind::slow;
    settlement.outcome = {State::queued, Reason::none, 1};
    crossings.settlements.enqueue(settlement);
    crossings.slab[slot].from_exception = true;
  }
  void give_back(Slot slot) {
    Settlement settlement = of(slot);
    settlement.kind = Settlement::Kind::returned;
    crossings.settlements.enqueue(settlement);
  }
  Settlement of(Slot slot) { return settlement_of(slot, job(slot)); }
  void settle_all(State state = State::sent) {
    for (const auto slot : std::exchange(drawn, {})) {
      settle(slot, state);
    }
  }

  const FakeClock& clock;
  std::unique_ptr<ledger::Ledger> ledger;
  Crossings crossings;
  LedgerLoop loop;
  Expander expander;
  std::vector<Slot> drawn;  // as a shard would
};

class ExpanderTest : public ::testing::Test {
 protected:
  void household(std::uint32_t devices) {
    clock_.turn(seconds(100));
    household_.emplace(devices);
    const auto ledger = household_->open_ledger();
    ASSERT_TRUE(ledger->create_task(household_->new_task(clock_.wall().seconds() + 86'400)));
    ASSERT_NO_FATAL_FAILURE();
  }
  Life& live() {
    life_.reset();
    life_ = std::make_unique<Life>(*household_, clock_);
    return *life_;
  }
  void crash() { life_.reset(); }

  FakeClock clock_;
  std::optional<testing::Household> household_;
  std::unique_ptr<Life> life_;
};

TEST_F(ExpanderTest, CompletesATask) {
  household(100);
  auto& life = live();
  life.turn(clock_);
  ASSERT_THAT(life.drawn, SizeIs(100));
  life.settle_all();
  life.turn(clock_);

  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
  EXPECT_EQ(life.entry().durable[static_cast<std::size_t>(State::sent)].load(), 100U);
}

TEST_F(ExpanderTest, IssuesNothingBeyondTheDurableMark) {
  household(3000);
  auto& life = live();
  life.turn(clock_, 10);
  ASSERT_THAT(life.drawn, SizeIs(limits::ahead_of_mark_max));
  // All but the first are answered: the mark stays.
  const auto first = life.drawn[0];
  life.drawn.erase(life.drawn.begin());
  life.settle_all();
  life.turn(clock_, 10);
  EXPECT_THAT(life.drawn, SizeIs(0));

  // The answer alone does not move it, the commit does.
  life.settle(first, State::sent);
  life.expander.turn();
  life.take();
  EXPECT_THAT(life.drawn, SizeIs(0));
  life.turn(clock_, 10);
  EXPECT_THAT(life.drawn, SizeIs(limits::ahead_of_mark_max));
}

TEST_F(ExpanderTest, FlagsAfterACrashWhatMayHaveBeenWritten) {
  household(3000);
  live().turn(clock_);
  ASSERT_THAT(life_->drawn, SizeIs(limits::ahead_of_mark_max));
  crash();
  auto& life = live();
  life.turn(clock_);
  ASSERT_THAT(life.drawn, SizeIs(limits::ahead_of_mark_max));
  for (const auto slot : life.drawn) {
    ASSERT_TRUE(life.job(slot).in_doubt);
  }
  life.settle_all();
  life.turn(clock_);
  ASSERT_FALSE(life.drawn.empty());
  for (const auto slot : life.drawn) {
    ASSERT_FALSE(life.job(slot).in_doubt) << "beyond mark + P nothing was written";
  }
  EXPECT_EQ(life.entry().repeated.load(), limits::ahead_of_mark_max);
}

TEST_F(ExpanderTest, FlagsNothingAfterADrain) {
  household(3000);
  live().turn(clock_);
  life_->settle(life_->drawn.back(), State::sent);
  life_->drawn.pop_back();
  life_->crossings.request_stop(0, Stop::drain, "");
  for (const auto slot : life_->drawn) {
    life_->give_back(slot);
  }
  life_->turn(clock_);
  ASSERT_EQ(life_->entry().phase.load(), Phase::stopped);
  auto& life = live();
  life.turn(clock_);
  EXPECT_THAT(life.drawn, SizeIs(limits::ahead_of_mark_max - 1)) << "one was answered beyond it";
  for (const auto slot : life.drawn) {
    ASSERT_FALSE(life.job(slot).in_doubt);
  }
}

TEST_F(ExpanderTest, BringsEverySlotHomeBeforeAStopIsRecorded) {
  for (const auto stop : {Stop::drain, Stop::pause, Stop::hold, Stop::cancel}) {
    household(50);
    auto& life = live();
    life.turn(clock_);
    ASSERT_THAT(life.drawn, SizeIs(50));
    life.crossings.request_stop(0, stop, "asked to");
    const auto last = life.drawn.back();
    life.drawn.pop_back();
    life.settle_all();
    life.turn(clock_);
    EXPECT_EQ(life.entry().phase.load(), Phase::open) << "one is on its way";
    life.give_back(last);
    life.turn(clock_);
    EXPECT_EQ(life.entry().phase.load(), Phase::stopped);
    crash();
  }
}

TEST_F(ExpanderTest, LetsOnlyTheCanaryThroughUntilItProvesTheConfiguration) {
  household(500);
  auto& life = live();
  life.entry().canary = 20;
  life.turn(clock_);
  EXPECT_THAT(life.drawn, SizeIs(20));
  life.entry().answered = 1;
  life.entry().proved = 1;
  life.turn(clock_);
  EXPECT_THAT(life.drawn, SizeIs(500));
}

TEST_F(ExpanderTest, KeepsTheGateShutForPagesWhileARetryPassesIt) {
  household(500);
  auto& life = live();
  life.entry().canary = 2;
  life.turn(clock_);
  ASSERT_THAT(life.drawn, SizeIs(2));
  life.settle(life.drawn[0], State::in_doubt, Reason::connection_lost, clock_.wall().milliseconds);
  life.turn(clock_);
  EXPECT_THAT(life.drawn, SizeIs(3));
}

TEST_F(ExpanderTest, PausesWhereTheWholeCanaryWasRefused) {
  household(500);
  auto& life = live();
  life.entry().canary = 2;
  life.turn(clock_);
  life.entry().suspected = Reason::bad_device_token;
  life.entry().answered = 2;
  life.turn(clock_);
  EXPECT_EQ(life.entry().stop.load(), Stop::hold);
  EXPECT_NE(life.entry().stop_reason.find("BadDeviceToken"), std::string::npos);
}

TEST_F(ExpanderTest, PausesWhereAFifthOfTheFirstTokensIsBadHoweverFastTheyCame) {
  household(2000);
  auto& life = live();
  life.entry().canary = 2;
  life.entry().proved = 1;
  life.turn(clock_, 1);
  life.entry().answered = 900;
  life.entry().bad_tokens = 181;
  life.turn(clock_, 1);
  EXPECT_EQ(life.entry().stop.load(), Stop::hold);
}

TEST_F(ExpanderTest, KeepsThePaceAndSleepsBetween) {
  household(1000);
  auto& life = live();
  life.entry().rate = 100;
  for (int i = 0; i < 100; ++i) {
    life.turn(clock_, 1);
    clock_.turn(milliseconds(4));
  }
  EXPECT_NEAR(static_cast<double>(life.drawn.size()), 100, 5);  // in a second
  EXPECT_GT(life.expander.next(), clock_.now() - milliseconds(6));
}

TEST_F(ExpanderTest, DoesNotSpinWhereThePaceWouldAllowMoreThanThereIs) {
  household(3);
  auto& life = live();
  life.entry().rate = 1000;
  for (int i = 0; i < 20; ++i) {
    life.turn(clock_, 1);
  }
  ASSERT_THAT(life.drawn, SizeIs(3));
  life.expander.turn();
  EXPECT_GT(life.expander.next(), clock_.now() + milliseconds(100));
}

TEST_F(ExpanderTest, SettlesAtOnceWhatCannotBeSent) {
  household(3);
  const auto& devices = household_->all().devices;
  ASSERT_TRUE(household_->roster().forget_tokens({{*devices.at(0), 4'000'000'000'000},
                                                  {*devices.at(1), 4'000'000'000'000},
                                                  {*devices.at(2), 4'000'000'000'000}}));
  auto& life = live();
  life.turn(clock_);
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
  EXPECT_EQ(life.entry().durable[static_cast<std::size_t>(State::unreachable)].load(), 3U);
  EXPECT_EQ(life.crossings.unsettled(0), 0U);
}

TEST_F(ExpanderTest, GathersMoreThanOneGatherOfWhatAnEarlierProcessHadInFlight) {
  household(3000);
  live().turn(clock_);
  // Every answer is slow: the marks pass, all 3,000 go out and stand in rows of their own.
  for (std::size_t reported = 0; reported < 3000;) {
    for (; reported < life_->drawn.size(); ++reported) {
      life_->report_slow(life_->drawn[reported]);
    }
    life_->turn(clock_);
  }
  crash();
  auto& life = live();
  for (int i = 0; i < 20 && life.entry().phase.load() == Phase::open; ++i) {
    life.turn(clock_);
    life.settle_all();
  }
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
  EXPECT_EQ(life.entry().repeated.load(), 3000U);
}

TEST_F(ExpanderTest, WaitsForAGatherBeforeItPutsATaskBack) {
  household(2);
  auto& life = live();
  life.turn(clock_);
  ASSERT_THAT(life.drawn, SizeIs(2));
  // A due time from a commit is no answer to the gather that is under way.
  life.settle(life.drawn[0], State::deferred, Reason::service_unavailable,
              clock_.wall().milliseconds);
  life.settle(life.drawn[1], State::deferred, Reason::service_unavailable,
              clock_.wall().milliseconds + 1);
  clock_.turn(milliseconds(6));
  life.loop.turn();
  life.expander.turn();  // asks to gather
  auto news = std::make_unique<News>();
  news->due.emplace_back(TaskIndex{0}, clock_.wall());
  life.crossings.news.enqueue(std::move(news));
  life.crossings.request_stop(0, Stop::drain, "");
  life.expander.turn();
  life.turn(clock_);
  ASSERT_EQ(life.entry().phase.load(), Phase::stopped);
  auto& next = live();
  next.turn(clock_);
  ASSERT_THAT(next.drawn, SizeIs(2));
  for (const auto slot : next.drawn) {
    EXPECT_FALSE(next.job(slot).in_doubt);
  }
}

TEST_F(ExpanderTest, ForgetsAPageThatItsLeaseSettled) {
  household(5);
  Crossings crossings;
  crossings.tasks[0] = std::make_unique<TaskEntry>();
  crossings.tasks[0]->devices = household_->all().devices;
  Expander expander(crossings, household_->reader(), clock_, ExpanderSettings{});
  auto news = std::make_unique<News>();
  news->opened = {0};
  news->gathered = {0};
  crossings.news.enqueue(std::move(news));
  expander.turn();
  std::size_t leases = 0;
  for (LedgerRequest asked; crossings.requests.try_dequeue(asked);) {
    leases += asked.kind == LedgerRequest::Kind::lease ? 1 : 0;
  }
  news = std::make_unique<News>();
  news->pages.push_back({0, 0, 0, 5, false, std::vector<std::uint16_t>(5, 2)});
  news->exhausted.assign(leases - 1, 0);
  news->gathered = {0};
  crossings.news.enqueue(std::move(news));
  crossings.request_stop(0, Stop::drain, "");
  expander.turn();

  LedgerRequest request;
  std::vector<LedgerRequest::Kind> kinds;
  while (crossings.requests.try_dequeue(request)) {
    kinds.push_back(request.kind);
  }
  EXPECT_EQ(kinds.back(), LedgerRequest::Kind::stop);
  EXPECT_THAT(kinds, ::testing::Not(::testing::Contains(LedgerRequest::Kind::release)));
}

TEST_F(ExpanderTest, HandsEatenNewsBackEmptyAndNoMoreThanAreKept) {
  household(5);
  Crossings crossings;
  Expander expander(crossings, household_->reader(), clock_, ExpanderSettings{});
  for (std::size_t i = 0; i < limits::news_kept_max + 1; ++i) {
    auto news = std::make_unique<News>();
    news->due.emplace_back(TaskIndex{0}, clock_.wall());
    crossings.news.enqueue(std::move(news));
  }
  expander.turn();
  EXPECT_EQ(crossings.eaten.size_approx(), limits::news_kept_max);
  std::unique_ptr<News> eaten;
  ASSERT_TRUE(crossings.eaten.try_dequeue(eaten));
  EXPECT_TRUE(eaten->empty());
}

TEST_F(ExpanderTest, IssuesNoMoreThanTheQueueIsToHold) {
  household(40'000);
  auto& life = live();
  life.turn_untaken(clock_);
  EXPECT_EQ(life.crossings.jobs[0]->size_approx(), limits::queued_per_task_max);
  life.take();
  life.turn_untaken(clock_);
  EXPECT_GT(life.crossings.jobs[0]->size_approx(), limits::queued_per_task_max / 8);
}

TEST_F(ExpanderTest, IsRungOnceWhenHalfOfAFullQueueIsTaken) {
  household(40'000);
  auto& life = live();
  life.turn_untaken(clock_);
  life.crossings.expander_bell.doze();
  ASSERT_FALSE(life.expander.turn());
  life.crossings.take(life.entry(), limits::queued_per_task_max / 2 - 1);
  EXPECT_FALSE(life.rung());
  life.crossings.take(life.entry(), 1);
  EXPECT_TRUE(life.rung());
  life.crossings.expander_bell.awake();
  life.crossings.expander_bell.doze();
  life.crossings.take(life.entry(), 1);
  EXPECT_FALSE(life.rung()) << "it has been rung already";
  life.expander.turn();
  EXPECT_GT(life.crossings.jobs[0]->size_approx(), limits::queued_per_task_max);
}

TEST_F(ExpanderTest, GoesOnWhereTheQueueFellWhileItIssued) {
  household(100'000);
  auto& life = live();
  life.turn_untaken(clock_);
  life.crossings.take(life.entry(), limits::queued_per_task_max);
  EXPECT_TRUE(life.expander.turn()) << "a turn's worth went, and there is room for more";
}

TEST_F(ExpanderTest, DoesNotSpinOnThePaceWhileTheQueueIsFull) {
  household(40'000);
  auto& life = live();
  life.entry().rate = 10'000'000;
  life.turn_untaken(clock_);
  ASSERT_FALSE(life.expander.turn());
  EXPECT_GT(life.expander.next(), clock_.now() + milliseconds(100));
}

TEST_F(ExpanderTest, LeasesAsManyPagesAsTheWayToThePeerIsLong) {
  household(100'000);
  auto& life = live();
  life.turn(clock_, 60);  // nothing is answered
  EXPECT_EQ(life.drawn.size(), 25U * limits::ahead_of_mark_max) << "of every page there is";
  crash();
  auto& quick = live();
  std::size_t most = 0;
  for (int i = 0; i < 10; ++i) {
    quick.turn(clock_, 1);
    quick.settle_all();
    most = std::max(most, quick.ledger->pages_in_hand(0));
  }
  EXPECT_LT(most, 16U);
}

TEST_F(ExpanderTest, LeavesPagesOfTheLedgerToTasksThatBeginLate) {
  household(5);
  Crossings crossings;
  for (TaskIndex task = 0; task < 3; ++task) {
    crossings.tasks[task] = std::make_unique<TaskEntry>();
    crossings.tasks[task]->devices = household_->all().devices;
  }
  ExpanderSettings settings;
  settings.pages_per_task = 32;
  Expander expander(crossings, household_->reader(), clock_, settings);
  std::vector<std::size_t> leased(3);
  std::deque<TaskIndex> begin{0, 1, 2};
  for (int i = 0; i < 200; ++i) {
    auto news = std::make_unique<News>();
    if (i % 50 == 0 && !begin.empty()) {
      news->opened = {begin.front()};
      begin.pop_front();
    }
    LedgerRequest request;
    while (crossings.requests.try_dequeue(request)) {
      if (request.kind == LedgerRequest::Kind::lease) {
        const auto page = static_cast<std::uint32_t>(leased[request.task]++);
        news->pages.push_back({request.task, page, 0, 0, false, {}});
      }
    }
    crossings.news.enqueue(std::move(news));
    expander.turn();
  }
  EXPECT_LE(leased[0] + leased[1] + leased[2], limits::pages_in_hand_max);
  EXPECT_EQ(leased[0], 32U);
}

}  // namespace
}  // namespace muster::pipeline
