// Servers that answer before they have read the body, and say so with a reset (RFC 9113 §8.1).
#include <gtest/gtest.h>

#include "apns/conduct.h"
#include "tests/apns/pair.h"

namespace muster::apns {
namespace {

using testing::Pair;
using testing::operator+;
using Condition = wire::Vitals::Condition;

TEST(ApnsBodyDeclined, IsNoFaultHoweverOften) {
  Pair pair;
  pair.connect();
  for (std::int32_t stream = 1; stream < 600; stream += 2) {
    pair.submit(1);
    pair.send();
    pair.receive(testing::status_frame(stream, "200", true) +
                 testing::rst_stream_frame(stream, NGHTTP2_NO_ERROR));
  }
  pair.collect();
  EXPECT_EQ(pair.count(wire::Fate::answered), 300U);
  EXPECT_EQ(pair.vitals().condition, Condition::open);
}

TEST(ApnsBodyDeclined, IsNoFaultWhileTheBodyIsStillUnderWay) {
  Pair pair(Pair::certificate(), {.window = 10});
  pair.connect();
  for (std::int32_t stream = 1; stream < 60; stream += 2) {
    pair.submit(1);
    pair.send();
    pair.receive(testing::status_frame(stream, "200", true) +
                 testing::rst_stream_frame(stream, NGHTTP2_NO_ERROR));
  }
  pair.collect();
  EXPECT_EQ(pair.count(wire::Fate::answered), 30U);
  EXPECT_EQ(pair.vitals().condition, Condition::open);
}

TEST(ApnsBodyDeclined, IsAFaultMoreOftenThanAnswered) {
  FakeClock clock;
  Conduct conduct;
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(conduct.stream_ended(false, clock.now()));
  }
  for (int i = 0; i < 300; ++i) {
    EXPECT_TRUE(conduct.body_declined(clock.now())) << i;
  }
  EXPECT_FALSE(conduct.body_declined(clock.now()));
}

TEST(ApnsBodyDeclined, WithAnotherCodeIsCountedAsAReset) {
  Pair pair;
  pair.connect();
  for (std::int32_t stream = 1; stream < 2 * 300; stream += 2) {
    pair.submit(pair.vitals().condition == Condition::open ? 1 : 0);
    pair.send();
    pair.receive(testing::status_frame(stream, "200", true) +
                 testing::rst_stream_frame(stream, NGHTTP2_INTERNAL_ERROR));
    if (pair.vitals().condition != Condition::open) {
      break;
    }
  }
  pair.collect();
  EXPECT_EQ(pair.vitals().condition, Condition::draining);
  EXPECT_EQ(pair.count(wire::Fate::answered), 101U);
}

}  // namespace
}  // namespace muster::apns
