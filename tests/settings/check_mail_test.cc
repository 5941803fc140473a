// [mail] and what belongs to it: what is read, what is refused, and where a complaint points.
#include "settings/check_mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::settings {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Settings read(const std::string& toml) {
  auto settings = read_settings_text(toml, "/etc/muster/muster.toml");
  EXPECT_TRUE(settings.has_value()) << settings.error().line_of_text();
  return settings.has_value() ? *settings : Settings{};
}

std::string line_about(const std::string& toml) {
  const auto settings = read_settings_text(toml, "muster.toml");
  EXPECT_FALSE(settings.has_value()) << toml;
  return settings.has_value() ? "" : settings.error().line_of_text();
}

TEST(MailSettings, ReadsARelayWithALogin) {
  const auto mail = read(R"(
[mail]
mode = "relay"
from = "Example School <it@school.example>"
reply_to = "help@school.example"
envelope_from = "bounce+{id}@school.example"
unsubscribe_url = "https://school.example/out?letter={id}"
own_name = "[192.0.2.1]"
expiration = "1m"
retry_after = ["1s", "2s", "3s", "4s", "5s", "6s", "7s", "8s", "9s", "10s", "11s", "12s", "13s",
               "14s", "15s"]
attempts = 15
canary = 0
in_doubt = "hold"
[mail.relay]
host = "mail.school.example"
port = 587
tls = "required"
user = "muster"
password_file = "password"
trust_file = "ca.pem"
connections = 64
messages_per_connection = 100
per_second = 10
per_minute = 30
per_day = 10000
chunking = "on"
delivery_status = "on"
)")
                        .mail;
  EXPECT_EQ(mail.reply_to, "help@school.example");
  EXPECT_EQ(mail.envelope_from, "bounce+{id}@school.example");
  EXPECT_EQ(mail.own_name, "[192.0.2.1]");
  EXPECT_EQ(mail.expiration, 1min);
  EXPECT_EQ(mail.retry_after.size(), 15U);
  EXPECT_EQ(mail.in_doubt, "hold");
  EXPECT_EQ(mail.relay.user, "muster");
  EXPECT_EQ(mail.relay.password_file, "/etc/muster/password");
  EXPECT_EQ(mail.relay.trust_file, "/etc/muster/ca.pem");
  EXPECT_EQ(mail.relay.connections, 64U);
  EXPECT_EQ(mail.relay.messages_per_connection, 100U);
  EXPECT_EQ(mail.relay.per_second, 10U);
  EXPECT_EQ(mail.relay.per_minute, 30U);
  EXPECT_EQ(mail.relay.per_day, 10'000U);
  EXPECT_EQ(mail.relay.chunking, "on");
  EXPECT_EQ(mail.relay.delivery_status, "on");
}

TEST(MailSettings, ReadsHowToReachTheRecipientsHosts) {
  const auto direct = read(R"(
[mail.direct]
port = 2525
resolver = "192.0.2.53:53"
connections = 1024
tls = "none"
allow_loopback = true
)")
                          .mail.direct;
  EXPECT_EQ(direct.port, 2525);
  EXPECT_EQ(direct.resolver, "192.0.2.53:53");
  EXPECT_EQ(direct.connections, 1024U);
  EXPECT_EQ(direct.tls, "none");
  EXPECT_TRUE(direct.allow_loopback);
}

TEST(MailSettings, ReadsLettersAndKeysInTheirOrder) {
  const auto mail = read(R"(
[[mail.template]]
language = "en"
subject = "You are invited"
text = "Dear {full_name},\nsign in."
html_file = "letter.html"
url = "https://school.example/{email}"
[[mail.template]]
language = "de"
subject = "Einladung"
text_file = "brief.txt"
[[mail.dkim]]
domain = "school.example"
selector = "rsa"
key_file = "rsa.pem"
[[mail.dkim]]
domain = "school.example"
selector = "ed"
key_file = "ed.pem"
)")
                        .mail;
  ASSERT_EQ(mail.templates.size(), 2U);
  EXPECT_EQ(mail.templates[0].text, "Dear {full_name},\nsign in.");
  EXPECT_EQ(mail.templates[0].html_file, "/etc/muster/letter.html");
  EXPECT_EQ(mail.templates[1].text_file, "/etc/muster/brief.txt");
  ASSERT_EQ(mail.dkim.size(), 2U);
  EXPECT_EQ(mail.dkim[1].selector, "ed");
  EXPECT_EQ(mail.dkim[1].key_file, "/etc/muster/ed.pem");
}

TEST(MailSettings, RefusesMailThatCannotBeSent) {
  EXPECT_THAT(line_about("[mail]\nmode = \"direct\"\n"), HasSubstr("mail.from is empty"));
  EXPECT_THAT(line_about("[mail]\nmode = \"relay\"\nfrom = \"a@b\"\n"),
              HasSubstr("muster.toml:2:8: mail goes through a relay"));
  EXPECT_EQ(read("[mail]\nmode = \"direct\"\nfrom = \"a@b\"\n").mail.mode, "direct");
}

TEST(MailSettings, RefusesALoginThatAnybodyCouldHear) {
  for (const auto* tls : {"opportunistic", "none"}) {
    EXPECT_THAT(line_about("[mail.relay]\nuser = \"u\"\npassword_file = \"p\"\ntls = \"" +
                           std::string(tls) + "\"\n"),
                HasSubstr("muster.toml:4:7: mail.relay.user would be sent over a connection that "
                          "nobody verified"));
  }
}

TEST(MailSettings, LetsLettersFollowOneAnotherWithoutReplies) {
  EXPECT_EQ(read("[mail.relay]\nchunking = \"stream\"\n").mail.relay.chunking, "stream");
}

TEST(MailSettings, RefusesHalfALogin) {
  EXPECT_THAT(line_about("[mail.relay]\nuser = \"u\"\n"),
              HasSubstr("muster.toml:2:8: mail.relay.user has no password"));
  EXPECT_THAT(line_about("[mail.relay]\npassword_file = \"p\"\n"), HasSubstr("nobody's password"));
}

TEST(MailSettings, RefusesValuesOutOfRange) {
  EXPECT_THAT(line_about("[mail]\nexpiration = \"59s\"\n"), HasSubstr("from \"1m\" to \"30d\""));
  EXPECT_THAT(line_about("[mail]\nattempts = 16\n"), HasSubstr("from 1 to 15"));
  EXPECT_THAT(line_about("[mail]\nretry_after = []\n"), HasSubstr("a list of 1 to 15 times"));
  EXPECT_THAT(line_about("[mail]\ncanary = 1025\n"), HasSubstr("from 0 to 1024"));
  EXPECT_THAT(line_about("[mail]\nin_doubt = \"drop\"\n"), HasSubstr("\"resend\", \"hold\""));
  EXPECT_THAT(line_about("[mail.relay]\nconnections = 0\n"), HasSubstr("from 1 to 64"));
  EXPECT_THAT(line_about("[mail.relay]\nper_day = -1\n"), HasSubstr("from 0 to 1000000000"));
  EXPECT_THAT(line_about("[mail.relay]\nchunking = true\n"),
              HasSubstr("one of \"off\", \"on\", \"stream\""));
  EXPECT_THAT(line_about("[mail.direct]\nconnections = 1025\n"), HasSubstr("from 1 to 1024"));
  EXPECT_THAT(line_about("[mail.direct]\ntls = \"required\"\n"),
              HasSubstr("one of \"opportunistic\", \"none\""));
  EXPECT_THAT(line_about("[mail.direct]\nallow_loopback = \"true\"\n"),
              HasSubstr("2:18: mail.direct.allow_loopback is a text; expected true or false"));
}

TEST(MailSettings, RefusesAResolverThatIsNoAddressWithItsPort) {
  for (const auto* resolver :
       {"dns", "dns.school.example:53", "192.0.2.53", "192.0.2.53:", "192.0.2.53:0",
        "192.0.2.53:65536", "192.0.2.53:+53", "192.0.2.256:53", "2001:db8::53", "2001:db8::53:53",
        "[2001:db8::53]", "[192.0.2.53]:53", "[]:53", ":53"}) {
    EXPECT_THAT(line_about("[mail.direct]\nresolver = \"" + std::string(resolver) + "\"\n"),
                HasSubstr("expected an address with its port, as in \"192.0.2.53:53\""))
        << resolver;
  }
}

TEST(MailSettings, TakesResolversOfBothFamiliesAndNone) {
  for (const auto* resolver : {"127.0.0.1:5353", "[2001:db8::53]:53", "[::1]:1", ""}) {
    EXPECT_EQ(
        read("[mail.direct]\nresolver = \"" + std::string(resolver) + "\"\n").mail.direct.resolver,
        resolver);
  }
}

TEST(MailSettings, RefusesTextsThatAHeaderFieldCannotHold) {
  for (const auto* url : {"http://school.example", "https://", "https://a b", "https://a/{user}",
                          "https://a/>", "https://a/\u00fc", "mailto:a@b"}) {
    EXPECT_THAT(line_about("[mail]\nunsubscribe_url = \"" + std::string(url) + "\"\n"),
                HasSubstr("expected a URL that begins with https://"))
        << url;
  }
  for (const auto* address : {"bounce", "@b", "a@", "a@b@c", "<a@b>", "a b@c", "{user}@b"}) {
    EXPECT_THAT(line_about("[mail]\nenvelope_from = \"" + std::string(address) + "\"\n"),
                HasSubstr("expected an address"))
        << address;
  }
  for (const auto* name : {"a b", "a:25", "::1", "[", "[]", "[a b]"}) {
    EXPECT_THAT(line_about("[mail]\nown_name = \"" + std::string(name) + "\"\n"),
                HasSubstr("expected a host name that resolves"))
        << name;
  }
  EXPECT_THAT(line_about("[mail]\nreply_to = \"a\\nb\"\n"), HasSubstr("control characters"));
  EXPECT_THAT(line_about("[mail.relay]\nhost = \"smtp://a\"\n"), HasSubstr("a host name"));
}

TEST(MailSettings, TakesWhatIsOptionalEmpty) {
  const auto mail = read(
                        "[mail]\nunsubscribe_url = \"\"\nenvelope_from = \"\"\nown_name = \"\"\n"
                        "[mail.relay]\nhost = \"\"\n")
                        .mail;
  EXPECT_EQ(mail.own_name, "");
  EXPECT_EQ(read("[mail]\nown_name = \"[IPv6:2001:db8::1]\"\n").mail.own_name,
            "[IPv6:2001:db8::1]");
}

TEST(MailSettings, RefusesIncompleteLetters) {
  const std::string begin = "[[mail.template]]\n";
  EXPECT_THAT(line_about(begin + "subject = \"s\"\ntext = \"t\"\n"), HasSubstr("has no language"));
  EXPECT_THAT(line_about(begin + "language = \"en\"\ntext = \"t\"\n"), HasSubstr("has no subject"));
  EXPECT_THAT(line_about(begin + "language = \"en\"\nsubject = \"s\"\n"),
              HasSubstr("muster.toml:1:1: mail.template[1] has neither text nor text_file"));
  const auto rest = begin + "language = \"en\"\nsubject = \"s\"\ntext = \"t\"\n";
  EXPECT_THAT(line_about(rest + "text_file = \"f\"\n"),
              HasSubstr("muster.toml:5:13: mail.template[1] has both text and text_file"));
  EXPECT_THAT(line_about(rest + "html = \"h\"\nhtml_file = \"f\"\n"),
              HasSubstr("has both html and html_file"));
  EXPECT_THAT(line_about(rest + rest), HasSubstr("muster.toml:6:12: language 'en' has a letter"));
}

TEST(MailSettings, RefusesIncompleteKeys) {
  const std::string begin = "[[mail.dkim]]\n";
  EXPECT_THAT(line_about(begin), HasSubstr("muster.toml:1:1: mail.dkim[1] has no domain"));
  EXPECT_THAT(line_about(begin + "domain = \"a\"\n"), HasSubstr("has no selector"));
  EXPECT_THAT(line_about(begin + "domain = \"a\"\nselector = \"s\"\n"), HasSubstr("no key_file"));
  EXPECT_THAT(line_about(begin + "domain = \"a b\"\n"), HasSubstr("expected a domain name"));
  const auto key = begin + "domain = \"a\"\nselector = \"s\"\nkey_file = \"k\"\n";
  EXPECT_THAT(line_about(key + key), HasSubstr("muster.toml:7:12: selector 's' of a has a key"));
  EXPECT_THAT(line_about(key + key + key + key + key), HasSubstr("expected at most 4"));
}

}  // namespace
}  // namespace muster::settings
