#include "loadgen/json_text.h"

#include <gtest/gtest.h>

namespace muster::loadgen {
namespace {

TEST(JsonText, UndoesEveryEscape) {
  EXPECT_EQ(json_text(R"("a\"\\\/\b\f\n\r\tz")"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(json_text(R"("\u0041\u00e9\u20AC\ud83d\ude00")"), "Aé€😀");
  EXPECT_EQ(json_text(R"("")"), "");
}

TEST(JsonText, RefusesWhatIsNoString) {
  EXPECT_EQ(json_text("12"), std::nullopt);
  EXPECT_EQ(json_text("null"), std::nullopt);
  EXPECT_EQ(json_text(""), std::nullopt);
  EXPECT_EQ(json_text("\""), std::nullopt);
  EXPECT_EQ(json_text(R"("\")"), std::nullopt);
}

TEST(JsonText, RefusesHalfASurrogatePairAndNul) {
  EXPECT_EQ(json_text(R"("\ud83d")"), std::nullopt);
  EXPECT_EQ(json_text(R"("\ud83dx")"), std::nullopt);
  EXPECT_EQ(json_text(R"("\ud83d\u0041")"), std::nullopt);
  EXPECT_EQ(json_text(R"("\ude00")"), std::nullopt);
  EXPECT_EQ(json_text(R"("\u0000")"), std::nullopt);
  EXPECT_EQ(json_text(R"("\u12")"), std::nullopt);
  EXPECT_EQ(json_text(R"("\uzzzz")"), std::nullopt);
}

TEST(JsonText, KnowsFlagsByTheirNames) {
  EXPECT_EQ(json_flag("true"), true);
  EXPECT_EQ(json_flag("false"), false);
  EXPECT_EQ(json_flag("\"true\""), std::nullopt);
  EXPECT_EQ(json_flag("1"), std::nullopt);
}

}  // namespace
}  // namespace muster::loadgen
