#include "service/row_states.h"

#include <gtest/gtest.h>

#include "mdm/desk.h"
#include "service/wording.h"
#include "tests/pipeline/household.h"

namespace muster::service {
namespace {

// Three devices, each of which was sent its invitation.
class RowStatesTest : public ::testing::Test {
 protected:
  RowStatesTest() {
    auto ledger = household_.open_ledger();
    auto task = household_.new_task(4'000'000'000);
    task.selector = write_asked({{}, true, "", "", 0, ""});
    EXPECT_TRUE(ledger->create_task(task));
    EXPECT_TRUE(ledger->attach(task.id, 0));
    EXPECT_TRUE(ledger->lease(0));
    std::vector<Settlement> settlements(3);
    for (InvitationNumber number = 0; number < 3; ++number) {
      settlements[number].invitation = number;
      settlements[number].outcome = {State::sent, Reason::none, 1};
    }
    ledger->settle(settlements);
    EXPECT_TRUE(ledger->commit(WallTime{1}));
    task_ = task.id;
    devices_ = task.devices;
  }
  void enrolment(InvitationNumber number, std::uint8_t state) {
    auto store = store::CommandStore::open(household_.dir(), store::OpenMode::write);
    ASSERT_TRUE(store);
    store::EnrolmentRow row;
    row.id = "UDID-" + std::to_string(number);
    row.device = devices_.at(number).value_or(0);
    row.state = state;
    ASSERT_TRUE(store->begin());
    ASSERT_TRUE(store->put_enrolment(row));
    ASSERT_TRUE(store->commit());
  }
  void command(InvitationNumber number, mdm::CommandResult result) {
    auto store = store::CommandStore::open(household_.dir(), store::OpenMode::write);
    ASSERT_TRUE(store);
    store::CommandRow row;
    row.task = task_;
    row.invitation = number;
    row.result = static_cast<std::uint8_t>(result);
    ASSERT_TRUE(store->begin());
    ASSERT_TRUE(store->put_command(row));
    ASSERT_TRUE(store->commit());
  }
  std::vector<Outcome> outcomes() {
    auto ledger = ledger::LedgerReader::open(household_.dir());
    EXPECT_TRUE(ledger);
    const auto row = (*ledger)->task(task_);
    EXPECT_TRUE(row && *row);
    auto states = RowStates::open(household_.dir(), **ledger, **row);
    EXPECT_TRUE(states);
    auto rows = (*ledger)->rows(task_, 0, 3);
    EXPECT_TRUE(rows);
    EXPECT_TRUE(states->apply(*rows));
    std::vector<Outcome> found;
    for (const auto& each : *rows) {
      found.push_back(each.outcome);
    }
    return found;
  }

  muster::testing::Household household_{3};
  TaskId task_;
  NumberSet devices_;
};

TEST_F(RowStatesTest, ReadUnreachableWhereTheDeviceHasLeftManagement) {
  const Outcome sent{State::sent, Reason::none, 1};
  const Outcome left{State::unreachable, Reason::unenrolled, 1};
  enrolment(1, mdm::enrolment_left);
  enrolment(2, mdm::enrolment_left - 1);
  EXPECT_EQ(outcomes(), (std::vector<Outcome>{sent, left, sent}));
  enrolment(1, mdm::enrolment_left - 1);
  EXPECT_EQ(outcomes(), (std::vector<Outcome>{sent, sent, sent})) << "it is back";
}

TEST_F(RowStatesTest, StayShownWhereTheDeviceLeftAfterwards) {
  enrolment(0, mdm::enrolment_left);
  command(0, mdm::CommandResult::shown);
  enrolment(1, mdm::enrolment_left);
  command(1, mdm::CommandResult::postponed);
  const auto found = outcomes();
  EXPECT_EQ(found[0].state, State::shown);
  EXPECT_EQ(found[1].state, State::unreachable);
  EXPECT_EQ(found[2].state, State::sent);
}

}  // namespace
}  // namespace muster::service
