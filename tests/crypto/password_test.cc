#include "crypto/password.h"

#include <gtest/gtest.h>

#include <set>

#include "base/time.h"

namespace muster::crypto {
namespace {

// As little as scrypt allows: what is tested here does not depend on it.
constexpr PasswordCost cheap{.log2_n = 4, .r = 1, .p = 1};

TEST(Password, MatchesItsOwnHashAlone) {
  const auto stored = hash_password("correct horse battery", cheap);
  EXPECT_TRUE(password_matches("correct horse battery", stored));
  EXPECT_FALSE(password_matches("correct horse batterz", stored));
  EXPECT_FALSE(password_matches("correct horse batter", stored));
  EXPECT_FALSE(password_matches("", stored));
}

TEST(Password, MatchesOneOfAnyBytes) {
  const std::string odd("\0\xff d\xc3\xbc", 6);
  EXPECT_TRUE(password_matches(odd, hash_password(odd, cheap)));
  EXPECT_FALSE(password_matches(odd.substr(0, 1), hash_password(odd, cheap)));
  EXPECT_TRUE(password_matches("", hash_password("", cheap)));
}

TEST(Password, SaltsEachHash) {
  EXPECT_NE(hash_password("same", cheap), hash_password("same", cheap));
}

TEST(Password, SaysItsCostInTheStoredText) {
  EXPECT_TRUE(hash_password("x", cheap).starts_with("$scrypt$ln=4,r=1,p=1$"));
  EXPECT_TRUE(password_matches("x", hash_password("x", {.log2_n = 5, .r = 3, .p = 2}), cheap));
}

// RFC 7914 §12, the third vector, cut to our 32 bytes: another scrypt agrees with ours.
TEST(Password, IsScryptAsTheRfcHasIt) {
  EXPECT_TRUE(password_matches("pleaseletmein",
                               "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
                               "cCO9yzr9c0hGHAbNgf046_2o-7qQT44-qbVD9lRdofI"));
}

TEST(Password, MatchesNothingThatIsNoHash) {
  const auto good = hash_password("x", cheap);
  for (const std::string& stored :
       {std::string("x"), std::string("$scrypt$"), std::string("$scrypt$ln=4,r=1,p=1$AAAA"),
        good.substr(0, good.size() - 2), good + "!", "$" + good, good.substr(1),
        std::string("$scrypt$ln=,r=1,p=1$AAAA$AAAA"),
        std::string("$scrypt$ln=0,r=1,p=1$AAAA$" + good.substr(good.rfind('$') + 1))}) {
    EXPECT_FALSE(password_matches("x", stored, cheap)) << stored;
  }
}

TEST(Password, RefusesAHashThatAsksForBeyondAllMeasure) {
  const auto good = hash_password("x", cheap);
  const auto tail = good.substr(good.find('$', 8));
  for (const std::string cost : {"ln=40,r=8,p=1", "ln=24,r=8,p=1", "ln=16,r=9999,p=1",
                                 "ln=4,r=1,p=4000000000", "ln=99999999999,r=1,p=1"}) {
    EXPECT_FALSE(password_matches("x", "$scrypt$" + cost + tail, cheap)) << cost;
  }
}

// The work is done though there is nothing to compare with; half of it is margin for the machine.
TEST(Password, TakesAsLongWhereNobodyIsThere) {
  const SystemClock clock;
  const PasswordCost cost{.log2_n = 14, .r = 8, .p = 1};
  const auto stored = hash_password("x", cost);
  const auto time_of = [&](std::string_view hash) {
    const auto begun = clock.thread_busy();
    EXPECT_FALSE(password_matches("y", hash, cost));
    return clock.thread_busy() - begun;
  };
  const auto present = time_of(stored);
  EXPECT_GT(time_of(""), present / 2);
  EXPECT_GT(time_of("no hash"), present / 2);
}

TEST(Password, KnowsWhichHashesAreWorthLess) {
  const auto stored = hash_password("x", cheap);
  EXPECT_FALSE(worth_less_than(stored, cheap));
  EXPECT_FALSE(worth_less_than(stored, {.log2_n = 3, .r = 1, .p = 1}));
  EXPECT_TRUE(worth_less_than(stored, {.log2_n = 5, .r = 1, .p = 1}));
  EXPECT_TRUE(worth_less_than(stored, {.log2_n = 4, .r = 2, .p = 1}));
  EXPECT_TRUE(worth_less_than(stored, {.log2_n = 4, .r = 1, .p = 2}));
  EXPECT_TRUE(worth_less_than("no hash", cheap));
}

TEST(Password, CostsWhatTheStandardSays) {
  const auto stored = hash_password("x");
  EXPECT_TRUE(stored.starts_with("$scrypt$ln=16,r=8,p=2$"));
  EXPECT_TRUE(password_matches("x", stored));
}

TEST(RandomToken, IsFortyThreeCharactersThatDoNotComeAgain) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto token = random_token();
    EXPECT_EQ(token.size(), 43U);
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_"),
              std::string::npos);
    EXPECT_TRUE(seen.insert(token).second);
  }
}

}  // namespace
}  // namespace muster::crypto
