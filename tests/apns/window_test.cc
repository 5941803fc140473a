// Flow control: bodies that fit, wait, or never go.
#include <gtest/gtest.h>

#include "tests/apns/pair.h"

namespace muster::apns {
namespace {

using testing::operator+;
using testing::Pair;
using testing::PeerSettings;
using wire::Fate;
using Condition = wire::Vitals::Condition;
using std::chrono::seconds;

TEST(ApnsWindow, OffersRoomOnlyForBodiesThatFit) {
  Pair pair(Pair::alert(), PeerSettings{.widens_windows = false});
  pair.content.alert_payloads = {std::string(4000, ' ')};
  pair.connect();
  EXPECT_EQ(pair.session->room(), 15U);  // before the first request the largest body is assumed
  pair.submit(1);
  EXPECT_EQ(pair.session->room(), 15U);
  pair.submit(15);
  EXPECT_EQ(pair.session->room(), 0U);
  pair.turn();
  EXPECT_EQ(pair.vitals().window_bytes, 65535 - 16 * 4000);
  EXPECT_EQ(pair.session->room(), 0U);
  pair.receive(testing::window_update_frame(0, 8000));
  EXPECT_EQ(pair.session->room(), 2U);
  pair.peer.respond_to_all(200);
  pair.turn();
  EXPECT_EQ(pair.count(Fate::answered), 16U);
  EXPECT_EQ(pair.session->room(), 2U);
}

TEST(ApnsWindow, GivesBackWhatCouldNotBeWrittenInTime) {
  Pair pair(Pair::certificate(),
            PeerSettings{.streams = 100, .window = 10, .widens_windows = false});
  pair.connect();
  ASSERT_EQ(pair.session->room(), 1U);  // to see whether the peer opens its streams one by one
  pair.submit(1);
  EXPECT_EQ(pair.session->room(), 0U);
  pair.wait(seconds(29));
  EXPECT_TRUE(pair.answers.empty());
  pair.wait(seconds(1));
  ASSERT_EQ(pair.answers.size(), 1U);
  EXPECT_EQ(pair.answers[0].fate, Fate::unprocessed);
  EXPECT_EQ(pair.peer.requests[1].body.size(), 10U);
  EXPECT_FALSE(pair.peer.requests[1].complete);
  EXPECT_EQ(pair.peer.requests[1].reset_code, std::uint32_t{NGHTTP2_CANCEL});
}

TEST(ApnsWindow, WorksWithAPeerThatOpensEachStreamByItself) {
  Pair pair(Pair::certificate(), PeerSettings{.window = 0});
  pair.connect();
  pair.submit(1);
  pair.turn();
  EXPECT_FALSE(pair.peer.requests[1].complete);
  pair.peer.widen(1, 1000);
  pair.turn();
  EXPECT_TRUE(pair.peer.requests[1].complete);
  EXPECT_EQ(pair.session->room(), 1U);
}

TEST(ApnsWindow, ResetsOnlyAFewOfManyHalfSentRequests) {
  Pair pair;
  pair.connect();
  pair.submit(300);
  pair.peer.change_window(0);
  pair.receive(pair.peer.transmit());
  pair.send();
  ASSERT_EQ(pair.peer.requests.size(), 300U);
  pair.clock.turn(seconds(30));
  pair.receive(testing::frame(NGHTTP2_PING, 0, 0, "12345678"));
  pair.session->expire(pair.clock.now());
  pair.collect();
  EXPECT_EQ(pair.count(Fate::unprocessed), 300U);
  EXPECT_EQ(pair.vitals().condition, Condition::draining);
  EXPECT_TRUE(pair.session->wants_close());
  // Even if the window opened now, what was given back must not be completed.
  pair.peer.change_window(65535);
  pair.receive(pair.peer.transmit());
  pair.send();
  EXPECT_EQ(pair.peer.resets, 6);
  EXPECT_EQ(pair.peer.goaways, 1);
  for (const auto& [stream, request] : pair.peer.requests) {
    EXPECT_FALSE(request.complete);
  }
}

TEST(ApnsWindow, DrainsAConnectionThatIsNeverWidened) {
  Pair pair(Pair::alert(), PeerSettings{.widens_windows = false});
  pair.content.alert_payloads = {std::string(4096, ' ')};
  pair.connect();
  pair.submit(15);
  pair.turn();
  pair.peer.respond_to_all(200);
  pair.turn();
  ASSERT_EQ(pair.vitals().in_flight, 0U);
  ASSERT_EQ(pair.session->room(), 0U);
  EXPECT_EQ(pair.vitals().condition, Condition::open);
  pair.wait(seconds(29));
  EXPECT_EQ(pair.vitals().condition, Condition::open);
  pair.wait(seconds(1));
  EXPECT_EQ(pair.vitals().condition, Condition::draining);
  EXPECT_TRUE(pair.session->wants_close());
}

TEST(ApnsWindow, ForgetsThatItWasShutOnceItWidens) {
  Pair pair(Pair::alert(), PeerSettings{.widens_windows = false});
  pair.content.alert_payloads = {std::string(4096, ' ')};
  pair.connect();
  pair.submit(15);
  pair.turn();
  pair.peer.respond_to_all(200);
  pair.turn();
  pair.wait(seconds(20));
  pair.receive(testing::window_update_frame(0, 100));  // too little, but it moves
  pair.wait(seconds(20));
  EXPECT_EQ(pair.vitals().condition, Condition::open);
  pair.receive(testing::window_update_frame(0, 50'000));
  EXPECT_EQ(pair.session->room(), 13U);
  pair.wait(seconds(60));
  EXPECT_EQ(pair.vitals().condition, Condition::open);
}

TEST(ApnsWindow, SurvivesAWindowBelowZero) {
  Pair pair(Pair::alert(), PeerSettings{.widens_windows = false});
  pair.content.alert_payloads = {std::string(4096, ' ')};
  pair.connect();
  pair.submit(10);
  pair.turn();
  pair.receive(testing::settings_frame({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}));
  EXPECT_LE(pair.session->room(), 1U);
  pair.receive(testing::settings_frame({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 65535}}));
  EXPECT_EQ(pair.session->room(), 5U);
  pair.peer.respond_to_all(200);
  for (std::int32_t i = 0; i < 10; ++i) {
    pair.receive(testing::status_frame(2 * i + 1, "200", true));
  }
  pair.collect();
  EXPECT_EQ(pair.count(Fate::answered), 10U);
}

TEST(ApnsWindow, CancelsTheRestOfARequestThatIsAlreadyAnswered) {
  Pair pair(Pair::certificate(), PeerSettings{.window = 10, .widens_windows = false});
  pair.connect();
  pair.submit(1);
  pair.turn();
  pair.receive(testing::status_frame(1, "413", true));
  pair.turn();
  EXPECT_EQ(pair.answer_of(0)->status, 413);
  EXPECT_TRUE(pair.peer.requests[1].reset);
  EXPECT_EQ(pair.session->room(), 1U);
}

}  // namespace
}  // namespace muster::apns
