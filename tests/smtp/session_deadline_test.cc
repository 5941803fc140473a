// How long a session waits in each phase, and what becomes of the letters then.
#include <gtest/gtest.h>

#include "tests/smtp/talk.h"

namespace muster::smtp::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
const std::string envelope_taken = "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go on\r\n";

// Still there a second before, and gone at the moment.
void expect_patience(Talk& talk, Duration patience) {
  talk.wait(patience - seconds(1));
  EXPECT_FALSE(talk.session->wants_close());
  talk.wait(seconds(1));
  EXPECT_TRUE(talk.session->wants_close());
  EXPECT_EQ(talk.vitals().error.code, ErrorCode::connection_silent);
  EXPECT_EQ(talk.session->deadline(), Instant::never());
}

TEST(SmtpDeadlines, OfTheOpening) {
  Talk greeting;
  EXPECT_EQ(greeting.session->deadline(), Instant::never());
  greeting.connect();
  expect_patience(greeting, minutes(5));
  Talk hello;
  hello.connect();
  (void)hello.after("220 mx\r\n");
  expect_patience(hello, minutes(5));
  auto settings = Talk::in_clear();
  settings.tls = TlsMode::required;
  Talk handshake(settings);
  handshake.open("250-mx\r\n250 STARTTLS\r\n");
  (void)handshake.after("220 go\r\n");
  expect_patience(handshake, seconds(30));
}

TEST(SmtpDeadlines, OfACommandCountAsAnAttemptOfItsLetter) {
  const std::pair<const char*, Duration> rows[] = {
      {"", minutes(5)}, {"250 Ok\r\n", minutes(5)}, {"250 Ok\r\n250 Ok\r\n", minutes(2)}};
  for (const auto& [before, patience] : rows) {
    Talk talk;
    talk.open();
    talk.submit(2);
    (void)talk.after(before);
    expect_patience(talk, patience);
    EXPECT_EQ(talk.became(0), "answered 0 AnswerOverdue") << before;
    EXPECT_EQ(talk.became(1), "unprocessed") << before;
  }
}

TEST(SmtpDeadlines, OfTheDotLeaveTheLetterInDoubt) {
  Talk talk;
  talk.open();
  talk.submit(2);
  (void)talk.after(envelope_taken);
  expect_patience(talk, minutes(10));
  EXPECT_EQ(talk.became(0), "in doubt AnswerOverdue");
  EXPECT_EQ(talk.became(1), "unprocessed");
}

TEST(SmtpDeadlines, OfACommandBehindADotBeginWithTheDotsReply) {
  Talk talk;
  talk.open();
  talk.submit(2);
  (void)talk.after(envelope_taken);
  talk.wait(minutes(9));
  talk.hear("250 Ok\r\n");
  expect_patience(talk, minutes(5));
  EXPECT_EQ(talk.became(1), "answered 0 AnswerOverdue");
}

TEST(SmtpDeadlines, OfTheBodyCountFromTheLastBytesTaken) {
  Talk talk;
  talk.open();
  talk.submit();
  (void)talk.said();
  talk.hear(envelope_taken);
  std::vector<Byte> room(1);
  for (int i = 0; i < 5; ++i) {
    talk.clock.turn(minutes(2));
    EXPECT_EQ(talk.session->transmit(room, talk.clock.now()), 1U);
  }
  EXPECT_EQ(talk.session->deadline(), talk.clock.now() + minutes(3));
  talk.clock.turn(minutes(3));
  talk.session->expire(talk.clock.now());
  talk.collect();
  EXPECT_EQ(talk.became(0), "unprocessed");
  EXPECT_TRUE(talk.session->wants_close());
}

TEST(SmtpDeadlines, OfRsetAreNotTheLettersFault) {
  Talk talk;
  talk.open();
  talk.submit();
  (void)talk.after("250 Ok\r\n250 Ok\r\n451 no\r\n");
  talk.submit();
  (void)talk.said();
  expect_patience(talk, minutes(5));
  EXPECT_EQ(talk.became(1), "unprocessed");
}

TEST(SmtpDeadlines, BeginAnewWithTheFirstLetterAfterIdling) {
  Talk talk;
  talk.open();
  talk.clock.turn(seconds(19));
  talk.submit();
  EXPECT_EQ(talk.session->deadline(), talk.clock.now() + minutes(5));
}

TEST(SmtpDeadlines, AreNotHeededBeforeTheirTime) {
  Talk talk;
  talk.open();
  talk.session->expire(talk.clock.now());
  EXPECT_EQ(talk.vitals().condition, wire::Vitals::Condition::open);
}

}  // namespace
}  // namespace muster::smtp::testing
