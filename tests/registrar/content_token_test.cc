#include "registrar/content_token.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "model/limits.h"

namespace muster::registrar {
namespace {

constexpr std::string_view secret = "VFZPdEpUUVE5bGphWkFBMQ";

std::string token_of(const std::string& inside) {
  return crypto::base64(as_bytes(inside));
}
std::string good_inside() {
  return "{\"token\":\"" + std::string(secret) +
         "\",\"expDate\":\"2030-11-08T22:33:22-0700\",\"orgName\":\"Riverside 4711\"}";
}

TEST(ContentToken, IsReadAsAppleHandsItOut) {
  const auto token = read_content_token(token_of(good_inside()), "north.vpptoken");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->text, token_of(good_inside()));
  EXPECT_EQ(token->organisation, "Riverside 4711");
  EXPECT_EQ(to_text(token->expires_at), "2030-11-09T05:33:22.000Z");
}

TEST(ContentToken, MayBeWrappedPastedAndMarked) {
  auto text = token_of(good_inside());
  for (std::size_t at = 40; at < text.size(); at += 42) {
    text.insert(at, "\r\n");
  }
  const auto token = read_content_token("\xEF\xBB\xBF  " + text + " \t\n", "t");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->text, token_of(good_inside()));
}

TEST(ContentToken, MayHaveWhiteSpaceInsideItsJson) {
  const auto token = read_content_token(
      token_of("{\n  \"orgName\": \"Ä\",\n  \"expDate\": \"2030-11-08T22:33:22+0000\",\n"
               "  \"more\": [1], \"token\": \"x\"\n}\n"),
      "t");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->organisation, "Ä");
}

TEST(ContentToken, IsReadAlsoWhenItHasExpired) {
  const auto token = read_content_token(
      token_of(R"({"token":"x","expDate":"2014-08-15T18:13:52-0700","orgName":"o"})"), "t");
  ASSERT_TRUE(token);
  EXPECT_EQ(expiry_of(token->expires_at, WallTime{1'700'000'000'000}), Expiry::expired);
}

struct Bad {
  const char* name;
  std::string content;
  const char* found;
};

class BadContentToken : public ::testing::TestWithParam<Bad> {};

TEST_P(BadContentToken, IsRefusedWithTheFileAndTheMendAndNoneOfItsBytes) {
  const auto token = read_content_token(GetParam().content, "north.vpptoken");
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().file, "north.vpptoken");
  EXPECT_NE(token.error().found.find(GetParam().found), std::string::npos) << token.error().found;
  EXPECT_FALSE(token.error().mend.empty());
  const auto line = token.error().line_of_text();
  EXPECT_EQ(line.find(secret), std::string::npos);
  for (std::size_t at = 0; at + 8 <= GetParam().content.size(); at += 8) {
    EXPECT_EQ(line.find(GetParam().content.substr(at, 8)), std::string::npos);
  }
}

std::string with(const std::string& what, const std::string& instead) {
  auto inside = good_inside();
  inside.replace(inside.find(what), what.size(), instead);
  return token_of(inside);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadContentToken,
    ::testing::Values(
        Bad{"empty", "", "nothing"}, Bad{"white_space", " \r\n\t", "nothing"},
        Bad{"too_long", std::string(limits::content_token_bytes_max + 1, 'A'), "too long"},
        Bad{"not_yet_base64", good_inside(), "not yet in base64"},
        Bad{"not_base64", "???" + token_of(good_inside()), "not base64"},
        Bad{"cut_off", token_of(good_inside()).substr(0, 41), "cut off"},
        Bad{"base64url", "-_-_" + token_of(good_inside()), "not base64"},
        Bad{"padding_inside", "QQ==" + token_of(good_inside()), "not base64"},
        Bad{"half_of_the_json", token_of(good_inside()).substr(0, 40), "no JSON"},
        Bad{"a_list", token_of("[1,2]"), "no JSON object"},
        Bad{"a_text", token_of("\"text\""), "no JSON object"},
        Bad{"not_utf8", token_of("{\"token\":\"\xff\"}"), "no JSON object"},
        Bad{"deep", token_of(std::string(200, '[') + std::string(200, ']')), "no JSON object"},
        Bad{"a_second_token", token_of(good_inside() + good_inside()), "no JSON object"},
        Bad{"no_token", with("\"token\"", "\"tokem\""), "'token'"},
        Bad{"empty_token", with(std::string(secret), ""), "'token'"},
        Bad{"token_is_a_number", with("\"" + std::string(secret) + "\"", "17"), "'token'"},
        Bad{"no_date", with("\"expDate\"", "\"date\""), "'expDate'"},
        Bad{"date_is_a_number", with("\"2030-11-08T22:33:22-0700\"", "1899"), "'expDate'"},
        Bad{"date_is_none", with("2030-11-08", "2030-13-08"), "no date"},
        Bad{"date_without_offset", with("-0700", ""), "no date"},
        Bad{"no_organisation", with("\"orgName\"", "\"org\""), "'orgName'"},
        Bad{"empty_organisation", with("Riverside 4711", ""), "'orgName'"},
        Bad{"organisation_breaks_lines", with("Riverside 4711", "a\\nb"), "control"},
        Bad{"organisation_too_long",
            with("Riverside 4711", std::string(limits::name_bytes_max + 1, 'o')), "too long"}),
    [](const auto& of) { return std::string(of.param.name); });

TEST(ContentTokenExpiry, IsSoonForThirtyDaysAndExpiredAtItsInstant) {
  constexpr std::int64_t day = 86'400'000;
  const WallTime end{100 * day};
  EXPECT_EQ(expiry_of(end, WallTime{70 * day - 1}), Expiry::good);
  EXPECT_EQ(expiry_of(end, WallTime{70 * day}), Expiry::soon);
  EXPECT_EQ(expiry_of(end, WallTime{100 * day - 1}), Expiry::soon);
  EXPECT_EQ(expiry_of(end, end), Expiry::expired);
}

}  // namespace
}  // namespace muster::registrar
