// Expander, ledger loop and a letter writer over a task that asks clearances: one life of the
// process; the test plays the registrar and the shards of push and mail.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/reader.h"
#include "pipeline/expander.h"
#include "pipeline/ledger_loop.h"
#include "pipeline/letter_writer.h"
#include "pipeline/settlement_of.h"
#include "tests/pipeline/fake_clearances.h"
#include "tests/pipeline/household.h"

namespace muster::pipeline {

using Word = Clearance::Word;
using Phase = TaskEntry::Phase;

struct ClearingLife {
  ClearingLife(const muster::testing::Household& household, const ledger::NewTask& task,
               FakeClock& the_clock, testing::FakeClearances& clearances,
               const ExpanderSettings& wanted)
      : clock(the_clock),
        ledger(household.open_ledger()),
        crossings(true),
        loop(crossings, *ledger, the_clock),
        expander(crossings, household.reader(), the_clock, with(wanted, clearances)),
        writer(crossings, [](const Job&, const Content&, Letter&, WallTime) {}, the_clock) {
    auto entry = std::make_shared<TaskEntry>();
    entry->id = task.id;
    entry->content.expiration_s = task.expiration_s;
    entry->content.mail_expiration_s = task.expiration_s;
    entry->layout = Layout{static_cast<std::uint32_t>(task.devices.size()),
                           static_cast<std::uint32_t>(task.mailboxes.size()),
                           static_cast<std::uint32_t>(task.fallbacks.size()),
                           static_cast<std::uint32_t>(task.accounts.size())};
    entry->devices = task.devices;
    entry->mailboxes = task.mailboxes;
    entry->fallbacks = task.fallbacks;
    entry->accounts = task.accounts;
    entry->users = task.users;
    entry->total = task.devices.size();
    entry->asks_clearance = true;
    entry->credential_of_topic = {0, 0};
    entry->payload_of_language = {0};
    crossings.tasks[0] = std::move(entry);
    EXPECT_TRUE(ledger->attach(task.id, 0));
    loop.announce(0);
  }
  static ExpanderSettings with(ExpanderSettings settings, testing::FakeClearances& clearances) {
    settings.clearances = &clearances;
    return settings;
  }
  TaskEntry& entry() { return *crossings.tasks[0]; }
  // Everybody gets some turns; a commit is due each time, and a look at who waits.
  void turn(int times = 3) {
    for (int i = 0; i < times; ++i) {
      loop.turn();
      expander.turn();
      clock.turn(std::chrono::milliseconds(25));
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
    }
    while (crossings.jobs[0]->try_dequeue(slot)) {
      pushes.push_back(slot);
      crossings.take(entry(), 1);
    }
  }
  const Job& job(Slot slot) { return crossings.slab[slot]; }
  // What was issued and is not settled, by number.
  std::vector<InvitationNumber> issued(const std::vector<Slot>& slots) {
    std::vector<InvitationNumber> numbers;
    for (const auto slot : slots) {
      numbers.push_back(job(slot).invitation);
    }
    return numbers;
  }
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

  FakeClock& clock;
  std::unique_ptr<ledger::Ledger> ledger;
  Crossings crossings;
  LedgerLoop loop;
  Expander expander;
  LetterWriter writer;
  std::vector<Slot> letters;  // as the mail shard would draw them
  std::vector<Slot> pushes;
};

// Users 0 … n−1 have a device each, the next ones an address each.
class ClearingFixture : public ::testing::Test {
 protected:
  ClearingFixture() { clock_.turn(std::chrono::seconds(100)); }
  void household(std::uint32_t devices, std::uint32_t mailboxes) {
    household_.emplace(devices, mailboxes);
    task_ = household_->new_mail_task(clock_.wall().seconds() + 86'400);
  }
  // Moves the last so many mailboxes to the fallbacks, or to the accounts.
  void move_mailboxes(std::uint32_t count, NumberSet& to) {
    for (; count > 0; --count) {
      const auto user = *task_.mailboxes.at(task_.mailboxes.size() - 1);
      task_.mailboxes.remove(user);
      to.add(user);
    }
  }
  ClearingLife& live() {
    if (!created_) {
      created_ = true;
      EXPECT_TRUE(household_->open_ledger()->create_task(task_));
    }
    life_.reset();
    life_ = std::make_unique<ClearingLife>(*household_, task_, clock_, clearances_, settings_);
    return *life_;
  }
  void crash() { life_.reset(); }
  [[nodiscard]] UserNumber user_of_device(std::uint32_t n) const {
    return *household_->all().users.at(n);
  }
  [[nodiscard]] UserNumber user_of_mailbox(std::uint32_t n) const {
    return *household_->mailboxes().at(n);
  }
  ledger::Row row(InvitationNumber invitation) {
    const auto rows =
        (*ledger::LedgerReader::open(household_->dir()))->rows(task_.id, invitation, 1);
    EXPECT_TRUE(rows && rows->size() == 1);
    return rows && !rows->empty() ? rows->front() : ledger::Row{};
  }

  FakeClock clock_;
  std::optional<muster::testing::Household> household_;
  ledger::NewTask task_;
  testing::FakeClearances clearances_;
  ExpanderSettings settings_;
  bool created_ = false;
  std::unique_ptr<ClearingLife> life_;
};

}  // namespace muster::pipeline
