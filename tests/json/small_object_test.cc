#include "json/small_object.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::json {
namespace {

TEST(SmallObject, ReadsStringsAndIntegers) {
  SmallObject object;
  ASSERT_TRUE(object.read(R"( {"reason":"Unregistered", "timestamp":1700000000123, "n":-1} )"));
  EXPECT_EQ(object.string("reason"), "Unregistered");
  EXPECT_EQ(object.integer("timestamp"), 1'700'000'000'123);
  EXPECT_EQ(object.integer("n"), -1);
}

TEST(SmallObject, UndoesEscapes) {
  SmallObject object;
  ASSERT_TRUE(object.read(R"({"a":"\u00e9\n\"\\"})"));
  EXPECT_EQ(object.string("a"), "\xc3\xa9\n\"\\");
}

TEST(SmallObject, HasNoMemberOfAnotherTypeOrName) {
  SmallObject object;
  ASSERT_TRUE(object.read(R"({"a":1,"b":"x","c":null,"d":{"e":"y"},"f":1.5})"));
  EXPECT_EQ(object.string("a"), std::nullopt);
  EXPECT_EQ(object.integer("b"), std::nullopt);
  EXPECT_EQ(object.string("c"), std::nullopt);
  EXPECT_EQ(object.string("d"), std::nullopt);
  EXPECT_EQ(object.string("e"), std::nullopt);
  EXPECT_EQ(object.integer("f"), std::nullopt);
  EXPECT_EQ(object.integer("g"), std::nullopt);
}

TEST(SmallObject, RefusesEverythingElse) {
  SmallObject object;
  std::string deep = "{\"a\":";
  for (int i = 0; i < 100; ++i) {
    deep += "[";
  }
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("[1]"), std::string("{"),
        std::string("{\"a\":1}x"), std::string("{\"a\":\"\xff\"}"), std::string("{'a':1}"), deep}) {
    EXPECT_FALSE(object.read(text)) << text;
    EXPECT_EQ(object.string("a"), std::nullopt);
    EXPECT_EQ(object.integer("a"), std::nullopt);
  }
}

TEST(SmallObject, ReadsUpToItsLimit) {
  SmallObject object;
  std::string text = R"({"a":7})";
  text += std::string(SmallObject::bytes_max - text.size(), ' ');
  EXPECT_TRUE(object.read(text));
  EXPECT_EQ(object.integer("a"), 7);
  EXPECT_FALSE(object.read(text + " "));
  EXPECT_EQ(object.integer("a"), std::nullopt);
}

TEST(SmallObject, KnowsNothingBeforeTheFirstRead) {
  const SmallObject object;
  EXPECT_EQ(object.string("a"), std::nullopt);
  EXPECT_EQ(object.integer("a"), std::nullopt);
}

TEST(SmallObject, ReadsOneTextAfterTheOtherAndMayBeMoved) {
  SmallObject object;
  ASSERT_TRUE(object.read(R"({"a":1})"));
  ASSERT_TRUE(object.read(R"({"b":2})"));
  EXPECT_EQ(object.integer("a"), std::nullopt);
  const SmallObject moved = std::move(object);
  EXPECT_EQ(moved.integer("b"), 2);
}

}  // namespace
}  // namespace muster::json
