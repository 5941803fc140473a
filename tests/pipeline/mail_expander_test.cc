// Expander, ledger loop and a letter writer together, with a real ledger and roster; the test plays
// the shards of push and mail.
#include "pipeline/mail_expander.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/expander.h"
#include "pipeline/ledger_loop.h"
#include "pipeline/letter_writer.h"
#include "pipeline/settlement_of.h"
#include "tests/pipeline/household.h"

namespace muster::pipeline {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Phase = TaskEntry::Phase;

// One life of the process, without shards.
struct Life {
  Life(const testing::Household& household, const ledger::NewTask& task, FakeClock& the_clock,
       const MailIssueSettings& mail, bool route = true)
      : clock(the_clock),
        ledger(household.open_ledger()),
        crossings(route),
        loop(crossings, *ledger, the_clock),
        expander(crossings, household.reader(), the_clock, settings(mail)),
        writer(crossings, [](const Job&, const Content&, Letter&, WallTime) {}, the_clock) {
    auto entry = std::make_shared<TaskEntry>();
    entry->id = task.id;
    entry->content.expiration_s = task.expiration_s;
    entry->content.mail_expiration_s = task.expiration_s;
    entry->layout = Layout{static_cast<std::uint32_t>(task.devices.size()),
                           static_cast<std::uint32_t>(task.mailboxes.size()),
                           static_cast<std::uint32_t>(task.fallbacks.size())};
    entry->devices = task.devices;
    entry->mailboxes = task.mailboxes;
    entry->fallbacks = task.fallbacks;
    entry->users = task.users;
    entry->total = task.devices.size();
    entry->credential_of_topic = {0, 0};
    entry->payload_of_language = {0};
    entry->template_of_language = {3};
    crossings.tasks[0] = std::move(entry);
    EXPECT_TRUE(ledger->attach(task.id, 0));
    loop.announce(0);
  }
  static ExpanderSettings settings(const MailIssueSettings& mail) {
    ExpanderSettings settings;
    settings.mail = mail;
    return settings;
  }
  TaskEntry& entry() { return *crossings.tasks[0]; }
  // Everybody gets some turns; a commit is due each time.
  void turn(int times = 3) {
    for (int i = 0; i < times; ++i) {
      loop.turn();
      expander.turn();
      clock.turn(milliseconds(6));
      loop.turn();
      expander.turn();
      while (writer.turn()) {
      }
      take();
    }
  }
  void take() {
    Slot slot = 0;
    while (crossings.written.try_dequeue(slot)) {
      letters.push_back(slot);
      addresses.push_back(crossings.letters[slot].address);
    }
    while (crossings.jobs[0]->try_dequeue(slot)) {
      pushes.push_back(slot);
      crossings.take(entry(), 1);
    }
  }
  const Job& job(Slot slot) { return crossings.slab[slot]; }
  void settle(Slot slot, State state, Reason reason = Reason::none, std::int64_t next_at_ms = 0) {
    Settlement settlement = settlement_of(slot, job(slot));
    settlement.outcome = {state, reason, 1};
    settlement.next_at_ms = next_at_ms;
    crossings.settlements.enqueue(settlement);
  }
  void settle_all(std::vector<Slot>& slots, State state = State::sent) {
    for (const auto slot : std::exchange(slots, {})) {
      settle(slot, state);
    }
  }
  void give_back(Slot slot) {
    Settlement settlement = settlement_of(slot, job(slot));
    settlement.kind = Settlement::Kind::returned;
    crossings.settlements.enqueue(settlement);
  }
  std::uint64_t durable(State state) {
    return entry().durable[static_cast<std::size_t>(state)].load();
  }
  std::string held() { return entry().mail.held_reason; }

  FakeClock& clock;
  std::unique_ptr<ledger::Ledger> ledger;
  Crossings crossings;
  LedgerLoop loop;
  Expander expander;
  LetterWriter writer;
  std::vector<Slot> letters;  // as the mail shard would draw them
  std::vector<std::string> addresses;
  std::vector<Slot> pushes;
};

class MailExpanderTest : public ::testing::Test {
 protected:
  MailExpanderTest() { clock_.turn(seconds(100)); }
  void household(std::uint32_t devices, std::uint32_t mailboxes) {
    household_.emplace(devices, mailboxes);
    task_ = household_->new_mail_task(clock_.wall().seconds() + 86'400);
  }
  Life& live(bool route = true) {
    if (!created_) {
      created_ = true;
      EXPECT_TRUE(household_->open_ledger()->create_task(task_));
    }
    life_.reset();
    life_ = std::make_unique<Life>(*household_, task_, clock_, settings_, route);
    return *life_;
  }
  void crash() { life_.reset(); }

  FakeClock clock_;
  std::optional<testing::Household> household_;
  ledger::NewTask task_;
  MailIssueSettings settings_;
  bool created_ = false;
  std::unique_ptr<Life> life_;
};

TEST_F(MailExpanderTest, SendsPushesAndLettersAndCompletes) {
  household(10, 20);
  auto& life = live();
  life.turn();
  ASSERT_THAT(life.pushes, SizeIs(10));
  ASSERT_THAT(life.letters, SizeIs(20));
  const auto& job = life.job(life.letters[0]);
  EXPECT_EQ(job.channel, Channel::mail);
  EXPECT_EQ(job.invitation, 10U) << "mailboxes come after the devices";
  EXPECT_EQ(job.language, 3);
  EXPECT_THAT(life.addresses, Contains(testing::Household::address(19)));
  life.settle_all(life.pushes);
  life.settle_all(life.letters);
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
  EXPECT_EQ(life.durable(State::sent), 30U);
}

TEST_F(MailExpanderTest, IssuesNothingBeyondAPagesDurableMark) {
  household(1, 200);
  auto& life = live();
  life.turn(10);
  ASSERT_THAT(life.letters, SizeIs(limits::mail_ahead_of_mark_max));
  const auto first = life.letters.front();
  life.letters.erase(life.letters.begin());
  life.settle_all(life.letters);
  life.turn(10);
  EXPECT_THAT(life.letters, SizeIs(0));
  life.settle(first, State::sent);
  life.turn(10);
  EXPECT_THAT(life.letters, SizeIs(limits::mail_ahead_of_mark_max));
}

TEST_F(MailExpanderTest, DoubtsAfterACrashOnlyAWindowOfEachPage) {
  household(1, 200);
  live().turn();
  ASSERT_THAT(life_->letters, SizeIs(limits::mail_ahead_of_mark_max));
  crash();
  auto& life = live();
  for (int i = 0; i < 30 && life.entry().phase.load() == Phase::open; ++i) {
    life.turn();
    life.settle_all(life.letters);
    life.settle_all(life.pushes);
  }
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
  EXPECT_EQ(life.entry().repeated.load(), limits::mail_ahead_of_mark_max + 1) << "and the push";
}

TEST_F(MailExpanderTest, KeepsDoubtedLettersForAPersonWhereItIsToldTo) {
  household(1, 5);
  live().turn();
  crash();
  settings_.hold_in_doubt = true;
  auto& life = live();
  life.turn();
  EXPECT_THAT(life.letters, SizeIs(0));
  EXPECT_EQ(life.durable(State::in_doubt), 5U);
}

TEST_F(MailExpanderTest, SettlesAtOnceWhatNeedsNoLetter) {
  household(1, 4);
  household_->import_user("m0,M 0,");  // no address any more
  NumberSet enrolled;
  enrolled.add(*household_->mailboxes().at(1));
  ASSERT_TRUE(household_->roster().add_enrolled(enrolled));
  auto& life = live();
  life.turn();
  EXPECT_THAT(life.letters, SizeIs(2));
  EXPECT_EQ(life.durable(State::unreachable), 1U);
  EXPECT_EQ(life.durable(State::superseded), 1U);
}

TEST_F(MailExpanderTest, SendsToTheAddressAsItIsAtTheLastMoment) {
  household(1, 1);
  household_->import_user("m0,M 0,new@school.example");
  auto& life = live();
  life.turn();
  EXPECT_THAT(life.addresses, ::testing::ElementsAre("new@school.example"));
}

TEST_F(MailExpanderTest, StopsWritingToWhoEnrollsMeanwhile) {
  household(1, 100);
  auto& life = live();
  life.turn();
  ASSERT_THAT(life.letters, SizeIs(limits::mail_ahead_of_mark_max));
  ASSERT_TRUE(household_->roster().add_enrolled(household_->mailboxes()));
  clock_.turn(milliseconds(200));
  life.settle_all(life.letters);
  life.turn(10);
  EXPECT_THAT(life.letters, SizeIs(0));
  EXPECT_EQ(life.durable(State::superseded), 100 - limits::mail_ahead_of_mark_max);
}

TEST_F(MailExpanderTest, GivesUpAtTheMailsOwnExpiry) {
  household(1, 3);
  auto& life = live();
  life.entry().content.mail_expiration_s = clock_.wall().seconds();
  life.turn();
  EXPECT_EQ(life.durable(State::expired), 3U);
  EXPECT_THAT(life.pushes, SizeIs(1)) << "the push has another";
}

TEST_F(MailExpanderTest, TriesAgainWhatWasDeferredUnderTheSameNumber) {
  household(1, 1);
  auto& life = live();
  life.turn();
  life.settle(life.letters.at(0), State::deferred, Reason::greylisted,
              clock_.wall().milliseconds + 60'000);
  life.letters.clear();
  life.turn();
  EXPECT_THAT(life.letters, SizeIs(0));
  clock_.turn(minutes(1));
  life.turn();
  ASSERT_THAT(life.letters, SizeIs(1));
  const auto& job = life.job(life.letters[0]);
  EXPECT_EQ(job.invitation, 1U);
  EXPECT_EQ(job.generation, 0U);
  EXPECT_EQ(job.attempts, 1);
  EXPECT_TRUE(job.from_exception);
}

TEST_F(MailExpanderTest, KeepsThePaceOfTheRoute) {
  household(1, 1000);
  settings_.pace.per_second = 50;
  auto& life = live();
  for (int i = 0; i < 200; ++i) {
    life.turn(1);
    life.settle_all(life.letters);
    clock_.turn(milliseconds(4));
  }
  EXPECT_NEAR(static_cast<double>(life.addresses.size()), 100, 5);  // in two seconds
  EXPECT_TRUE(life.crossings.mail_paced.load());
}

TEST_F(MailExpanderTest, PausesWithWordsWhereTheDaysQuotaIsUsedUp) {
  household(1, 100);
  settings_.pace.per_day = 60;
  settings_.pace.spent_today = 50;
  auto& life = live();
  life.turn(10);
  EXPECT_THAT(life.letters, SizeIs(10));
  EXPECT_EQ(life.entry().stop.load(), Stop::none) << "ten letters and a push are on their way";
  EXPECT_THAT(life.held(), HasSubstr("the day quota of 60 mails is used up until 00:00 UTC"));
  EXPECT_THAT(life.held(), HasSubstr("muster resume " + uuid_text(task_.id.bytes)));
  life.settle_all(life.letters);
  life.turn();
  EXPECT_EQ(life.entry().stop.load(), Stop::none) << "the push is on its way";
  life.settle_all(life.pushes);
  life.turn();
  EXPECT_EQ(life.entry().stop.load(), Stop::pause);
  EXPECT_EQ(life.entry().phase.load(), Phase::stopped);
  EXPECT_THAT(life.entry().stop_reason, HasSubstr("the day quota"));
}

TEST_F(MailExpanderTest, GoesOnAtMidnightWherePushesKeptTheTaskOpen) {
  household(1, 30);
  settings_.pace.per_day = 10;
  auto& life = live();
  life.turn();
  life.settle_all(life.letters);
  life.turn();
  ASSERT_THAT(life.letters, SizeIs(0));
  clock_.turn(hours(2));  // it began at 22:15
  life.turn();
  EXPECT_THAT(life.letters, SizeIs(10));
}

TEST_F(MailExpanderTest, HoldsLettersAndNotPushesWhileTheRouteIsRefused) {
  household(2000, 100);
  auto& life = live();
  life.crossings.refuse_mail(1, "relay mail.school.example: 535 5.7.8 no");
  life.turn();
  EXPECT_THAT(life.letters, SizeIs(0));
  EXPECT_TRUE(life.entry().mail.held.load());
  EXPECT_EQ(life.held(), "relay mail.school.example: 535 5.7.8 no");
  while (!life.pushes.empty()) {
    EXPECT_EQ(life.entry().stop.load(), Stop::none);
    life.settle_all(life.pushes);
    life.turn();
  }
  EXPECT_EQ(life.entry().phase.load(), Phase::stopped);
  EXPECT_EQ(life.entry().stop_reason, "relay mail.school.example: 535 5.7.8 no");
  EXPECT_EQ(life.durable(State::sent), 2000U);
}

TEST_F(MailExpanderTest, SendsAgainOnceSomebodyTriesAgain) {
  household(1, 10);
  auto& life = live();
  life.crossings.refuse_mail(1, "refused");
  life.turn();
  ASSERT_THAT(life.letters, SizeIs(0));
  life.crossings.mail_tries.fetch_add(1);
  life.turn();
  EXPECT_THAT(life.letters, SizeIs(10));
  EXPECT_FALSE(life.entry().mail.held.load());
}

TEST_F(MailExpanderTest, PausesWhereNoRouteIsSetUp) {
  household(1, 10);
  auto& life = live(false);
  life.turn();
  life.settle_all(life.pushes);
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::stopped);
  EXPECT_THAT(life.entry().stop_reason, HasSubstr("mail is off: set mail.mode"));
}

TEST_F(MailExpanderTest, HasACanaryOfItsOwn) {
  household(50, 100);
  settings_.canary = 3;
  auto& life = live();
  life.turn();
  ASSERT_THAT(life.letters, SizeIs(3));
  EXPECT_THAT(life.pushes, SizeIs(50));
  life.entry().proved = 1;
  life.turn();
  EXPECT_THAT(life.letters, SizeIs(3)) << "an accepted push proves nothing about mail";
  life.entry().mail.answered = 3;
  life.entry().mail.proved = 1;
  life.turn();
  EXPECT_GT(life.letters.size(), 3U);
}

TEST_F(MailExpanderTest, HoldsItsLettersWhereTheWholeCanaryWasRefused) {
  household(1, 100);
  settings_.canary = 3;
  auto& life = live();
  life.turn();
  life.entry().mail.suspected = Reason::sender_refused;
  life.entry().mail.answered = 3;
  life.settle_all(life.letters, State::failed);
  life.turn();
  EXPECT_THAT(life.held(), HasSubstr("the first 3 mails were all refused: SenderRefused"));
  EXPECT_EQ(life.entry().stop.load(), Stop::none);
  life.settle_all(life.pushes);
  life.turn();
  EXPECT_EQ(life.entry().stop.load(), Stop::pause);
}

TEST_F(MailExpanderTest, BringsEveryLetterHomeBeforeAStopIsRecorded) {
  household(1, 50);
  auto& life = live();
  life.turn();
  life.crossings.request_stop(0, Stop::drain, "");
  life.settle_all(life.pushes);
  const auto last = life.letters.back();
  life.letters.pop_back();
  for (const auto slot : life.letters) {
    life.give_back(slot);
  }
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::open) << "one is on its way";
  life.settle(last, State::sent);
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::stopped);
  crash();
  auto& next = live();
  next.turn();
  ASSERT_FALSE(next.letters.empty());
  for (const auto slot : next.letters) {
    EXPECT_FALSE(next.job(slot).in_doubt);
  }
}

TEST_F(MailExpanderTest, GivesBackRetriesThatItHoldsWhenItsTaskStops) {
  household(1, 2);
  auto& life = live();
  life.turn();
  for (const auto slot : std::exchange(life.letters, {})) {
    life.settle(slot, State::deferred, Reason::greylisted, clock_.wall().milliseconds + 60'000);
  }
  life.turn();
  clock_.turn(minutes(1));
  life.crossings.expander_bell.ring();
  life.expander.turn();  // asks to gather
  life.crossings.refuse_mail(1, "refused");
  life.turn();
  EXPECT_THAT(life.letters, SizeIs(0));
  life.settle_all(life.pushes);
  life.turn(6);
  ASSERT_EQ(life.entry().phase.load(), Phase::stopped);
  crash();
  auto& next = live();
  next.turn();
  EXPECT_THAT(next.letters, SizeIs(2));
}

TEST_F(MailExpanderTest, WakesAFallbackOnceItIsJudged) {
  household(1, 3);
  task_.fallbacks.add(*task_.mailboxes.at(2));
  task_.mailboxes.remove(*task_.mailboxes.at(2));
  auto& life = live();
  life.turn();
  EXPECT_THAT(life.letters, SizeIs(2)) << "it sleeps";
  life.settle_all(life.letters);
  life.settle_all(life.pushes, State::failed);
  life.turn();
  ASSERT_EQ(life.entry().phase.load(), Phase::open) << "a failure is not judged yet";
  const auto judged = life.ledger->unjudged(0, 10);
  ASSERT_THAT(judged, SizeIs(1));
  // As the keeper does, on another thread.
  const std::vector<InvitationNumber> wake{3};
  auto keeper = start_thread("keeper", [&] {
    life.loop.perform([&](ledger::Ledger& book) { book.judge(0, judged, wake); });
  });
  while (!life.loop.called()) {
    std::this_thread::yield();
  }
  life.turn();
  keeper.join();
  ASSERT_THAT(life.letters, SizeIs(1));
  EXPECT_EQ(life.addresses.back(), testing::Household::address(2));
  EXPECT_EQ(life.entry().woken.load(), 1U);
  life.settle_all(life.letters);
  life.turn();
  EXPECT_EQ(life.entry().phase.load(), Phase::completed);
}

TEST_F(MailExpanderTest, LeavesMailItsSlotsHoweverFullPushKeepsTheSlab) {
  Crossings crossings(true);
  EXPECT_EQ(crossings.letters.begin(), limits::slots_max - limits::letters_max);
  EXPECT_TRUE(crossings.letters.holds(Letters::first));
  EXPECT_FALSE(crossings.letters.holds(Letters::first - 1));
  Crossings push_alone;
  EXPECT_EQ(push_alone.letters.begin(), limits::slots_max);
  EXPECT_FALSE(push_alone.letters.holds(limits::slots_max - 1));
}

}  // namespace
}  // namespace muster::pipeline
