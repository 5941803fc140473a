// Which names and which addresses may be a mail host's.
#include "reactor/mail_host_rules.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace muster::reactor {
namespace {

bool counts_v4(const char* text, bool allow_loopback = false) {
  in_addr bits{};
  EXPECT_EQ(::inet_pton(AF_INET, text, &bits), 1) << text;
  return counts(bits, allow_loopback);
}

bool counts_v6(const char* text, bool allow_loopback = false) {
  in6_addr bits{};
  EXPECT_EQ(::inet_pton(AF_INET6, text, &bits), 1) << text;
  return counts(bits, allow_loopback);
}

TEST(MailHostRules, PutNamesInLowerCaseAndTakeTheDotAtTheEndAway) {
  EXPECT_EQ(host_name_of("MX1.School.Example."), "mx1.school.example");
  EXPECT_EQ(host_name_of("mx_1.xn--bcher-kva.example"), "mx_1.xn--bcher-kva.example");
  EXPECT_EQ(host_name_of("example"), "example");
}

TEST(MailHostRules, RefuseWhatCannotBeAHostsName) {
  for (const auto* name : {"", ".", "..", ".example", "a..example", "a b.example", "a\\.b.example",
                           "a/b.example", "a\nb.example", "b\xc3\xbc.example", "[192.0.2.1]"}) {
    EXPECT_EQ(host_name_of(name), "") << name;
  }
}

TEST(MailHostRules, HoldNamesToTheLengthsOfDns) {
  const std::string label(63, 'a');
  const auto three = label + "." + label + "." + label + ".";
  EXPECT_EQ(host_name_of(label + ".example"), label + ".example");
  EXPECT_EQ(host_name_of("a" + label + ".example"), "");
  EXPECT_EQ(host_name_of(three + std::string(61, 'a')), three + std::string(61, 'a'));
  EXPECT_EQ(host_name_of(three + std::string(62, 'a')), "");
}

TEST(MailHostRules, CountAddressesThatLeadToOtherMachines) {
  for (const auto* address : {"192.0.2.1", "10.0.0.1", "1.0.0.0", "126.255.255.255", "128.0.0.0",
                              "169.253.255.255", "169.255.0.0", "223.255.255.255"}) {
    EXPECT_TRUE(counts_v4(address)) << address;
  }
  for (const auto* address : {"2001:db8::1", "fd00::1", "::2", "::ffff:192.0.2.1", "fec0::1"}) {
    EXPECT_TRUE(counts_v6(address)) << address;
  }
}

TEST(MailHostRules, LeaveOutAddressesThatLeadHereOrNowhere) {
  for (const auto* address :
       {"0.0.0.0", "0.255.255.255", "169.254.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"}) {
    EXPECT_FALSE(counts_v4(address, true)) << address;
  }
  for (const auto* address : {"::", "fe80::1", "febf::1", "ff02::1", "::ffff:0.0.0.0",
                              "::ffff:224.0.0.1", "::ffff:255.255.255.255"}) {
    EXPECT_FALSE(counts_v6(address, true)) << address;
  }
}

TEST(MailHostRules, CountLoopbackWhereItIsAllowedAlone) {
  for (const auto* address : {"127.0.0.1", "127.255.255.255"}) {
    EXPECT_FALSE(counts_v4(address)) << address;
    EXPECT_TRUE(counts_v4(address, true)) << address;
  }
  for (const auto* address : {"::1", "::ffff:127.0.0.1"}) {
    EXPECT_FALSE(counts_v6(address)) << address;
    EXPECT_TRUE(counts_v6(address, true)) << address;
  }
}

}  // namespace
}  // namespace muster::reactor
