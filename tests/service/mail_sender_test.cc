// What mail hosts think of the sender, as far as it can be known before anything is sent.
#include "service/mail_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reactor/dns_server.h"

namespace muster::service {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// A sender whom nobody has anything against.
MailSettings good_sender() {
  MailSettings mail;
  mail.mode = "direct";
  mail.from = "Example School <it@School.Example>";
  mail.own_name = "mail.school.example";
  mail.dkim = {{"school.example", "one", "key.pem"}};
  return mail;
}

TEST(MailSender, IsCalledAsTheSettingsSayOrAsItsHost) {
  MailSettings mail;
  mail.own_name = "[192.0.2.1]";
  EXPECT_EQ(own_name(mail), "[192.0.2.1]");
  mail.own_name.clear();
  EXPECT_NE(own_name(mail), "");
}

TEST(MailSender, MayHaveANameThatResolvesOrAnAddress) {
  for (const auto* name :
       {"mail.school.example", "school.example", "[192.0.2.1]", "[IPv6:2001:db8::1]"}) {
    auto mail = good_sender();
    mail.own_name = name;
    EXPECT_THAT(cautions_about(mail), IsEmpty()) << name;
  }
}

TEST(MailSender, IsCautionedAboutANameThatCannotResolve) {
  for (const auto* name :
       {"localhost", "mail", "192.0.2.1", ".example", "mail.", "mail..example"}) {
    auto mail = good_sender();
    mail.own_name = name;
    const auto cautions = cautions_about(mail);
    ASSERT_EQ(cautions.size(), 1U) << name;
    EXPECT_EQ(cautions.front().setting, "mail.own_name");
    EXPECT_THAT(cautions.front().found, HasSubstr(name));
  }
}

TEST(MailSender, IsCautionedAboutLettersWithoutASignature) {
  auto mail = good_sender();
  mail.dkim.clear();
  const auto cautions = cautions_about(mail);
  ASSERT_EQ(cautions.size(), 1U);
  EXPECT_EQ(cautions.front().setting, "mail.dkim");
}

TEST(MailSender, LeavesItsStandingToARelay) {
  auto mail = good_sender();
  mail.own_name = "localhost";
  mail.dkim.clear();
  for (const auto* mode : {"relay", "off"}) {
    mail.mode = mode;
    EXPECT_THAT(cautions_about(mail), IsEmpty()) << mode;
  }
}

class Bounces : public testing::Test {
 protected:
  Bounces() { mail.direct.resolver = dns.resolver(); }

  reactor::DnsServer dns;
  MailSettings mail = good_sender();
};

TEST_F(Bounces, GoToTheHostsOfTheSendersDomain) {
  dns.say("school.example", reactor::mx(20, "mx2.school.example"));
  dns.say("school.example", reactor::mx(10, "mx1.school.example"));
  dns.say("mx1.school.example", reactor::a("192.0.2.1"));
  dns.say("mx1.school.example", reactor::a("192.0.2.2"));
  dns.say("mx2.school.example", reactor::a("192.0.2.3"));
  const auto remark = look_for_bounce_hosts(mail);
  EXPECT_TRUE(remark.good);
  EXPECT_EQ(remark.setting, "mail.from");
  EXPECT_EQ(remark.found,
            "what comes back to school.example goes to mx1.school.example and 1 other");
  EXPECT_EQ(remark.mend, "");
}

TEST_F(Bounces, GoToTheEnvelopesSenderWhereThereIsOne) {
  mail.envelope_from = "bounce+{id}@bounces.example";
  dns.say("bounces.example", reactor::a("192.0.2.1"));
  const auto remark = look_for_bounce_hosts(mail);
  EXPECT_TRUE(remark.good) << remark.found;
  EXPECT_EQ(remark.setting, "mail.envelope_from");
  EXPECT_EQ(remark.found, "what comes back to bounces.example goes to bounces.example");
}

TEST_F(Bounces, AreLostWhereTheDomainTakesNoMail) {
  dns.say("school.example", reactor::mx(0, ""));
  const auto remark = look_for_bounce_hosts(mail);
  EXPECT_FALSE(remark.good);
  EXPECT_THAT(remark.found, HasSubstr("nobody takes what comes back to school.example (the domain "
                                      "takes no mail)"));
  EXPECT_THAT(remark.mend, HasSubstr("mail.envelope_from"));
}

TEST_F(Bounces, AreUncertainWhereDnsFails) {
  dns.say("school.example", ns_t_mx, {.code = ns_r_servfail});
  const auto remark = look_for_bounce_hosts(mail);
  EXPECT_FALSE(remark.good);
  EXPECT_EQ(remark.found, "DNS did not say who takes what comes back to school.example");
  EXPECT_THAT(remark.mend, HasSubstr("a DNS server answers at " + dns.resolver()));
}

TEST_F(Bounces, CannotBeLookedForWithoutASenderOrAResolver) {
  mail.direct.resolver = "dns";
  EXPECT_EQ(look_for_bounce_hosts(mail).setting, "mail.direct.resolver");
  mail.from = "nobody";
  EXPECT_EQ(look_for_bounce_hosts(mail).setting, "mail.from");
  EXPECT_EQ(look_for_bounce_hosts(mail).found, "mail.from has no @");
}

}  // namespace
}  // namespace muster::service
