// Greeting, EHLO, STARTTLS and AUTH, as the table in opening.h has them.
#include <gtest/gtest.h>

#include "tests/smtp/talk.h"

namespace muster::smtp::testing {
namespace {

using Condition = wire::Vitals::Condition;
constexpr std::string_view tls_offer = "250-mx.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n";

Talk with_tls(TlsMode mode) {
  auto settings = Talk::in_clear();
  settings.tls = mode;
  return Talk(settings);
}

TEST(SmtpOpening, SaysHeloWhereEhloIsUnknown) {
  for (const auto* refusal : {"500 what\r\n", "502 no\r\n"}) {
    Talk talk;
    talk.connect();
    (void)talk.after("220 mx\r\n");
    EXPECT_EQ(talk.after(refusal), "HELO us.example\r\n");
    talk.hear("250 mx\r\n");
    EXPECT_EQ(talk.vitals().condition, Condition::open);
    EXPECT_EQ(talk.vitals().stream_limit, 1U);
  }
}

TEST(SmtpOpening, SaysHeloOnlyOnce) {
  Talk talk;
  talk.connect();
  (void)talk.after("220 mx\r\n");
  (void)talk.after("502 no\r\n");
  EXPECT_EQ(talk.after("502 no\r\n"), "QUIT\r\n");
  EXPECT_EQ(talk.vitals().refusal, Reason::server_refused);
}

TEST(SmtpOpening, LeavesPolitelyWhereTheServerRefusesToTalk) {
  Talk talk;
  talk.connect();
  EXPECT_EQ(talk.after("554 no\r\n"), "QUIT\r\n");
  EXPECT_EQ(talk.vitals().refusal, Reason::server_refused);
  EXPECT_EQ(talk.vitals().condition, Condition::draining);
  talk.hear("221 Bye\r\n");
  EXPECT_TRUE(talk.session->wants_close());
}

TEST(SmtpOpening, ClosesOn421) {
  Talk talk;
  talk.connect();
  EXPECT_EQ(talk.after("421 busy\r\n"), "");
  EXPECT_TRUE(talk.session->wants_close());
  EXPECT_EQ(talk.vitals().refusal, Reason::server_busy);
}

TEST(SmtpOpening, AsksForTlsAloneAndSaysEhloAgain) {
  auto talk = with_tls(TlsMode::required);
  talk.connect();
  (void)talk.after("220 mx\r\n");
  EXPECT_EQ(talk.after(tls_offer), "STARTTLS\r\n");
  EXPECT_FALSE(talk.session->wants_tls());
  EXPECT_EQ(talk.after("220 go ahead\r\n"), "");
  EXPECT_TRUE(talk.session->wants_tls());
  talk.secure();
  EXPECT_FALSE(talk.session->wants_tls());
  EXPECT_EQ(talk.said(), "EHLO us.example\r\n");
  talk.hear("250 mx\r\n");
  EXPECT_EQ(talk.vitals().condition, Condition::open);
  EXPECT_EQ(talk.vitals().stream_limit, 1U) << "what was offered in clear is forgotten";
}

TEST(SmtpOpening, TakesBytesBehindTheConsentForAnAttack) {
  for (const auto* answer : {"220 go\r\n250 x\r\n", "220 go\r\n2", "220 go\r\n\r\n"}) {
    auto talk = with_tls(TlsMode::required);
    talk.connect();
    (void)talk.after("220 mx\r\n");
    (void)talk.after(tls_offer);
    EXPECT_EQ(talk.after(answer), "") << answer;
    EXPECT_FALSE(talk.session->wants_tls()) << answer;
    EXPECT_TRUE(talk.session->wants_close()) << answer;
    EXPECT_EQ(talk.vitals().refusal, Reason::injected_answer) << answer;
  }
}

TEST(SmtpOpening, TakesBytesBeforeTheHandshakeForAnAttack) {
  auto talk = with_tls(TlsMode::opportunistic);
  talk.connect();
  (void)talk.after("220 mx\r\n");
  (void)talk.after(tls_offer);
  (void)talk.after("220 go\r\n");
  talk.hear("2");
  EXPECT_FALSE(talk.session->wants_tls());
  EXPECT_EQ(talk.vitals().refusal, Reason::injected_answer);
}

TEST(SmtpOpening, TakesTheConsentBeforeTheQuestionForABreach) {
  auto talk = with_tls(TlsMode::required);
  talk.connect();
  (void)talk.after("220 mx\r\n");
  talk.hear(std::string(tls_offer) + "220 go\r\n");
  EXPECT_FALSE(talk.session->wants_tls());
  EXPECT_TRUE(talk.session->wants_close());
  EXPECT_EQ(talk.vitals().refusal, Reason::protocol_error);
}

TEST(SmtpOpening, TakesWordsBeforeOurFirstOverTlsForABreach) {
  auto talk = with_tls(TlsMode::required);
  talk.connect();
  (void)talk.after("220 mx\r\n");
  (void)talk.after(tls_offer);
  (void)talk.after("220 go\r\n");
  talk.secure();
  talk.hear("250 mx\r\n");  // nothing of ours was handed out yet
  EXPECT_TRUE(talk.session->wants_close());
  EXPECT_EQ(talk.vitals().refusal, Reason::protocol_error);
}

TEST(SmtpOpening, GoesOnInClearWhereTlsIsOnlyWelcome) {
  auto not_offered = with_tls(TlsMode::opportunistic);
  not_offered.open();
  EXPECT_EQ(not_offered.vitals().condition, Condition::open);
  auto refused = with_tls(TlsMode::opportunistic);
  refused.connect();
  (void)refused.after("220 mx\r\n");
  EXPECT_EQ(refused.after(tls_offer), "STARTTLS\r\n");
  refused.hear("454 not now\r\n");
  EXPECT_EQ(refused.vitals().condition, Condition::open);
  EXPECT_EQ(refused.vitals().stream_limit, 2U);
}

TEST(SmtpOpening, SaysThatTlsFailedWhereItIsOnlyWelcome) {
  for (const auto mode : {TlsMode::opportunistic, TlsMode::required}) {
    auto talk = with_tls(mode);
    talk.connect();
    (void)talk.after("220 mx\r\n");
    (void)talk.after(tls_offer);
    (void)talk.after("220 go\r\n");
    ASSERT_TRUE(talk.session->wants_tls());
    talk.lose(ErrorCode::tls_protocol);
    EXPECT_EQ(talk.vitals().refusal,
              mode == TlsMode::opportunistic ? Reason::tls_failed : Reason::none);
    EXPECT_EQ(talk.vitals().condition, Condition::closed);
  }
}

TEST(SmtpOpening, DoesNotBlameTlsForAConnectionThatDiedBeforeOrAfterTheHandshake) {
  auto before = with_tls(TlsMode::opportunistic);
  before.connect();
  (void)before.after("220 mx\r\n");
  (void)before.after(tls_offer);
  before.lose();
  EXPECT_EQ(before.vitals().refusal, Reason::none);
  auto after = with_tls(TlsMode::opportunistic);
  after.connect();
  (void)after.after("220 mx\r\n");
  (void)after.after(tls_offer);
  (void)after.after("220 go\r\n");
  after.secure();
  after.lose();
  EXPECT_EQ(after.vitals().refusal, Reason::none);
}

TEST(SmtpOpening, RefusesTheRouteWithoutTlsWhereItIsRequired) {
  auto not_offered = with_tls(TlsMode::required);
  not_offered.open();
  EXPECT_EQ(not_offered.vitals().refusal, Reason::tls_refused);
  EXPECT_EQ(not_offered.said(), "QUIT\r\n");
  auto refused = with_tls(TlsMode::required);
  refused.connect();
  (void)refused.after("220 mx\r\n");
  (void)refused.after(tls_offer);
  EXPECT_EQ(refused.after("454 not now\r\n"), "QUIT\r\n");
  EXPECT_EQ(refused.vitals().refusal, Reason::tls_refused);
  auto old_server = with_tls(TlsMode::required);
  old_server.connect();
  (void)old_server.after("220 mx\r\n");
  (void)old_server.after("502 no\r\n");
  EXPECT_EQ(old_server.after("250 mx\r\n"), "QUIT\r\n");
  EXPECT_EQ(old_server.vitals().refusal, Reason::tls_refused);
}

TEST(SmtpOpening, DoesNotAskForTlsTwice) {
  auto talk = with_tls(TlsMode::required);
  talk.connect();
  (void)talk.after("220 mx\r\n");
  (void)talk.after(tls_offer);
  (void)talk.after("220 go\r\n");
  talk.secure();
  EXPECT_EQ(talk.after(tls_offer), "");
  EXPECT_EQ(talk.vitals().condition, Condition::open);
}

TEST(SmtpOpening, LogsInBeforeTheFirstLetter) {
  Talk talk(Talk::logging_in());
  talk.connect();
  (void)talk.after("220 mx\r\n");
  EXPECT_EQ(talk.after("250-mx\r\n250 AUTH PLAIN\r\n"), "AUTH PLAIN AHVzZXIAcGVuY2ls\r\n");
  EXPECT_EQ(talk.vitals().condition, Condition::opening);
  talk.hear("235 2.7.0 welcome\r\n");
  EXPECT_EQ(talk.vitals().condition, Condition::open);
}

TEST(SmtpOpening, LogsInByTwoQuestions) {
  Talk talk(Talk::logging_in());
  talk.connect();
  (void)talk.after("220 mx\r\n");
  EXPECT_EQ(talk.after("250-mx\r\n250 AUTH=LOGIN\r\n"), "AUTH LOGIN\r\n");
  EXPECT_EQ(talk.after("334 VXNlcm5hbWU6\r\n"), "dXNlcg==\r\n");
  EXPECT_EQ(talk.after("334 UGFzc3dvcmQ6\r\n"), "cGVuY2ls\r\n");
  talk.hear("235 welcome\r\n");
  EXPECT_EQ(talk.vitals().condition, Condition::open);
}

TEST(SmtpOpening, NeverLogsInInClearOrOverAnUnverifiedSession) {
  auto unverified = Talk::logging_in();
  unverified.verified = false;
  auto clear = Talk::logging_in();
  clear.tls = TlsMode::none;
  auto not_offered = Talk::logging_in();
  not_offered.tls = TlsMode::opportunistic;
  for (const auto& settings : {unverified, clear, not_offered}) {
    Talk talk(settings);
    talk.connect();
    (void)talk.after("220 mx\r\n");
    EXPECT_EQ(talk.after("250-mx\r\n250 AUTH PLAIN LOGIN\r\n"), "QUIT\r\n");
    EXPECT_EQ(talk.vitals().refusal, Reason::login_impossible);
  }
}

TEST(SmtpOpening, RefusesTheRouteWithoutAMechanismInCommon) {
  Talk talk(Talk::logging_in());
  talk.open("250-mx\r\n250 AUTH NTLM\r\n");
  EXPECT_EQ(talk.vitals().refusal, Reason::login_impossible);
}

TEST(SmtpOpening, RefusesTheRouteWhereTheLoginIsRefused) {
  Talk talk(Talk::logging_in());
  talk.open("250-mx\r\n250 AUTH PLAIN\r\n");
  (void)talk.said();
  EXPECT_EQ(talk.after("535 5.7.8 no\r\n"), "QUIT\r\n");
  EXPECT_EQ(talk.vitals().refusal, Reason::login_refused);
  EXPECT_EQ(talk.vitals().said, "535 5.7.8 no");
}

TEST(SmtpOpening, RefusesTheRouteAtAChallengeTooMany) {
  Talk talk(Talk::logging_in());
  talk.open("250-mx\r\n250 AUTH PLAIN\r\n");
  EXPECT_EQ(talk.after("334 cGFzc3dvcmQ/\r\n"), "QUIT\r\n");
  EXPECT_EQ(talk.vitals().refusal, Reason::login_impossible);
}

TEST(SmtpOpening, DoesNotBelieveASuccessWithoutTheServersProof) {
  Talk talk(Talk::logging_in());
  talk.open("250-mx\r\n250 AUTH SCRAM-SHA-256\r\n");
  EXPECT_EQ(talk.after("235 welcome\r\n"), "QUIT\r\n");
  EXPECT_EQ(talk.vitals().refusal, Reason::login_impossible);
}

TEST(SmtpOpening, TakesAThirdKindOfReplyForABreach) {
  for (const auto* said : {"354 go on\r\n"}) {
    Talk talk;
    talk.connect();
    talk.hear(said);
    EXPECT_EQ(talk.vitals().refusal, Reason::protocol_error);
    EXPECT_TRUE(talk.session->wants_close());
  }
}

}  // namespace
}  // namespace muster::smtp::testing
