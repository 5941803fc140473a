// Resets, floods, malformed frames: what a peer does that should not.
#include <gtest/gtest.h>

#include <array>

#include "apns/conduct.h"
#include "base/random.h"
#include "tests/apns/pair.h"

namespace muster::apns {
namespace {

using testing::Buffer;
using testing::operator+;
using testing::Pair;
using wire::Fate;
using Condition = wire::Vitals::Condition;

TEST(ApnsReset, IsInDoubtForEveryCodeButRefusedStream) {
  for (std::uint32_t code = 0; code <= 0xe; ++code) {  // RFC 9113 §7 knows 0 to d
    Pair pair;
    pair.connect();
    pair.submit(1);
    pair.turn();
    pair.receive(testing::rst_stream_frame(1, code));
    pair.collect();
    ASSERT_EQ(pair.answers.size(), 1U);
    const bool refused = code == NGHTTP2_REFUSED_STREAM;
    EXPECT_EQ(pair.answers[0].fate, refused ? Fate::unprocessed : Fate::in_doubt) << code;
    EXPECT_EQ(pair.answers[0].reason, refused ? Reason::none : Reason::stream_reset) << code;
    EXPECT_EQ(pair.vitals().condition, Condition::open);
    EXPECT_EQ(pair.vitals().in_flight, 0U);
  }
}

TEST(ApnsReset, IsNotInDoubtWhileTheRequestIsIncomplete) {
  for (std::uint32_t code = 0; code <= 0xe; ++code) {
    Pair pair(Pair::certificate(), {.window = 10});
    pair.connect();
    pair.submit(1);
    pair.send();
    ASSERT_FALSE(pair.peer.requests[1].complete);
    pair.receive(testing::rst_stream_frame(1, code));
    pair.collect();
    ASSERT_EQ(pair.answers.size(), 1U);
    EXPECT_EQ(pair.answers[0].fate, Fate::unprocessed) << code;
  }
}

TEST(ApnsReset, IsNotInDoubtWhileTheLastFrameIsBeingCut) {
  Pair pair;
  pair.connect();
  pair.submit(1);
  Buffer room(100'000);
  Pair whole;
  whole.connect();
  whole.submit(1);
  const std::size_t size = whole.session->transmit(room, whole.clock.now());

  ASSERT_EQ(pair.session->transmit(MutableBytes(room).first(size - 1), pair.clock.now()), size - 1);
  pair.receive(testing::rst_stream_frame(1, NGHTTP2_CANCEL));
  pair.submit(1);
  pair.collect();
  ASSERT_EQ(pair.answers.size(), 1U);
  EXPECT_EQ(pair.answers[0].fate, Fate::unprocessed);
  // The frame's last byte must not be taken for the end of the stream that reuses the record.
  ASSERT_EQ(pair.session->transmit(MutableBytes(room).first(1), pair.clock.now()), 1U);
  pair.session->lost(Error{ErrorCode::connection_reset, 0}, pair.clock.now());
  pair.collect();
  EXPECT_EQ(pair.answer_of(1)->fate, Fate::unprocessed);
}

TEST(ApnsReset, CountsAnAnswerThatCameBeforeTheReset) {
  Pair pair;
  pair.connect();
  pair.submit(1);
  pair.turn();
  pair.receive(testing::status_frame(1, "200", true) + testing::rst_stream_frame(1, 0));
  pair.collect();
  ASSERT_EQ(pair.answers.size(), 1U);
  EXPECT_EQ(pair.answers[0].status, 200);
}

TEST(ApnsReset, DrainsWhenMoreThanHalfOfTheStreamsAreReset) {
  Pair pair;
  pair.connect();
  pair.submit(20);
  pair.turn();
  for (std::int32_t i = 0; i < 9; ++i) {
    pair.receive(testing::rst_stream_frame(2 * i + 1, NGHTTP2_REFUSED_STREAM));
  }
  EXPECT_EQ(pair.vitals().condition, Condition::open);
  pair.receive(testing::rst_stream_frame(19, NGHTTP2_REFUSED_STREAM));
  EXPECT_EQ(pair.vitals().condition, Condition::draining);
  pair.collect();
  EXPECT_EQ(pair.count(Fate::unprocessed), 10U);
  EXPECT_EQ(pair.vitals().in_flight, 10U);
}

TEST(ApnsReset, DrainsAfterAHundredResetsInTenSeconds) {
  Pair pair;
  pair.connect();
  pair.submit(400);
  pair.turn();
  for (std::int32_t i = 0; i < 200; ++i) {
    pair.receive(testing::status_frame(2 * i + 1, "200", true));
  }
  for (std::int32_t i = 200; i < 300; ++i) {
    pair.receive(testing::rst_stream_frame(2 * i + 1, NGHTTP2_INTERNAL_ERROR));
  }
  EXPECT_EQ(pair.vitals().condition, Condition::open);
  pair.receive(testing::rst_stream_frame(601, NGHTTP2_INTERNAL_ERROR));
  EXPECT_EQ(pair.vitals().condition, Condition::draining);
}

TEST(ApnsReset, ForgetsResetsThatAreOld) {
  Conduct conduct;
  FakeClock clock;
  for (int i = 0; i < 9; ++i) {
    EXPECT_TRUE(conduct.stream_ended(true, clock.now()));
  }
  clock.turn(Conduct::span);
  for (int i = 0; i < 9; ++i) {
    EXPECT_TRUE(conduct.stream_ended(true, clock.now()));
  }
  EXPECT_FALSE(conduct.stream_ended(true, clock.now()));
}

class ApnsFlood : public ::testing::TestWithParam<std::pair<const char*, Buffer>> {};

TEST_P(ApnsFlood, ClosesTheConnection) {
  Pair pair;
  pair.connect();
  pair.submit(2);
  pair.turn();
  pair.receive(testing::status_frame(1, "200", false));
  for (int i = 0; i < 990; ++i) {
    pair.receive(GetParam().second);
    pair.send();
  }
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::none);
  for (int i = 0; i < 20; ++i) {
    pair.receive(GetParam().second);
    pair.send();
  }
  pair.collect();
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::protocol);
  EXPECT_TRUE(pair.session->wants_close());
  EXPECT_EQ(pair.count(Fate::in_doubt), 2U);
}

TEST_P(ApnsFlood, IsNoneWhenItTakesItsTime) {
  Pair pair;
  pair.connect();
  for (int second = 0; second < 40; ++second) {
    for (int i = 0; i < 80; ++i) {
      pair.receive(GetParam().second);
    }
    pair.send();
    pair.clock.turn(std::chrono::seconds(1));
  }
  EXPECT_EQ(pair.vitals().condition, Condition::open);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, ApnsFlood,
    ::testing::Values(
        std::pair{"Settings",
                  testing::settings_frame({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 9}})},
        std::pair{"Ping", testing::frame(NGHTTP2_PING, 0, 0, "12345678")},
        std::pair{"PingAcknowledgement", testing::frame(NGHTTP2_PING, 1, 0, "12345678")},
        std::pair{"Unknown", testing::frame(0xbb, 0xff, 0, "abc")},
        std::pair{"Priority", testing::frame(NGHTTP2_PRIORITY, 0, 1, std::string(5, '\0'))}),
    [](const auto& kind) { return std::string(kind.param.first); });

TEST(ApnsFloods, CountEmptyDataToo) {
  Pair pair;
  pair.connect();
  pair.submit(1);
  pair.turn();
  pair.receive(testing::status_frame(1, "200", false));
  Buffer flood;
  for (int i = 0; i < 1001; ++i) {
    flood = flood + testing::frame(NGHTTP2_DATA, 0, 1, "");
  }
  pair.receive(flood);
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::protocol);
}

TEST(ApnsFloods, OfAcknowledgementsWeCannotSendAreBoundedByNghttp2) {
  Pair pair;
  pair.connect();
  for (int burst = 0; burst < 3; ++burst) {
    for (int i = 0; i < 900; ++i) {
      pair.receive(testing::frame(NGHTTP2_PING, 0, 0, "12345678"));
    }
    pair.clock.turn(Conduct::span);
  }
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::protocol);
}

// Every row ends the connection, answers the slot at once, and is fed nothing afterwards.
TEST(ApnsBrokenPeer, IsLeftAtOnce) {
  const std::string eight(8, '\0');
  std::vector<nghttp2_settings_entry> many(33, {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 5});
  Buffer continuations = testing::frame(NGHTTP2_HEADERS, 0, 1, "\x88");
  for (int i = 0; i < 20; ++i) {
    continuations = continuations + testing::frame(NGHTTP2_CONTINUATION, 0, 1, "");
  }
  // One long field in the table, then named four thousand times: 4 KiB that unfold to megabytes.
  std::string bomb = "\x88\x40\x01x\x7f\x81\x1f";
  bomb += std::string(4096 - 64, 'y');
  bomb += std::string(4000, '\xbe');
  struct Row {
    const char* what;
    Buffer bytes;
  };
  const std::vector<Row> rows{
      {"frame over 16 KiB", testing::frame(NGHTTP2_DATA, 0, 1, std::string(16385, 'x'))},
      {"PING of 7 bytes", testing::frame(NGHTTP2_PING, 0, 0, "1234567")},
      {"PING on a stream", testing::frame(NGHTTP2_PING, 0, 1, eight)},
      {"SETTINGS of 5 bytes", testing::frame(NGHTTP2_SETTINGS, 0, 0, "12345")},
      {"SETTINGS with 33 entries", testing::settings_frame(many)},
      {"initial window over 2^31-1",
       testing::settings_frame({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1U << 31}})},
      {"GOAWAY of 7 bytes", testing::frame(NGHTTP2_GOAWAY, 0, 0, "1234567")},
      {"PUSH_PROMISE", testing::frame(NGHTTP2_PUSH_PROMISE, 4, 1, testing::big_endian(2) + "\x82")},
      {"HEADERS on an idle stream", testing::status_frame(101, "200", true)},
      {"RST_STREAM on an idle stream", testing::rst_stream_frame(101, 0)},
      {"lone CONTINUATION", testing::frame(NGHTTP2_CONTINUATION, 4, 1, "\x88")},
      {"DATA before HEADERS", testing::frame(NGHTTP2_DATA, 1, 1, "{}")},
      {"padding longer than the frame", testing::frame(NGHTTP2_DATA, 8, 1, "\x7f")},
      {"broken HPACK", testing::frame(NGHTTP2_HEADERS, 5, 1, "\xff\xff\xff\xff\xff")},
      {"HPACK bomb", testing::frame(NGHTTP2_HEADERS, 5, 1, bomb)},
      {"CONTINUATION flood", continuations},
      {"window over 2^31-1", testing::window_update_frame(0, (1U << 31) - 1)},
      {"WINDOW_UPDATE by 0", testing::window_update_frame(0, 0)},
      {"HTTP/1.1", Buffer(as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n").begin(),
                          as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n").end())},
  };
  for (const Row& row : rows) {
    Pair pair;
    pair.connect();
    pair.submit(1);
    pair.turn();
    pair.receive(row.bytes);
    pair.receive(testing::status_frame(1, "200", true));
    pair.collect();
    ASSERT_EQ(pair.answers.size(), 1U) << row.what;
    EXPECT_EQ(pair.answers[0].fate, Fate::in_doubt) << row.what;
    EXPECT_EQ(pair.answers[0].reason, Reason::connection_lost) << row.what;
    EXPECT_EQ(pair.vitals().error.code, ErrorCode::protocol) << row.what;
    EXPECT_TRUE(pair.session->wants_close()) << row.what;
    EXPECT_EQ(pair.session->room(), 0U);
    EXPECT_EQ(pair.session->deadline(), Instant::never());
    pair.send();
    pair.receive(row.bytes);  // must not reach nghttp2 again (CVE-2026-27135)
    pair.session->expire(pair.clock.now());
    pair.session->lost(Error{}, pair.clock.now());
    EXPECT_EQ(pair.vitals().error.code, ErrorCode::protocol) << row.what;
  }
}

TEST(ApnsBrokenPeer, IsLeftWhenItDoesNotBeginWithSettings) {
  for (const Buffer& bytes : {testing::frame(NGHTTP2_PING, 0, 0, "12345678"),
                              Buffer(as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n").begin(),
                                     as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n").end())}) {
    Pair pair;
    pair.session->connected(pair.clock.now());
    pair.send();
    pair.receive(bytes);
    EXPECT_EQ(pair.vitals().error.code, ErrorCode::protocol);
    EXPECT_TRUE(pair.session->wants_close());
  }
}

TEST(ApnsBrokenPeer, IsLeftWhileDrainingToo) {
  Pair pair;
  pair.connect();
  pair.submit(1);
  pair.turn();
  pair.session->drain(pair.clock.now());
  pair.receive(testing::frame(NGHTTP2_PING, 0, 1, "12345678"));
  pair.turn();
  EXPECT_EQ(pair.count(Fate::in_doubt), 1U);
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::protocol);
  EXPECT_EQ(pair.peer.goaways, 1);
}

TEST(ApnsBrokenPeer, GetsNoMoreOfAFrameThatWasGivenBack) {
  Pair pair;
  pair.connect();
  pair.submit(1);
  Buffer room(50);
  ASSERT_EQ(pair.session->transmit(room, pair.clock.now()), 50U);
  pair.receive(testing::frame(NGHTTP2_PING, 0, 1, "12345678"));
  pair.turn();
  EXPECT_EQ(pair.count(Fate::unprocessed), 1U);
  EXPECT_TRUE(pair.peer.requests.empty());
  EXPECT_EQ(pair.session->transmit(room, pair.clock.now()), 0U);
}

TEST(ApnsBrokenPeer, LosesNoSlotToNoise) {
  const std::uint64_t seed = ::testing::UnitTest::GetInstance()->random_seed() + 20261122;
  RecordProperty("seed", std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 2000; ++round) {
    Pair pair;
    pair.connect();
    pair.submit(4);
    pair.turn();
    Buffer noise;
    for (int i = 0; i < 4; ++i) {
      std::string payload(random.below(40), '\0');
      for (char& byte : payload) {
        byte = static_cast<char>(random.next());
      }
      noise = noise + testing::frame(static_cast<Byte>(random.below(11)),
                                     static_cast<Byte>(random.next()),
                                     static_cast<std::int32_t>(random.below(10)), payload);
    }
    pair.receive(noise);
    pair.send();
    pair.session->lost(Error{ErrorCode::connection_reset, 0}, pair.clock.now());
    pair.collect();
    std::array<int, 4> times{};
    for (const auto& answer : pair.answers) {
      ++times.at(answer.slot);
    }
    ASSERT_EQ(times, (std::array<int, 4>{1, 1, 1, 1})) << "seed " << seed << " round " << round;
  }
}

}  // namespace
}  // namespace muster::apns
