#include "apns/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/limits.h"
#include "tests/apns/pair.h"

namespace muster::apns {
namespace {

using testing::Pair;
using testing::PeerSettings;
using wire::Fate;
using Condition = wire::Vitals::Condition;

TEST(ApnsSession, OpensWhenThePeersSettingsAreHere) {
  Pair pair;
  EXPECT_EQ(pair.session->room(), 0U);
  pair.session->connected(pair.clock.now());
  EXPECT_EQ(pair.session->room(), 0U);
  EXPECT_EQ(pair.vitals().condition, Condition::opening);
  pair.turn();
  EXPECT_EQ(pair.vitals().condition, Condition::open);
  EXPECT_EQ(pair.vitals().stream_limit, 1000U);
  EXPECT_EQ(pair.vitals().window_bytes, 65535);
  EXPECT_GT(pair.session->room(), 0U);
  EXPECT_EQ(pair.peer.enable_push, 0U);
}

TEST(ApnsSession, SendsNothingBeforeItIsConnected) {
  Pair pair;
  testing::Buffer room(1000);
  EXPECT_EQ(pair.session->transmit(room, pair.clock.now()), 0U);
}

TEST(ApnsSession, ReportsTheAnswerOfEachSlot) {
  Pair pair;
  pair.connect();
  pair.submit(3);
  EXPECT_EQ(pair.vitals().in_flight, 3U);
  pair.turn();
  pair.peer.respond(1, 200);
  pair.peer.respond(5, 410, R"({"reason":"Unregistered","timestamp":1700000000123})");
  pair.peer.respond(3, 400, R"({"reason":"BadDeviceToken"})");
  pair.turn();

  ASSERT_EQ(pair.answers.size(), 3U);
  EXPECT_EQ(pair.answer_of(0)->status, 200);
  EXPECT_EQ(pair.answer_of(0)->reason, Reason::none);
  EXPECT_EQ(pair.answer_of(1)->status, 400);
  EXPECT_EQ(pair.answer_of(1)->reason, Reason::bad_device_token);
  EXPECT_EQ(pair.answer_of(2)->status, 410);
  EXPECT_EQ(pair.answer_of(2)->reason, Reason::unregistered);
  EXPECT_EQ(pair.answer_of(2)->timestamp_ms, 1'700'000'000'123);
  EXPECT_EQ(pair.count(Fate::answered), 3U);
  EXPECT_EQ(pair.vitals().in_flight, 0U);
  EXPECT_FALSE(pair.peer.broken);
}

TEST(ApnsSession, KeepsTheStatusOfAnAnswerThatItDoesNotUnderstand) {
  Pair pair;
  pair.connect();
  pair.submit(5);
  pair.turn();
  pair.peer.respond(1, 418, R"({"reason":"IAmATeapot"})");
  pair.peer.respond(3, 500);
  pair.peer.respond(5, 502, "<html>");
  pair.peer.respond(7, 400, std::string(1 << 20, 'x'));
  pair.peer.respond(9, 200, "nobody reads this");
  pair.turn();

  for (const Slot slot : {0U, 1U, 2U, 3U}) {
    ASSERT_NE(pair.answer_of(slot), nullptr);
    EXPECT_EQ(pair.answer_of(slot)->reason, Reason::unknown_answer);
    EXPECT_EQ(pair.answer_of(slot)->fate, Fate::answered);
  }
  EXPECT_EQ(pair.answer_of(0)->status, 418);
  EXPECT_EQ(pair.answer_of(1)->status, 500);
  EXPECT_EQ(pair.answer_of(2)->status, 502);
  EXPECT_EQ(pair.answer_of(3)->status, 400);
  EXPECT_EQ(pair.answer_of(4)->reason, Reason::none);
}

TEST(ApnsSession, DoesNotTakeABodyThatIsCutAtTheLimitForAWholeOne) {
  Pair pair;
  pair.connect();
  pair.submit(1);
  pair.turn();
  const std::string object = R"({"reason":"BadDeviceToken"})";
  pair.peer.respond(1, 400,
                    object + std::string(limits::answer_body_bytes_max - object.size(), ' ') + "x");
  pair.turn();
  EXPECT_EQ(pair.answer_of(0)->reason, Reason::unknown_answer);
}

TEST(ApnsSession, WorksByteByByte) {
  Pair pair;
  pair.piece = 1;
  pair.connect();
  pair.submit(20);
  pair.turn();
  pair.peer.respond_to_all(429, R"({"reason":"TooManyRequests"})");
  pair.turn();
  ASSERT_EQ(pair.answers.size(), 20U);
  for (const auto& answer : pair.answers) {
    EXPECT_EQ(answer.reason, Reason::too_many_requests);
  }
}

TEST(ApnsSession, ReadsAnInterimAnswerAsNone) {
  Pair pair;
  pair.connect();
  pair.submit(1);
  pair.send();
  pair.receive(testing::status_frame(1, "103", false));
  pair.collect();
  EXPECT_TRUE(pair.answers.empty());
  pair.receive(testing::status_frame(1, "200", true));
  pair.collect();
  EXPECT_EQ(pair.answer_of(0)->status, 200);
}

TEST(ApnsSession, TakesAnAnswerWithoutAStatusForAReset) {
  Pair pair;
  pair.connect();
  pair.submit(4);
  pair.send();
  // A block with only "apns-id: x"; two :status; an interim answer that ends the stream; a broken
  // status.
  pair.receive(
      testing::frame(NGHTTP2_HEADERS, 5, 1, std::string("\x00\x07", 2) + "apns-id" + "\x01x"));
  pair.receive(testing::frame(NGHTTP2_HEADERS, 5, 3, "\x88\x88"));
  pair.receive(testing::status_frame(5, "100", true));
  pair.receive(testing::status_frame(7, "2x0", true));
  pair.turn();
  ASSERT_EQ(pair.answers.size(), 4U);
  for (const auto& answer : pair.answers) {
    EXPECT_EQ(answer.fate, Fate::in_doubt);
    EXPECT_EQ(answer.reason, Reason::stream_reset);
  }
  EXPECT_EQ(pair.vitals().condition, Condition::open);
}

TEST(ApnsSession, CarriesOnWhenAnAnswerEchoesAnotherId) {
  Pair pair;
  pair.connect();
  pair.submit(2);
  pair.turn();
  pair.peer.respond(1, 200, "", {{"apns-id", "00000000-0000-0000-0000-000000000000"}});
  pair.peer.respond(3, 200, "", {{"apns-id", "A0A1A2A3-A4A5-86A7-8000-000100000001"}});
  ::testing::internal::CaptureStderr();
  pair.turn();
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(pair.count(Fate::answered), 2U);
  EXPECT_THAT(log, ::testing::HasSubstr("another apns-id"));
  EXPECT_EQ(log.find("another apns-id"), log.rfind("another apns-id"));
}

TEST(ApnsSession, FollowsTheStreamLimitDownAndUpWhileAThousandAreOpen) {
  Pair pair;
  pair.connect();
  ASSERT_EQ(pair.session->room(), 885U);  // 65,535 bytes of window for the largest wake
  pair.submit(1);
  ASSERT_EQ(pair.session->room(), 999U);
  pair.submit(999);
  EXPECT_EQ(pair.session->room(), 0U);
  pair.turn();
  ASSERT_EQ(pair.peer.requests.size(), 1000U);

  pair.peer.change_streams(1);
  pair.turn();
  EXPECT_EQ(pair.vitals().stream_limit, 1U);
  EXPECT_EQ(pair.session->room(), 0U);
  pair.peer.respond_to_all(200);
  pair.turn();
  EXPECT_EQ(pair.count(Fate::answered), 1000U);
  EXPECT_EQ(pair.session->room(), 1U);

  pair.peer.change_streams(0);
  pair.turn();
  EXPECT_EQ(pair.session->room(), 0U);
  EXPECT_EQ(pair.vitals().condition, Condition::open);

  pair.peer.change_streams(50);
  pair.turn();
  EXPECT_EQ(pair.session->room(), 50U);
}

TEST(ApnsSession, HoldsBackWhatWasSubmittedWhenTheLimitFell) {
  Pair pair;
  pair.connect();
  pair.submit(100);
  pair.peer.change_streams(1);
  pair.receive(pair.peer.transmit());
  pair.turn();
  EXPECT_EQ(pair.peer.requests.size(), 1U);
  pair.peer.respond_to_all(200);
  pair.turn();
  EXPECT_EQ(pair.peer.requests.size(), 2U);

  // The peer keeps answering that one, but too slowly for the others.
  pair.peer.respond_to_all(200);
  pair.wait(std::chrono::seconds(30));
  EXPECT_EQ(pair.answers.size(), 100U);
  EXPECT_EQ(pair.count(Fate::answered), 2U);
  EXPECT_EQ(pair.count(Fate::in_doubt), 1U);
  EXPECT_EQ(pair.count(Fate::unprocessed), 97U);
  EXPECT_EQ(pair.peer.requests.size(), 3U);
  EXPECT_EQ(pair.peer.resets, 0);
}

TEST(ApnsSession, OpensNoMoreStreamsThanOurOwnLimit) {
  Pair pair(Pair::certificate(), PeerSettings{.streams = 1'000'000});
  pair.connect();
  pair.receive(testing::window_update_frame(0, 1U << 30));
  EXPECT_EQ(pair.session->room(), limits::streams_per_connection_max);
}

TEST(ApnsSession, RetiresTheConnectionNearTheLastStreamId) {
  auto settings = Pair::certificate();
  settings.first_stream_id = static_cast<std::int32_t>(limits::stream_id_last) - 3;
  Pair pair(settings);
  pair.connect();
  pair.submit(1);
  EXPECT_EQ(pair.vitals().condition, Condition::open);
  pair.submit(1);
  EXPECT_EQ(pair.vitals().condition, Condition::draining);
  EXPECT_EQ(pair.session->room(), 0U);
  pair.turn();
  pair.peer.respond_to_all(200);
  pair.turn();
  EXPECT_EQ(pair.count(Fate::answered), 2U);
  EXPECT_TRUE(pair.session->wants_close());
}

TEST(ApnsSession, DrainsOnRequestAndSaysFarewell) {
  Pair pair;
  pair.connect();
  pair.submit(2);
  pair.turn();
  pair.session->drain(pair.clock.now());
  EXPECT_EQ(pair.vitals().condition, Condition::draining);
  EXPECT_FALSE(pair.session->wants_close());
  pair.peer.respond_to_all(200);
  pair.turn();
  EXPECT_EQ(pair.count(Fate::answered), 2U);
  EXPECT_TRUE(pair.session->wants_close());
  pair.turn();
  EXPECT_EQ(pair.peer.goaways, 1);
  pair.session->lost(Error{}, pair.clock.now());
  EXPECT_EQ(pair.vitals().condition, Condition::closed);
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::none);
  EXPECT_EQ(pair.session->deadline(), Instant::never());
}

TEST(ApnsSession, WantsToCloseAtOnceWhenDrainedWhileOpening) {
  Pair pair;
  pair.session->drain(pair.clock.now());
  EXPECT_TRUE(pair.session->wants_close());
  pair.connect();
  EXPECT_EQ(pair.session->room(), 0U);
  pair.session->lost(Error{}, pair.clock.now());
  EXPECT_EQ(pair.vitals().condition, Condition::closed);
}

TEST(ApnsSession, SaysWhyItCouldNotBeOpened) {
  Pair pair;
  pair.session->lost(Error{ErrorCode::connect_refused, 0}, pair.clock.now());
  EXPECT_EQ(pair.vitals().condition, Condition::closed);
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::connect_refused);
}

TEST(ApnsSession, SendsNothingAndReadsNothingOnceLost) {
  Pair pair;
  pair.connect();
  pair.submit(1);
  pair.session->lost(Error{ErrorCode::connection_reset, 0}, pair.clock.now());
  pair.receive(testing::status_frame(1, "200", true));
  pair.turn();
  pair.session->expire(pair.clock.now());
  EXPECT_TRUE(pair.peer.requests.empty());
  EXPECT_EQ(pair.count(Fate::unprocessed), 1U);
}

// Reliability: at every byte at which a connection can die, a slot is in doubt exactly if the peer
// may have acted on it.
TEST(ApnsSession, IsInDoubtOnlyAboutWhatThePeerSawWhole) {
  bool some_in_doubt = false;
  for (std::size_t cut = 0;; ++cut) {
    Pair pair;
    pair.connect();
    pair.submit(3);
    testing::Buffer room(cut);
    std::size_t size = 0;
    // In two pieces, so that frames are cut within our own buffers as well.
    size = pair.session->transmit(MutableBytes(room).first(cut / 2), pair.clock.now());
    size += pair.session->transmit(MutableBytes(room).subspan(size), pair.clock.now());
    pair.peer.receive(Bytes(room).first(size));
    pair.session->lost(Error{ErrorCode::connection_reset, 0}, pair.clock.now());
    pair.collect();

    ASSERT_EQ(pair.answers.size(), 3U) << "cut at " << cut;
    for (Slot slot = 0; slot < 3; ++slot) {
      const bool seen = pair.peer.requests[static_cast<std::int32_t>(2 * slot + 1)].complete;
      const auto* answer = pair.answer_of(slot);
      ASSERT_EQ(answer->fate, seen ? Fate::in_doubt : Fate::unprocessed) << "cut at " << cut;
      ASSERT_EQ(answer->reason, seen ? Reason::connection_lost : Reason::none);
      some_in_doubt |= seen;
    }
    if (size < cut) {
      EXPECT_EQ(pair.count(Fate::in_doubt), 3U);
      break;
    }
  }
  EXPECT_TRUE(some_in_doubt);
}

TEST(ApnsSession, ReusesItsStreamsOverManyRounds) {
  Pair pair;
  pair.connect();
  for (int round = 0; round < 50; ++round) {
    pair.peer.requests.clear();
    pair.submit(40);
    pair.turn();
    pair.peer.respond_to_all(round % 2 == 0 ? 200 : 503);
    pair.turn();
  }
  EXPECT_EQ(pair.count(Fate::answered), 2000U);
  EXPECT_EQ(pair.vitals().in_flight, 0U);
  EXPECT_FALSE(pair.peer.broken);
}

}  // namespace
}  // namespace muster::apns
