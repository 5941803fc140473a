#include "loadgen/verdict.h"

#include <gtest/gtest.h>

namespace muster::loadgen {
namespace {

ApnsId id_of(std::uint32_t invitation, Byte task = 1, std::uint32_t generation = 0) {
  return apns_id(IdPrefix{task, 2, 3, 4, 5, 6, 0x87, 8}, invitation, generation);
}

DeviceToken token_of(std::uint32_t device) {
  DeviceToken token{};
  token.fill(static_cast<Byte>(device + 1));
  return token;
}

VerdictRow row(std::uint32_t n, State state = State::sent, Reason reason = Reason::none) {
  VerdictRow made;
  made.invitation = n;
  made.device_id = "d" + std::to_string(n);
  made.state = state;
  made.reason = reason;
  made.has_apns_id = true;
  made.apns_id = id_of(n);
  return made;
}

JournalRecord answer(std::uint32_t n, std::uint16_t status = 200, Reason reason = Reason::none,
                     std::int64_t at = 1) {
  JournalRecord record;
  record.apns_id = id_of(n);
  record.token = token_of(n);
  record.at = Instant{at};
  record.status = status;
  record.reason = reason;
  return record;
}

JournalRecord withheld(std::uint32_t n, std::int64_t at = 1) {
  auto record = answer(n, 200, Reason::none, at);
  record.answered = false;
  return record;
}

struct Case {
  std::vector<VerdictRow> rows;
  std::vector<JournalRecord> records;
  std::uint32_t devices = 0;  // 0: no roster
  bool every_task = false;
};

VerdictReport judged(const Case& given) {
  Verdict verdict(given.every_task);
  for (std::uint32_t i = 0; i < given.devices; ++i) {
    verdict.expect("d" + std::to_string(i), token_of(i));
  }
  for (const auto& each : given.rows) {
    verdict.add(each);
  }
  verdict.seal();
  for (const auto& each : given.records) {
    verdict.add(each);
  }
  return verdict.judge();
}

std::uint64_t count(const VerdictReport& report, Defect defect) {
  return report.by_defect[static_cast<std::size_t>(defect)];
}

// Exactly this one defect, and nothing else.
void expect_only(const VerdictReport& report, Defect defect) {
  EXPECT_EQ(count(report, defect), 1U) << words(defect);
  EXPECT_EQ(report.lost + report.repeated + report.misreported, 1U);
  EXPECT_EQ(report.examples.size(), 1U);
}

TEST(Verdict, FindsNothingWhereBothSidesAgree) {
  const auto report = judged(
      {{row(0), row(1, State::unreachable, Reason::unregistered),
        row(2, State::failed, Reason::bad_device_token)},
       {answer(0), answer(1, 410, Reason::unregistered), answer(2, 400, Reason::bad_device_token)},
       3});
  EXPECT_TRUE(report.good(0));
  EXPECT_EQ(report.rows, 3U);
  EXPECT_EQ(report.devices_expected, 3U);
  EXPECT_EQ(report.records, 3U);
}

TEST(Verdict, AcceptsARowThatWasSentAfterTemporaryRefusals) {
  const auto report =
      judged({{row(0)},
              {answer(0, 200, Reason::none, 30), answer(0, 503, Reason::service_unavailable, 10),
               answer(0, 429, Reason::too_many_requests, 20)},
              1});
  EXPECT_TRUE(report.good(0));
}

TEST(Verdict, AcceptsWhatIsOnTheWayToEnrolmentAsSent) {
  EXPECT_TRUE(judged({{row(0, State::shown), row(1, State::enrolled), row(2, State::postponed)},
                      {answer(0), answer(1), answer(2)},
                      3})
                  .good(0));
}

TEST(Verdict, CallsARowThatIsNotAtRestLost) {
  for (const auto state : {State::queued, State::deferred, State::in_doubt, State::registering}) {
    const auto report = judged({{row(0, state)}, {}, 1});
    expect_only(report, Defect::not_at_rest);
    EXPECT_EQ(report.lost, 1U);
  }
}

TEST(Verdict, CallsADeviceWithoutARowLost) {
  expect_only(judged({{row(0)}, {answer(0)}, 2}), Defect::no_row);
}

TEST(Verdict, CallsADeviceLostWhereOnlyTheNumberIsKnown) {
  Verdict verdict(false);
  verdict.expect(std::uint64_t{2});
  verdict.add(row(0));
  verdict.seal();
  verdict.add(answer(0));
  expect_only(verdict.judge(), Defect::no_row);
}

TEST(Verdict, CallsASentRowWithoutAnAnswerLost) {
  expect_only(judged({{row(0)}, {}, 1}), Defect::sent_without_answer);
  expect_only(judged({{row(0)}, {answer(0, 503, Reason::service_unavailable)}, 1}),
              Defect::sent_without_answer);
}

TEST(Verdict, CallsASentRowLostWhoseOnlyAnswerWasWithheld) {
  expect_only(judged({{row(0)}, {withheld(0)}, 1}), Defect::sent_without_answer);
}

TEST(Verdict, CountsEveryAcceptanceBeyondTheFirstAsARepeat) {
  const auto report = judged({{row(0)}, {answer(0), answer(0), answer(0)}, 1});
  EXPECT_EQ(report.repeated, 2U);
  EXPECT_EQ(report.lost + report.misreported, 0U);
  EXPECT_FALSE(report.good(1));
  EXPECT_TRUE(report.good(2));
}

TEST(Verdict, CountsAWithheldAcceptanceAsARepeatToo) {
  expect_only(judged({{row(0)}, {withheld(0, 1), answer(0, 200, Reason::none, 2)}, 1}),
              Defect::accepted_again);
}

TEST(Verdict, CountsADeviceThatWasWokenUnderTwoIds) {
  auto second = answer(1);
  second.token = token_of(0);
  expect_only(judged({{row(0), row(1)}, {answer(0), second}}), Defect::device_accepted_again);
}

TEST(Verdict, CountsNoRepeatWhereTwoTasksWakeOneDevice) {
  auto other = row(1);
  other.task = 1;
  other.apns_id = id_of(1, 9);
  auto record = answer(1);
  record.apns_id = id_of(1, 9);
  record.token = token_of(0);
  EXPECT_TRUE(judged({{row(0), other}, {answer(0), record}}).good(0));
}

TEST(Verdict, CatchesASentRowWhoseLastAnswerIsARefusal) {
  expect_only(judged({{row(0)},
                      {answer(0, 200, Reason::none, 1), answer(0, 410, Reason::unregistered, 2)},
                      1}),
              Defect::sent_but_refused);
}

TEST(Verdict, CatchesAFailureThatWasAccepted) {
  expect_only(judged({{row(0, State::failed, Reason::gave_up)}, {answer(0)}, 1}),
              Defect::failed_but_accepted);
  expect_only(judged({{row(0, State::unreachable, Reason::unregistered)}, {answer(0)}, 1}),
              Defect::failed_but_accepted);
}

TEST(Verdict, CatchesACancelledRowThatWasAccepted) {
  expect_only(judged({{row(0, State::cancelled, Reason::cancelled_by_person)}, {answer(0)}, 1}),
              Defect::unsent_but_accepted);
}

TEST(Verdict, CatchesAnotherReasonThanTheLastAnswers) {
  expect_only(judged({{row(0, State::failed, Reason::bad_topic)},
                      {answer(0, 400, Reason::bad_device_token)},
                      1}),
              Defect::other_reason);
  expect_only(judged({{row(0, State::failed, Reason::bad_device_token)}, {}, 1}),
              Defect::other_reason);
  expect_only(judged({{row(0, State::failed, Reason::gave_up)},
                      {answer(0, 400, Reason::bad_device_token)},
                      1}),
              Defect::other_reason);
  expect_only(judged({{row(0, State::failed, Reason::no_push_token)},
                      {answer(0, 400, Reason::bad_device_token)},
                      1}),
              Defect::other_reason);
}

TEST(Verdict, AcceptsReasonsThatNoJournalCanKnow) {
  EXPECT_TRUE(judged({{row(0, State::failed, Reason::gave_up),
                       row(1, State::failed, Reason::answer_overdue),
                       row(2, State::failed, Reason::no_push_token),
                       row(3, State::cancelled, Reason::reassigned)},
                      {answer(0, 503, Reason::service_unavailable), withheld(1)},
                      4})
                  .good(0));
}

TEST(Verdict, CatchesAnAcceptanceThatBelongsToNoRow) {
  expect_only(judged({{row(0)}, {answer(0), answer(7)}}), Defect::stranger);
}

TEST(Verdict, LeavesOtherTasksAloneUnlessAllWereRead) {
  auto other = answer(7);
  other.apns_id = id_of(7, 9);
  EXPECT_TRUE(judged({{row(0)}, {answer(0), other}, 0, false}).good(0));
  expect_only(judged({{row(0)}, {answer(0), other}, 0, true}), Defect::stranger);
}

TEST(Verdict, LeavesEarlierGenerationsAlone) {
  auto again = row(0);
  again.apns_id = id_of(0, 1, 1);
  auto newer = answer(0);
  newer.apns_id = again.apns_id;
  const auto report = judged({{again}, {answer(0), newer}, 1});
  EXPECT_TRUE(report.good(0));
  EXPECT_EQ(report.records_elsewhere, 1U);
}

TEST(Verdict, CatchesAWakeThatWentToAnotherDevice) {
  auto record = answer(0);
  record.token = token_of(5);
  expect_only(judged({{row(0)}, {record}, 1}), Defect::wrong_token);
}

TEST(Verdict, CatchesARowForADeviceThatTheRosterDoesNotHave) {
  expect_only(judged({{row(0), row(1)}, {answer(0), answer(1)}, 1}), Defect::unknown_device);
}

TEST(Verdict, CatchesTwoRowsWithOneId) {
  auto twin = row(0);
  twin.device_id = "d1";
  const auto report = judged({{row(0), twin}, {answer(0)}});
  EXPECT_EQ(count(report, Defect::row_twice), 1U);
  EXPECT_GT(report.misreported, 0U);
}

TEST(Verdict, CatchesASentRowWithoutAnId) {
  auto nameless = row(0);
  nameless.has_apns_id = false;
  expect_only(judged({{nameless}, {}, 1}), Defect::no_apns_id);
}

TEST(Verdict, JudgesAccountsOnlyByWhetherTheyRest) {
  auto account = row(0);
  account.channel = Channel::account;
  account.has_apns_id = false;
  EXPECT_TRUE(judged({{account}, {}}).good(0));
  account.state = State::deferred;
  expect_only(judged({{account}, {}}), Defect::not_at_rest);
}

// ── mail ──

VerdictRow mail_row(std::uint32_t n, State state = State::sent,
                    const std::string& reply = "250 2.0.0 Ok: queued as 0000000700000001") {
  auto made = row(n, state);
  made.channel = Channel::mail;
  made.device_id.clear();
  made.user_id = "u" + std::to_string(n);
  made.reply = reply;
  return made;
}

JournalRecord mailed(std::uint32_t n, std::uint16_t code = 250, std::int64_t at = 1) {
  auto record = answer(n, code, Reason::none, at);
  record.channel = Channel::mail;
  record.connection = 7;
  record.stream = 1;
  return record;
}

// The server refused the recipient before it saw a message.
JournalRecord refused_recipient(std::uint32_t n, std::uint16_t code, std::int64_t at = 1) {
  auto record = mailed(n, code, at);
  record.apns_id = {};
  return record;
}

VerdictReport judged_mail(const Case& given, std::int64_t repeats_told = -1) {
  Verdict verdict(given.every_task);
  for (const auto& each : given.rows) {
    verdict.expect_mailbox(each.user_id, token_of(each.invitation));
    verdict.add(each);
  }
  if (repeats_told >= 0) {
    verdict.admit_repeats(static_cast<std::uint64_t>(repeats_told));
  }
  verdict.seal();
  for (const auto& each : given.records) {
    verdict.add(each);
  }
  return verdict.judge();
}

TEST(VerdictOfMail, FindsNothingWhereBothSidesAgree) {
  const auto report = judged_mail(
      {{mail_row(0), mail_row(1, State::failed, "550 5.1.1 User unknown"),
        mail_row(2, State::failed, "554 5.7.1 Not wanted"), mail_row(3, State::failed, "")},
       {refused_recipient(0, 451, 1), mailed(0, 250, 2), refused_recipient(1, 550),
        mailed(2, 554)}});
  EXPECT_TRUE(report.good(0)) << (report.examples.empty() ? "" : report.examples[0]);
}

TEST(VerdictOfMail, CallsARowLostWhoseReplyWasWithheldOrNeverGiven) {
  auto record = mailed(0);
  record.answered = false;
  expect_only(judged_mail({{mail_row(0)}, {record}}), Defect::sent_without_answer);
  expect_only(judged_mail({{mail_row(0)}, {}}), Defect::sent_without_answer);
}

TEST(VerdictOfMail, CountsRepeatsAndHoldsThemAgainstWhatWasSaid) {
  const Case given{{mail_row(0)}, {mailed(0), mailed(0, 250, 2)}};
  expect_only(judged_mail(given, 1), Defect::accepted_again);
  expect_only(judged_mail(given), Defect::accepted_again);
  const auto unsaid = judged_mail(given, 0);
  EXPECT_EQ(unsaid.repeated, 1U);
  EXPECT_EQ(unsaid.misreported, 1U);
  EXPECT_EQ(count(unsaid, Defect::unsaid_repeat), 1U);
}

TEST(VerdictOfMail, FindsEveryOtherStory) {
  expect_only(judged_mail({{mail_row(0, State::sent, "250 2.0.0 Ok: queued as 0000000800000001")},
                           {mailed(0)}}),
              Defect::other_reply);
  expect_only(judged_mail({{mail_row(0, State::failed, "550 5.1.1 No")}, {mailed(0, 554)}}),
              Defect::other_reason);
  expect_only(judged_mail({{mail_row(0, State::failed)}, {mailed(0)}}),
              Defect::failed_but_accepted);
  expect_only(judged_mail({{mail_row(0, State::cancelled)}, {mailed(0)}}),
              Defect::unsent_but_accepted);
  expect_only(judged_mail({{mail_row(0)}, {mailed(0), mailed(0, 451, 2)}}),
              Defect::sent_but_refused);
  expect_only(judged_mail({{mail_row(0)}, {mailed(0), mailed(1)}}), Defect::stranger);
  expect_only(judged_mail({{mail_row(0)}, {mailed(0), refused_recipient(0, 250)}}),
              Defect::stranger);
  auto elsewhere = mailed(0);
  elsewhere.token = token_of(9);
  expect_only(judged_mail({{mail_row(0)}, {elsewhere}}), Defect::wrong_token);
}

}  // namespace
}  // namespace muster::loadgen
