#include <gtest/gtest.h>

#include "tests/apns/pair.h"

namespace muster::apns {
namespace {

using testing::operator+;
using testing::Pair;
using wire::Fate;
using Condition = wire::Vitals::Condition;

TEST(ApnsGoaway, SplitsAtTheLastStreamWhereverThatIs) {
  for (std::int32_t last = 0; last <= 2 * 20 + 1; ++last) {
    if (last % 2 == 0 && last != 0) {
      continue;  // no stream of ours
    }
    Pair pair;
    pair.connect();
    pair.submit(20);
    pair.turn();
    pair.receive(testing::goaway_frame(last, NGHTTP2_NO_ERROR, ""));
    EXPECT_EQ(pair.vitals().condition, Condition::draining);
    pair.collect();
    ASSERT_EQ(pair.count(Fate::unprocessed),
              20U - static_cast<std::size_t>((last + 1) / 2 > 20 ? 20 : (last + 1) / 2))
        << last;
    for (Slot slot = 0; slot < 20; ++slot) {
      const bool above = static_cast<std::int32_t>(2 * slot + 1) > last;
      ASSERT_EQ(pair.answer_of(slot) != nullptr, above) << "last " << last << " slot " << slot;
    }
    EXPECT_EQ(pair.session->wants_close(), last == 0);

    for (std::int32_t stream = 1; stream <= last && stream < 40; stream += 2) {
      pair.receive(testing::status_frame(stream, "200", true));
    }
    pair.collect();
    EXPECT_EQ(pair.answers.size(), 20U);
    EXPECT_EQ(pair.vitals().in_flight, 0U);
    EXPECT_TRUE(pair.session->wants_close());
    EXPECT_EQ(pair.vitals().refusal, Reason::none);
  }
}

TEST(ApnsGoaway, AwaitsTheSecondOneWhenTheFirstOnlyAnnounces) {
  Pair pair;
  pair.connect();
  pair.submit(10);
  pair.turn();
  pair.receive(testing::goaway_frame(INT32_MAX, NGHTTP2_NO_ERROR, ""));
  pair.collect();
  EXPECT_TRUE(pair.answers.empty());
  EXPECT_EQ(pair.session->room(), 0U);
  pair.receive(testing::goaway_frame(7, NGHTTP2_NO_ERROR, "null"));
  pair.collect();
  EXPECT_EQ(pair.count(Fate::unprocessed), 6U);
  pair.receive(testing::goaway_frame(3, NGHTTP2_NO_ERROR, ""));
  pair.collect();
  EXPECT_EQ(pair.count(Fate::unprocessed), 8U);
  pair.receive(testing::status_frame(1, "200", true) + testing::status_frame(3, "200", true));
  pair.collect();
  EXPECT_EQ(pair.count(Fate::answered), 2U);
  EXPECT_TRUE(pair.session->wants_close());
}

TEST(ApnsGoaway, GivesBackAtOnceWhatHasNotLeftUs) {
  Pair pair;
  pair.connect();
  pair.submit(2);
  pair.send();
  pair.submit(3);
  pair.receive(testing::goaway_frame(INT32_MAX, NGHTTP2_NO_ERROR, ""));
  pair.collect();
  EXPECT_EQ(pair.count(Fate::unprocessed), 3U);
  pair.turn();
  EXPECT_EQ(pair.peer.requests.size(), 2U);
  EXPECT_EQ(pair.vitals().in_flight, 2U);
}

TEST(ApnsGoaway, NeverCompletesARequestThatItGaveBack) {
  Pair pair(Pair::certificate(), {.window = 0});
  pair.connect();
  pair.submit(1);
  pair.send();
  ASSERT_EQ(pair.peer.requests.size(), 1U);
  pair.receive(testing::goaway_frame(0, NGHTTP2_NO_ERROR, "") +
               testing::window_update_frame(1, 1000));
  pair.turn();
  EXPECT_EQ(pair.count(Fate::unprocessed), 1U);
  EXPECT_FALSE(pair.peer.requests[1].complete);
}

TEST(ApnsGoaway, ReportsTheReasonsThatConcernTheCredential) {
  struct Row {
    const char* debug_data;
    Reason refusal;
  };
  for (const Row& row :
       {Row{R"({"reason":"BadCertificate"})", Reason::bad_certificate},
        Row{R"({"reason":"BadCertificateEnvironment"})", Reason::bad_certificate_environment},
        Row{R"({"reason":"Forbidden"})", Reason::forbidden},
        Row{R"({"reason":"InvalidProviderToken"})", Reason::invalid_provider_token},
        Row{R"({"reason":"ExpiredProviderToken"})", Reason::expired_provider_token},
        Row{R"({"reason":"Shutdown"})", Reason::none},
        Row{R"({"reason":"BadDeviceToken"})", Reason::none},
        Row{R"({"reason":"ConnectionLost"})", Reason::none},
        Row{R"({"reason":null})", Reason::none}, Row{"null", Reason::none},
        Row{"\xff\xfe", Reason::none}, Row{"", Reason::none}}) {
    Pair pair;
    pair.connect();
    pair.receive(testing::goaway_frame(0, NGHTTP2_NO_ERROR, row.debug_data));
    EXPECT_EQ(pair.vitals().refusal, row.refusal) << row.debug_data;
    EXPECT_EQ(pair.vitals().error.code, ErrorCode::none);
    EXPECT_TRUE(pair.session->wants_close());
  }
}

TEST(ApnsGoaway, KeepsTheRefusalWhenASecondOneGivesNoReason) {
  Pair pair;
  pair.connect();
  pair.receive(testing::goaway_frame(0, NGHTTP2_NO_ERROR, R"({"reason":"BadCertificate"})") +
               testing::goaway_frame(0, NGHTTP2_NO_ERROR, ""));
  EXPECT_EQ(pair.vitals().refusal, Reason::bad_certificate);
}

TEST(ApnsGoaway, IsInDoubtAboutTheAwaitedWhenTheConnectionThenDies) {
  Pair pair;
  pair.connect();
  pair.submit(4);
  pair.turn();
  pair.receive(testing::goaway_frame(3, NGHTTP2_NO_ERROR, ""));
  pair.session->lost(Error{ErrorCode::connection_closed, 0}, pair.clock.now());
  pair.collect();
  EXPECT_EQ(pair.count(Fate::in_doubt), 2U);
  EXPECT_EQ(pair.count(Fate::unprocessed), 2U);
}

TEST(ApnsGoaway, UnderstandsAPolitePeersOwn) {
  Pair pair;
  pair.connect();
  pair.submit(5);
  pair.send();
  pair.peer.say_goaway(5, R"({"reason":"Shutdown"})");
  pair.turn();
  EXPECT_EQ(pair.count(Fate::unprocessed), 2U);
  EXPECT_EQ(pair.vitals().in_flight, 3U);
}

TEST(ApnsGoaway, TakesALastStreamThatRisesForABrokenProtocol) {
  Pair pair;
  pair.connect();
  pair.submit(4);
  pair.turn();
  pair.receive(testing::goaway_frame(3, NGHTTP2_NO_ERROR, "") +
               testing::goaway_frame(7, NGHTTP2_NO_ERROR, ""));
  pair.turn();
  EXPECT_EQ(pair.answers.size(), 4U);
  EXPECT_EQ(pair.count(Fate::in_doubt), 2U);
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::protocol);
  EXPECT_TRUE(pair.session->wants_close());
}

}  // namespace
}  // namespace muster::apns
