#include "smtp/address.h"

#include <gtest/gtest.h>

#include "smtp/composer.h"

namespace muster::smtp {
namespace {

TEST(Address, HasNoHindranceWhereRfc5321KnowsNone) {
  for (const std::string address :
       {"a@b", "ann@school.example", "ann.b+c=d@x-1.example", "!#$%&'*+-/=?^_`{|}~@a.example",
        "\"a b\"@c.example", "\"a@b\\\"\"@c.example", "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]",
        "ännchen@bücher.example", "用户@例子.example"}) {
    EXPECT_EQ(hindrance_of_address(address), "") << address;
  }
  EXPECT_EQ(hindrance_of_address(std::string(64, 'a') + "@" + std::string(63, 'b') + ".example"),
            "");
}

TEST(Address, NamesWhatWouldNotComeOutRight) {
  const std::vector<std::pair<std::string, std::string>> hindered{
      {"", "is empty"},
      {"ann", "has no @"},
      {"a\nb@c", "holds the control character U+000A"},
      {std::string("a\0b@c", 5), "holds the control character U+0000"},
      {"a\u202E@c", "holds the invisible character U+202E"},
      {"a\xFF@c", "holds a byte that is not UTF-8"},
      {std::string(255, 'a') + "@b", "has 257 bytes; at most 254 are allowed"},
      {"@b", "has nothing in front of the @"},
      {std::string(65, 'a') + "@b", "has 65 bytes in front of the @; at most 64 are allowed"},
      {".a@b", "begins or ends with a dot in front of the @"},
      {"a.@b", "begins or ends with a dot in front of the @"},
      {"a..b@c", "has two dots side by side in front of the @"},
      {"a b@c", "has a blank in front of the @"},
      {"a@b@c", "has '@' in front of the @"},
      {"<a@b", "has '<' in front of the @"},
      {"\"a@b", "has a quote in front of the @ that is not closed"},
      {"\"a\\\"@b", "has a quote in front of the @ that is not closed"},
      {"\"a\"b\"@c", "has a bare quote between quotes"},
      {"a@", "has no domain"},
      {"a@b..c", "has an empty label in its domain"},
      {"a@b.", "has an empty label in its domain"},
      {"a@" + std::string(64, 'b'), "has a label of 64 bytes in its domain; at most 63 are"},
      {"a@-b", "has a label in its domain that begins or ends with a hyphen"},
      {"a@b c", "has a blank in its domain"},
      {"a@b>", "has '>' in its domain"},
      {"a@[x]", "has no IP address between the brackets"},
      {"a@[192.0.2.1", "has no IP address between the brackets"},
      {"a@\u2603\u0301-\u2026", "has a domain that is no internationalised domain name"},
  };
  for (const auto& [address, hindrance] : hindered) {
    EXPECT_EQ(hindrance_of_address(address), hindrance) << address;
  }
}

TEST(Address, CountsTheDomainAsItGoesOverTheWire) {
  std::string domain;
  for (int i = 0; i < 30; ++i) {
    domain += "ü.";  // xn--tda.
  }
  EXPECT_EQ(hindrance_of_address("abcdefghij@" + domain + "example"),
            "has 258 bytes with its domain in ASCII; at most 254 are");
  EXPECT_EQ(hindrance_of_address("a@" + domain + domain + "example"),
            "has a domain that is no internationalised domain name");
  std::string ascii = "a";
  while (ascii.size() < 257) {
    ascii += ".b";
  }
  EXPECT_EQ(hindrance_of_domain(ascii), "has a domain of 257 bytes; at most 255 are allowed");
}

TEST(Address, GoesOverTheWireInALabels) {
  std::string wire = "before";
  EXPECT_FALSE(write_address("Ann@BÜCHER.Example", wire));
  EXPECT_EQ(wire, "Ann@xn--bcher-kva.example");
  EXPECT_TRUE(write_address("änn@faß.example", wire));
  EXPECT_EQ(wire, "änn@xn--fa-hia.example");
  EXPECT_FALSE(write_address("\"a <b\"@c.example", wire));
  EXPECT_EQ(wire, "\"a <b\"@c.example");
}

TEST(Address, LosesWhatWouldEndOrForgeALine) {
  std::string wire;
  EXPECT_FALSE(write_address("a>\r\nRCPT TO:<b\x7f@c .example", wire));
  EXPECT_EQ(wire, "aRCPTTO:b@c.example");
  EXPECT_FALSE(write_address("\"a\r\nb\"@c", wire));
  EXPECT_EQ(wire, "\"ab\"@c");
}

TEST(NamedAddress, IsReadWithItsName) {
  const auto bare = read_named_address(" it@school.example ", "from");
  ASSERT_TRUE(bare.has_value());
  EXPECT_EQ(bare->name, "");
  EXPECT_EQ(bare->address, "it@school.example");
  const auto named = read_named_address("Example School <it@school.example>", "from");
  ASSERT_TRUE(named.has_value());
  EXPECT_EQ(named->name, "Example School");
  const auto quoted = read_named_address(R"("School, \"E\\x\"" <it@bücher.example>)", "from");
  ASSERT_TRUE(quoted.has_value());
  EXPECT_EQ(quoted->name, R"(School, "E\x")");
  EXPECT_EQ(quoted->address, "it@xn--bcher-kva.example");
  EXPECT_FALSE(quoted->utf8);
}

}  // namespace
}  // namespace muster::smtp
