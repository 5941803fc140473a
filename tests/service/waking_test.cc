// Who is woken again, and that nobody is forgotten or woken twice over crashes: a real ledger and
// control.db, a clock that the test turns, and a pipeline that is the test itself.
#include "service/waking.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "ledger/ledger.h"
#include "mdm/command.h"
#include "service/wording.h"
#include "store/ledger_sql.h"
#include "tests/service/house.h"

namespace muster::service {
namespace {

using mdm::CommandResult;
using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const WakePlan plan{hours(8), minutes(30)};

class WakingTest : public testing::Test {
 protected:
  WakingTest() { clock_.turn(hours(1000)); }

  // A task to `devices` devices (numbered from 100), of which `sent` were sent.
  void make_task(std::uint32_t devices, std::uint32_t sent, bool managed = true) {
    auto opened = ledger::Ledger::open(folder_.path());
    ASSERT_TRUE(opened);
    ledger_ = std::move(*opened);
    ledger::NewTask task;
    task.id = task_;
    task.selector = write_asked({{}, managed, "", "", 0, ""});
    task.devices.add_range(100, 100 + devices);
    task.users.add_range(0, devices);
    task.push_prefix = {1, 2, 3};
    task.created_at = clock_.wall();
    task.expiration_s = expiration_s_ = clock_.wall().seconds() + 7 * 24 * 3600;
    ASSERT_TRUE(ledger_->create_task(task));
    ASSERT_TRUE(ledger_->attach(task_, 0));
    for (std::uint32_t done = 0; done < sent;) {
      const auto page = ledger_->lease(0);
      ASSERT_TRUE(page && *page);
      std::vector<Settlement> settlements;
      const auto first = (**page).first;
      for (; done < sent && done < first + limits::page_size; ++done) {
        Settlement settlement;
        settlement.invitation = done;
        settlement.page = (**page).page;
        settlement.outcome = {State::sent, Reason::none, 1};
        settlements.push_back(settlement);
      }
      ledger_->settle(settlements);
      ASSERT_TRUE(ledger_->commit(clock_.wall()));
    }
    if (sent == devices) {
      ASSERT_TRUE(ledger_->detach(0));
    }
  }
  void open() {
    waking_.reset();
    WakingHouse house;
    house.nudge = [this](pipeline::NudgeBatch batch) {
      if (!room_) {
        return false;
      }
      asked_.push_back(std::move(batch));
      return true;
    };
    house.take_nudged = [this] { return std::exchange(nudged_, {}); };
    house.take_events = [this] { return std::exchange(events_, {}); };
    house.credentials = [] { return std::vector<std::uint16_t>{0}; };
    auto opened = Waking::open(folder_.path(), plan, clock_, std::move(house));
    ASSERT_TRUE(opened) << opened.error().line_of_text();
    waking_ = std::move(*opened);
  }
  // Time goes on; batches come home at once, all of them woken. Who was, by number.
  std::vector<InvitationNumber> run(Duration lasts) {
    std::vector<InvitationNumber> woken;
    const auto until = clock_.now() + lasts;
    for (; clock_.now() < until; clock_.turn(minutes(1))) {
      do {
        waking_->turn();
        for (auto& batch : std::exchange(asked_, {})) {
          for (const auto& nudge : batch.nudges) {
            EXPECT_EQ(nudge.device, 100 + nudge.invitation);
            woken.push_back(nudge.invitation);
          }
          nudged_.push_back({batch.id, batch.nudges.size(), {}});
        }
      } while (!nudged_.empty());
    }
    return woken;
  }
  void command(InvitationNumber invitation, CommandResult result, std::uint32_t not_now = 0) {
    auto store = store::CommandStore::open(folder_.path(), store::OpenMode::write);
    ASSERT_TRUE(store);
    store::CommandRow row;
    row.task = task_;
    row.invitation = invitation;
    row.device = 100 + invitation;
    row.handed = 1;
    row.handed_at = clock_.wall();
    row.not_now = not_now;
    row.result = static_cast<std::uint8_t>(result);
    row.result_at = clock_.wall();
    ASSERT_TRUE(store->begin());
    ASSERT_TRUE(store->put_command(row));
    ASSERT_TRUE(store->commit());
    events_.push_back({task_, invitation, row.device, result});
  }

  Folder folder_;
  FakeClock clock_;
  const TaskId task_ = [] {
    TaskId task;
    task.bytes[0] = 7;
    return task;
  }();
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<Waking> waking_;
  bool room_ = true;
  std::int64_t expiration_s_ = 0;
  std::vector<pipeline::NudgeBatch> asked_;
  std::vector<pipeline::NudgesDone> nudged_;
  std::vector<mdm::Event> events_;
};

TEST_F(WakingTest, WakesWhoWasSentAnInvitationAndDidNotCome) {
  make_task(3, 2);
  open();
  EXPECT_THAT(run(hours(6)), IsEmpty());
  EXPECT_THAT(run(hours(4)), testing::UnorderedElementsAre(0, 1));
  EXPECT_THAT(run(hours(8)), testing::UnorderedElementsAre(0, 1));
}

TEST_F(WakingTest, SaysHowToWake) {
  make_task(1, 1);
  open();
  clock_.turn(hours(10));
  waking_->turn();
  ASSERT_THAT(asked_, SizeIs(1));
  EXPECT_EQ(asked_[0].id, task_);
  EXPECT_EQ(asked_[0].push_prefix, (IdPrefix{1, 2, 3}));
  EXPECT_EQ(asked_[0].expiration_s, expiration_s_);
  EXPECT_TRUE(asked_[0].asks_clearance);
  EXPECT_GE(asked_[0].nudges.at(0).generation, 1U << 31);
}

TEST_F(WakingTest, LetsThoseAloneWhoHaveAnswered) {
  make_task(3, 3);
  open();
  command(0, CommandResult::shown);
  command(2, CommandResult::refused);
  EXPECT_THAT(run(hours(10)), ElementsAre(1));
}

TEST_F(WakingTest, WakesWhoSaidNotNowSooner) {
  make_task(2, 2);
  open();
  waking_->turn();
  command(1, CommandResult::postponed, 1);
  EXPECT_THAT(run(minutes(20)), IsEmpty());
  EXPECT_THAT(run(minutes(20)), ElementsAre(1));
  command(1, CommandResult::shown);
  EXPECT_THAT(run(hours(5)), IsEmpty());
}

TEST_F(WakingTest, GoesOnAfterAKillWithoutForgettingAnybodyOrWakingHimTwice) {
  make_task(5000, 5000);
  open();
  auto woken = run(hours(8));
  open();  // as after a kill: nothing of memory is left
  const auto more = run(hours(2));
  woken.insert(woken.end(), more.begin(), more.end());
  std::sort(woken.begin(), woken.end());
  std::vector<InvitationNumber> once(5000);
  std::iota(once.begin(), once.end(), 0);
  EXPECT_EQ(woken, once);
}

TEST_F(WakingTest, WakesOnceMoreWhatWasOnItsWayAtAKill) {
  make_task(2, 2);
  open();
  clock_.turn(hours(10));
  waking_->turn();
  ASSERT_THAT(asked_, SizeIs(1));
  asked_.clear();  // they never came home
  open();
  EXPECT_THAT(run(minutes(2)), SizeIs(2));
  EXPECT_THAT(run(hours(2)), IsEmpty());
}

TEST_F(WakingTest, WakesWhoWasDueWhileNobodyWasThere) {
  make_task(2, 2);
  open();
  waking_->turn();
  waking_.reset();
  clock_.turn(hours(40));
  open();
  EXPECT_THAT(run(minutes(2)), SizeIs(2)) << "once, not once for each time that was missed";
}

TEST_F(WakingTest, TriesAgainOnlyWhatDidNotGo) {
  make_task(3, 3);
  open();
  clock_.turn(hours(10));
  waking_->turn();
  ASSERT_THAT(asked_, SizeIs(1));
  ASSERT_THAT(asked_[0].nudges, SizeIs(3));
  nudged_.push_back({task_, 2, {asked_[0].nudges[1]}});
  asked_.clear();
  waking_->turn();
  EXPECT_THAT(asked_, IsEmpty()) << "not at once";
  EXPECT_THAT(run(minutes(3)), ElementsAre(1));
}

TEST_F(WakingTest, ComesBackWhereThereWasNoRoom) {
  make_task(1, 1);
  open();
  clock_.turn(hours(10));
  room_ = false;
  waking_->turn();
  room_ = true;
  open();
  EXPECT_THAT(run(minutes(2)), ElementsAre(0)) << "a kill forgets nothing either";
}

TEST_F(WakingTest, WakesNobodyForATaskThatIsStoppedOrOver) {
  make_task(1, 1);
  open();
  ASSERT_TRUE(ledger_->set_state(task_, ledger::TaskState::held, "", clock_.wall()));
  EXPECT_THAT(run(hours(10)), IsEmpty());
  ASSERT_TRUE(ledger_->set_state(task_, ledger::TaskState::completed, "", clock_.wall()));
  EXPECT_THAT(run(hours(10)), ElementsAre(0)) << "one that has ended goes on";
  ASSERT_TRUE(ledger_->set_state(task_, ledger::TaskState::cancelled, "", clock_.wall()));
  EXPECT_THAT(run(hours(20)), IsEmpty());
}

TEST_F(WakingTest, WakesNobodyAgainForAPlainTask) {
  make_task(1, 1, false);
  open();
  EXPECT_THAT(run(hours(20)), IsEmpty());
}

TEST_F(WakingTest, EndsWithTheInvitation) {
  make_task(1, 1);
  open();
  EXPECT_THAT(run(hours(7 * 24)), SizeIs(testing::Ge(19U)));
  EXPECT_THAT(run(hours(48)), IsEmpty());
}

TEST_F(WakingTest, SurvivesALedgerThatCannotBeRead) {
  make_task(1, 1);
  open();
  clock_.turn(hours(10));
  ledger_.reset();
  auto damaged = store::Database::open(folder_ / "ledger.db", store::OpenMode::write,
                                       store::ledger_version, "");
  ASSERT_TRUE(damaged);
  ASSERT_TRUE(damaged->execute("DROP TABLE task"));
  waking_->turn();
  EXPECT_THAT(asked_, IsEmpty());
  EXPECT_GT(waking_->next(), clock_.wall());
}

}  // namespace
}  // namespace muster::service
