#include "mdm/plist.h"

#include <gtest/gtest.h>

#include "tests/mdm/plists.h"

namespace muster::mdm {
namespace {

using Kind = PlistValue::Kind;

std::string of_every_kind() {
  return plist(dictionary({{"Text", text("Grüße & <Küsse>")},
                           {"Data", data(std::string_view("\0\xff", 2))},
                           {"Integer", "<integer>-7</integer>"},
                           {"Truth", truth(true)},
                           {"Real", "<real>1.5</real>"},
                           {"Date", "<date>2026-11-23T10:00:00Z</date>"},
                           {"Empty", "<string></string>"},
                           {"List", array({text("one"), dictionary({{"Two", truth(false)}})})}}));
}

class EitherForm : public ::testing::TestWithParam<bool> {
 protected:
  static std::optional<PlistValue> read(const std::string& xml) {
    return read_plist(GetParam() ? binary(xml) : xml);
  }
};
INSTANTIATE_TEST_SUITE_P(Plist, EitherForm, ::testing::Bool(),
                         [](const auto& form) { return form.param ? "Binary" : "Xml"; });

TEST_P(EitherForm, GivesEveryKindOfValue) {
  const auto value = read(of_every_kind());
  ASSERT_TRUE(value);
  EXPECT_EQ(value->text("Text"), "Grüße & <Küsse>");
  EXPECT_EQ(value->data("Data"), std::string_view("\0\xff", 2));
  EXPECT_EQ(value->member("Integer")->number, -7);
  EXPECT_EQ(value->member("Truth")->kind, Kind::boolean);
  EXPECT_EQ(value->member("Truth")->number, 1);
  EXPECT_EQ(value->member("Real")->kind, Kind::other);
  EXPECT_EQ(value->member("Date")->kind, Kind::other);
  EXPECT_EQ(value->member("Empty")->kind, Kind::text);
  const auto* list = value->member("List");
  ASSERT_EQ(list->members.size(), 2U);
  EXPECT_EQ(list->members[0].bytes, "one");
  EXPECT_EQ(list->members[1].member("Two")->number, 0);
}

TEST_P(EitherForm, GivesNothingForWhatIsMissingOrOfAnotherKind) {
  const auto value = read(of_every_kind());
  ASSERT_TRUE(value);
  EXPECT_EQ(value->member("Nobody"), nullptr);
  EXPECT_EQ(value->text("Data"), "");
  EXPECT_EQ(value->data("Text"), "");
  EXPECT_EQ(value->member("Text")->member("inside"), nullptr);
}

TEST_P(EitherForm, ReadsListsToTheirBoundOfDepthAndRefusesDeeperOnes) {
  std::string xml = truth(true);
  for (int depth = 0; depth < 15; ++depth) {
    xml = array({xml});
  }
  EXPECT_TRUE(read(plist(xml)));
  EXPECT_FALSE(read(plist(array({array({array({xml})})}))));
}

TEST(Plist, RefusesWhatIsNone) {
  for (const std::string bytes :
       {"", "hello", "{\"json\":true}", "<html>", "<plist>", "<plist version=\"1.0\"><dict>",
        "<plist version=\"1.0\"><dict></array></plist>", "bplist00",
        "bplist01xxxxxxxxxxxxxxxxxx"}) {
    EXPECT_FALSE(read_plist(bytes)) << bytes;
  }
}

TEST(Plist, RefusesTextThatIsNotUtf8) {
  EXPECT_FALSE(read_plist(plist(dictionary({{"Name", text("caf\xe9")}}))));
  auto bytes = binary(plist(dictionary({{"Name", text("cafe")}})));
  bytes[bytes.find("cafe") + 3] = '\xe9';
  EXPECT_FALSE(read_plist(bytes));
  bytes[bytes.find("caf") + 3] = '\0';
  EXPECT_FALSE(read_plist(bytes));
}

TEST(Plist, TakesTheLastOfRepeatedKeys) {
  const auto value =
      read_plist(plist("<dict><key>A</key><string>1</string>"
                       "<key>A</key><string>2</string></dict>"));
  ASSERT_TRUE(value);
  EXPECT_EQ(value->text("A"), "2");
}

}  // namespace
}  // namespace muster::mdm
