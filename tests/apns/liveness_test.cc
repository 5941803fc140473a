// Deadlines: of an answer, of the connection, of the first SETTINGS.
#include "apns/liveness.h"

#include <gtest/gtest.h>

#include "tests/apns/pair.h"

namespace muster::apns {
namespace {

using testing::Pair;
using testing::PeerSettings;
using wire::Fate;
using Condition = wire::Vitals::Condition;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A byte of life every second, so that only the answers are missing.
void wait_lively(Pair& pair, int count) {
  for (int i = 0; i < count; ++i) {
    pair.wait(seconds(1));
    pair.receive(testing::window_update_frame(0, 1));
  }
}

TEST(ApnsDeadline, AnswersOverdueAfterThirtySecondsWithoutReset) {
  Pair pair;
  pair.connect();
  pair.submit(3);
  pair.turn();
  wait_lively(pair, 29);
  EXPECT_TRUE(pair.answers.empty());
  wait_lively(pair, 1);
  ASSERT_EQ(pair.answers.size(), 3U);
  for (const auto& answer : pair.answers) {
    EXPECT_EQ(answer.fate, Fate::in_doubt);
    EXPECT_EQ(answer.reason, Reason::answer_overdue);
  }
  pair.turn();
  EXPECT_EQ(pair.peer.resets, 0);
  EXPECT_EQ(pair.vitals().condition, Condition::open);
  EXPECT_EQ(pair.vitals().in_flight, 0U);

  // Three streams are still the peer's, until it answers: nobody hears it, but their place is free.
  pair.peer.change_streams(10);
  pair.turn();
  EXPECT_EQ(pair.session->room(), 7U);
  pair.peer.respond_to_all(200);
  pair.turn();
  EXPECT_EQ(pair.answers.size(), 3U);
  EXPECT_EQ(pair.session->room(), 10U);
}

TEST(ApnsDeadline, DrainsWhenMoreThanFiveAreAbandoned) {
  Pair pair;
  pair.connect();
  pair.submit(5);
  pair.turn();
  wait_lively(pair, 10);
  pair.submit(2);
  pair.turn();
  wait_lively(pair, 20);
  EXPECT_EQ(pair.count(Fate::in_doubt), 5U);
  EXPECT_EQ(pair.vitals().condition, Condition::open);
  wait_lively(pair, 10);
  EXPECT_EQ(pair.count(Fate::in_doubt), 7U);
  EXPECT_EQ(pair.vitals().condition, Condition::draining);
  EXPECT_TRUE(pair.session->wants_close());
}

TEST(ApnsDeadline, DrainsWhenATenthOfASmallLimitIsAbandoned) {
  Pair pair(Pair::certificate(), PeerSettings{.streams = 20});
  pair.connect();
  pair.submit(3);
  pair.turn();
  wait_lively(pair, 30);
  EXPECT_EQ(pair.vitals().condition, Condition::draining);
}

TEST(ApnsDeadline, ForgetsTheAbandonedThatWereAnsweredLate) {
  Pair pair;
  pair.connect();
  for (int round = 0; round < 4; ++round) {
    pair.submit(4);
    pair.turn();
    wait_lively(pair, 30);
    pair.peer.respond_to_all(200);
    pair.turn();
  }
  EXPECT_EQ(pair.count(Fate::in_doubt), 16U);
  EXPECT_EQ(pair.vitals().condition, Condition::open);
}

TEST(ApnsDeadline, IsInDoubtAboutARequestWhoseEndIsBeingWritten) {
  Pair pair;
  pair.connect();
  pair.submit(1);
  testing::Buffer room(60);
  std::size_t size = 0;
  // Everything but the very end: HEADERS are one piece, DATA is the next.
  Pair whole;
  whole.connect();
  whole.submit(1);
  testing::Buffer all(1000);
  const std::size_t total = whole.session->transmit(all, whole.clock.now());
  while (size < total - 1) {
    size += pair.session->transmit(MutableBytes(room).first(1), pair.clock.now());
  }
  pair.clock.turn(seconds(30));
  pair.receive(testing::window_update_frame(0, 1));
  pair.session->expire(pair.clock.now());
  pair.collect();
  EXPECT_EQ(pair.count(Fate::in_doubt), 1U);
  EXPECT_EQ(pair.session->transmit(MutableBytes(room).first(1), pair.clock.now()), 1U);
}

TEST(ApnsDeadline, IsAsLongAsTheSettingsSay) {
  auto settings = Pair::certificate();
  settings.answer_within = seconds(3);
  Pair pair(settings);
  pair.connect();
  pair.submit(1);
  EXPECT_EQ(pair.session->deadline(), pair.clock.now() + seconds(3));
}

TEST(ApnsSilence, IsBrokenByAPingAndThenEndsTheConnection) {
  Pair pair;
  pair.connect();
  pair.submit(2);
  pair.send();
  pair.submit(1);
  EXPECT_EQ(pair.session->deadline(), pair.clock.now() + seconds(10));
  pair.clock.turn(seconds(10));
  pair.session->expire(pair.clock.now());
  pair.submit(1);
  pair.send();
  EXPECT_EQ(pair.peer.pings, 1);
  EXPECT_EQ(pair.session->deadline(), pair.clock.now() + seconds(10));
  pair.submit(1);  // never written
  pair.clock.turn(seconds(10));
  pair.session->expire(pair.clock.now());
  pair.collect();
  EXPECT_EQ(pair.count(Fate::in_doubt), 4U);
  EXPECT_EQ(pair.count(Fate::unprocessed), 1U);
  EXPECT_EQ(pair.answer_of(0)->reason, Reason::connection_lost);
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::connection_silent);
  EXPECT_TRUE(pair.session->wants_close());
  testing::Buffer room(1000);
  EXPECT_EQ(pair.session->transmit(room, pair.clock.now()), 0U);
}

TEST(ApnsSilence, IsOverWithAnyByte) {
  Pair pair;
  pair.connect();
  pair.submit(1);
  pair.turn();
  pair.wait(seconds(29));  // the peer answers our PINGs
  EXPECT_EQ(pair.peer.pings, 2);
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::none);
  EXPECT_EQ(pair.vitals().in_flight, 1U);
}

TEST(ApnsSilence, MeansNothingWhileNothingIsInFlight) {
  Pair pair;
  pair.connect();
  EXPECT_EQ(pair.session->deadline(), Instant::never());
  pair.clock.turn(std::chrono::hours(5));
  pair.submit(1);
  EXPECT_EQ(pair.session->deadline(), pair.clock.now() + seconds(10));
  pair.turn();
  pair.peer.respond_to_all(200);
  pair.turn();
  EXPECT_EQ(pair.session->deadline(), Instant::never());
}

TEST(ApnsSilence, IsAskedAboutFirstWhenTheClockJumps) {
  Pair pair;
  pair.connect();
  pair.submit(1);
  pair.turn();
  pair.clock.turn(seconds(25));  // a laptop that slept
  pair.session->expire(pair.clock.now());
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::none);
  pair.turn();
  EXPECT_EQ(pair.peer.pings, 1);
}

TEST(ApnsSilence, BeforeSettingsEndsTheConnectionAfterTenSeconds) {
  Pair pair;
  pair.session->connected(pair.clock.now());
  pair.send();
  EXPECT_EQ(pair.session->deadline(), pair.clock.now() + seconds(10));
  pair.clock.turn(milliseconds(9'999));
  pair.session->expire(pair.clock.now());
  EXPECT_FALSE(pair.session->wants_close());
  pair.clock.turn(milliseconds(1));
  pair.session->expire(pair.clock.now());
  EXPECT_TRUE(pair.session->wants_close());
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::connection_silent);
}

TEST(ApnsSilence, IsNotBrokenByHalfASettingsFrame) {
  Pair pair;
  pair.session->connected(pair.clock.now());
  pair.send();
  pair.clock.turn(seconds(9));
  pair.receive({0, 0, 6, 4});
  pair.clock.turn(seconds(1));
  pair.session->expire(pair.clock.now());
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::connection_silent);
}

}  // namespace
}  // namespace muster::apns
