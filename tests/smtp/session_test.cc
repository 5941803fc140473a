#include "smtp/session.h"

#include <gtest/gtest.h>

#include "model/limits.h"
#include "tests/smtp/talk.h"

namespace muster::smtp::testing {
namespace {

using Condition = wire::Vitals::Condition;
constexpr std::string_view envelope_taken = "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go on\r\n";

TEST(SmtpSession, GreetsOnlyAfterItWasGreeted) {
  Talk talk;
  talk.connect();
  EXPECT_EQ(talk.said(), "");
  EXPECT_EQ(talk.after("220 mx.example ESMTP\r\n"), "EHLO us.example\r\n");
  EXPECT_EQ(talk.vitals().condition, Condition::opening);
  EXPECT_EQ(talk.session->room(), 0U);
}

TEST(SmtpSession, TakesTwoLettersWherePipeliningIsOffered) {
  Talk talk;
  talk.open();
  EXPECT_EQ(talk.vitals().condition, Condition::open);
  EXPECT_EQ(talk.vitals().stream_limit, 2U);
  EXPECT_EQ(talk.session->room(), 2U);
}

TEST(SmtpSession, SendsTheNextEnvelopeInTheBurstOfTheBody) {
  Talk talk;
  talk.open();
  talk.submit(2);
  EXPECT_EQ(talk.said(), envelope(0));
  EXPECT_EQ(talk.after(envelope_taken), body(0) + envelope(1));
  EXPECT_EQ(talk.after("250 2.0.0 Ok: queued as 1\r\n250 Ok\r\n250 Ok\r\n354 go on\r\n"), body(1));
  EXPECT_EQ(talk.became(0), "answered 250");
  EXPECT_EQ(talk.reply_to(0), "250 2.0.0 Ok: queued as 1");
  talk.hear("250 2.0.0 Ok: queued as 2\r\n");
  EXPECT_EQ(talk.became(1), "answered 250");
  EXPECT_EQ(talk.vitals().in_flight, 0U);
}

TEST(SmtpSession, SendsAnEnvelopeBehindADotThatIsAlreadyOnItsWay) {
  Talk talk;
  talk.open();
  talk.submit();
  EXPECT_EQ(talk.after(envelope_taken), body(0));
  talk.submit();
  EXPECT_EQ(talk.said(), envelope(1));
}

TEST(SmtpSession, NeverPutsAnythingBehindDataBeforeItsReply) {
  Talk talk;
  talk.open();
  talk.submit(2);
  EXPECT_EQ(talk.said(), envelope(0));
  EXPECT_EQ(talk.after("250 Ok\r\n250 Ok\r\n"), "");
}

TEST(SmtpSession, WaitsForEveryReplyWherePipeliningIsNotOffered) {
  Talk talk;
  talk.open(plain_offer);
  EXPECT_EQ(talk.session->room(), 1U);
  talk.submit();
  EXPECT_EQ(talk.said(), mail(0));
  EXPECT_EQ(talk.after("250 Ok\r\n"), rcpt(0));
  EXPECT_EQ(talk.after("250 Ok\r\n"), "DATA\r\n");
  EXPECT_EQ(talk.session->room(), 0U);
  EXPECT_EQ(talk.after("354 go on\r\n"), body(0));
  EXPECT_EQ(talk.after("250 queued\r\n"), "");
  EXPECT_EQ(talk.became(0), "answered 250");
  EXPECT_EQ(talk.session->room(), 1U);
}

TEST(SmtpSession, WritesTheSameIntoRoomsOfAnySize) {
  for (const std::size_t room : {1U, 2U, 3U, 7U, 64U}) {
    Talk talk;
    talk.room = room;
    talk.open();
    talk.submit(2);
    EXPECT_EQ(talk.said(), envelope(0)) << room;
    EXPECT_EQ(talk.after(envelope_taken), body(0) + envelope(1)) << room;
  }
}

TEST(SmtpSession, QuitsBehindTheLastDotItMaySend) {
  auto settings = Talk::in_clear();
  settings.letters_max = 2;
  Talk talk(settings);
  talk.open();
  talk.submit(2);
  EXPECT_EQ(talk.vitals().condition, Condition::draining);
  EXPECT_EQ(talk.session->room(), 0U);
  (void)talk.after(envelope_taken);
  EXPECT_EQ(talk.after("250 Ok\r\n250 Ok\r\n250 Ok\r\n354 go on\r\n"), body(1) + "QUIT\r\n");
  talk.hear("250 Ok\r\n");
  EXPECT_FALSE(talk.session->wants_close());
  talk.hear("221 Bye\r\n");
  EXPECT_TRUE(talk.session->wants_close());
  EXPECT_EQ(talk.became(1), "answered 250");
}

TEST(SmtpSession, SendsNoMoreLettersThanTheServerSays) {
  Talk talk;
  talk.open("250-mx.example\r\n250-PIPELINING\r\n250 LIMITS RCPTMAX=1 MAILMAX=1\r\n");
  EXPECT_EQ(talk.session->room(), 1U);
  talk.submit();
  EXPECT_EQ(talk.after(envelope_taken), body(0) + "QUIT\r\n");
}

TEST(SmtpSession, QuitsWhenItIsIdle) {
  Talk talk;
  talk.open();
  talk.clock.turn(std::chrono::seconds(20));
  talk.session->expire(talk.clock.now());
  EXPECT_EQ(talk.said(), "QUIT\r\n");
  EXPECT_EQ(talk.vitals().condition, Condition::draining);
  talk.hear("221 Bye\r\n");
  EXPECT_TRUE(talk.session->wants_close());
  talk.lose(ErrorCode::none);
  EXPECT_EQ(talk.vitals().condition, Condition::closed);
  EXPECT_EQ(talk.vitals().error.code, ErrorCode::none);
}

TEST(SmtpSession, DoesNotWaitLongForTheAnswerToQuit) {
  Talk talk;
  talk.open();
  talk.wait(std::chrono::seconds(20));
  EXPECT_FALSE(talk.session->wants_close());
  talk.wait(std::chrono::seconds(2));
  EXPECT_TRUE(talk.session->wants_close());
}

TEST(SmtpSession, FinishesWhatIsBegunWhenDrained) {
  Talk talk;
  talk.open();
  talk.submit(2);
  (void)talk.said();
  talk.drain();
  EXPECT_EQ(talk.became(1), "unprocessed");
  EXPECT_EQ(talk.session->room(), 0U);
  EXPECT_EQ(talk.after(envelope_taken), body(0) + "QUIT\r\n");
  talk.hear("250 Ok\r\n221 Bye\r\n");
  EXPECT_EQ(talk.became(0), "answered 250");
  EXPECT_TRUE(talk.session->wants_close());
}

TEST(SmtpSession, QuitsAtOnceWhenDrainedWithNothingInHand) {
  Talk talk;
  talk.open();
  talk.drain();
  EXPECT_EQ(talk.said(), "QUIT\r\n");
}

TEST(SmtpSession, ClosesAtOnceWhenDrainedWhileOpening) {
  Talk talk;
  talk.connect();
  talk.drain();
  EXPECT_TRUE(talk.session->wants_close());
  EXPECT_EQ(talk.said(), "");
}

TEST(SmtpSession, KeepsTheReplyPrintableAndShort) {
  Talk talk;
  talk.open();
  talk.submit();
  (void)talk.after(envelope_taken);
  talk.hear("550-5.7.1 first\r\n550 5.7.1 \x01sec\xc3\xa9ond " + std::string(300, 'x') + "\r\n");
  EXPECT_EQ(talk.reply_to(0).substr(0, 32), "550 5.7.1 first sec??ond xxxxxxx");
  EXPECT_EQ(talk.reply_to(0).size(), limits::reply_bytes_max);
}

}  // namespace
}  // namespace muster::smtp::testing
