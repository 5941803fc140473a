#include "loadgen/provider_token.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "crypto/es256.h"

namespace muster::loadgen {
namespace {

constexpr std::int64_t now_s = 1'700'000'000;
constexpr WallTime now{now_s * 1000};

struct Parts {
  std::string head = R"({"alg":"ES256","kid":"ABC123DEFG"})";
  std::string team = "DEF123GHIJ";
  std::int64_t issued_at = now_s;
};

class ProviderToken : public ::testing::Test {
 protected:
  std::string token(const Parts& parts) {
    const auto claims =
        R"({"iss":")" + parts.team + R"(","iat":)" + std::to_string(parts.issued_at) + "}";
    const auto message =
        crypto::base64url(as_bytes(parts.head)) + "." + crypto::base64url(as_bytes(claims));
    return "bearer " + message + "." + crypto::base64url(key_.sign(as_bytes(message)));
  }
  Reason judge(const Parts& parts, WallTime at = now) {
    const auto text = token(parts);
    return judge_.judge(&text, at);
  }
  Reason judge_text(const std::string& text) { return judge_.judge(&text, now); }

  crypto::Es256Key key_ = crypto::Es256Key::generate();
  ProviderTokenJudge judge_{
      [this](Bytes message, Bytes signature) { return key_.verify(message, signature); }};
};

TEST_F(ProviderToken, IsAcceptedAndBindsTheConnection) {
  EXPECT_FALSE(judge_.bound());
  EXPECT_EQ(judge({}), Reason::none);
  EXPECT_TRUE(judge_.bound());
}

TEST_F(ProviderToken, IsMissing) {
  EXPECT_EQ(judge_.judge(nullptr, now), Reason::missing_provider_token);
}

TEST_F(ProviderToken, IsInvalidInManyWays) {
  EXPECT_EQ(judge_text("basic abc"), Reason::invalid_provider_token);
  EXPECT_EQ(judge_text("bearer abc"), Reason::invalid_provider_token);
  EXPECT_EQ(judge_text("bearer a.b"), Reason::invalid_provider_token);
  EXPECT_EQ(judge_text("bearer !.!.!"), Reason::invalid_provider_token);
  EXPECT_EQ(judge_text("bearer e30.e30.e30"), Reason::invalid_provider_token);
  EXPECT_EQ(judge({.head = R"({"alg":"none","kid":"ABC123DEFG"})"}),
            Reason::invalid_provider_token);
  EXPECT_EQ(judge({.head = R"({"alg":"ES256"})"}), Reason::invalid_provider_token);
  EXPECT_EQ(judge({.head = "no json"}), Reason::invalid_provider_token);
  EXPECT_EQ(judge({.team = "SHORT"}), Reason::invalid_provider_token);
  EXPECT_EQ(judge({.issued_at = now_s + 3600}), Reason::invalid_provider_token);
  auto forged = token({});
  forged[forged.size() - 20] = forged[forged.size() - 20] == 'A' ? 'B' : 'A';
  EXPECT_EQ(judge_text(forged), Reason::invalid_provider_token);
  EXPECT_FALSE(judge_.bound());
}

TEST_F(ProviderToken, ExpiresAfterAnHour) {
  EXPECT_EQ(judge({.issued_at = now_s - 3601}), Reason::expired_provider_token);
  const auto text = token({});
  EXPECT_EQ(judge_.judge(&text, now), Reason::none);
  EXPECT_EQ(judge_.judge(&text, WallTime{(now_s + 3600) * 1000}), Reason::none);
  EXPECT_EQ(judge_.judge(&text, WallTime{(now_s + 3601) * 1000}), Reason::expired_provider_token);
}

TEST_F(ProviderToken, MayChangeOnlyEveryTwentyMinutes) {
  EXPECT_EQ(judge({}), Reason::none);
  EXPECT_EQ(judge({.issued_at = now_s + 1}, WallTime{(now_s + 1199) * 1000}),
            Reason::too_many_provider_token_updates);
  EXPECT_EQ(judge({.issued_at = now_s + 1}, WallTime{(now_s + 1200) * 1000}), Reason::none);
}

TEST_F(ProviderToken, StaysWithItsTeamAndKey) {
  EXPECT_EQ(judge({}), Reason::none);
  EXPECT_EQ(judge({.team = "ZZZ123GHIJ"}), Reason::invalid_provider_token);
  EXPECT_EQ(judge({.head = R"({"alg":"ES256","kid":"ZZZ123DEFG"})"}),
            Reason::unrelated_key_id_in_token);
}

TEST_F(ProviderToken, IsNotVerifiedWithoutAKey) {
  judge_ = ProviderTokenJudge(nullptr);
  auto forged = token({});
  forged.back() = forged.back() == 'A' ? 'Q' : 'A';
  EXPECT_EQ(judge_text(forged), Reason::none);
}

}  // namespace
}  // namespace muster::loadgen
