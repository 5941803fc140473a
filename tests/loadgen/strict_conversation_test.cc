#include "loadgen/strict_conversation.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "loadgen/fault_file.h"
#include "tests/loadgen/client.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

// A client and a conversation that hand each other bytes until both are quiet.
class Strict : public ::testing::Test {
 protected:
  Strict() { peer_.clock = &clock_; }

  void faults(const std::string& text) {
    auto plan = read_faults(text, "faults.toml");
    ASSERT_TRUE(plan) << plan.error().line_of_text();
    peer_.faults = std::move(*plan);
  }
  void start(const std::string& topic = "") {
    server_ = std::make_unique<StrictConversation>(peer_, 7, topic);
    exchange();
  }
  void keep_journal() {
    journal_.emplace(std::move(*Journal::open(scratch_ / "j")));
    peer_.journal = &*journal_;
  }
  void exchange() {
    for (int quiet = 0; quiet < 2;) {
      const auto asked = client_.send();
      if (!asked.empty()) {
        server_->receive(asked, clock_.now());
      }
      std::vector<Byte> answered;
      server_->transmit(answered);
      client_.receive(answered);
      quiet = asked.empty() && answered.empty() ? quiet + 1 : 0;
    }
  }
  std::int32_t wake(std::uint32_t device) {
    const auto stream = client_.wake_device(device);
    exchange();
    return stream;
  }
  std::vector<JournalRecord> records() {
    EXPECT_TRUE(journal_->flush());
    std::vector<JournalRecord> found;
    auto reader = JournalReader::open(scratch_ / "j");
    JournalRecord record;
    while (reader->next(record) == true) {
      found.push_back(record);
    }
    return found;
  }

  Scratch scratch_;
  FakeClock clock_;
  ApnsPeer peer_;
  std::optional<Journal> journal_;
  Client client_;
  std::unique_ptr<StrictConversation> server_;
};

TEST_F(Strict, AcceptsAWakeEchoesItsIdAndJournalsIt) {
  keep_journal();
  start();
  const auto stream = wake(5);
  EXPECT_EQ(client_.status(stream), "200");
  EXPECT_EQ(client_.replies[stream].apns_id, "00000000-0000-0000-0000-000005000000");
  EXPECT_EQ(client_.replies[stream].body, "");
  const auto journaled = records();
  ASSERT_EQ(journaled.size(), 1U);
  EXPECT_EQ(journaled[0].status, 200);
  EXPECT_EQ(journaled[0].connection, 7U);
  EXPECT_EQ(journaled[0].stream, static_cast<std::uint32_t>(stream));
  EXPECT_EQ(journaled[0].apns_id[12], 5);
  EXPECT_EQ(journaled[0].token[0], 6);
  EXPECT_TRUE(journaled[0].answered);
  EXPECT_EQ(peer_.stats.violations.sum(), 0U);
}

TEST_F(Strict, AnswersAMistakeWithItsReasonAndAnIdOfItsOwn) {
  start();
  auto headers = Client::wake(1);
  headers[2].second = "/3/device/abcd";
  headers.erase(headers.begin() + 6);
  const auto stream = client_.ask(headers);
  exchange();
  EXPECT_EQ(client_.status(stream), "400");
  EXPECT_EQ(client_.replies[stream].body, R"({"reason":"BadDeviceToken"})");
  EXPECT_EQ(client_.replies[stream].apns_id.size(), 36U);
  EXPECT_EQ(peer_.stats.answered["400 BadDeviceToken"], 1U);
}

TEST_F(Strict, RefusesAPayloadThatIsTooLargeAndStaysUsable) {
  start();
  const auto stream = client_.ask(Client::wake(1), std::string(20'000, 'x'));
  exchange();
  EXPECT_EQ(client_.status(stream), "413");
  EXPECT_EQ(client_.status(wake(2)), "200");
  EXPECT_EQ(client_.status(client_.ask(Client::wake(3), "")), "");
  exchange();
  EXPECT_EQ(client_.replies[5].body, R"({"reason":"PayloadEmpty"})");
}

TEST_F(Strict, AllowsOneStreamUntilTheFirstGoodProviderToken) {
  peer_.token_mode = true;
  start();
  EXPECT_EQ(client_.streams_allowed(), 1U);
  EXPECT_EQ(client_.replies[wake(1)].body, R"({"reason":"MissingProviderToken"})");
  EXPECT_EQ(client_.streams_allowed(), 1U);
  auto headers = Client::wake(2);
  const auto part = [](std::string_view text) { return crypto::base64url(as_bytes(text)); };
  headers.emplace_back(
      "authorization",
      "bearer " + part(R"({"alg":"ES256","kid":"ABC123DEFG"})") + "." +
          part(R"({"iss":"DEF123GHIJ","iat":)" + std::to_string(clock_.wall().seconds()) + "}") +
          "." + part(std::string(64, 's')));
  const auto stream = client_.ask(headers);
  exchange();
  EXPECT_EQ(client_.status(stream), "200");
  EXPECT_EQ(client_.streams_allowed(), 1000U);
}

TEST_F(Strict, TakesTheTopicFromTheClientCertificate) {
  peer_.certificate_mode = true;
  start("com.apple.mgmt.External.y");
  EXPECT_EQ(client_.replies[wake(1)].body, R"({"reason":"TopicDisallowed"})");
}

TEST_F(Strict, AnswersAfterTheDelay) {
  peer_.delay = std::chrono::milliseconds(50);
  start();
  const auto stream = wake(1);
  EXPECT_EQ(client_.status(stream), "");
  EXPECT_EQ(server_->deadline(), clock_.now() + peer_.delay);
  clock_.turn(peer_.delay);
  server_->expire(clock_.now());
  exchange();
  EXPECT_EQ(client_.status(stream), "200");
}

TEST_F(Strict, JournalsWhatWaitedWhenTheConnectionIsLost) {
  keep_journal();
  peer_.delay = std::chrono::milliseconds(50);
  start();
  (void)wake(1);
  EXPECT_TRUE(records().empty());
  server_->lost(clock_.now());
  ASSERT_EQ(records().size(), 1U);
  EXPECT_FALSE(records()[0].answered);
  EXPECT_EQ(peer_.stats.withheld, 1U);
}

TEST_F(Strict, SplitsAtTheLastStreamOfItsGoawayAndJournalsNothingAboveIt) {
  keep_journal();
  peer_.delay = std::chrono::milliseconds(50);
  faults("[[fault]]\nkind=\"goaway\"\nevery=5\ncount=1\nlast=2\nreason=\"Shutdown\"\n");
  start();
  for (std::uint32_t n = 0; n < 5; ++n) {
    client_.wake_device(n);
  }
  exchange();
  EXPECT_EQ(client_.goaways, 1);
  EXPECT_EQ(client_.goaway_last, 5);
  EXPECT_EQ(client_.goaway_text, R"({"reason":"Shutdown"})");
  clock_.turn(peer_.delay);
  server_->expire(clock_.now());
  exchange();
  for (const auto stream : {1, 3, 5}) {
    EXPECT_EQ(client_.status(stream), "200");
  }
  EXPECT_EQ(client_.replies[7].code, static_cast<std::uint32_t>(NGHTTP2_REFUSED_STREAM));
  EXPECT_EQ(client_.replies[9].code, static_cast<std::uint32_t>(NGHTTP2_REFUSED_STREAM));
  EXPECT_EQ(records().size(), 3U);
  EXPECT_EQ(peer_.stats.not_acted_on, 2U);
  EXPECT_TRUE(server_->wants_close());
}

TEST_F(Strict, NeverPutsWhatItActedOnAboveAGoaway) {
  keep_journal();
  faults("[[fault]]\nkind=\"goaway\"\nevery=3\ncount=1\nlast=\"none\"\n");
  start();
  EXPECT_EQ(client_.status(wake(1)), "200");
  EXPECT_EQ(client_.status(wake(2)), "200");
  (void)wake(3);
  EXPECT_EQ(client_.goaway_last, 3);
  EXPECT_EQ(records().size(), 2U);
}

TEST_F(Strict, AnswersEverythingWithAGoawayThatCoversAll) {
  faults("[[fault]]\nkind=\"goaway\"\nevery=2\ncount=1\n");
  start();
  const auto first = client_.wake_device(1);
  const auto second = client_.wake_device(2);
  exchange();
  EXPECT_EQ(client_.goaways, 1);
  EXPECT_EQ(client_.status(first), "200");
  EXPECT_EQ(client_.status(second), "200");
}

TEST_F(Strict, GivesTheStatusOfAFault) {
  keep_journal();
  faults(
      "[[fault]]\nkind=\"status\"\nstatus=410\nreason=\"Unregistered\"\ntimestamp_ms="
      "1700000000000\nshare=1.0\n");
  start();
  const auto stream = wake(1);
  EXPECT_EQ(client_.status(stream), "410");
  EXPECT_EQ(client_.replies[stream].body, R"({"reason":"Unregistered","timestamp":1700000000000})");
  EXPECT_EQ(records().front().reason, Reason::unregistered);
}

TEST_F(Strict, RefusesAStreamWithoutJournalingItAndAcceptsItsRetry) {
  keep_journal();
  faults("[[fault]]\nkind=\"reset\"\nshare=1.0\n");
  start();
  EXPECT_EQ(client_.replies[wake(1)].code, static_cast<std::uint32_t>(NGHTTP2_REFUSED_STREAM));
  EXPECT_TRUE(records().empty());
  EXPECT_EQ(client_.status(wake(1)), "200");
  EXPECT_EQ(peer_.stats.resets, 1U);
}

TEST_F(Strict, JournalsAResetThatActedAllTheSame) {
  keep_journal();
  faults("[[fault]]\nkind=\"reset\"\ncode=\"INTERNAL_ERROR\"\nshare=1.0\n");
  start();
  EXPECT_EQ(client_.replies[wake(1)].code, static_cast<std::uint32_t>(NGHTTP2_INTERNAL_ERROR));
  ASSERT_EQ(records().size(), 1U);
  EXPECT_FALSE(records()[0].answered);
}

TEST_F(Strict, LowersTheStreamLimitAndRaisesItAfterSoManyRequests) {
  faults("[[fault]]\nkind=\"settings\"\nevery=1\ncount=1\nstreams=1\nback_after=2\n");
  start();
  (void)wake(1);
  EXPECT_EQ(client_.streams_allowed(), 1U);
  (void)wake(2);
  EXPECT_EQ(client_.streams_allowed(), 1U);
  (void)wake(3);
  EXPECT_EQ(client_.streams_allowed(), 1000U);
}

TEST_F(Strict, RaisesTheStreamLimitAfterATime) {
  faults("[[fault]]\nkind=\"settings\"\nevery=1\ncount=1\nback_after_ms=100\n");
  start();
  (void)wake(1);
  EXPECT_EQ(client_.streams_allowed(), 1U);
  clock_.turn(std::chrono::milliseconds(100));
  server_->expire(clock_.now());
  exchange();
  EXPECT_EQ(client_.streams_allowed(), 1000U);
}

TEST_F(Strict, WithholdsTheWindowAndGivesItBack) {
  faults("[[fault]]\nkind=\"withhold_window\"\nevery=1\ncount=1\nback_after_ms=100\n");
  start();
  (void)wake(1);
  for (int n = 0; n < 15; ++n) {
    (void)client_.ask(Client::wake(2), std::string(4000, ' '));
  }
  exchange();
  EXPECT_LT(client_.window(), 6000);
  clock_.turn(std::chrono::milliseconds(100));
  server_->expire(clock_.now());
  exchange();
  EXPECT_GT(client_.window(), 60'000);
}

TEST_F(Strict, LeavesAStreamSilentButJournalsIt) {
  keep_journal();
  faults("[[fault]]\nkind=\"silence\"\nevery=1\ncount=1\n");
  start();
  const auto silent = wake(1);
  EXPECT_EQ(client_.status(silent), "");
  EXPECT_FALSE(client_.replies[silent].closed);
  EXPECT_EQ(client_.status(wake(2)), "200");
  EXPECT_FALSE(records()[0].answered);
  EXPECT_TRUE(records()[1].answered);
}

TEST_F(Strict, LeavesAWholeConnectionSilent) {
  faults("[[fault]]\nkind=\"silence\"\nscope=\"connection\"\nevery=1\ncount=1\n");
  start();
  EXPECT_EQ(client_.status(wake(1)), "");
  EXPECT_EQ(client_.status(wake(2)), "");
  EXPECT_EQ(peer_.stats.withheld, 2U);
}

TEST_F(Strict, WishesItsTransportIll) {
  keep_journal();
  faults(
      "[[fault]]\nkind=\"trickle\"\npause_ms=3\nevery=1\ncount=1\n"
      "[[fault]]\nkind=\"half_open\"\nevery=1\ncount=1\n");
  start();
  (void)wake(1);
  EXPECT_TRUE(server_->wish().trickle);
  EXPECT_EQ(server_->wish().pause, std::chrono::milliseconds(3));
  (void)wake(2);
  EXPECT_TRUE(server_->wish().dead);
  server_->lost(clock_.now());
  ASSERT_EQ(records().size(), 2U);
  EXPECT_FALSE(records()[1].answered);
}

TEST_F(Strict, ResetsAConnectionWithOrWithoutHavingActed) {
  keep_journal();
  faults("[[fault]]\nkind=\"close\"\nacted=false\nevery=1\ncount=1\n");
  start();
  (void)wake(1);
  EXPECT_TRUE(server_->wish().reset);
  server_->lost(clock_.now());
  EXPECT_TRUE(records().empty());
  EXPECT_EQ(peer_.stats.not_acted_on, 1U);

  faults("[[fault]]\nkind=\"close\"\nevery=1\ncount=1\n");
  StrictConversation other(peer_, 8, "");
  Client client;
  (void)client.wake_device(1);
  other.receive(client.send(), clock_.now());
  other.lost(clock_.now());
  EXPECT_EQ(records().size(), 1U);
}

TEST_F(Strict, DoesNotCallACancelledStreamAnswered) {
  keep_journal();
  peer_.delay = std::chrono::milliseconds(50);
  start();
  const auto stream = wake(1);
  nghttp2_submit_rst_stream(client_.session(), NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
  exchange();
  clock_.turn(peer_.delay);
  server_->expire(clock_.now());
  ASSERT_EQ(records().size(), 1U);
  EXPECT_FALSE(records()[0].answered);
}

TEST_F(Strict, CountsPriorityAndPushAsViolations) {
  start();
  EXPECT_EQ(peer_.stats.violations.push_enabled, 0U);
  const nghttp2_priority_spec spec{0, 16, 0};
  nghttp2_submit_priority(client_.session(), NGHTTP2_FLAG_NONE, 1, &spec);
  exchange();
  EXPECT_EQ(peer_.stats.violations.priority, 1U);

  StrictConversation other(peer_, 8, "");
  Client impolite(false);
  other.receive(impolite.send(), clock_.now());
  EXPECT_EQ(peer_.stats.violations.push_enabled, 1U);
}

TEST_F(Strict, CountsStreamsThatCameBeforeTheLimitWasKnownApart) {
  peer_.streams = 2;
  server_ = std::make_unique<StrictConversation>(peer_, 7, "");
  for (std::uint32_t n = 0; n < 4; ++n) {
    client_.wake_device(n);
  }
  const auto asked = client_.send();
  server_->receive(asked, clock_.now());
  EXPECT_EQ(peer_.stats.streams_refused, 2U);
  EXPECT_EQ(peer_.stats.violations.sum(), 0U);
}

TEST_F(Strict, CountsStreamsBeyondAnAcknowledgedLimitAsAViolation) {
  peer_.streams = 1;
  start();
  (void)client_.send();
  // By hand: two streams at once, although the limit of one was acknowledged.
  const std::vector<Byte> two{0, 0, 1, 1, 4, 0, 0, 0, 1, 0x83, 0, 0, 1, 1, 4, 0, 0, 0, 3, 0x83};
  server_->receive(two, clock_.now());
  EXPECT_EQ(peer_.stats.violations.streams_beyond_limit, 1U);
}

TEST_F(Strict, EndsAConnectionThatDoesNotSpeakHttp2) {
  start();
  StrictConversation other(peer_, 8, "");
  other.receive(as_bytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), clock_.now());
  EXPECT_TRUE(other.wants_close());
  EXPECT_EQ(peer_.stats.violations.protocol, 1U);
}

TEST_F(Strict, CountsAnAuthorizationThatEntersTheTable) {
  start();
  auto headers = Client::wake(1);
  headers.emplace_back("authorization", "bearer x.y.z.a.long.enough.token.to.be.indexed");
  (void)client_.ask(headers);
  exchange();
  EXPECT_EQ(peer_.stats.violations.authorization_indexed, 0U);
  // By hand: literal with incremental indexing (01), name 23 (authorization), value "x".
  const std::vector<Byte> block{0, 0, 3, 1, 4, 0, 0, 0, 99, 0x40 | 23, 1, 'x'};
  server_->receive(block, clock_.now());
  EXPECT_EQ(peer_.stats.violations.authorization_indexed, 1U);
}

TEST(ApnsStats, AreOneLineOfJson) {
  ApnsStats stats;
  stats.requests = 3;
  stats.answered["410 Unregistered"] = 1;
  stats.faults_struck = {1, 2};
  const auto text = stats.json();
  EXPECT_NE(text.find(R"("requests":3,"answered":{"410 Unregistered":1})"), std::string::npos);
  EXPECT_NE(text.find(R"("faults":[1,2]})"), std::string::npos);
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace muster::loadgen
