#include "smtp/capabilities.h"

#include <gtest/gtest.h>

namespace muster::smtp {
namespace {

Capabilities learnt(std::initializer_list<std::string_view> lines) {
  Capabilities offered;
  for (const auto line : lines) {
    offered.learn(line);
  }
  return offered;
}

TEST(Capabilities, KnowsKeywordsInAnyCase) {
  const auto offered = learnt({"pipelining", "8bitMIME", "SMTPUTF8", "DSN", "Chunking", "STARTTLS",
                               "ENHANCEDSTATUSCODES", "SIZE 1000"});
  EXPECT_TRUE(offered.pipelining && offered.eight_bit && offered.utf8 && offered.delivery_status);
  EXPECT_TRUE(offered.chunking && offered.starttls && offered.enhanced_codes && offered.size);
  EXPECT_EQ(offered.size_max, 1000U);
}

TEST(Capabilities, PassesOverWhatItDoesNotKnow) {
  const auto offered = learnt({"", "X-PIPELINING", "PIPELINING2", "VRFY", "=", " DSN"});
  EXPECT_FALSE(offered.pipelining);
  EXPECT_FALSE(offered.delivery_status);
}

TEST(Capabilities, TakesASizeThatIsNoNumberForNoLimit) {
  for (const auto* line : {"SIZE", "SIZE ", "SIZE 0", "SIZE x", "SIZE 99999999999999999999999"}) {
    EXPECT_TRUE(learnt({line}).size) << line;
    EXPECT_EQ(learnt({line}).size_max, 0U) << line;
  }
}

TEST(Capabilities, ReadsMechanismsInTheOldWayToo) {
  EXPECT_TRUE(learnt({"AUTH=LOGIN"}).auth_login);
  const auto offered = learnt({"AUTH PLAIN  scram-sha-256 XOAUTH2"});
  EXPECT_TRUE(offered.auth_plain && offered.auth_scram_sha_256);
  EXPECT_FALSE(offered.auth_login);
  EXPECT_FALSE(learnt({"AUTH SCRAM-SHA-256-PLUS"}).auth_scram_sha_256);
}

TEST(Capabilities, ReadsLimits) {
  const auto offered = learnt({"LIMITS MAILMAX=5 RCPTMAX=100 RCPTDOMAINMAX=1 NEW"});
  EXPECT_EQ(offered.letters_max, 5U);
  EXPECT_EQ(offered.recipients_max, 100U);
}

TEST(Capabilities, SkipsALimitOutOfRange) {
  const auto offered = learnt({"LIMITS MAILMAX=0 MAILMAX=1000000 MAILMAX=x MAILMAX=-1 RCPTMAX=7"});
  EXPECT_EQ(offered.letters_max, 0U);
  EXPECT_EQ(offered.recipients_max, 7U);
}

TEST(Capabilities, IgnoresLimitsAltogetherWhereTheSyntaxIsWrong) {
  for (const auto* line : {"LIMITS MAILMAX=5 =3", "LIMITS MAILMAX=5 1X=3", "LIMITS MAILMAX=5 X=",
                           "LIMITS MAILMAX=5 X=a;b", "LIMITS MAILMAX=5 RCPT!MAX=3"}) {
    EXPECT_EQ(learnt({line}).letters_max, 0U) << line;
  }
}

}  // namespace
}  // namespace muster::smtp
