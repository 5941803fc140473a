#include "pipeline/plan.h"

#include <gtest/gtest.h>

namespace muster::pipeline {
namespace {

using std::chrono::milliseconds;

// One connection of 1000 streams, all in use, answers after 40 ms, and far more waits.
Measured full_of_streams() {
  Measured measured;
  measured.connections = 1;
  measured.connections_max = 16;
  measured.streams = 1000;
  measured.window_bytes = 65'535;
  measured.body_bytes = 46;
  measured.in_flight = 1000;
  measured.waiting = 50'000;
  measured.full = true;
  measured.rate = 25'000;
  measured.round_trip = milliseconds(40);
  measured.busy = 0.1;
  return measured;
}

TEST(Plan, DoublesWhileEveryStreamIsInUse) {
  const auto made = plan(full_of_streams());
  EXPECT_EQ(made.bound, Bound::streams);
  EXPECT_EQ(made.connections, 2U);
}

TEST(Plan, OpensNoMoreThanTheSettingsAllow) {
  auto measured = full_of_streams();
  measured.connections = 10;
  measured.streams = 10'000;
  measured.in_flight = 10'000;
  measured.rate = 250'000;
  EXPECT_EQ(plan(measured).connections, 16U);
}

TEST(Plan, OpensNoMoreThanWhatWaitsWouldFill) {
  auto measured = full_of_streams();
  measured.connections = 4;
  measured.streams = 4000;
  measured.in_flight = 4000;
  measured.rate = 100'000;
  measured.waiting = 500;
  EXPECT_EQ(plan(measured).connections, 5U);
}

TEST(Plan, NamesTheWindowWhereItHoldsFewerThanTheStreams) {
  auto measured = full_of_streams();
  measured.body_bytes = 4000;
  measured.in_flight = 16;
  measured.rate = 400;
  const auto made = plan(measured);
  EXPECT_EQ(made.bound, Bound::window);
  EXPECT_EQ(made.connections, 2U);
}

TEST(Plan, OpensNothingForAThreadThatIsBusy) {
  auto measured = full_of_streams();
  measured.busy = 0.9;
  const auto made = plan(measured);
  EXPECT_EQ(made.bound, Bound::cpu);
  EXPECT_EQ(made.connections, 1U);
}

TEST(Plan, OpensNothingWhereAnswersOnlyQueue) {
  auto measured = full_of_streams();
  measured.round_trip = milliseconds(1);  // 25 in flight would do
  const auto made = plan(measured);
  EXPECT_EQ(made.bound, Bound::peer);
  EXPECT_EQ(made.connections, 1U);
}

TEST(Plan, OpensNothingBeforeThePathIsKnown) {
  auto measured = full_of_streams();
  measured.round_trip = Duration{0};
  EXPECT_EQ(plan(measured).connections, 1U);
}

TEST(Plan, NamesNothingWhereNothingWaits) {
  auto measured = full_of_streams();
  measured.waiting = 0;
  const auto made = plan(measured);
  EXPECT_EQ(made.bound, Bound::none);
  EXPECT_EQ(made.connections, 1U);
}

TEST(Plan, NamesNothingWhereThereIsStillRoom) {
  auto measured = full_of_streams();
  measured.full = false;
  EXPECT_EQ(plan(measured).bound, Bound::none);
}

TEST(Plan, NamesThePeerWhereNobodyIsConnected) {
  Measured measured;
  measured.waiting = 1;
  const auto made = plan(measured);
  EXPECT_EQ(made.bound, Bound::peer);
  EXPECT_EQ(made.connections, 1U);
  EXPECT_EQ(name_of(made.bound), "peer");
}

TEST(Plan, NeverGivesUpAConnectionThatStands) {
  auto measured = full_of_streams();
  measured.connections = 8;
  measured.streams = 8000;
  EXPECT_EQ(plan(measured).connections, 8U);
}

TEST(Bound, HasAWordForEach) {
  EXPECT_EQ(name_of(Bound::none), "");
  EXPECT_EQ(name_of(Bound::streams), "streams");
  EXPECT_EQ(name_of(Bound::window), "window");
  EXPECT_EQ(name_of(Bound::cpu), "CPU");
  EXPECT_EQ(name_of(Bound::peer), "peer");
  EXPECT_EQ(name_of(Bound::connections), "connections");
  EXPECT_EQ(name_of(Bound::pace), "pace");
}

}  // namespace
}  // namespace muster::pipeline
