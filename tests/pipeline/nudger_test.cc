#include "pipeline/nudger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/pipeline/fake_clearances.h"
#include "tests/pipeline/household.h"

namespace muster::pipeline {
namespace {

using How = NudgeHome::How;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Word = Clearance::Word;

constexpr TaskIndex place = limits::tasks_open_max;

class NudgerTest : public ::testing::Test {
 protected:
  NudgerTest() : blocks_(household_.reader()), nudger_(crossings_, blocks_, &clearances_) {
    clock_.turn(std::chrono::hours(1));
    blocks_.refresh(clock_.now());
    for (Slot slot = 0; slot < 2000; ++slot) {
      free_.push_back(slot);
    }
  }
  void place_batch(std::vector<Nudge> nudges, bool asks = false) {
    auto entry = std::make_shared<TaskEntry>();
    entry->id.bytes[0] = 9;
    entry->content.expiration_s = clock_.wall().seconds() + 100;
    entry->asks_clearance = asks;
    entry->credential_of_topic = {0, 0};
    crossings_.tasks[place] = std::move(entry);
    crossings_.nudges.enqueue({place, std::move(nudges)});
  }
  std::vector<Nudge> nudges(std::uint32_t count) {
    std::vector<Nudge> all;
    for (std::uint32_t i = 0; i < count; ++i) {
      all.push_back({device(i), i, 1U << 31 | i});
    }
    return all;
  }
  DeviceNumber device(std::uint32_t n) const {
    return household_.all().devices.at(n % devices).value_or(0);
  }
  bool issue() { return nudger_.issue({clock_.now(), clock_.wall(), &free_, &pace_, &batches_}); }
  void home(Slot slot, How how) { crossings_.nudges_home.enqueue({slot, how, 77}); }
  std::optional<NudgesDone> done() {
    std::pair<TaskIndex, NudgesDone> taken;
    if (!crossings_.nudges_done.try_dequeue(taken)) {
      return std::nullopt;
    }
    EXPECT_EQ(taken.first, place);
    return std::move(taken.second);
  }

  static constexpr std::uint32_t devices = 20;
  muster::testing::Household household_{devices};
  FakeClock clock_;
  Crossings crossings_;
  BlockCache blocks_;
  testing::FakeClearances clearances_;
  Nudger nudger_;
  Pace pace_{0};
  std::vector<Slot> free_;
  std::vector<std::vector<Slot>> batches_{limits::credentials_max};
};

TEST_F(NudgerTest, FillsSlotsAndTellsWhoAskedWhenAllAreHome) {
  place_batch(nudges(3));
  EXPECT_TRUE(issue());
  ASSERT_THAT(batches_[0], SizeIs(3));
  const auto& job = crossings_.slab[batches_[0][2]];
  EXPECT_EQ(job.task, place);
  EXPECT_EQ(job.invitation, 2U);
  EXPECT_EQ(job.generation, 1U << 31 | 2U);
  EXPECT_FALSE(job.token().empty());
  EXPECT_FALSE(job.magic().empty());
  EXPECT_TRUE(job.from_exception) << "no page may wait for it";
  EXPECT_FALSE(issue());
  EXPECT_THAT(free_, SizeIs(1997));
  home(batches_[0][0], How::went);
  home(batches_[0][1], How::undone);
  nudger_.take_home(free_);
  EXPECT_FALSE(done());
  home(batches_[0][2], How::dead_token);
  nudger_.take_home(free_);
  EXPECT_THAT(free_, SizeIs(2000));
  const auto told = done();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->id.bytes[0], 9);
  EXPECT_EQ(told->went, 1U);
  ASSERT_THAT(told->undone, SizeIs(1));
  EXPECT_EQ(told->undone[0].invitation, 1U);
  std::pair<DeviceNumber, std::int64_t> dead;
  ASSERT_TRUE(crossings_.dead_tokens.try_dequeue(dead));
  EXPECT_EQ(dead, (std::pair<DeviceNumber, std::int64_t>{device(2), 77}));
}

TEST_F(NudgerTest, KeepsThePaceAndSaysWhenItGoesOn) {
  pace_ = Pace(10);
  place_batch(nudges(3));
  EXPECT_FALSE(issue());
  EXPECT_THAT(batches_[0], SizeIs(1));
  EXPECT_GT(nudger_.next(), clock_.now());
  EXPECT_LT(nudger_.next(), clock_.now() + std::chrono::milliseconds(200));
  clock_.turn(std::chrono::milliseconds(100));
  issue();
  EXPECT_THAT(batches_[0], SizeIs(2));
}

TEST_F(NudgerTest, TakesNoMoreSlotsThanItsShare) {
  place_batch(nudges(limits::nudges_out_max + 1));
  issue();
  EXPECT_THAT(batches_[0], SizeIs(limits::nudges_out_max));
  home(batches_[0][0], How::went);
  nudger_.take_home(free_);
  issue();
  EXPECT_THAT(batches_[0], SizeIs(limits::nudges_out_max + 1));
}

TEST_F(NudgerTest, GivesBackWhatIsLeftOfAStoppedBatch) {
  pace_ = Pace(1);
  place_batch(nudges(3));
  issue();
  ASSERT_THAT(batches_[0], SizeIs(1));
  crossings_.stop_nudges(place);
  issue();
  home(batches_[0][0], How::undone);
  nudger_.take_home(free_);
  const auto told = done();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->went, 0U);
  EXPECT_THAT(told->undone, SizeIs(3));
}

TEST_F(NudgerTest, WakesNobodyWhoNeedsNotBeWoken) {
  auto some = nudges(2);
  some.push_back({12'345, 2, 0});  // nobody's
  const auto user = household_.all().users.at(1);
  ASSERT_TRUE(user);
  clearances_.say(*household_.all().users.at(0), Word::go);
  clearances_.say(*user, Word::enrolled);
  place_batch(some, true);
  issue();
  ASSERT_THAT(batches_[0], SizeIs(1));
  EXPECT_EQ(crossings_.slab[batches_[0][0]].invitation, 0U);
  home(batches_[0][0], How::went);
  nudger_.take_home(free_);
  const auto told = done();
  ASSERT_TRUE(told);
  EXPECT_THAT(told->undone, IsEmpty()) << "there is nothing to try again";
}

TEST_F(NudgerTest, WakesNobodyBehindTheExpiry) {
  place_batch(nudges(2));
  clock_.turn(std::chrono::seconds(101));
  issue();
  EXPECT_THAT(batches_[0], IsEmpty());
  EXPECT_TRUE(done());
}

TEST_F(NudgerTest, WakesNobodyWhoseTopicHasNoCredential) {
  place_batch(nudges(1));
  crossings_.tasks[place]->credential_of_topic = {0xffff, 0xffff};
  issue();
  EXPECT_THAT(batches_[0], IsEmpty());
  EXPECT_TRUE(done());
}

}  // namespace
}  // namespace muster::pipeline
