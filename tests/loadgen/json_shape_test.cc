#include "loadgen/json_shape.h"

#include <gtest/gtest.h>

namespace muster::loadgen {
namespace {

TEST(JsonShape, AcceptsExactlyOneValidText) {
  for (const auto* text :
       {"{}", " [1, -2.5e+3, \"a\\u00e9\\n\", true, false, null] ", "0", "{\"a\":{\"b\":[[]]}}"}) {
    EXPECT_TRUE(valid_json(text)) << text;
  }
  for (const auto* text :
       {"",     "{",      "{}{}",   "{\"a\"}", "{\"a\":}", "{a:1}",       "[1,]",
        "01",   "1.",     "1e",     "-",       "\"\\x\"",  "\"\\u12g4\"", "\"\\u12",
        "\"\\", "\"\n\"", "\"open", "nul",     "tru",      "falsch",      "'a'"}) {
    EXPECT_FALSE(valid_json(text)) << text;
  }
}

TEST(JsonShape, StopsAtSixtyFourLevels) {
  EXPECT_TRUE(valid_json(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(valid_json(std::string(70, '[') + std::string(70, ']')));
}

TEST(JsonShape, TakesObjectsAndArraysApart) {
  const auto members = json_members(R"({"id":"x","n":-12,"list":[1, {"a":2}]})");
  ASSERT_TRUE(members);
  EXPECT_EQ(json_plain_string(json_value(*members, "id")), "x");
  EXPECT_EQ(json_integer(json_value(*members, "n")), -12);
  EXPECT_EQ(json_value(*members, "none"), "");
  const auto elements = json_elements(json_value(*members, "list"));
  ASSERT_TRUE(elements);
  EXPECT_EQ(elements->size(), 2U);
  EXPECT_FALSE(json_members("[]"));
  EXPECT_FALSE(json_elements("{}"));
  EXPECT_FALSE(json_members("{} x"));
  EXPECT_FALSE(json_elements("[] x"));
  EXPECT_FALSE(json_integer("1.5"));
  EXPECT_FALSE(json_plain_string(R"("a\n")"));
}

TEST(JsonShape, QuotesWhatItWrites) {
  EXPECT_EQ(json_quoted("a\"b\\c\n"), R"("a\"b\\c\u000a")");
}

}  // namespace
}  // namespace muster::loadgen
