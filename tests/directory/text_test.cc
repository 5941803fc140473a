#include "directory/text.h"

#include <gtest/gtest.h>

namespace muster::directory {
namespace {

using namespace std::string_literals;

TEST(DirectoryText, AnObjectGuidReadsAsPeopleKnowIt) {
  EXPECT_EQ(guid_text("\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF"s),
            "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(guid_text("ABC"), "abc");
}

TEST(DirectoryText, WhatAFilterWouldMisunderstandIsEscaped) {
  EXPECT_EQ(escaped("cn=a*b(c)d\\e\0f"s), "cn=a\\2ab\\28c\\29d\\5ce\\00f");
  EXPECT_EQ(escaped("cn=Zoë,dc=x"), "cn=Zoë,dc=x");
}

TEST(DirectoryText, ARangeSaysWhereItEnds) {
  const auto part = range_of("member;Range=1500-2999");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->name, "member");
  EXPECT_EQ(part->first, 1500U);
  EXPECT_EQ(part->last, 2999U);
  EXPECT_EQ(name_behind(*part), "member;range=3000-*");
  const auto last = range_of("member;range=3000-*");
  ASSERT_TRUE(last);
  EXPECT_FALSE(last->last);
}

TEST(DirectoryText, WhatIsNoRangeIsNone) {
  for (const auto* name : {"member", "member;range=", "member;range=5", "member;range=a-b",
                           "member;range=5-4", "member;range=1-", "member;range=-4",
                           "member;range=0-18446744073709551615", "member;binary"}) {
    EXPECT_FALSE(range_of(name)) << name;
  }
}

TEST(DirectoryText, NamesHaveNoCase) {
  EXPECT_TRUE(same_name("sAMAccountName", "samaccountname"));
  EXPECT_FALSE(same_name("mail", "mails"));
}

}  // namespace
}  // namespace muster::directory
