#include "apns/streams.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/random.h"

namespace muster::apns {
namespace {

void open(StreamTable& table, int count) {
  for (int i = 0; i < count; ++i) {
    static_cast<void>(table.open());
  }
}

void end(StreamTable& table, StreamId id) {
  Stream& stream = *table.find(id);
  if (!stream.answered) {
    table.mark_answered(stream);
  }
  table.close(stream);
}

TEST(StreamTable, GivesOddIdsInTheirOrder) {
  StreamTable table(1);
  table.reserve(3);
  EXPECT_EQ(table.next_id(), 1);
  EXPECT_EQ(table.open().id, 1);
  EXPECT_EQ(table.open().id, 3);
  EXPECT_EQ(table.open().id, 5);
  EXPECT_EQ(table.open_count(), 3U);
}

TEST(StreamTable, FindsWhatIsOpenAndNothingElse) {
  StreamTable table(1);
  EXPECT_EQ(table.find(1), nullptr);
  table.reserve(3);
  EXPECT_EQ(table.find(0), nullptr);
  table.open().slot = 7;
  EXPECT_EQ(table.find(1)->slot, 7U);
  EXPECT_EQ(table.find(3), nullptr);
  EXPECT_EQ(table.find(17), nullptr);  // the same place
  end(table, 1);
  EXPECT_EQ(table.find(1), nullptr);
  EXPECT_EQ(table.find(0), nullptr);
}

TEST(StreamTable, LeavesOutAnIdWhosePlaceIsTaken) {
  StreamTable table(1);
  table.reserve(1);  // four places
  open(table, 1);
  for (const StreamId id : {3, 5, 7, 11, 13, 15, 19}) {
    ASSERT_EQ(table.open().id, id);
    end(table, id);
  }
  end(table, 1);
  EXPECT_EQ(table.open().id, 21);
}

TEST(StreamTable, KeepsEveryRecordWhenItGrows) {
  StreamTable table(1);
  table.reserve(2);
  table.open().slot = 1;
  table.open().slot = 3;
  table.reserve(1000);
  table.reserve(1);  // never less
  EXPECT_EQ(table.find(1)->slot, 1U);
  EXPECT_EQ(table.find(3)->slot, 3U);
  open(table, 998);
  EXPECT_EQ(table.open_count(), 1000U);
  EXPECT_EQ(table.oldest()->id, 1);
}

TEST(StreamTable, KnowsTheOldestThatIsNotAnswered) {
  StreamTable table(1);
  EXPECT_EQ(table.oldest(), nullptr);
  table.reserve(8);
  open(table, 4);
  table.mark_answered(*table.find(3));
  EXPECT_EQ(table.oldest()->id, 1);
  table.mark_answered(*table.find(1));
  EXPECT_EQ(table.oldest()->id, 5);
  EXPECT_EQ(table.open_count(), 4U);
  EXPECT_EQ(table.awaiting_count(), 2U);
  end(table, 5);
  end(table, 7);
  EXPECT_EQ(table.oldest(), nullptr);
  EXPECT_EQ(table.open().id, 9);
  EXPECT_EQ(table.oldest()->id, 9);
}

// Beside a std::map, over all that a connection may do.
TEST(StreamTable, AgreesWithAMap) {
  const std::uint64_t seed = ::testing::UnitTest::GetInstance()->random_seed() + 20261123;
  RecordProperty("seed", std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 50; ++round) {
    StreamTable table(1);
    std::map<StreamId, bool> model;  // by id: answered
    std::uint32_t reserved = 0;
    for (int step = 0; step < 500; ++step) {
      if (random.chance(0.02)) {
        const auto wanted = static_cast<std::uint32_t>(random.below(100));
        table.reserve(wanted);
        reserved = std::max(reserved, wanted);
      }
      if (random.chance(0.5) && model.size() < reserved) {
        model[table.open().id] = false;
      } else if (!model.empty()) {
        const auto at =
            std::next(model.begin(), static_cast<std::ptrdiff_t>(random.below(model.size())));
        if (!at->second && random.chance(0.5)) {
          table.mark_answered(*table.find(at->first));
          at->second = true;
        } else {
          end(table, at->first);
          model.erase(at);
        }
      }
      const auto oldest =
          std::find_if(model.begin(), model.end(), [](const auto& each) { return !each.second; });
      ASSERT_EQ(table.oldest() == nullptr ? 0 : table.oldest()->id,
                oldest == model.end() ? 0 : oldest->first)
          << "seed " << seed;
      std::size_t visited = 0;
      table.for_each([&](const Stream& stream) { visited += model.count(stream.id); });
      ASSERT_EQ(visited, model.size());
      ASSERT_EQ(table.open_count(), model.size());
    }
  }
}

}  // namespace
}  // namespace muster::apns
