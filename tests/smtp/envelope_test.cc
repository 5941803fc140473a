#include "smtp/envelope.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "tests/smtp/talk.h"

namespace muster::smtp {
namespace {

Letter letter_to(std::string recipient) {
  Letter letter;
  letter.sender = "it@school.example";
  letter.recipient = std::move(recipient);
  letter.id = "4F+1A=2B";
  letter.head.assign(10, 'x');
  return letter;
}

std::string mail_of(const EnvelopeRules& rules, const Letter& letter) {
  std::string text;
  write_mail(rules, letter, text);
  return text;
}
std::string rcpt_of(const EnvelopeRules& rules, const Letter& letter) {
  std::string text;
  write_rcpt(rules, letter, text);
  return text;
}

TEST(Envelope, IsBareWhereNothingIsOffered) {
  const auto letter = letter_to("a@b.example");
  EXPECT_EQ(mail_of({{}, true}, letter), "MAIL FROM:<it@school.example>\r\n");
  EXPECT_EQ(rcpt_of({{}, true}, letter), "RCPT TO:<a@b.example>\r\n");
}

TEST(Envelope, SaysTheSizeWhereItMay) {
  EnvelopeRules rules;
  rules.offered.size = true;
  EXPECT_EQ(mail_of(rules, letter_to("a@b.example")), "MAIL FROM:<it@school.example> SIZE=10\r\n");
}

TEST(Envelope, SaysUtf8ForTheLettersThatNeedIt) {
  EnvelopeRules rules;
  rules.offered.utf8 = true;
  auto letter = letter_to("j\xc3\xbcrgen@b.example");
  letter.utf8 = true;
  EXPECT_EQ(mail_of(rules, letter), "MAIL FROM:<it@school.example> SMTPUTF8\r\n");
  rules.offered.eight_bit = true;
  EXPECT_EQ(mail_of(rules, letter), "MAIL FROM:<it@school.example> SMTPUTF8 BODY=8BITMIME\r\n");
  EXPECT_EQ(mail_of(rules, letter_to("a@b.example")), "MAIL FROM:<it@school.example>\r\n");
}

TEST(Envelope, AsksForNotificationsWhereSetAndOffered) {
  EnvelopeRules rules;
  rules.offered.delivery_status = true;
  const auto letter = letter_to("a+b@b.example");
  EXPECT_EQ(mail_of(rules, letter), "MAIL FROM:<it@school.example>\r\n");
  rules.delivery_status = true;
  EXPECT_EQ(mail_of(rules, letter),
            "MAIL FROM:<it@school.example> RET=HDRS ENVID=4F+2B1A+3D2B\r\n");
  EXPECT_EQ(rcpt_of(rules, letter),
            "RCPT TO:<a+b@b.example> NOTIFY=FAILURE ORCPT=rfc822;a+2Bb@b.example\r\n");
  auto wide = letter_to("\xc3\xbc@b.example");
  wide.utf8 = true;
  wide.id = std::string(101, 'x');
  EXPECT_EQ(rcpt_of(rules, wide), "RCPT TO:<\xc3\xbc@b.example> NOTIFY=FAILURE\r\n");
  EXPECT_EQ(mail_of(rules, wide), "MAIL FROM:<it@school.example> SMTPUTF8 RET=HDRS\r\n");
}

TEST(Envelope, FindsWhatCannotBeSent) {
  EnvelopeRules rules;
  EXPECT_EQ(hindrance(rules, letter_to("a@b.example")), Reason::none);
  for (const std::string address : {"", "a@b\r\nRSET", "a\x01@b", "\xc3\xbc@b.example"}) {
    EXPECT_EQ(hindrance(rules, letter_to(address)), Reason::address_refused) << address;
  }
  EXPECT_EQ(hindrance(rules, letter_to(std::string(255, 'x'))), Reason::address_refused);
  auto wide = letter_to("\xc3\xbc@b.example");
  wide.utf8 = true;
  EXPECT_EQ(hindrance(rules, wide), Reason::needs_utf8);
  rules.offered.utf8 = true;
  EXPECT_EQ(hindrance(rules, wide), Reason::none);
  rules.offered.size = true;
  rules.offered.size_max = 9;
  EXPECT_EQ(hindrance(rules, letter_to("a@b.example")), Reason::message_too_large);
  rules.offered.size_max = 10;
  EXPECT_EQ(hindrance(rules, letter_to("a@b.example")), Reason::none);
}

TEST(Envelope, AHindranceAnswersTheLetterAndTheConnectionGoesOn) {
  testing::Talk talk;
  talk.open("250-mx\r\n250-PIPELINING\r\n250 SIZE 100\r\n");
  talk.add_letter().utf8 = true;
  talk.submit_last();
  talk.add_letter().head.resize(200);
  talk.submit_last();
  EXPECT_EQ(talk.became(0), "answered 0 NeedsUtf8");
  EXPECT_EQ(talk.became(1), "answered 0 MessageTooLarge");
  EXPECT_EQ(talk.said(), "");
  EXPECT_EQ(talk.session->room(), 2U);
  EXPECT_EQ(talk.vitals().in_flight, 0U);
}

}  // namespace
}  // namespace muster::smtp
