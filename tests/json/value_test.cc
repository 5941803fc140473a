#include "json/value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "model/limits.h"

// NOLINTBEGIN(bugprone-unchecked-optional-access): ASSERT_TRUE has looked; ids are literals
namespace muster::json {
namespace {

constexpr std::size_t enough = 1 << 16;

TEST(JsonValue, GivesWhatIsThereByNameAndIndex) {
  const auto tree = Tree::parse(
      R"({"users":[{"id":"a","n":-7},{"id":"b","n":9223372036854775807}],"more":true})", enough);
  ASSERT_TRUE(tree);
  const auto users = tree->root().at("users");
  ASSERT_EQ(users.size(), 2U);
  EXPECT_EQ(users.at(0U).at("id").text(), "a");
  EXPECT_EQ(users.at(0U).at("n").integer(), -7);
  EXPECT_EQ(users.at(1U).at("n").integer(), 9223372036854775807);
  EXPECT_EQ(tree->root().at("more").boolean(), true);
  EXPECT_TRUE(tree->root().is_object());
}

TEST(JsonValue, GivesNothingForWhatIsMissingOrOfAnotherType) {
  const auto tree = Tree::parse(
      R"({"text":"x","null":null,"list":[1],"big":18446744073709551615,"half":1.5})", enough);
  ASSERT_TRUE(tree);
  const auto root = tree->root();
  EXPECT_TRUE(root.at("gone").absent());
  EXPECT_TRUE(root.at("null").absent());
  EXPECT_FALSE(root.at("text").absent());
  EXPECT_FALSE(root.at("text").integer());
  EXPECT_FALSE(root.at("text").boolean());
  EXPECT_FALSE(root.at("list").text());
  EXPECT_FALSE(root.at("big").integer());
  EXPECT_FALSE(root.at("half").integer());
  EXPECT_TRUE(root.at("list").at(1U).absent());
  EXPECT_TRUE(root.at("list").at("name").absent());
  EXPECT_TRUE(root.at(0U).absent());
  EXPECT_EQ(root.size(), 0U);
  EXPECT_TRUE(Value().at("any").at(3U).absent());
  EXPECT_FALSE(Value().text());
}

TEST(JsonValue, NamesTheMembersOfAnObject) {
  const auto tree = Tree::parse(R"({"b":1,"a":[],"b":2})", 100);
  ASSERT_TRUE(tree.has_value());
  auto names = tree->root().names();
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string_view>{"a", "b"}));
  EXPECT_TRUE(tree->root().at("a").is_array());
  EXPECT_FALSE(tree->root().is_array());
  EXPECT_TRUE(tree->root().at("b").names().empty());
}

TEST(JsonValue, RefusesWhatIsNotOneJsonText) {
  for (const std::string text : {"", " ", "{", "{}x", "{\"a\":}", "\"\xff\"", "{\"a\":1e999}"}) {
    EXPECT_FALSE(Tree::parse(text, enough)) << text;
  }
}

TEST(JsonValue, RefusesMoreBytesThanAllowed) {
  EXPECT_TRUE(Tree::parse("[1,2]", 5));
  EXPECT_FALSE(Tree::parse("[1,2]", 4));
}

TEST(JsonValue, RefusesWhatNestsTooDeep) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(Tree::parse(nested(limits::json_depth_max), enough));
  EXPECT_FALSE(Tree::parse(nested(limits::json_depth_max + 1), enough));
  EXPECT_TRUE(Tree::parse("\"" + std::string(200, '[') + "\"", enough));
  EXPECT_TRUE(Tree::parse(R"(["\"[[[[","]"])", enough));
}

TEST(JsonValue, TakesTheLastOfRepeatedNames) {
  const auto tree = Tree::parse(R"({"a":1,"a":2})", enough);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->root().at("a").integer(), 2);
}

}  // namespace
}  // namespace muster::json
// NOLINTEND(bugprone-unchecked-optional-access)
