#include "loadgen/books_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.h"
#include "crypto/digest.h"

namespace muster::loadgen {
namespace {

constexpr WallTime expires{1'900'000'000'000};

std::string decoded(const std::string& text) {
  std::vector<Byte> bytes;
  EXPECT_TRUE(crypto::from_base64(text, bytes));
  return std::string(as_text(bytes));
}

TEST(BooksToken, LooksLikeApplesFile) {
  const BooksToken token("A \"quoted\" School", 1, expires);
  const auto json = decoded(token.text());
  EXPECT_THAT(json, ::testing::HasSubstr("\"expDate\" : \"2030-03-17T17:46:40+0000\""));
  EXPECT_THAT(json, ::testing::HasSubstr(R"("orgName" : "A \"quoted\" School")"));
  EXPECT_THAT(json, ::testing::HasSubstr("\n"));
}

TEST(BooksToken, RecognisesItselfAndTheTokensBeforeIt) {
  BooksToken token("School", 1, expires);
  const auto first = token.text();
  EXPECT_EQ(token.recognise(first), 1U);
  token.renew({expires.milliseconds + 1000});
  EXPECT_NE(token.text(), first);
  EXPECT_EQ(token.recognise(token.text()), 2U);
  EXPECT_EQ(token.recognise(first), 1U);
}

TEST(BooksToken, RecognisesItselfAfterARestartOfTheSameSeed) {
  const BooksToken before("School", 1, expires);
  const BooksToken after("School", 1, {expires.milliseconds + 86'400'000});
  EXPECT_EQ(after.recognise(before.text()), 1U);
}

TEST(BooksToken, DoesNotKnowTokensOfOthers) {
  const BooksToken token("School", 1, expires);
  EXPECT_EQ(token.recognise(BooksToken("School", 2, expires).text()), std::nullopt);
  EXPECT_EQ(token.recognise(BooksToken("Other", 1, expires).text()), std::nullopt);
  EXPECT_EQ(token.recognise("not base64!"), std::nullopt);
  EXPECT_EQ(token.recognise(crypto::base64(as_bytes("{\"token\":1}"))), std::nullopt);
  EXPECT_EQ(token.recognise(crypto::base64(as_bytes("nothing"))), std::nullopt);
}

TEST(BooksToken, NamesTheLocationByANumber) {
  const auto number = BooksToken("School", 1, expires).location_number();
  EXPECT_EQ(number, BooksToken("School", 1, expires).location_number());
  EXPECT_NE(number, BooksToken("Other", 1, expires).location_number());
  EXPECT_EQ(number.find_first_not_of("0123456789"), std::string::npos);
}

}  // namespace
}  // namespace muster::loadgen
