#include "apns/provider_token.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "crypto/digest.h"
#include "tests/apns/pair.h"

namespace muster::apns {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::Pair;
using wire::Fate;
using Condition = wire::Vitals::Condition;

constexpr std::int64_t window_s = 2400;

struct Parts {
  std::string header;
  std::string claims;
  std::string signed_text;
  std::vector<Byte> signature;
};

std::string decoded(std::string_view part) {
  std::vector<Byte> bytes;
  EXPECT_TRUE(crypto::from_base64url(part, bytes));
  return std::string(as_text(bytes));
}

Parts parts_of(const std::string& authorization) {
  const std::string token = authorization.substr(std::string("bearer ").size());
  const auto first = token.find('.');
  const auto second = token.rfind('.');
  Parts parts{decoded(token.substr(0, first)),
              decoded(token.substr(first + 1, second - first - 1)),
              token.substr(0, second),
              {}};
  EXPECT_TRUE(crypto::from_base64url(token.substr(second + 1), parts.signature));
  return parts;
}

std::int64_t issued_at(ProviderToken& token) {
  const std::string claims = parts_of(*token.read().authorization).claims;
  return std::stoll(claims.substr(claims.find("\"iat\":") + 6));
}

// Through a file, the only way a key is read.
crypto::Es256Key copy_of(const crypto::Es256Key& key) {
  std::string file = ::testing::TempDir() + "key.XXXXXX";
  const int descriptor = ::mkstemp(file.data());
  EXPECT_GE(descriptor, 0);
  const std::string pem = key.private_pem();
  EXPECT_EQ(::write(descriptor, pem.data(), pem.size()), static_cast<ssize_t>(pem.size()));
  ::close(descriptor);
  auto copy = crypto::Es256Key::read(file);
  ::unlink(file.c_str());
  EXPECT_TRUE(copy.has_value());
  return std::move(*copy);
}

class ApnsProviderToken : public ::testing::Test {
 protected:
  // The fake wall clock starts 1,600 s (26 min 40 s) after a multiple of 40 minutes.
  void SetUp() override { ASSERT_EQ(clock.wall().seconds() % window_s, into_window_s); }
  static constexpr std::int64_t into_window_s = 1'700'000'000 % window_s;

  FakeClock clock;
  ProviderToken token{crypto::Es256Key::generate(), {"ABC123DEFG", "TEAM456789"}, clock};
};

TEST_F(ApnsProviderToken, IsAJwtSignedWithTheKey) {
  auto key = crypto::Es256Key::generate();
  const auto double_of_key = copy_of(key);
  ProviderToken named(std::move(key), {"ABC123DEFG", "TEAM456789"}, clock);
  const auto reading = named.read();
  ASSERT_TRUE(reading.authorization->starts_with("bearer "));
  const Parts parts = parts_of(*reading.authorization);
  EXPECT_EQ(parts.header, R"({"alg":"ES256","kid":"ABC123DEFG"})");
  EXPECT_EQ(parts.claims, R"({"iss":"TEAM456789","iat":)" +
                              std::to_string(clock.wall().seconds() - into_window_s) + "}");
  EXPECT_EQ(parts.signature.size(), 64U);
  EXPECT_TRUE(double_of_key.verify(as_bytes(parts.signed_text), parts.signature));
  EXPECT_EQ(reading.version, 1U);
}

TEST_F(ApnsProviderToken, HasTheSameTimeInEveryProcess) {
  ProviderToken elsewhere(crypto::Es256Key::generate(), {"K", "T"}, clock);
  const auto here = issued_at(token);
  clock.turn(minutes(5));
  EXPECT_EQ(issued_at(elsewhere), here);
  EXPECT_EQ(here % window_s, 0);
}

TEST_F(ApnsProviderToken, IsSignedAnewOnlyWhenTheWindowRolls) {
  clock.turn(seconds(window_s - into_window_s));  // a window begins
  const auto first = token.read();
  EXPECT_EQ(issued_at(token), clock.wall().seconds());
  clock.turn(seconds(window_s - 1));
  EXPECT_EQ(token.read().authorization, first.authorization);
  EXPECT_EQ(token.version(), 1U);
  clock.turn(seconds(1));
  EXPECT_NE(token.read().authorization, first.authorization);
  EXPECT_EQ(token.version(), 2U);
  EXPECT_EQ(issued_at(token), clock.wall().seconds());
}

TEST_F(ApnsProviderToken, IsNeverSignedTwiceInTwentyMinutesNorOlderThanAnHour) {
  for (std::int64_t start = 0; start < window_s; start += 97) {
    FakeClock at;
    at.turn(seconds(window_s - into_window_s + start));
    ProviderToken fresh(crypto::Es256Key::generate(), {"K", "T"}, at);
    auto reading = fresh.read();
    Instant signed_at = at.now();
    std::int64_t issued = issued_at(fresh);
    for (int i = 0; i < 200; ++i) {
      at.turn_to(reading.valid_until);
      const auto next = fresh.read();
      ASSERT_GT(next.valid_until, at.now());
      ASSERT_LE(next.valid_until, at.now() + ProviderToken::reading_max);
      if (next.version != reading.version) {
        ASSERT_GE(at.now() - signed_at, Duration{minutes(20)}) << "started at " << start;
        signed_at = at.now();
        issued = issued_at(fresh);
      }
      ASSERT_LT(at.wall().seconds() - issued, 3600) << "started at " << start;
      reading = next;
    }
  }
}

TEST_F(ApnsProviderToken, IsRenewedWithTheExactTimeButNotWithinTwentyMinutes) {
  const auto first = token.read();
  EXPECT_FALSE(token.renew(first.version));
  EXPECT_EQ(token.version(), 1U);
  clock.turn(minutes(20));
  EXPECT_TRUE(token.renew(first.version));
  EXPECT_EQ(token.version(), 2U);
  EXPECT_EQ(issued_at(token), clock.wall().seconds());
  EXPECT_TRUE(token.renew(first.version));  // the second to complain finds it done
  EXPECT_EQ(token.version(), 2U);
}

TEST_F(ApnsProviderToken, IsHeldWhenItChangedTooOften) {
  (void)token.read();
  clock.turn(seconds(window_s - into_window_s - 1));
  token.hold();
  clock.turn(minutes(19));
  EXPECT_EQ(token.read().version, 1U);
  EXPECT_FALSE(token.renew(1));
  clock.turn(minutes(1));
  EXPECT_EQ(token.read().version, 2U);
}

TEST_F(ApnsProviderToken, MayBeSharedByThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int round = 0; round < 1000; ++round) {
        EXPECT_EQ(token.read().version, 1U);
        EXPECT_FALSE(token.renew(1));
        EXPECT_EQ(token.version(), 1U);
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
}

class ApnsTokenSession : public ::testing::Test {
 protected:
  SessionSettings settings() {
    auto settings = Pair::alert();
    settings.token = &token;
    return settings;
  }

  FakeClock clock;  // the token's; the pair has its own
  ProviderToken token{crypto::Es256Key::generate(), {"K", "T"}, clock};
};

TEST_F(ApnsTokenSession, PostsOneRequestUntilTheTokenIsProven) {
  Pair pair(settings());
  pair.connect();
  EXPECT_EQ(pair.session->room(), 1U);
  pair.submit(1);
  EXPECT_EQ(pair.session->room(), 0U);
  pair.turn();
  EXPECT_EQ(pair.peer.requests[1].field("authorization"), *token.read().authorization);
  pair.peer.respond(1, 200);
  pair.turn();
  EXPECT_GT(pair.session->room(), 100U);
}

TEST_F(ApnsTokenSession, TakesAnyAnswerThatIsNotAboutTheTokenForAProof) {
  struct Row {
    int status;
    const char* reason;
    bool proves;
  };
  for (const Row& row :
       {Row{400, "BadDeviceToken", true}, Row{410, "Unregistered", true},
        Row{403, "Forbidden", true}, Row{403, "InvalidProviderToken", false},
        Row{403, "MissingProviderToken", false}, Row{403, "UnrelatedKeyIdInToken", false},
        Row{403, "BadEnvironmentKeyIdInToken", false}}) {
    Pair pair(settings());
    pair.connect();
    pair.submit(1);
    pair.turn();
    pair.peer.respond(1, row.status, std::string(R"({"reason":")") + row.reason + R"("})");
    pair.turn();
    EXPECT_EQ(name_of(pair.answer_of(0)->reason), row.reason);
    EXPECT_EQ(pair.session->room() > 1, row.proves) << row.reason;
    EXPECT_EQ(pair.vitals().condition, Condition::open);
  }
}

TEST_F(ApnsTokenSession, RenewsAnExpiredTokenOnceAndDrains) {
  Pair pair(settings());
  pair.connect();
  pair.submit(1);
  pair.turn();
  pair.peer.respond(1, 200);
  pair.turn();
  pair.submit(5);
  pair.turn();
  clock.turn(std::chrono::minutes(21));
  pair.peer.respond_to_all(403, R"({"reason":"ExpiredProviderToken"})");
  pair.turn();
  EXPECT_EQ(token.version(), 2U);
  EXPECT_EQ(pair.vitals().condition, Condition::draining);
  EXPECT_EQ(pair.vitals().refusal, Reason::none);
  EXPECT_TRUE(pair.session->wants_close());
  EXPECT_EQ(pair.count(Fate::answered), 6U);
}

TEST_F(ApnsTokenSession, ReportsAnExpiredTokenThatCannotBeRenewed) {
  Pair pair(settings());
  pair.connect();
  pair.submit(1);
  pair.turn();
  pair.peer.respond(1, 403, R"({"reason":"ExpiredProviderToken"})");
  pair.turn();
  EXPECT_EQ(token.version(), 1U);
  EXPECT_EQ(pair.vitals().refusal, Reason::expired_provider_token);
  EXPECT_EQ(pair.vitals().condition, Condition::draining);
}

TEST_F(ApnsTokenSession, RenewsATokenThatAGoawayCallsExpired) {
  Pair pair(settings());
  pair.connect();
  pair.submit(1);
  pair.turn();
  clock.turn(std::chrono::minutes(21));
  pair.receive(testing::goaway_frame(0, NGHTTP2_NO_ERROR, R"({"reason":"ExpiredProviderToken"})"));
  EXPECT_EQ(token.version(), 2U);
  EXPECT_EQ(pair.vitals().refusal, Reason::expired_provider_token);
}

TEST_F(ApnsTokenSession, HoldsTheTokenAndDrainsWhenItChangedTooOften) {
  Pair pair(settings());
  pair.connect();
  pair.submit(1);
  pair.turn();
  clock.turn(std::chrono::minutes(19));
  pair.peer.respond(1, 429, R"({"reason":"TooManyProviderTokenUpdates"})");
  pair.turn();
  EXPECT_EQ(pair.vitals().condition, Condition::draining);
  clock.turn(std::chrono::minutes(19));
  EXPECT_EQ(token.read().version, 1U);
}

TEST_F(ApnsTokenSession, PresentsTheNewTokenOnceThereIsOne) {
  Pair pair(settings());
  pair.connect();
  pair.submit(1);
  pair.turn();
  pair.peer.respond(1, 200);
  pair.turn();
  clock.turn(std::chrono::minutes(45));
  pair.clock.turn(ProviderToken::reading_max);
  pair.submit(1);
  pair.turn();
  EXPECT_EQ(token.version(), 2U);
  EXPECT_EQ(pair.peer.requests[3].field("authorization"), *token.read().authorization);
  EXPECT_NE(pair.peer.requests[3].field("authorization"),
            pair.peer.requests[1].field("authorization"));
}

TEST_F(ApnsTokenSession, SeesAtOnceThatAnotherSessionRenewedTheToken) {
  Pair pair(settings());
  pair.connect();
  pair.submit(1);
  pair.turn();
  pair.peer.respond(1, 200);
  pair.turn();
  clock.turn(std::chrono::minutes(21));
  ASSERT_TRUE(token.renew(1));
  pair.submit(1);
  pair.turn();
  EXPECT_EQ(pair.peer.requests[3].field("authorization"), *token.read().authorization);
}

TEST(ApnsCertificateSession, HeedsNoTokenReasons) {
  Pair pair;
  pair.connect();
  pair.submit(1);
  pair.turn();
  pair.peer.respond(1, 403, R"({"reason":"ExpiredProviderToken"})");
  pair.turn();
  EXPECT_EQ(pair.vitals().condition, Condition::open);
  EXPECT_EQ(pair.peer.requests[1].field("authorization"), "");
}

}  // namespace
}  // namespace muster::apns
