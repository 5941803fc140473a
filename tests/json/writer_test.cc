#include "json/writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace muster::json {
namespace {

TEST(JsonWriter, WritesMembersInTheOrderGiven) {
  std::string out;
  Writer writer(out);
  writer.begin_object().member("task", "0123").member("sent", 12U).member("rate", 8100.5);
  writer.key("done").value(true).key("none").null().end_object();
  EXPECT_EQ(out, R"({"task":"0123","sent":12,"rate":8100.5,"done":true,"none":null})");
  EXPECT_TRUE(writer.complete());
}

TEST(JsonWriter, PutsCommasBetweenElementsAndNotBeforeTheFirst) {
  std::string out;
  Writer writer(out);
  writer.begin_array().value(1).begin_object().end_object().begin_array().end_array().value(-2);
  EXPECT_FALSE(writer.complete());
  writer.end_array();
  EXPECT_EQ(out, "[1,{},[],-2]");
}

TEST(JsonWriter, EscapesWhatCouldEndAStringAndControlCharacters) {
  std::string out;
  Writer(out).value("a\"b\\c\n\x01");
  EXPECT_EQ(out, R"("a\"b\\c\n\u0001")");
}

TEST(JsonWriter, KeepsUnicodeAndReplacesWhatIsNotUtf8) {
  std::string out;
  Writer(out).begin_array().value("Zoë").value("a\xff").end_array();
  EXPECT_EQ(out, "[\"Zoë\",\"a\xef\xbf\xbd\"]");
}

TEST(JsonWriter, WritesTheLargestNumbersWhole) {
  std::string out;
  Writer(out)
      .begin_array()
      .value(std::numeric_limits<std::uint64_t>::max())
      .value(std::numeric_limits<std::int64_t>::min())
      .end_array();
  EXPECT_EQ(out, "[18446744073709551615,-9223372036854775808]");
}

TEST(JsonWriter, SaysNullForWhatIsNoNumber) {
  std::string out;
  Writer(out).begin_array().value(std::nan("")).value(INFINITY).end_array();
  EXPECT_EQ(out, "[null,null]");
}

TEST(JsonWriter, GoesOnAfterTheCallerEmptiedTheBuffer) {
  std::string out;
  Writer writer(out);
  writer.begin_array().value(1);
  std::string all = out;
  out.clear();
  writer.value(2).end_array();
  all += out;
  EXPECT_EQ(all, "[1,2]");
}

TEST(JsonWriterDeathTest, EndsTheProcessOnPiecesThatAreNoJson) {
  std::string out;
  EXPECT_DEATH(Writer(out).begin_object().value(1), "key_waits_");
  EXPECT_DEATH(Writer(out).begin_array().key("a"), "object");
  EXPECT_DEATH(Writer(out).begin_array().end_object(), "object");
  EXPECT_DEATH(Writer(out).value(1).value(2), "written_");
}

}  // namespace
}  // namespace muster::json
