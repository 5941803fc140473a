#include "json/writer.h"

#include <gtest/gtest.h>

#include <cmath>

namespace muster::json {
namespace {

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
  Writer writer;
  writer.begin_object().key("a").number(1).key("b").begin_array().text("x").null().end();
  writer.key("c").begin_object().end().key("d").boolean(true).end();
  EXPECT_EQ(writer.result(), R"({"a":1,"b":["x",null],"c":{},"d":true})");
  EXPECT_TRUE(writer.whole());
}

TEST(JsonWriter, EscapesQuotesAndControlsAndMendsWhatIsNotUtf8) {
  Writer writer;
  writer.begin_array().text("a\"\n\x01").text("\xff").end();
  EXPECT_EQ(writer.result(), "[\"a\\\"\\n\\u0001\",\"\xef\xbf\xbd\"]");
}

TEST(JsonWriter, WritesNumbersWhole) {
  Writer writer;
  writer.begin_array().number(UINT64_MAX).number(-5).number(0.5).number(std::nan("")).end();
  EXPECT_EQ(writer.result(), "[18446744073709551615,-5,0.5,null]");
}

TEST(JsonWriter, IsNotWholeWhileAnythingIsOpen) {
  Writer writer;
  EXPECT_FALSE(writer.whole());
  writer.begin_array().raw("{\"done\":1}");
  EXPECT_FALSE(writer.whole());
  writer.end();
  EXPECT_TRUE(writer.whole());
}

TEST(JsonWriterDeathTest, EndsTheProcessOnAValueWithoutAKey) {
  Writer writer;
  writer.begin_object();
  EXPECT_DEATH(writer.text("x"), "after_key_");
}

}  // namespace
}  // namespace muster::json
