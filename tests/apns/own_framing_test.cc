// What our own framing says, byte by byte, and when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/apns/said.h"

namespace muster::apns {
namespace {

using testing::big_endian;
using testing::Buffer;
using testing::frame;
using testing::frames_said;
using testing::operator+;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::own_alert;
using testing::own_wake;
using testing::Pair;
using testing::PeerSettings;
using testing::said;
using testing::said_goaway;
using testing::said_reset;
using testing::said_window_update;
using testing::SaidFrame;
using testing::settings_frame;
using testing::status_frame;
using wire::Fate;
using Condition = wire::Vitals::Condition;

const SaidFrame settings_ack{NGHTTP2_SETTINGS, 1, 0, ""};

Buffer bytes_of(std::string_view text) {
  return {as_bytes(text).begin(), as_bytes(text).end()};
}

TEST(OwnFraming, GreetsWithThePrefaceAndSettingsWithoutPush) {
  Pair pair(own_wake());
  pair.session->connected(pair.clock.now());
  EXPECT_EQ(said(pair), bytes_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") +
                            settings_frame({{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}}));
}

TEST(OwnFraming, AcknowledgesSettingsAndPings) {
  Pair pair(own_wake());
  pair.connect();
  pair.receive(settings_frame({}) + frame(NGHTTP2_PING, 0, 0, "\1\2\3\4\5\6\7\x8"));
  EXPECT_EQ(said(pair),
            frame(NGHTTP2_SETTINGS, 1, 0, "") + frame(NGHTTP2_PING, 1, 0, "\1\2\3\4\5\6\7\x8"));
  pair.receive(frame(NGHTTP2_SETTINGS, 1, 0, "") + frame(NGHTTP2_PING, 1, 0, "12345678"));
  EXPECT_THAT(said(pair), IsEmpty());
}

TEST(OwnFraming, IgnoresWhatItDoesNotKnow) {
  Pair pair(own_wake());
  pair.connect();
  pair.receive(frame(0xbb, 0xff, 77, "abc") + frame(NGHTTP2_PRIORITY, 0, 5, "12345") +
               settings_frame({{0xabc, 7}}));
  EXPECT_THAT(frames_said(pair), ElementsAre(settings_ack));
  EXPECT_EQ(pair.vitals().condition, Condition::open);
}

// The second request of a connection, whose fields the peer's table knows.
TEST(OwnFraming, WritesASteadyRequestAsTwoFrames) {
  Pair pair(own_wake());
  open_with_requests(pair, 1);
  pair.submit(1);
  const auto frames = frames_said(pair);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].type, int{NGHTTP2_HEADERS});
  EXPECT_EQ(frames[0].flags, int{NGHTTP2_FLAG_END_HEADERS});
  EXPECT_EQ(frames[0].stream, 3);
  // :method and :scheme by the static table, :authority by the dynamic one, :path literal.
  EXPECT_EQ(frames[0].payload.substr(0, 3), "\x83\x87\xc3");
  EXPECT_LT(frames[0].payload.size(), 100U);
  EXPECT_EQ(frames[1], (SaidFrame{NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 3,
                                  R"({"mdm":"3C5F2A7E-0000-4000-8000-0123456789AB"})"}));
}

TEST(OwnFraming, SaysTheSameInRoomsOfEverySize) {
  const auto conversation = [](std::size_t room) {
    Pair pair(own_wake());
    pair.connect();
    pair.submit(4);
    Buffer all = said(pair, room);
    pair.receive(frame(NGHTTP2_PING, 0, 0, "12345678") + settings_frame({}));
    pair.submit(2);
    return all + said(pair, room);
  };
  const Buffer whole = conversation(65'536);
  ASSERT_GT(whole.size(), 700U);
  for (std::size_t room = 1; room <= whole.size(); ++room) {
    ASSERT_EQ(conversation(room), whole) << room;
  }
}

TEST(OwnFraming, GivesTheConnectionsWindowBackByHalves) {
  Pair pair(own_wake());
  open_with_requests(pair, 3);
  const Buffer quarter = frame(NGHTTP2_DATA, 0, 1, std::string(16'383, ' '));
  pair.receive(status_frame(1, "400", false) + status_frame(3, "400", false) + quarter);
  pair.receive(frame(NGHTTP2_DATA, 0, 3, std::string(16'384, ' ')));
  EXPECT_THAT(said(pair), IsEmpty());  // 32,767
  pair.receive(frame(NGHTTP2_DATA, 0, 3, "x"));
  EXPECT_THAT(frames_said(pair), ElementsAre(said_window_update(0, 32'768)));
  pair.receive(frame(NGHTTP2_DATA, 0, 3, "x"));
  EXPECT_THAT(said(pair), IsEmpty());
}

TEST(OwnFraming, GivesAStreamsWindowBackWhileItGoesOn) {
  Pair pair(own_wake());
  open_with_requests(pair, 1);
  const Buffer padded =
      frame(NGHTTP2_DATA, 8, 1, std::string(1, '\x7f') + std::string(16'383, ' '));
  pair.receive(status_frame(1, "400", false) + padded + padded);
  EXPECT_THAT(frames_said(pair),
              ElementsAre(said_window_update(0, 32'768), said_window_update(1, 32'768)));
  pair.receive(padded + frame(NGHTTP2_DATA, 1, 1, std::string(16'384, ' ')));
  EXPECT_THAT(frames_said(pair), ElementsAre(said_window_update(0, 32'768)));
  pair.collect();
  EXPECT_EQ(pair.answer_of(0)->status, 400);
}

TEST(OwnFraming, GivesBackTheWindowOfAnswersThatNobodyAwaits) {
  Pair pair(own_wake());
  open_with_requests(pair, 1);
  pair.receive(status_frame(1, "200", true));
  const Buffer late = frame(NGHTTP2_DATA, 0, 1, std::string(16'384, ' '));
  pair.receive(late + late);
  EXPECT_THAT(frames_said(pair), ElementsAre(said_window_update(0, 32'768)));
}

TEST(OwnFraming, CancelsWhatWasAnsweredBeforeItWasAsked) {
  Pair pair(own_wake(), PeerSettings{.window = 10});
  pair.connect();
  pair.submit(1);
  pair.send();
  pair.receive(status_frame(1, "413", true));
  EXPECT_THAT(frames_said(pair), ElementsAre(said_reset(1, NGHTTP2_CANCEL)));
  pair.collect();
  EXPECT_EQ(pair.answer_of(0)->status, 413);
  pair.receive(testing::window_update_frame(1, 1000));
  EXPECT_THAT(said(pair), IsEmpty());
}

TEST(OwnFraming, SaysFarewellOnceAndBehindEverythingElse) {
  Pair pair(own_wake());
  open_with_requests(pair, 1);
  pair.session->drain(pair.clock.now());
  EXPECT_THAT(said(pair), IsEmpty());
  pair.receive(frame(NGHTTP2_PING, 0, 0, "12345678") + status_frame(1, "200", true));
  EXPECT_THAT(frames_said(pair), ElementsAre(SaidFrame{NGHTTP2_PING, 1, 0, "12345678"},
                                             said_goaway(NGHTTP2_NO_ERROR)));
  pair.receive(frame(NGHTTP2_PING, 0, 0, "12345678"));
  EXPECT_THAT(frames_said(pair), ElementsAre(SaidFrame{NGHTTP2_PING, 1, 0, "12345678"}));
}

TEST(OwnFraming, PingsAPeerThatFellSilentWithEightBytes) {
  Pair pair(own_wake());
  open_with_requests(pair, 1);
  pair.clock.turn(std::chrono::seconds(10));
  pair.session->expire(pair.clock.now());
  EXPECT_THAT(frames_said(pair), ElementsAre(SaidFrame{NGHTTP2_PING, 0, 0, std::string(8, '\0')}));
}

// ── windows ──

TEST(OwnFramingBody, IsCutWhereItsStreamsWindowEnds) {
  Pair pair(own_wake(), PeerSettings{.window = 10});
  pair.connect();
  pair.submit(1);
  const std::string body = R"({"mdm":"3C5F2A7E-0000-4000-8000-0123456789AB"})";
  auto frames = frames_said(pair);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[1], (SaidFrame{NGHTTP2_DATA, 0, 1, body.substr(0, 10)}));
  pair.receive(testing::window_update_frame(1, 3));
  EXPECT_THAT(frames_said(pair), ElementsAre(SaidFrame{NGHTTP2_DATA, 0, 1, body.substr(10, 3)}));
  pair.receive(testing::window_update_frame(0, 3));
  EXPECT_THAT(said(pair), IsEmpty());
  pair.receive(testing::window_update_frame(1, 1000));
  EXPECT_THAT(frames_said(pair),
              ElementsAre(SaidFrame{NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, body.substr(13)}));
}

TEST(OwnFramingBody, IsHeldBackWhereItsStreamHasNoWindow) {
  Pair pair(own_wake(), PeerSettings{.window = 0});
  pair.connect();
  pair.submit(1);
  ASSERT_EQ(frames_said(pair).size(), 1U);
  pair.receive(settings_frame({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1}}));
  EXPECT_THAT(frames_said(pair), ElementsAre(settings_ack, SaidFrame{NGHTTP2_DATA, 0, 1, "{"}));
}

// room() is asked once for many jobs, and counts bodies of the sizes it has seen.
TEST(OwnFramingBody, IsCutWhereTheConnectionsWindowEnds) {
  Pair pair(own_alert());
  pair.content.alert_payloads = {std::string(20, 'a'), std::string(4096, 'b')};
  open_with_requests(pair, 1);
  ASSERT_GE(pair.session->room(), 20U);
  for (Slot slot = 1; slot <= 20; ++slot) {
    pair.add_job();
    pair.jobs[slot].language = 1;
    pair.session->submit(slot, pair.jobs[slot], pair.content, pair.clock.now());
  }
  EXPECT_EQ(pair.session->room(), 0U);
  pair.send();
  EXPECT_EQ(pair.peer.requests[31].body.size(), 4096U);
  EXPECT_EQ(pair.peer.requests[33].body.size(), 65'535U - 20 - 15 * 4096);
  EXPECT_EQ(pair.peer.requests[35].body.size(), 0U);
  pair.turn();  // the peer widens
  for (std::int32_t stream = 1; stream <= 41; stream += 2) {
    EXPECT_TRUE(pair.peer.requests[stream].complete) << stream;
  }
  EXPECT_EQ(pair.peer.requests[33].body, pair.content.alert_payloads[1]);
  EXPECT_FALSE(pair.peer.broken);
  pair.peer.respond_to_all(200);
  pair.turn();
  EXPECT_EQ(pair.count(Fate::answered), 21U);
}

TEST(OwnFramingBody, WaitsUntilAWindowBelowZeroIsPaidBack) {
  Pair pair(own_alert(), PeerSettings{.window = 1000, .widens_windows = false});
  pair.content.alert_payloads = {std::string(4000, 'a')};
  pair.connect();
  pair.submit(1);
  ASSERT_EQ(frames_said(pair).at(1).payload.size(), 1000U);
  pair.receive(settings_frame({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 400}}));  // 600 below zero
  EXPECT_THAT(frames_said(pair), ElementsAre(settings_ack));
  pair.receive(testing::window_update_frame(1, 600));
  EXPECT_THAT(said(pair), IsEmpty());
  pair.receive(testing::window_update_frame(1, 1));
  EXPECT_THAT(frames_said(pair), ElementsAre(SaidFrame{NGHTTP2_DATA, 0, 1, "a"}));
  pair.receive(settings_frame({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 3399}}));
  EXPECT_THAT(frames_said(pair),
              ElementsAre(settings_ack, SaidFrame{NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1,
                                                  std::string(2999, 'a')}));
}

TEST(OwnFramingBody, OfAStreamWithRoomDoesNotWaitForOneWithout) {
  Pair pair(own_alert());
  pair.content.alert_payloads = {std::string(4000, 'a')};
  pair.connect();
  pair.submit(3);
  pair.receive(settings_frame({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}));
  ASSERT_EQ(frames_said(pair).size(), 4U);  // the acknowledgement, and three times HEADERS
  pair.receive(testing::window_update_frame(5, 4000));
  const auto frames = frames_said(pair);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].stream, 5);
  EXPECT_EQ(frames[0].flags, int{NGHTTP2_FLAG_END_STREAM});
}

// ── which requests are begun ──

// Of the requests that are begun now, in their order.
std::vector<std::int32_t> streams_begun(Pair& pair) {
  std::vector<std::int32_t> streams;
  for (const auto& each : frames_said(pair)) {
    if (each.type == NGHTTP2_HEADERS) {
      streams.push_back(each.stream);
    }
  }
  return streams;
}

TEST(OwnFramingStreams, AreNotBegunAboveALimitThatFell) {
  Pair pair(own_wake());
  pair.connect();
  pair.submit(3);
  pair.receive(settings_frame({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1}}));
  EXPECT_THAT(streams_begun(pair), ElementsAre(1));
  pair.receive(status_frame(1, "200", true));
  EXPECT_THAT(streams_begun(pair), ElementsAre(3));
  pair.receive(settings_frame({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0}}) +
               status_frame(3, "200", true));
  EXPECT_THAT(streams_begun(pair), IsEmpty());
  pair.receive(settings_frame({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 9}}));
  EXPECT_THAT(streams_begun(pair), ElementsAre(5));
}

TEST(OwnFramingStreams, LeaveOutTheIdsWhosePlaceAnOldOneStillHolds) {
  Pair pair(own_wake(), PeerSettings{.streams = 2});
  pair.connect();
  pair.submit(1);  // stream 1 is never answered; the table has eight places
  ASSERT_THAT(streams_begun(pair), ElementsAre(1));
  for (std::int32_t stream = 3; stream < 64; stream += 2) {
    if (stream % 16 != 1) {
      pair.submit(1);
      ASSERT_THAT(streams_begun(pair), ElementsAre(stream));
      pair.receive(status_frame(stream, "200", true));
    }
  }
  pair.collect();
  EXPECT_EQ(pair.count(Fate::answered), 28U);
  EXPECT_EQ(pair.vitals().in_flight, 1U);
  // An id that was left out is closed, not idle.
  pair.receive(testing::rst_stream_frame(17, 0) + status_frame(1, "200", true));
  pair.collect();
  EXPECT_EQ(pair.answer_of(0)->status, 200);
}

TEST(OwnFramingStreams, FollowTheSizeOfThePeersTable) {
  Pair pair(own_wake());
  pair.connect();
  for (const std::uint32_t size : {4096U, 100U, 0U, 4096U, 65'536U, 700U}) {
    pair.peer.change({{NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, size}});
    pair.turn();
    pair.submit(2);
    pair.turn();
    EXPECT_LE(pair.peer.table_bytes(), size);
    pair.peer.respond_to_all(200);
    pair.turn();
  }
  EXPECT_EQ(pair.count(Fate::answered), 12U);
  EXPECT_FALSE(pair.peer.broken);
  for (const auto& [stream, request] : pair.peer.requests) {
    EXPECT_EQ(request.field("apns-topic"), "com.apple.mgmt.External.1") << stream;
  }
}

}  // namespace
}  // namespace muster::apns
