#include "json/line_parser.h"

#include <gtest/gtest.h>

#include "model/limits.h"

namespace muster::json {
namespace {

// A line with the padding that parse() asks for.
struct Line {
  explicit Line(const std::string& text) : padded(text), size(text.size()) {
    padded.resize(size + LineParser::padding);
  }
  [[nodiscard]] std::string_view view() const { return {padded.data(), size}; }
  std::string padded;
  std::size_t size;
};

LineTrouble trouble_with(const std::string& text) {
  LineParser parser;
  const Line line(text);
  const auto fields = parser.parse(line.view());
  return fields ? LineTrouble{} : fields.error();
}

TEST(JsonLineParser, GivesEveryKindAsText) {
  LineParser parser;
  const Line line(
      R"( {"a":"x\u00e9","b":-7,"c":18446744073709551615,"d":true,"e":null,"f":["g","h"],)"
      R"("i":{"j":[1]},"k":0.5,"l":["m",1],"n":-0} )");
  const auto fields = parser.parse(line.view());
  ASSERT_TRUE(fields);
  ASSERT_EQ(fields->size(), 10U);
  EXPECT_EQ((*fields)[0].value, "x\xc3\xa9");
  EXPECT_EQ((*fields)[1].value, "-7");
  EXPECT_EQ((*fields)[2].value, "18446744073709551615");
  EXPECT_EQ((*fields)[3].value, "true");
  EXPECT_EQ((*fields)[3].kind, Field::Kind::boolean);
  EXPECT_EQ((*fields)[4].kind, Field::Kind::null);
  EXPECT_EQ((*fields)[5].texts, (std::vector<std::string_view>{"g", "h"}));
  EXPECT_EQ((*fields)[6].kind, Field::Kind::nested);
  EXPECT_EQ((*fields)[7].kind, Field::Kind::nested);
  EXPECT_EQ((*fields)[8].kind, Field::Kind::nested);
  EXPECT_EQ((*fields)[9].value, "0");
}

TEST(JsonLineParser, SaysAtWhichByteALineStopsBeingJson) {
  EXPECT_EQ(trouble_with(R"({"a":"x",})").column, 10U);
  EXPECT_EQ(trouble_with(R"({"a":1} junk)").column, 9U);
  EXPECT_EQ(trouble_with(R"({"a":nul})").found, "this is not JSON");
  EXPECT_EQ(trouble_with(R"({"a":"x)").column, 8U);
  EXPECT_EQ(trouble_with(R"({"a":"\ud800"})").found, "this is not JSON");
}

TEST(JsonLineParser, RefusesNumbersOutOfRange) {
  EXPECT_EQ(trouble_with(R"({"a":1e400})").found, "a number that is malformed or out of range");
  EXPECT_EQ(trouble_with(R"({"a":18446744073709551616})").found,
            "a number that is malformed or out of range");
}

TEST(JsonLineParser, RefusesWhatIsNotAnObject) {
  EXPECT_EQ(trouble_with("[1]").found, "a value that is not an object");
  EXPECT_EQ(trouble_with("17").column, 1U);
}

TEST(JsonLineParser, RefusesNestingBeyondTheLimitAndAllowsTheLimitItself) {
  const auto nested = [](std::size_t levels) {
    return "{\"a\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  EXPECT_EQ(trouble_with(nested(limits::json_depth_max)).found, "");
  const auto trouble = trouble_with(nested(limits::json_depth_max + 1));
  EXPECT_EQ(trouble.found, "JSON nested deeper than 64 levels");
  EXPECT_EQ(trouble.column, 5U + limits::json_depth_max);
  EXPECT_EQ(trouble_with(nested(10'000)).found, "JSON nested deeper than 64 levels");
}

TEST(JsonLineParser, RefusesAKeyThatStandsTwice) {
  EXPECT_EQ(trouble_with(R"({"a":1,"a":2})").found, "the key 'a' twice");
}

TEST(JsonLineParser, RefusesTooManyKeys) {
  std::string text = "{";
  for (std::size_t i = 0; i <= limits::columns_max; ++i) {
    text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
  }
  EXPECT_EQ(trouble_with(text + "}").found, "more than 256 keys in one object");
}

TEST(JsonLineParser, FindsTheColumnOfAValueOnlyAtTheFirstLevel) {
  EXPECT_EQ(column_of_value(R"({"x":{"a":1},"y":"a","a" : "v"})", "a"), 28U);
  EXPECT_EQ(column_of_value(R"({"x":"\"a\":"})", "a"), 0U);
}

}  // namespace
}  // namespace muster::json
