// Which addresses and names the door takes: what a letter can carry, and nothing that could end or
// forge a line of it.
#include "roster/address.h"

#include <gmock/gmock.h>

#include "tests/roster/fixture.h"

namespace muster::roster {
namespace {

using testing::HasSubstr;

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

TEST(Address, IsTakenInEveryFormThatCanBeSent) {
  for (const auto& address :
       {std::string("ann@school.example"), std::string("a.b+tag@localhost"),
        std::string("o'neil_%=!#$&*/?^`{|}~-@a-b.example"),
        std::string("two..dots.@docomo.example"), std::string("\"a b@c, \\\" <d>\"@school.example"),
        std::string("\"\"@school.example"), std::string("j\u00f6rg@b\u00fccher.example"),
        std::string("\u7528\u6237@\u4f8b\u5b50.example"), std::string("ann@[192.0.2.1]"),
        std::string("ann@[IPv6:2001:db8::1]"),
        std::string(64, 'a') + "@" + std::string(189, 'b')}) {
    EXPECT_EQ(fault_of_address(address), "") << address;
  }
}

TEST(Address, HasExactlyOneUsableAt) {
  EXPECT_EQ(fault_of_address("ann"), "it has no '@'");
  EXPECT_EQ(fault_of_address("@school.example"), "nothing is in front of the '@'");
  EXPECT_EQ(fault_of_address("ann@"), "nothing is behind the '@'");
  EXPECT_EQ(fault_of_address("@"), "nothing is in front of the '@'");
  EXPECT_EQ(fault_of_address("a@b@c"), "it has more than one '@'");
  EXPECT_EQ(fault_of_address("\"a@b\"@c@d"), "it has more than one '@'");
  EXPECT_EQ(fault_of_address("\"a@b"), "its quote is not closed");
  EXPECT_EQ(fault_of_address("\"a@b\\\""), "its quote is not closed");
  EXPECT_EQ(fault_of_address("\"a\"b@c"), "no '@' follows its quotes");
  EXPECT_EQ(fault_of_address("\"a@b\""), "no '@' follows its quotes");
}

TEST(Address, IsNoLongerThanAnEnvelopeTakes) {
  EXPECT_THAT(fault_of_address(std::string(65, 'a') + "@b"), HasSubstr("65 bytes are in front"));
  EXPECT_THAT(fault_of_address(repeated("\u00e4", 33) + "@b"), HasSubstr("66 bytes are in front"));
  EXPECT_THAT(fault_of_address("a@" + std::string(256, 'b')), HasSubstr("256 bytes are behind"));
  EXPECT_THAT(fault_of_address(std::string(64, 'a') + "@" + std::string(190, 'b')),
              HasSubstr("it has 255 bytes, at most 254"));
}

TEST(Address, HoldsNothingThatEndsItInAnEnvelopeOrAHeader) {
  EXPECT_EQ(fault_of_address("ann bo@c"), "a space is in front of the '@'");
  EXPECT_EQ(fault_of_address(" ann@c"), "a space is in front of the '@'");
  EXPECT_EQ(fault_of_address("ann@c "), "a space is behind the '@'");
  EXPECT_EQ(fault_of_address("a@b>SIZE=1"), "'>' is behind the '@'");
  EXPECT_EQ(fault_of_address("Ann <ann@c>"), "a space is in front of the '@'");
  EXPECT_EQ(fault_of_address("<ann@c>"), "'<' is in front of the '@'");
  EXPECT_EQ(fault_of_address("ann@b,bo@c"), "it has more than one '@'");
  EXPECT_EQ(fault_of_address("ann@b,c"), "',' is behind the '@'");
  EXPECT_EQ(fault_of_address("a\"b@c"), "'\"' is in front of the '@'");
  EXPECT_EQ(fault_of_address("ann@[192.0.2.1"), "its '[' is not closed");
}

TEST(Address, HoldsNothingThatNobodySees) {
  EXPECT_THAT(fault_of_address("\u202aann@c.example\u202c"), HasSubstr("U+202A"));
  EXPECT_THAT(fault_of_address("ann@c.example\ufeff"), HasSubstr("U+FEFF"));
  EXPECT_THAT(fault_of_address("an\u2067n@c.example"), HasSubstr("U+2067"));
}

class Door : public RosterTest {
 protected:
  std::string name_of_first_user() {
    std::vector<MailTarget> targets;
    const std::vector<UserNumber> first{0};
    EXPECT_TRUE(reader().read_mail_targets(first, targets));
    return targets.empty() ? "" : targets[0].full_name;
  }
};

TEST_F(Door, RefusesControlsInAnAddressByPlace) {
  for (const auto* control : {"\"ann\r\nBcc: b@c\"", "\"ann\nx@c\"", "\"ann\rx@c\"", "ann\x01@c"}) {
    EXPECT_THAT(
        refusal_of("users.csv", "user_id,full_name,email\nu,A," + std::string(control) + "\n"),
        HasSubstr("users.csv:2:5: "))
        << control;
  }
  EXPECT_THAT(refusal_of("users.csv", std::string("user_id,full_name,email\nu,A,a\0@c\n", 33)),
              HasSubstr("users.csv:2:6"));
}

TEST_F(Door, RefusesLineBreaksAndControlsInANameByPlace) {
  EXPECT_EQ(refusal_of("users.csv", "user_id,full_name\nu,\"A\r\nBcc: b@c\"\n"),
            "users.csv:2:3: a carriage return (U+000D) in full_name");
  EXPECT_EQ(refusal_of("users.csv", "user_id,full_name\nu,\"A\nB\"\n"),
            "users.csv:2:3: a line feed (U+000A) in full_name");
  const auto refused = import(file("users.csv", "user_id,full_name\nu,A\x1b[1m\n"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().mend, "remove it");
}

TEST_F(Door, TakesNamesOfThreeHundredCharactersAndOfAllScripts) {
  for (const auto& name : {repeated("\u4f8b", 300), std::string("Ann \u201cBo\u201d O'Neil, Jr."),
                           std::string("\u05d3\u05d5\u05d3"), std::string("\u0639\u0644\u064a")}) {
    good(import(file("users.csv", "user_id,full_name\nu,\"" + name + "\"\n")));
    EXPECT_EQ(name_of_first_user(), name);
  }
  good(import(file("users.csv", "user_id,full_name\nu,\"Ann \"\"Bo\"\" Cy\"\n")));
  EXPECT_EQ(name_of_first_user(), "Ann \"Bo\" Cy");
}

// Right-to-left names come with them from directories; whoever writes a letter leaves them out.
TEST_F(Door, TakesBidiMarksInNamesAsTheyCome) {
  for (const auto* name :
       {"\u202b\u05d3\u05d5\u05d3\u202c", "\u2067\u0639\u0644\u064a\u2069", "\u202eunbalanced"}) {
    good(import(file("users.csv", "user_id,full_name\nu," + std::string(name) + "\n")));
    EXPECT_EQ(name_of_first_user(), name);
  }
}

TEST_F(Door, TakesAnAddressThatSeveralUsersShare) {
  const auto counts = good(import(
      file("users.csv", "user_id,full_name,email\nu1,Ann,home@c.example\nu2,Bo,home@c.example\n")));
  EXPECT_EQ(counts.users, 2U);
  EXPECT_EQ(user("u1", "", Wanted::not_invited, Means::mail).mailboxes.size(), 1U);
  EXPECT_EQ(user("u2", "", Wanted::not_invited, Means::mail).mailboxes.size(), 1U);
}

TEST_F(Door, PutsARowWithABadAddressAsideWithItsReason) {
  const auto users =
      file("users.csv", "user_id,full_name,email\nu1,Ann,ann@@c\nu2,Bo,bo@c.example\n");
  const auto counts = good(import_plan({{users}, "", false, dir_ + "/rejects.csv"}));
  EXPECT_EQ(counts.rejected, 1U);
  EXPECT_THAT(read(dir_ + "/rejects.csv"), HasSubstr("more than one '@'"));
  EXPECT_EQ(user("u2", "", Wanted::not_invited, Means::mail).mailboxes.size(), 1U);
}

}  // namespace
}  // namespace muster::roster
