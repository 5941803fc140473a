#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pipeline/shard_fixture.h"

namespace muster::pipeline {
namespace {

using std::chrono::milliseconds;
using ::testing::IsEmpty;

// Nudges come home to the expander; the ledger hears nothing of them.
class ShardNudges : public ShardFixture {
 protected:
  static constexpr TaskIndex place = limits::tasks_open_max;
  ShardNudges() {
    auto batch = std::make_shared<TaskEntry>();
    batch->content.expiration_s = clock_.wall().seconds() + 86'400;
    crossings_.tasks[place] = std::move(batch);
  }
  void give_nudge(Slot slot) {
    auto& job = crossings_.slab[slot];
    job = Job{};
    job.task = place;
    job.from_exception = true;
    crossings_.jobs[0]->enqueue(slot);
  }
  NudgeHome home() {
    NudgeHome taken{.slot = 999};
    EXPECT_TRUE(crossings_.nudges_home.try_dequeue(taken));
    return taken;
  }
};

TEST_F(ShardNudges, SayWhetherTheyWent) {
  using How = NudgeHome::How;
  for (Slot slot = 0; slot < 4; ++slot) {
    give_nudge(slot);
  }
  turn();
  session().answer(0, 200);
  turn(1);
  EXPECT_EQ(home().how, How::went);
  session().say({1, wire::Fate::answered, Reason::unregistered, 410, 12});
  turn(1);
  const auto dead = home();
  EXPECT_EQ(dead.slot, 1U);
  EXPECT_EQ(dead.how, How::dead_token);
  session().say({2, wire::Fate::answered, Reason::service_unavailable, 503, 0});
  turn(1);
  EXPECT_EQ(home().how, How::undone);
  session().say({3, wire::Fate::in_doubt, Reason::connection_lost, 0, 0});
  turn(1);
  EXPECT_EQ(home().how, How::went) << "it may have arrived";
  EXPECT_THAT(settled(), IsEmpty());
}

TEST_F(ShardNudges, AreNotWrittenOnceTheyAreStopped) {
  give_nudge(1);
  crossings_.stop_nudges(place);
  turn();
  EXPECT_THAT(sessions_.submitted, IsEmpty());
  EXPECT_EQ(home().how, NudgeHome::How::undone);
  EXPECT_THAT(settled(), IsEmpty());
}

TEST_F(ShardNudges, AreNotReportedAsSlow) {
  give_nudge(1);
  turn();
  clock_.turn(limits::answer_slow_after + milliseconds(10));
  turn(1);
  EXPECT_THAT(settled(), IsEmpty());
}

}  // namespace
}  // namespace muster::pipeline
