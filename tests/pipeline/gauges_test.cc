// What a shard and the ledger's thread count for people.
#include <gtest/gtest.h>

#include <numeric>

#include "tests/pipeline/shard_fixture.h"

namespace muster::pipeline {
namespace {

using std::chrono::milliseconds;

std::uint64_t count_of(const Histogram::Reading& reading) {
  return std::accumulate(reading.counts.begin(), reading.counts.end(), std::uint64_t{0});
}

using ShardGaugesTest = ShardFixture;

TEST_F(ShardGaugesTest, CountHowLongEachAnswerTook) {
  give_all(2);
  turn();
  clock_.turn(milliseconds(3));
  session().answer(0, 200);
  turn(1);
  clock_.turn(milliseconds(6));
  session().answer(1, 410, Reason::unregistered);
  turn(1);
  const auto latency = gauges_.latency.read();
  EXPECT_EQ(latency.counts[4], 1U) << "at most 4 ms";
  EXPECT_EQ(latency.counts[6], 1U) << "at most 16 ms";
  EXPECT_EQ(count_of(latency), 2U);
  EXPECT_EQ(latency.sum, milliseconds(3 + 9));
}

TEST_F(ShardGaugesTest, CountNoTimeOfWhatNobodyAnswered) {
  give_all(2);
  turn();
  session().say({0, wire::Fate::in_doubt, Reason::connection_lost, 0, 0});
  session().say({1, wire::Fate::unprocessed, Reason::none, 0, 0});
  turn(1);
  EXPECT_EQ(count_of(gauges_.latency.read()), 0U);
}

TEST_F(ShardGaugesTest, TellTheWindowsAndWhoSaidGoaway) {
  give(0);
  turn();
  session().state.window_bytes = 60'000;
  turn(1);
  EXPECT_EQ(gauges_.window_bytes.load(), 60'000);
  EXPECT_EQ(gauges_.goaways.load(), 0U);
  session().answer(0, 200);
  session().state.goaway = true;
  session().go_away();
  turn();
  EXPECT_EQ(gauges_.goaways.load(), 1U);
  EXPECT_EQ(gauges_.window_bytes.load(), 0);
}

}  // namespace
}  // namespace muster::pipeline
