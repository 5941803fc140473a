// What the ledger's tests share: a directory of their own, a task, settlements in a line.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/reader.h"
#include "model/limits.h"

namespace muster::ledger {

constexpr Outcome sent{State::sent, Reason::none, 1};
constexpr Outcome failed{State::failed, Reason::bad_device_token, 1};
constexpr Outcome gone{State::unreachable, Reason::unregistered, 1};
constexpr Outcome deferred{State::deferred, Reason::too_many_requests, 1};
constexpr Outcome in_doubt{State::in_doubt, Reason::connection_lost, 1};

constexpr std::int32_t format = 3;  // of ledger.db

inline std::uint64_t count_of(const Counts& counts, State state) {
  return counts.by_state[static_cast<std::size_t>(state)];
}

class LedgerFixture : public ::testing::Test {
 protected:
  LedgerFixture() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-ledger-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    task_.bytes[0] = 7;
    reopen();
  }
  ~LedgerFixture() override {
    ledger_.reset();
    std::filesystem::remove_all(dir_);
  }

  // As after a kill: what was not committed is gone.
  void reopen() {
    ledger_.reset();
    auto opened = Ledger::open(dir_);
    ASSERT_TRUE(opened) << opened.error().line_of_text();
    ledger_ = std::move(*opened);
  }
  void create(std::uint32_t devices) { create(Layout{devices, 0, 0}); }
  void create(const Layout& layout) {
    layout_ = layout;
    NewTask task;
    task.id = task_;
    task.target_name = "everybody";
    task.selector = "{}";
    task.devices.add_range(10, 10 + layout.devices);
    task.mailboxes.add_range(100'000, 100'000 + layout.mailboxes);
    task.fallbacks.add_range(0, layout.fallbacks);
    task.accounts.add_range(200'000, 200'000 + layout.accounts);
    task.users.add_range(0, layout.devices);
    task.mail_prefix[0] = 77;
    task.alert_payloads = {{"", "{\"aps\":{}}"}, {"de", "{}"}};
    task.created_at = WallTime{1000};
    ASSERT_TRUE(ledger_->create_task(task));
  }
  void attach() { ASSERT_TRUE(ledger_->attach(task_, 0)); }
  void create_and_lease(std::uint32_t invitations) {
    create(invitations);
    attach();
    ASSERT_TRUE(*ledger_->lease(0));
    commit();
  }
  void reattach() {
    reopen();
    attach();
  }
  LeasedPage lease(Part part = Part::push) {
    auto page = ledger_->lease(0, part);
    EXPECT_TRUE(page && *page);
    return page && *page ? std::move(**page) : LeasedPage{};
  }
  CommitReport commit() {
    now_.milliseconds += 10;
    auto report = ledger_->commit(now_);
    EXPECT_TRUE(report);
    return report ? std::move(*report) : CommitReport{};
  }

  Settlement settlement(InvitationNumber invitation, Outcome outcome) const {
    Settlement made;
    made.invitation = invitation;
    made.page = layout_.page_of(invitation);
    made.outcome = outcome;
    return made;
  }
  void settle(const Settlement& one) { ledger_->settle({&one, 1}); }
  void settle(InvitationNumber invitation, Outcome outcome, std::int64_t next_at_ms = 0) {
    auto made = settlement(invitation, outcome);
    made.next_at_ms = next_at_ms;
    settle(made);
  }
  void settle_exception(InvitationNumber invitation, Outcome outcome,
                        std::uint32_t generation = 0) {
    auto made = settlement(invitation, outcome);
    made.from_exception = true;
    made.generation = generation;
    settle(made);
  }
  void settle_replied(InvitationNumber invitation, Outcome outcome, std::string_view reply,
                      bool from_exception = false) {
    auto made = settlement(invitation, outcome);
    made.from_exception = from_exception;
    made.reply = reply;
    settle(made);
  }
  void settle_kind(InvitationNumber invitation, Settlement::Kind kind,
                   bool from_exception = false) {
    auto made = settlement(invitation, {State::queued, Reason::none, 1});
    made.kind = kind;
    made.from_exception = from_exception;
    settle(made);
  }

  std::vector<Row> rows(InvitationNumber from, std::size_t count) {
    auto reader = LedgerReader::open(dir_);
    EXPECT_TRUE(reader);
    auto read = (*reader)->rows(task_, from, count);
    EXPECT_TRUE(read);
    return read ? std::move(*read) : std::vector<Row>{};
  }
  Row row(InvitationNumber invitation) {
    const auto read = rows(invitation, 1);
    EXPECT_EQ(read.size(), 1U);
    return read.empty() ? Row{} : read.front();
  }
  TaskRow task_row() {
    auto reader = LedgerReader::open(dir_);
    EXPECT_TRUE(reader);
    auto read = (*reader)->task(task_);
    EXPECT_TRUE(read && *read);
    return read && *read ? std::move(**read) : TaskRow{};
  }
  std::uint64_t count(State state) { return count_of(ledger_->counts(0), state); }

  std::string dir_;
  Layout layout_;
  TaskId task_;
  WallTime now_{1'000'000};
  std::unique_ptr<Ledger> ledger_;
};

}  // namespace muster::ledger
