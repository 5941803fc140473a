#include "directory/map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::directory {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;

Entry entry(std::vector<Attribute> attributes) {
  return Entry{"cn=x", std::move(attributes)};
}

TEST(DirectoryMap, EachKindHasItsIdAndAPlanSaysOtherwise) {
  Plan plan;
  plan.kind = Kind::open_directory;
  EXPECT_EQ(map_of(plan).attributes.id, "apple-generateduid");
  plan.kind = Kind::active_directory;
  EXPECT_EQ(map_of(plan).attributes.id, "objectGUID");
  plan.kind = Kind::generic;
  EXPECT_EQ(map_of(plan).attributes.id, "entryUUID");
  plan.attributes.id = "nsUniqueId";
  plan.attributes.email = "-";
  plan.user_filter = "(objectClass=account)";
  const auto map = map_of(plan);
  EXPECT_EQ(map.attributes.id, "nsUniqueId");
  EXPECT_EQ(map.attributes.email, "");
  EXPECT_EQ(map.attributes.user_id, "uid");
  EXPECT_EQ(map.user_filter, "(objectClass=account)");
}

TEST(DirectoryMap, TheFirstNameThatAnEntryHasCountsAndOfMembersAll) {
  EXPECT_THAT(names_in(" displayName , cn,,"), ElementsAre("displayName", "cn"));
  const auto one = entry({{"CN", {"Common", "Other"}}, {"displayname", {}}, {"sn", {"Last"}}});
  EXPECT_EQ(first_of(one, "displayName,cn"), "Common");
  EXPECT_EQ(first_of(one, "displayName"), "");
  EXPECT_THAT(all_of(one, "sn,cn"), ElementsAre("Last", "Common", "Other"));
  const std::string a = "uid,cn";
  const std::string b = "CN,mail";
  const std::string* const both[] = {&a, &b};
  EXPECT_THAT(names_in(both), ElementsAre("uid", "cn", "mail"));
}

TEST(DirectoryMap, IdsAreTextInLowerCase) {
  EXPECT_EQ(guid_of(entry({{"entryUUID", {"5A0E-B"}}}), "entryUUID"), "5a0e-b");
  EXPECT_EQ(guid_of(entry({{"objectGUID", {"\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20"s}}}),
                    "objectguid"),
            "04030201-0605-0807-090a-0b0c0d0e0f10");
  EXPECT_EQ(guid_of(entry({}), "entryUUID"), "");
}

TEST(DirectoryMap, EachKindSaysInItsWayWhoIsDisabled) {
  const auto says = [](Kind kind, const std::string& value) {
    return !is_active(kind, entry({{"x", {value}}}), "x");
  };
  EXPECT_TRUE(says(Kind::active_directory, "514"));
  EXPECT_FALSE(says(Kind::active_directory, "512"));
  EXPECT_FALSE(says(Kind::active_directory, "2x"));
  EXPECT_TRUE(says(Kind::open_directory, ";DisabledUser;;ApplePasswordServer;0x1"));
  EXPECT_FALSE(says(Kind::open_directory, ";ApplePasswordServer;0x1"));
  EXPECT_TRUE(says(Kind::generic, "TRUE"));
  EXPECT_FALSE(says(Kind::generic, "FALSE"));
  EXPECT_TRUE(is_active(Kind::active_directory, entry({}), "x"));
}

TEST(DirectoryMap, TheNumberOfAGroupIsItsOwnOrThatOfItsSid) {
  EXPECT_EQ(group_number_of("20"), "20");
  // S-1-5-21-1-2-3-513
  EXPECT_EQ(group_number_of("\1\5\0\0\0\0\0\5\25\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\1\2\0\0"s), "513");
  EXPECT_EQ(group_number_of("\1\5\0\0\0\0\0\5\25\0\0\0"s), "");
  EXPECT_EQ(group_number_of("-2"), "");
  EXPECT_EQ(group_number_of(""), "");
}

TEST(DirectoryMap, OfSeveralLanguagesTheFirstIsPreferred) {
  EXPECT_EQ(preferred_language("en-GB, en;q=0.9"), "en-GB");
  EXPECT_EQ(preferred_language("de;q=1"), "de");
  EXPECT_EQ(preferred_language(""), "");
}

}  // namespace
}  // namespace muster::directory
