#include "loadgen/strict_smtp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "loadgen/smtp_fault_file.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string uuid = "01020304-0506-8708-8000-00000000002a";
const std::string envelope =
    "MAIL FROM:<it@school.example>\r\nRCPT TO:<u1@school.example>\r\nDATA\r\n";
const std::string envelope_replies =
    "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with "
    "<CR><LF>.<CR><LF>\r\n";

std::string letter(const std::string& body = "hello\r\n", const std::string& extra = "") {
  return "From: School <it@school.example>\r\nTo: \"U <1>\" <u1@school.example>\r\n"
         "Date: Mon, 23 Nov 2026 06:06:47 +0000\r\nMessage-ID: <" +
         uuid + "@school.example>\r\nMIME-Version: 1.0\r\n" + extra + "\r\n" + body;
}

class StrictSmtpTest : public ::testing::Test {
 protected:
  void faults(const std::string& text) {
    auto plan = read_smtp_faults(text, "f.toml");
    ASSERT_TRUE(plan) << plan.error().line_of_text();
    peer_.faults = std::move(*plan);
  }
  void keep_journal() {
    journal_.emplace(std::move(*Journal::open(scratch_ / "j")));
    peer_.journal = &*journal_;
  }
  std::vector<JournalRecord> records() {
    EXPECT_TRUE(journal_->flush());
    auto reader = JournalReader::open(scratch_ / "j");
    std::vector<JournalRecord> all;
    JournalRecord record;
    while (*reader->next(record)) {
      all.push_back(record);
    }
    return all;
  }
  std::string begin(bool tls = false) {
    smtp_ = std::make_unique<StrictSmtp>(peer_, StrictSmtp::Start{42, tls, nullptr}, clock_.now());
    return heard();
  }
  std::string heard() {
    std::vector<Byte> bytes;
    smtp_->transmit(bytes);
    return std::string(as_text(bytes));
  }
  std::string say(const std::string& words) {
    smtp_->receive(as_bytes(words), clock_.now());
    return heard();
  }
  void greet() {
    (void)begin();
    ASSERT_THAT(say("EHLO me.example\r\n"), StartsWith("250-"));
  }
  // What a fresh connection replies to the last of these.
  std::string after_greeting(const std::vector<std::string>& words) {
    greet();
    std::string reply;
    for (const auto& each : words) {
      reply = say(each);
    }
    return reply;
  }
  std::string reply_to_letter(const std::string& text) {
    return after_greeting({envelope, text + ".\r\n"});
  }
  [[nodiscard]] std::uint64_t slips(const std::string& kind) const {
    const auto found = peer_.stats.misspoken.find(kind);
    return found == peer_.stats.misspoken.end() ? 0 : found->second.count;
  }

  Scratch scratch_;
  FakeClock clock_;
  SmtpPeer peer_;
  std::optional<Journal> journal_;
  std::unique_ptr<StrictSmtp> smtp_;
};

TEST_F(StrictSmtpTest, TakesALetterAndJournalsItBeforeItAnswers) {
  keep_journal();
  EXPECT_THAT(begin(), StartsWith("220 "));
  EXPECT_THAT(say("EHLO me.example\r\n"), HasSubstr("250-PIPELINING\r\n250 CHUNKING\r\n"));
  EXPECT_EQ(say(envelope), envelope_replies);
  smtp_->receive(as_bytes(letter() + ".\r\n"), clock_.now());
  const auto journaled = records();
  EXPECT_EQ(heard(), "250 2.0.0 Ok: queued as 0000002a00000001\r\n");
  ASSERT_EQ(journaled.size(), 1U);
  EXPECT_EQ(uuid_text(journaled[0].apns_id), uuid);
  EXPECT_EQ(journaled[0].token, crypto::sha256(as_bytes("u1@school.example")));
  EXPECT_EQ(journaled[0].channel, Channel::mail);
  EXPECT_EQ(journaled[0].status, 250);
  EXPECT_TRUE(journaled[0].answered);
  EXPECT_EQ(peer_.stats.slips(), 0U);
}

TEST_F(StrictSmtpTest, TakesBodiesAndTheNextEnvelopeInOneFlightSplitAnywhere) {
  greet();
  (void)say(envelope);
  const auto flight = letter("..dot\r\n") + ".\r\n" + envelope;
  std::string replies;
  for (const char c : flight) {
    replies += say(std::string(1, c));
  }
  EXPECT_EQ(replies, "250 2.0.0 Ok: queued as 0000002a00000001\r\n" + envelope_replies);
  EXPECT_THAT(say(letter() + ".\r\nQUIT\r\n"), EndsWith("221 2.0.0 Bye\r\n"));
  EXPECT_TRUE(smtp_->wants_close());
  EXPECT_EQ(peer_.stats.messages, 2U);
  EXPECT_EQ(peer_.stats.slips(), 0U);
}

TEST_F(StrictSmtpTest, TakesChunksInOneFlightAndRefusesThemWithoutRecipients) {
  greet();
  const auto text = letter(".one\r\n");
  const auto chunk = "BDAT " + std::to_string(text.size()) + " LAST\r\n" + text;
  const std::string start = "MAIL FROM:<it@school.example>\r\nRCPT TO:<u1@school.example>\r\n";
  EXPECT_THAT(say(start + chunk + start + "BDAT 5\r\nFrom:BDAT 0 LAST\r\n"),
              HasSubstr("queued as 0000002a00000001\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n250 2.0.0 "
                        "Ok: that much\r\n554 5.6.0"));
  EXPECT_EQ(peer_.stats.messages, 1U);
  EXPECT_THAT(say("BDAT 3 LAST\r\nabc"), StartsWith("503 "));
  EXPECT_EQ(slips("BDAT out of its place"), 1U);
}

TEST_F(StrictSmtpTest, EndsAConnectionThatSpeaksAheadOfItsTurn) {
  EXPECT_THAT(after_greeting({"NOOP\r\nRSET\r\n"}), StartsWith("554 5.5.0"));
  EXPECT_TRUE(smtp_->wants_close());
  EXPECT_THAT(after_greeting({envelope + letter()}), HasSubstr("554 5.5.0"));
  EXPECT_EQ(slips("bytes ahead of the reply to NOOP"), 1U);
  EXPECT_EQ(slips("bytes ahead of the reply to DATA"), 1U);
  // Before the greeting is out.
  smtp_ = std::make_unique<StrictSmtp>(peer_, StrictSmtp::Start{}, clock_.now());
  EXPECT_THAT(say("EHLO me.example\r\n"), HasSubstr("554 5.5.0"));
}

TEST_F(StrictSmtpTest, EndsAPipeliningClientWhereItIsNotOffered) {
  peer_.rules.pipelining = false;
  EXPECT_THAT(after_greeting({envelope}), StartsWith("500 5.5.1 pipelining not supported"));
  const std::vector<std::string> turns{"MAIL FROM:<it@school.example>\r\n",
                                       "RCPT TO:<u1@school.example>\r\n", "DATA\r\n",
                                       letter() + ".\r\nQUIT\r\n"};
  EXPECT_THAT(after_greeting(turns), StartsWith("500 5.5.1 pipelining not supported"));
  EXPECT_EQ(peer_.stats.messages, 0U);
  EXPECT_EQ(peer_.stats.not_acted_on, 1U);
}

TEST_F(StrictSmtpTest, WantsCrLfAndNothingElse) {
  EXPECT_THAT(after_greeting({"NOOP\n"}), StartsWith("550 5.5.2 bare <LF>"));
  EXPECT_THAT(after_greeting({"NO\rOP\r\n"}), StartsWith("521 5.5.2 bare <CR>"));
  EXPECT_THAT(reply_to_letter(letter("a\nb\r\n")), StartsWith("550 5.5.2 bare <LF>"));
  EXPECT_THAT(reply_to_letter(letter("a\rb\r\n")), StartsWith("521 5.5.2 bare <CR>"));
  EXPECT_TRUE(smtp_->wants_close());
}

TEST_F(StrictSmtpTest, RefusesLinesThatAreTooLong) {
  EXPECT_THAT(after_greeting({std::string(511, 'x') + "\r\n"}), StartsWith("500 5.5.2 Line"));
  EXPECT_THAT(after_greeting({std::string(510, 'x') + "\r\n"}), StartsWith("500 5.5.2 Command"));
  EXPECT_THAT(reply_to_letter(letter(std::string(998, 'x') + "\r\n")), StartsWith("250"));
  EXPECT_THAT(reply_to_letter(letter(std::string(999, 'x') + "\r\n")), StartsWith("554"));
  EXPECT_THAT(reply_to_letter(letter(std::string(70'000, 'x'))), StartsWith("500"));
}

TEST_F(StrictSmtpTest, RefusesCommandsThatBreakTheGrammar) {
  for (const std::string bad : {"MAIL FROM: <a@b.c>",
                                "MAIL FROM:a@b.c",
                                "MAIL FROM:<a@b.c",
                                "MAIL FROM:<a..b@c.d>",
                                "MAIL FROM:<a@-b.c>",
                                "MAIL FROM:<a@b.c> SIZE=x",
                                "MAIL FROM:<a@b.c>  SIZE=1",
                                "MAIL FROM:<a@b.c> BODY=9BIT",
                                "MAIL FROM:<a@b.c> X=1",
                                "MAIL FROM:<\xc3\xa9@b.c>",
                                "MAIL TO:<a@b.c>",
                                "MAIL FROM:<a@b.c> ENVID=a=b",
                                "RCPT TO: <a@b.c>",
                                "RCPT TO:<a>",
                                "RCPT TO:<a@b.c> NOTIFY=MAYBE",
                                "EHLO",
                                "EHLO my host",
                                "WHAT",
                                "DATA",
                                "STARTTLS",
                                "BDAT x",
                                "AUTH PLAIN"}) {
    const auto before = peer_.stats.slips();
    EXPECT_THAT(after_greeting({bad + "\r\n"}), StartsWith("5")) << bad;
    EXPECT_EQ(peer_.stats.slips(), before + 1) << bad;
  }
}

TEST_F(StrictSmtpTest, TakesEveryParameterThatItOffers) {
  EXPECT_EQ(after_greeting(
                {"MAIL FROM:<> SIZE=99 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=" + uuid + "\r\n"}),
            "250 2.1.0 Ok\r\n");
  EXPECT_EQ(say("RCPT TO:<\"a b\"@\xc3\xa9.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+40b\r\n"),
            "250 2.1.5 Ok\r\n");
  EXPECT_EQ(peer_.stats.slips(), 0U);
}

TEST_F(StrictSmtpTest, RefusesLettersThatAStrictReceiverWould) {
  const std::string date = "Date: Mon, 23 Nov 2026 06:06:47 +0000\r\n";
  const auto without = [](const std::string& what) {
    auto text = letter();
    return text.erase(text.find(what), text.find("\r\n", text.find(what)) + 2 - text.find(what));
  };
  const std::vector<std::pair<std::string, std::string>> letters{
      {"a line that begins with an unescaped dot", letter(".hello\r\n")},
      {"8-bit body without BODY=8BITMIME", letter("h\xc3\xa9\r\n")},
      {"8-bit header without SMTPUTF8", letter("x\r\n", "Subject: \xc3\xa9\r\n")},
      {"not exactly one from", without("From:")},
      {"not exactly one to", letter("x\r\n", "To: u1@school.example\r\n")},
      {"not exactly one date", without("Date:")},
      {"not exactly one message-id", without("Message-ID:")},
      {"not exactly one mime-version", without("MIME-")},
      {"more than one subject", letter("x\r\n", "Subject: a\r\nSubject: b\r\n")},
      {"not a Message-ID", without("Message-ID:").insert(0, "Message-ID: <a b@c>\r\n")},
      {"not a Date", without("Date:").insert(0, "Date: yesterday\r\n")},
      {"not an address in From", without("From:").insert(0, "From: School\r\n")},
      {"To is not the envelope's recipient", without("To:").insert(0, "To: u2@school.example\r\n")},
      {"a header line that is no field", letter("x\r\n", "nonsense\r\n")},
      {"a folded line that continues nothing", " x\r\n" + letter()},
      {"NUL in a message", letter(std::string("a\0b\r\n", 5))},
      {"no empty line behind the header", date}};
  for (const auto& [kind, text] : letters) {
    EXPECT_THAT(reply_to_letter(text), StartsWith("554 5.6.0 ")) << kind;
  }
  for (const auto& [kind, text] : letters) {
    EXPECT_GE(slips(kind), kind == "no empty line behind the header" ? 0U : 1U) << kind;
  }
  EXPECT_EQ(peer_.stats.messages, 0U);
}

TEST_F(StrictSmtpTest, HoldsAMessageToItsSize) {
  peer_.rules.size_max = 1000;
  EXPECT_THAT(after_greeting({"MAIL FROM:<a@b.c> SIZE=1001\r\n"}), StartsWith("552 5.3.4"));
  EXPECT_EQ(peer_.stats.slips(), 0U);
  const auto sized = [&](std::size_t size) {
    return "MAIL FROM:<a@b.c> SIZE=" + std::to_string(size) + envelope.substr(29);
  };
  EXPECT_THAT(after_greeting({sized(letter().size()), letter() + ".\r\n"}), StartsWith("250"));
  EXPECT_THAT(after_greeting({sized(letter().size() - 1), letter() + ".\r\n"}), StartsWith("554"));
  EXPECT_EQ(slips("more octets than SIZE declared"), 1U);
  EXPECT_THAT(reply_to_letter(letter(std::string(900, 'x') + "\r\n")), StartsWith("552"));
}

TEST_F(StrictSmtpTest, KeepsATransactionOpenUntilRset) {
  faults("[[fault]]\nkind=\"reply\"\non=\"rcpt\"\ncode=550\nevery=1\n");
  EXPECT_THAT(after_greeting({envelope}),
              EndsWith("550 Never\r\n554 5.5.1 No valid recipients\r\n"));
  EXPECT_THAT(say("MAIL FROM:<a@b.c>\r\n"), StartsWith("503"));
  EXPECT_EQ(slips("MAIL inside a transaction"), 1U);
  EXPECT_EQ(say("RSET\r\nMAIL FROM:<a@b.c>\r\n"), "250 2.0.0 Ok\r\n250 2.1.0 Ok\r\n");
}

TEST_F(StrictSmtpTest, TakesALoneDotForADataThatWasGrantedToNobody) {
  faults(
      "[[fault]]\nkind=\"reply\"\non=\"rcpt\"\ncode=550\nevery=1\n[[fault]]\nkind=\"go_ahead\"\n"
      "every=1\n");
  EXPECT_THAT(after_greeting({envelope}), EndsWith("354 End data with <CR><LF>.<CR><LF>\r\n"));
  EXPECT_THAT(say(".\r\n"), StartsWith("554"));
  EXPECT_EQ(peer_.stats.slips(), 0U);
  (void)say(envelope);
  (void)say(letter() + ".\r\n");
  EXPECT_EQ(slips("a message to nobody"), 1U);
}

TEST_F(StrictSmtpTest, ClosesAfterSoManyMessagesAndSaysSoBefore) {
  peer_.rules.messages_per_connection = 1;
  (void)begin();
  EXPECT_THAT(say("EHLO me.example\r\n"), EndsWith("250 LIMITS MAILMAX=1\r\n"));
  (void)say(envelope);
  EXPECT_THAT(say(letter() + ".\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<a@b.c>\r\n"),
              EndsWith("421 4.7.0 Too many messages on this connection\r\n"));
  EXPECT_TRUE(smtp_->wants_close());
  EXPECT_EQ(slips("more messages than LIMITS allows"), 1U);
}

TEST_F(StrictSmtpTest, RefusesMailWithoutALoginAndOffersItOverTlsOnly) {
  peer_.rules.user = "bob";
  peer_.rules.password = "secret";
  peer_.rules.starttls = true;
  peer_.rules.login_only_over_tls = true;
  (void)begin();
  EXPECT_THAT(say("EHLO me.example\r\n"), EndsWith("250 STARTTLS\r\n"));
  EXPECT_EQ(say("MAIL FROM:<a@b.c>\r\n"), "530 5.7.0 Authentication required\r\n");
  EXPECT_THAT(say("AUTH PLAIN AGJvYgBzZWNyZXQ=\r\n"), StartsWith("503"));
  EXPECT_EQ(say("STARTTLS\r\n"), "220 2.0.0 Ready to start TLS\r\n");
  EXPECT_TRUE(smtp_->wants_tls());
  smtp_->secured(clock_.now());
  EXPECT_THAT(say("MAIL FROM:<a@b.c>\r\n"), StartsWith("503"));  // before the second EHLO
  EXPECT_THAT(say("EHLO me.example\r\n"), EndsWith("250 AUTH PLAIN LOGIN SCRAM-SHA-256\r\n"));
  EXPECT_THAT(say("AUTH PLAIN AGJvYgB3cm9uZw==\r\n"), StartsWith("535"));
  EXPECT_EQ(say("AUTH LOGIN\r\n"), "334 VXNlcm5hbWU6\r\n");
  EXPECT_EQ(say("Ym9i\r\n"), "334 UGFzc3dvcmQ6\r\n");
  EXPECT_EQ(say("c2VjcmV0\r\n"), "235 2.7.0 Welcome\r\n");
  EXPECT_EQ(say("MAIL FROM:<a@b.c>\r\n"), "250 2.1.0 Ok\r\n");
}

TEST_F(StrictSmtpTest, TakesWordsInClearBehindStarttlsForAnAttack) {
  peer_.rules.starttls = true;
  EXPECT_THAT(after_greeting({"STARTTLS\r\nEHLO you.example\r\n"}), StartsWith("554 5.5.0"));
  EXPECT_FALSE(smtp_->wants_tls());
}

TEST_F(StrictSmtpTest, AnswersLaterAndJournalsAsWithheldWhatTheClientDidNotWaitFor) {
  keep_journal();
  greet();
  (void)say(envelope);
  peer_.delay = std::chrono::seconds(1);
  EXPECT_EQ(say(letter() + ".\r\n"), "");
  smtp_->lost(clock_.now());
  ASSERT_EQ(records().size(), 1U);
  EXPECT_FALSE(records()[0].answered);
  EXPECT_EQ(peer_.stats.withheld, 1U);
}

TEST_F(StrictSmtpTest, EndsBetweenTheDotAndItsReplyWithTheMessageKeptOrLost) {
  for (const std::string acted : {"true", "false"}) {
    keep_journal();
    faults("[[fault]]\nkind=\"eof\"\nevery=1\nacted=" + acted + "\n");
    EXPECT_EQ(reply_to_letter(letter()), "");
    EXPECT_TRUE(smtp_->wants_close());
    EXPECT_EQ(records().size(), 1U);  // of the first round only
    EXPECT_FALSE(records()[0].answered);
  }
  EXPECT_EQ(peer_.stats.withheld, 1U);
  EXPECT_EQ(peer_.stats.not_acted_on, 1U);
}

TEST_F(StrictSmtpTest, BreaksOffInMidPipelineAndListensNoMore) {
  keep_journal();
  faults(
      "[[fault]]\nkind=\"reply\"\non=\"rcpt\"\ncode=421\nenhanced=\"4.3.2\"\ntext=\"Bye\"\n"
      "every=1\n");
  EXPECT_EQ(after_greeting({envelope}), "250 2.1.0 Ok\r\n421 4.3.2 Bye\r\n");
  EXPECT_TRUE(smtp_->wants_close());
  EXPECT_TRUE(smtp_->wish().linger);
  ASSERT_EQ(records().size(), 1U);
  EXPECT_EQ(records()[0].status, 421);
}

TEST_F(StrictSmtpTest, GreylistsARecipientsFirstAttempt) {
  faults("[[fault]]\nkind=\"greylist\"\nshare=1.0\n");
  EXPECT_THAT(after_greeting({envelope}), HasSubstr("451 4.7.1"));
  EXPECT_EQ(after_greeting({envelope}), envelope_replies);
}

TEST_F(StrictSmtpTest, JournalsTheCodeOfARefusedMailForItsRecipients) {
  keep_journal();
  faults("[[fault]]\nkind=\"reply\"\non=\"mail\"\ncode=450\nevery=1\ncount=1\n");
  EXPECT_EQ(after_greeting({envelope}),
            "450 Not now\r\n503 5.5.1 MAIL first\r\n503 5.5.1 No valid recipients\r\n");
  EXPECT_EQ(records()[0].status, 450);
  EXPECT_EQ(peer_.stats.slips(), 0U);
  EXPECT_EQ(say(envelope), envelope_replies);
}

TEST_F(StrictSmtpTest, SpeaksInManyLinesAndWithoutEnd) {
  faults(
      "[[fault]]\nkind=\"reply\"\non=\"mail\"\nlines=3\nevery=1\n[[fault]]\nkind=\"endless\"\n"
      "on=\"rcpt\"\none_line=true\nevery=1\n");
  EXPECT_EQ(after_greeting({"MAIL FROM:<a@b.c>\r\n"}),
            "250-2.1.0 Ok (line 1)\r\n250-2.1.0 Ok (line 2)\r\n250 2.1.0 Ok\r\n");
  (void)say("RCPT TO:<a@b.c>\r\n");
  clock_.turn(std::chrono::milliseconds(2));
  smtp_->expire(clock_.now());
  EXPECT_GT(heard().size(), 4000U);
  EXPECT_LT(smtp_->deadline(), Instant::never());
}

TEST_F(StrictSmtpTest, InjectsAndHidesAroundStarttls) {
  peer_.rules.starttls = true;
  faults(
      "[[fault]]\nkind=\"inject\"\ntext=\"250 gotcha\"\nevery=1\n[[fault]]\nkind=\"hide\"\n"
      "extension=\"STARTTLS\"\nevery=2\n");
  EXPECT_THAT(after_greeting({"STARTTLS\r\n"}), EndsWith("TLS\r\n250 gotcha\r\n"));
  (void)begin();
  EXPECT_THAT(say("EHLO me.example\r\n"), ::testing::Not(HasSubstr("STARTTLS")));
}

TEST_F(StrictSmtpTest, FallsSilentClosesHalfOrHard) {
  faults(
      "[[fault]]\nkind=\"silence\"\non=\"mail\"\nevery=3\n[[fault]]\nkind=\"half_open\"\n"
      "on=\"mail\"\nevery=2\n[[fault]]\nkind=\"close\"\non=\"mail\"\nevery=1\n");
  EXPECT_EQ(after_greeting({envelope}), "");
  EXPECT_TRUE(smtp_->wish().reset);
  EXPECT_EQ(after_greeting({envelope}), "");
  EXPECT_TRUE(smtp_->wish().dead);
  EXPECT_EQ(after_greeting({envelope, "RSET\r\n"}), "");
  EXPECT_FALSE(smtp_->wants_close());
}

TEST_F(StrictSmtpTest, CountsInOneLineOfJsonWithTheFirstExample) {
  (void)after_greeting({"WHAT\r\n"});
  smtp_->lost(clock_.now());
  EXPECT_THAT(peer_.stats.json(),
              HasSubstr("\"misspoken\":1,\"slips\":{\"an unknown command\":{\"count\":1,\"first\":"
                        "\"WHAT\"}}"));
  EXPECT_EQ(peer_.stats.ended_without_quit, 1U);
}

TEST_F(StrictSmtpTest, CountsTheMessagesThatCameInClear) {
  (void)reply_to_letter(letter());
  (void)begin(true);
  (void)say("EHLO me.example\r\n");
  (void)say(envelope);
  EXPECT_THAT(say(letter() + ".\r\n"), StartsWith("250 "));
  EXPECT_EQ(peer_.stats.messages, 2U);
  EXPECT_EQ(peer_.stats.in_clear, 1U);
}

}  // namespace
}  // namespace muster::loadgen
