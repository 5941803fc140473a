// Servers that break the protocol: the connection ends, nothing is concluded from what they said.
#include <gtest/gtest.h>

#include "model/limits.h"
#include "tests/smtp/talk.h"

namespace muster::smtp::testing {
namespace {

const std::string envelope_taken = "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go on\r\n";

TEST(HostileServer, IsLeftWhereItsLineNeverEnds) {
  Talk talk;
  talk.connect();
  const std::string piece(1000, 'x');
  talk.hear("220 ");
  for (int i = 0; i < 5; ++i) {
    talk.hear(piece);
  }
  EXPECT_TRUE(talk.session->wants_close());
  EXPECT_EQ(talk.vitals().refusal, Reason::protocol_error);
  EXPECT_EQ(talk.vitals().error.code, ErrorCode::protocol);
}

TEST(HostileServer, IsLeftWhereItsReplyNeverEnds) {
  Talk talk;
  talk.connect();
  (void)talk.after("220 mx\r\n");
  std::string lines;
  for (int i = 0; i < 100'000; ++i) {
    lines += "250-PIPELINING\r\n";
  }
  talk.hear(lines);
  EXPECT_TRUE(talk.session->wants_close());
}

TEST(HostileServer, IsLeftForCodesOutOfRangeAndNuls) {
  const std::string_view replies[] = {"199 x\r\n", "600 x\r\n", "25x x\r\n", "hello\r\n",
                                      std::string_view("250 a\0\r\n", 8)};
  for (const auto reply : replies) {
    Talk talk;
    talk.open();
    talk.submit(2);
    (void)talk.after(envelope_taken);
    talk.hear(reply);
    EXPECT_EQ(talk.became(0), "in doubt ConnectionLost") << reply;
    EXPECT_EQ(talk.became(1), "unprocessed") << reply;
    EXPECT_EQ(talk.said(), "") << reply;
  }
}

TEST(HostileServer, IsLeftForRepliesNobodyAskedFor) {
  for (const auto* reply : {"250 Ok\r\n", "354 go on\r\n", "550 no\r\n", "451 timeout\r\n"}) {
    Talk talk;
    talk.open();
    talk.hear(reply);
    EXPECT_TRUE(talk.session->wants_close()) << reply;
    EXPECT_EQ(talk.vitals().refusal, Reason::protocol_error) << reply;
  }
}

TEST(HostileServer, IsLeftWhereItAnswersBeforeItWasAsked) {
  Talk talk;
  talk.connect();
  talk.hear("220 mx\r\n250 mx\r\n");  // our EHLO is not written yet
  EXPECT_TRUE(talk.session->wants_close());
  Talk later;
  later.open();
  later.submit();
  later.hear(envelope_taken);  // nor MAIL
  EXPECT_TRUE(later.session->wants_close());
  EXPECT_EQ(later.became(0), "unprocessed");
}

TEST(HostileServer, CannotMakeUsBelieveWhatItSaysAfterwards) {
  Talk talk;
  talk.open();
  talk.submit();
  (void)talk.after(envelope_taken);
  talk.hear("nonsense\r\n250 Ok\r\n");
  talk.hear("250 Ok\r\n");
  EXPECT_EQ(talk.became(0), "in doubt ConnectionLost");
  talk.lose(ErrorCode::none);
  EXPECT_EQ(talk.became(0), "in doubt ConnectionLost");
}

TEST(HostileServer, CannotHoldTheTalkOpenByPiecesOfAReply) {
  Talk talk;
  talk.open();
  talk.submit();
  (void)talk.after(envelope_taken);
  for (int minute = 0; minute < 9; ++minute) {
    talk.wait(std::chrono::minutes(1));
    talk.hear(minute == 0 ? "250 " : "x");
  }
  EXPECT_EQ(talk.became(0), "none");
  talk.wait(std::chrono::minutes(1));
  EXPECT_EQ(talk.became(0), "in doubt AnswerOverdue");
}

// Everything a talk says and every answer, with the server's words cut at one place.
std::string whole_talk(std::size_t cut, std::size_t& size) {
  const std::string steps[] = {
      "220-mx\r\n220 hi\r\n", "250-mx\r\n250-PIPELINING\r\n250 SIZE 100000\r\n", envelope_taken,
      "250-2.0.0 Ok\r\n250 queued\r\n250 Ok\r\n550 5.1.1 unknown\r\n354 go on\r\n",
      "250 whatever\r\n250 reset\r\n"};
  Talk talk;
  talk.connect();
  std::string all;
  size = 0;
  for (const auto& step : steps) {
    if (talk.session->room() == 2) {
      talk.submit(2);
    }
    all += talk.said() + "|";
    if (cut > size && cut < size + step.size()) {
      talk.hear(std::string_view(step).substr(0, cut - size));
      talk.hear(std::string_view(step).substr(cut - size));
    } else {
      talk.hear(step);
    }
    size += step.size();
  }
  talk.lose();
  return all + talk.became(0) + talk.became(1) + talk.reply_to(0) + talk.reply_to(1);
}

TEST(Replies, MeanTheSameWhereverTheyAreCut) {
  std::size_t size = 0;
  const auto expected = whole_talk(0, size);
  EXPECT_NE(expected.find("answered 250answered 550 MailboxUnknown250 2.0.0 Ok queued"),
            std::string::npos)
      << expected;
  const auto last = size;
  for (std::size_t cut = 1; cut < last; ++cut) {
    EXPECT_EQ(whole_talk(cut, size), expected) << cut;
  }
}

}  // namespace
}  // namespace muster::smtp::testing
