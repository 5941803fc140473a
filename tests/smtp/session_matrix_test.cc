// The reply matrix of flight.h and session.cc: a test for each row.
#include <gtest/gtest.h>

#include "tests/smtp/talk.h"

namespace muster::smtp::testing {
namespace {

using Condition = wire::Vitals::Condition;
const std::string envelope_taken = "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go on\r\n";

// Letter 0's body and letter 1's envelope are on their way.
Talk in_flight(const SessionSettings& settings = Talk::in_clear()) {
  Talk talk(settings);
  talk.open();
  talk.submit(2);
  (void)talk.after(envelope_taken);
  return talk;
}

// ── the dot ──

TEST(SmtpMatrix, TheNextLetterGoesOnWhateverBecameOfTheOneBefore) {
  const std::pair<const char*, const char*> rows[] = {
      {"250 Ok\r\n", "answered 250"},
      {"452 4.3.1 storage\r\n", "answered 452 MailDeferred"},
      {"550 5.7.1 no\r\n", "answered 550 PolicyRefused"}};
  for (const auto& [reply, became] : rows) {
    auto talk = in_flight();
    talk.hear(reply);
    EXPECT_EQ(talk.became(0), became);
    EXPECT_EQ(talk.after(envelope_taken), body(1)) << reply;
    talk.hear("250 Ok\r\n");
    EXPECT_EQ(talk.became(1), "answered 250") << reply;
  }
}

TEST(SmtpMatrix, AThirdKindOfReplyToTheDotIsABreach) {
  auto talk = in_flight();
  talk.hear("354 again\r\n");
  EXPECT_EQ(talk.became(0), "in doubt ConnectionLost");
  EXPECT_EQ(talk.became(1), "unprocessed");
  EXPECT_EQ(talk.vitals().error.code, ErrorCode::protocol);
}

// ── MAIL ──

TEST(SmtpMatrix, RefusedSenderAndRefusedDataNeedRset) {
  auto talk = in_flight();
  talk.hear("250 Ok\r\n550 5.1.8 bad sender\r\n503 need MAIL\r\n503 need RCPT\r\n");
  EXPECT_EQ(talk.became(1), "answered 550 SenderRefused");
  EXPECT_EQ(talk.reply_to(1), "550 5.1.8 bad sender");
  talk.submit();
  EXPECT_EQ(talk.said(), "RSET\r\n" + envelope(2));
  EXPECT_EQ(talk.after("250 reset\r\n" + envelope_taken), body(2));
}

TEST(SmtpMatrix, RefusedSenderButDataTakenNeedsALoneDot) {
  auto talk = in_flight();
  talk.hear("250 Ok\r\n451 no\r\n503 need MAIL\r\n354 go on\r\n");
  EXPECT_EQ(talk.became(1), "answered 451 ServerBusy");
  talk.submit();
  EXPECT_EQ(talk.said(), ".\r\n" + envelope(2));
  EXPECT_EQ(talk.after("554 no valid recipients\r\n" + envelope_taken), body(2));
  talk.hear("250 Ok\r\n");
  EXPECT_EQ(talk.became(2), "answered 250");
}

TEST(SmtpMatrix, NeverEndsWithADotWhatHasARecipientAndNoSender) {
  auto talk = in_flight();
  EXPECT_EQ(talk.after("250 Ok\r\n550 no\r\n250 Ok\r\n354 go on\r\n"), "");
  EXPECT_TRUE(talk.session->wants_close());
}

TEST(SmtpMatrix, RefusedSenderEndsItWithoutPipelining) {
  Talk talk;
  talk.open(plain_offer);
  talk.submit();
  EXPECT_EQ(talk.after("550 5.7.1 no\r\n"), "");
  EXPECT_EQ(talk.became(0), "answered 550 SenderRefused");
  talk.submit();
  EXPECT_EQ(talk.said(), mail(1));
}

// ── RCPT ──

TEST(SmtpMatrix, RefusedRecipientButDataTakenNeedsALoneDot) {
  auto talk = in_flight();
  EXPECT_EQ(talk.after("250 Ok\r\n250 Ok\r\n550 5.1.1 unknown\r\n354 go on\r\n"), ".\r\n");
  EXPECT_EQ(talk.became(1), "answered 550 MailboxUnknown");
  talk.hear("250 whatever that means\r\n");
  EXPECT_EQ(talk.became(1), "answered 550 MailboxUnknown");
  EXPECT_EQ(talk.session->room(), 2U);
}

TEST(SmtpMatrix, RefusedRecipientAndRefusedDataNeedRset) {
  auto talk = in_flight();
  talk.hear("250 Ok\r\n250 Ok\r\n452 4.2.2 full\r\n554 no valid recipients\r\n");
  EXPECT_EQ(talk.became(1), "answered 452 MailboxFull");
  talk.submit();
  EXPECT_EQ(talk.said(), "RSET\r\n" + envelope(2));
}

TEST(SmtpMatrix, RefusedRecipientNeedsRsetWithoutPipelining) {
  Talk talk;
  talk.open(plain_offer);
  talk.submit();
  (void)talk.after("250 Ok\r\n");
  EXPECT_EQ(talk.after("552 full\r\n"), "");
  EXPECT_EQ(talk.became(0), "answered 552 MailboxFull");
  talk.submit();
  EXPECT_EQ(talk.said(), "RSET\r\n");
  EXPECT_EQ(talk.after("250 Ok\r\n"), mail(1));
}

// ── DATA ──

TEST(SmtpMatrix, RefusedDataIsAVerdictAndNeedsRset) {
  auto talk = in_flight();
  talk.hear("250 Ok\r\n250 Ok\r\n250 Ok\r\n451 4.3.0 later\r\n");
  EXPECT_EQ(talk.became(1), "answered 451 MailDeferred");
  talk.submit();
  EXPECT_EQ(talk.said(), "RSET\r\n" + envelope(2));
}

TEST(SmtpMatrix, GivesTheConnectionUpWhereRsetIsRefused) {
  auto talk = in_flight();
  talk.hear("250 Ok\r\n250 Ok\r\n250 Ok\r\n451 4.3.0 later\r\n");
  talk.submit();
  EXPECT_EQ(talk.after("502 no\r\n"), "");
  EXPECT_EQ(talk.became(2), "unprocessed");
  EXPECT_TRUE(talk.session->wants_close());
}

TEST(SmtpMatrix, RepliesOfTheWrongKindAreBreaches) {
  for (const auto* replies :
       {"354 x\r\n", "250 Ok\r\n354 x\r\n", "250 Ok\r\n250 Ok\r\n250 x\r\n"}) {
    Talk talk;
    talk.open();
    talk.submit();
    EXPECT_EQ(talk.after(replies), "") << replies;
    EXPECT_EQ(talk.became(0), "unprocessed") << replies;
    EXPECT_EQ(talk.vitals().error.code, ErrorCode::protocol) << replies;
  }
}

TEST(SmtpMatrix, AThirdKindOfReplyToRsetOrALoneDotIsABreach) {
  auto reset = in_flight();
  reset.hear("250 Ok\r\n250 Ok\r\n250 Ok\r\n451 later\r\n");
  reset.submit();
  (void)reset.after("354 x\r\n");
  EXPECT_EQ(reset.vitals().error.code, ErrorCode::protocol);
  auto lone = in_flight();
  lone.hear("250 Ok\r\n250 Ok\r\n550 no\r\n354 go on\r\n");
  (void)lone.after("354 x\r\n");
  EXPECT_EQ(lone.vitals().error.code, ErrorCode::protocol);
}

// ── 503: we and the server do not agree where we are ──

TEST(SmtpMatrix, OutOfSequenceIsNeverAVerdict) {
  for (const auto* replies :
       {"503 x\r\n", "250 Ok\r\n503 x\r\n", "250 Ok\r\n250 Ok\r\n503 x\r\n"}) {
    Talk talk;
    talk.open();
    talk.submit();
    (void)talk.after(replies);
    EXPECT_EQ(talk.became(0), "unprocessed") << replies;
    EXPECT_TRUE(talk.session->wants_close()) << replies;
  }
  auto talk = in_flight();
  talk.hear("503 x\r\n");
  EXPECT_EQ(talk.became(0), "unprocessed");
  EXPECT_EQ(talk.became(1), "unprocessed");
}

// ── 421 ──

TEST(SmtpMatrix, BusyAtTheFirstLetterDefersIt) {
  for (const auto* before : {"", "250 Ok\r\n", "250 Ok\r\n250 Ok\r\n"}) {
    Talk talk;
    talk.open();
    talk.submit(2);
    EXPECT_EQ(talk.after(std::string(before) + "421 4.3.2 closing\r\n"), "");
    EXPECT_EQ(talk.became(0), "answered 421 ServerBusy") << before;
    EXPECT_EQ(talk.became(1), "unprocessed") << before;
    EXPECT_TRUE(talk.session->wants_close()) << before;
  }
}

TEST(SmtpMatrix, BusyInPlaceOfTheDotsReplyIsAReply) {
  auto talk = in_flight();
  talk.hear("421 4.3.2 closing\r\n");
  EXPECT_EQ(talk.became(0), "answered 421 ServerBusy");
  EXPECT_EQ(talk.became(1), "unprocessed");
}

TEST(SmtpMatrix, BusyAfterALetterWasTakenDefersNobody) {
  auto talk = in_flight();
  talk.hear("250 Ok\r\n421 4.7.0 too many in one session\r\n");
  EXPECT_EQ(talk.became(0), "answered 250");
  EXPECT_EQ(talk.became(1), "unprocessed");
  EXPECT_TRUE(talk.session->wants_close());
  EXPECT_EQ(talk.vitals().refusal, Reason::server_busy) << "so many are what it takes";
}

TEST(SmtpMatrix, BusyBeforeTheCommandWasWrittenIsNotAboutIt) {
  Talk talk;
  talk.open();
  talk.submit();
  talk.hear("421 idle for too long\r\n");
  EXPECT_EQ(talk.became(0), "unprocessed");
}

TEST(SmtpMatrix, BusyWhileIdleClosesWithoutLoss) {
  for (const auto* reply : {"421 bye\r\n", "221 bye\r\n"}) {
    Talk talk;
    talk.open();
    talk.hear(reply);
    EXPECT_TRUE(talk.session->wants_close());
    EXPECT_EQ(talk.vitals().condition, Condition::draining);
    EXPECT_EQ(talk.vitals().refusal, Reason::none);
    EXPECT_EQ(talk.vitals().error.code, ErrorCode::none);
  }
}

// ── amid the body ──

TEST(SmtpMatrix, ARefusalAmidTheBodyIsAVerdictAndTheEnd) {
  Talk talk;
  talk.open();
  talk.submit(2);
  (void)talk.said();
  talk.hear(envelope_taken);
  std::vector<Byte> room(10);
  EXPECT_EQ(talk.session->transmit(room, talk.clock.now()), 10U);
  EXPECT_EQ((talk.hear("552 5.3.4 too much\r\n"), talk.said()), "");
  EXPECT_EQ(talk.became(0), "answered 552 MessageTooLarge");
  EXPECT_EQ(talk.became(1), "unprocessed");
  EXPECT_TRUE(talk.session->wants_close());
}

TEST(SmtpMatrix, AnAcceptanceAmidTheBodyIsABreach) {
  Talk talk;
  talk.open();
  talk.submit();
  (void)talk.said();
  talk.hear(envelope_taken);
  std::vector<Byte> room(10);
  EXPECT_EQ(talk.session->transmit(room, talk.clock.now()), 10U);
  talk.hear("250 Ok\r\n");
  EXPECT_EQ(talk.became(0), "unprocessed");
}

TEST(SmtpMatrix, BusyAmidTheBodyDefersTheFirstLetterOnly) {
  Talk talk;
  talk.open();
  talk.submit(2);
  (void)talk.said();
  talk.hear(envelope_taken);
  std::vector<Byte> room(10);
  EXPECT_EQ(talk.session->transmit(room, talk.clock.now()), 10U);
  talk.hear("421 closing\r\n");
  EXPECT_EQ(talk.became(0), "answered 421 ServerBusy");
  EXPECT_EQ(talk.became(1), "unprocessed");
}

// ── the connection ends ──

TEST(SmtpMatrix, OnlyALetterWhoseDotWasWrittenIsInDoubt) {
  auto talk = in_flight();
  talk.lose();
  EXPECT_EQ(talk.became(0), "in doubt ConnectionLost");
  EXPECT_EQ(talk.became(1), "unprocessed");
  EXPECT_EQ(talk.vitals().condition, Condition::closed);
  EXPECT_EQ(talk.vitals().error.code, ErrorCode::connection_reset);
}

TEST(SmtpMatrix, AnyBytesOfTheBodyShortOfTheLastLeaveNoDoubt) {
  const auto whole = body(0).size();
  for (std::size_t written = 0; written < whole; ++written) {
    Talk talk;
    talk.open();
    talk.submit();
    (void)talk.said();
    talk.hear(envelope_taken);
    std::vector<Byte> room(written);
    EXPECT_EQ(talk.session->transmit(room, talk.clock.now()), written);
    talk.lose();
    EXPECT_EQ(talk.became(0), "unprocessed") << written;
  }
}

TEST(SmtpMatrix, ALetterWithItsVerdictIsNotAnsweredAgain) {
  auto talk = in_flight();
  talk.hear("250 Ok\r\n250 Ok\r\n550 5.1.1 unknown\r\n");
  talk.lose();
  EXPECT_EQ(talk.became(0), "answered 250");
  EXPECT_EQ(talk.became(1), "answered 550 MailboxUnknown");
  EXPECT_EQ(talk.vitals().in_flight, 0U);
}

TEST(SmtpMatrix, SaysNothingMoreOnceItIsLost) {
  Talk talk;
  talk.connect();
  talk.lose(ErrorCode::connect_refused);
  EXPECT_EQ(talk.vitals().condition, Condition::closed);
  EXPECT_EQ(talk.vitals().error.code, ErrorCode::connect_refused);
  EXPECT_EQ(talk.said(), "");
  EXPECT_EQ(talk.session->deadline(), Instant::never());
}

// ── the route ──

TEST(SmtpMatrix, AnEndedQuotaRefusesTheRouteAndNoLetter) {
  auto settings = Talk::in_clear();
  settings.relay = true;
  auto talk = in_flight(settings);
  talk.hear("250 Ok\r\n550 5.4.5 Daily user sending limit exceeded\r\n");
  EXPECT_EQ(talk.became(0), "answered 250");
  EXPECT_EQ(talk.became(1), "unprocessed");
  EXPECT_EQ(talk.vitals().refusal, Reason::quota_used_up);
  EXPECT_TRUE(talk.session->wants_close());
}

// ── chunking ──

TEST(SmtpMatrix, AChunkWaitsForItsRecipientAndTakesTheNextEnvelopeAlong) {
  auto settings = Talk::in_clear();
  settings.chunking = true;
  Talk talk(settings);
  talk.open("250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
  talk.submit(2);
  const auto size = std::to_string(message(0).size());
  EXPECT_EQ(talk.said(), mail(0) + rcpt(0));
  EXPECT_EQ(talk.after("250 Ok\r\n"), "");
  EXPECT_EQ(talk.after("250 Ok\r\n"),
            "BDAT " + size + " LAST\r\n" + message(0) + mail(1) + rcpt(1));
  EXPECT_EQ(talk.after("250 taken\r\n250 Ok\r\n250 Ok\r\n"),
            "BDAT " + size + " LAST\r\n" + message(1));
  talk.hear("550 no\r\n");
  EXPECT_EQ(talk.became(0), "answered 250");
  EXPECT_EQ(talk.became(1), "answered 550 MailRefused");
  talk.submit();
  EXPECT_EQ(talk.said(), "RSET\r\n" + mail(2) + rcpt(2));
}

TEST(SmtpMatrix, ARefusedRecipientGetsNoChunk) {
  auto settings = Talk::in_clear();
  settings.chunking = true;
  Talk talk(settings);
  talk.open("250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
  talk.submit(2);
  EXPECT_EQ(talk.after("250 Ok\r\n550 5.1.1 unknown\r\n"), "RSET\r\n" + mail(1) + rcpt(1));
  EXPECT_EQ(talk.after("250 reset\r\n550 5.7.1 sender\r\n503 need MAIL\r\n"), "");
  EXPECT_EQ(talk.became(1), "answered 550 SenderRefused");
  talk.submit();
  EXPECT_EQ(talk.said(), mail(2) + rcpt(2)) << "no transaction was begun";
}

Talk streaming(bool relay = false) {
  auto settings = Talk::in_clear();
  settings.chunking = true;
  settings.letters_ahead = 1000;
  settings.relay = relay;
  Talk talk(settings);
  talk.open("250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
  return talk;
}

std::string streamed(Slot slot) {
  return (slot == 0 ? "" : "RSET\r\n") + mail(slot) + rcpt(slot) + "BDAT " +
         std::to_string(message(slot).size()) + " LAST\r\n" + message(slot);
}

TEST(SmtpMatrix, LettersAheadWaitForNothing) {
  auto talk = streaming();
  EXPECT_EQ(talk.session->room(), 64U);
  talk.submit(3);
  EXPECT_EQ(talk.said(), streamed(0) + streamed(1) + streamed(2));
  talk.hear("250 Ok\r\n250 Ok\r\n250 taken\r\n");
  EXPECT_EQ(talk.became(0), "answered 250");
  talk.hear("250 reset\r\n250 Ok\r\n550 5.1.1 unknown\r\n503 nobody\r\n");
  EXPECT_EQ(talk.became(1), "answered 550 MailboxUnknown");
  talk.hear("250 reset\r\n451 no\r\n503 no MAIL\r\n503 nobody\r\n");
  EXPECT_EQ(talk.became(2), "answered 451 ServerBusy");
  EXPECT_EQ(talk.vitals().in_flight, 0U);
  EXPECT_FALSE(talk.session->wants_close());
}

TEST(SmtpMatrix, LettersAheadAreAllInDoubtWhereTheConnectionIsLost) {
  auto talk = streaming();
  talk.submit(3);
  std::vector<Byte> room(streamed(0).size() + streamed(1).size() + 10);
  EXPECT_EQ(talk.session->transmit(room, talk.clock.now()), room.size());
  talk.lose();
  EXPECT_EQ(talk.became(0), "in doubt ConnectionLost");
  EXPECT_EQ(talk.became(1), "in doubt ConnectionLost");
  EXPECT_EQ(talk.became(2), "unprocessed");
}

TEST(SmtpMatrix, AnUnwantedChunkThatIsAcceptedIsABreach) {
  auto talk = streaming();
  talk.submit();
  (void)talk.after("250 Ok\r\n550 5.1.1 unknown\r\n250 taken\r\n");
  EXPECT_EQ(talk.became(0), "answered 550 MailboxUnknown");
  EXPECT_EQ(talk.vitals().error.code, ErrorCode::protocol);
}

TEST(SmtpMatrix, ARefusalOfAnUnwantedChunkThatIsStillOnItsWayEndsTheConnection) {
  auto talk = streaming();
  talk.submit();
  std::vector<Byte> room(streamed(0).size() - 1);
  EXPECT_EQ(talk.session->transmit(room, talk.clock.now()), room.size());
  talk.hear("250 Ok\r\n550 5.1.1 unknown\r\n503 nobody\r\n");
  EXPECT_TRUE(talk.session->wants_close());
  EXPECT_EQ(talk.said(), "");
}

TEST(SmtpMatrix, LettersAheadAreHeardOutWhereTheQuotaEnds) {
  auto talk = streaming(true);
  talk.submit(3);
  EXPECT_EQ(talk.after("550 5.4.5 daily limit\r\n503 x\r\n503 x\r\n"), "QUIT\r\n");
  EXPECT_EQ(talk.vitals().refusal, Reason::quota_used_up);
  EXPECT_EQ(talk.session->room(), 0U);
  talk.hear("250 reset\r\n250 Ok\r\n250 Ok\r\n250 taken\r\n");
  talk.hear("250 reset\r\n550 5.4.5 daily limit\r\n503 x\r\n503 x\r\n");
  EXPECT_EQ(talk.became(0), "unprocessed");
  EXPECT_EQ(talk.became(1), "answered 250");
  EXPECT_EQ(talk.became(2), "unprocessed");
  talk.hear("221 bye\r\n");
  EXPECT_TRUE(talk.session->wants_close());
}

TEST(SmtpMatrix, ChunksWithoutPipeliningTakeTurns) {
  auto settings = Talk::in_clear();
  settings.chunking = true;
  Talk talk(settings);
  talk.open("250-mx\r\n250 CHUNKING\r\n");
  talk.submit();
  EXPECT_EQ(talk.said(), mail(0));
  EXPECT_EQ(talk.after("250 Ok\r\n"), rcpt(0));
  EXPECT_EQ(talk.after("250 Ok\r\n"),
            "BDAT " + std::to_string(message(0).size()) + " LAST\r\n" + message(0));
  talk.hear("250 Ok\r\n");
  EXPECT_EQ(talk.became(0), "answered 250");
}

}  // namespace
}  // namespace muster::smtp::testing
