#include "service/wording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using testing::HasSubstr;

TEST(ServiceWording, SelectorsSurviveTheLedger) {
  for (const auto audience : {Audience::not_invited, Audience::not_enrolled}) {
    for (const auto channels :
         {Channels::push, Channels::mail, Channels::push_and_mail, Channels::push_then_mail}) {
      const Selector selector{"ann \"x\" \\ ü", "", "d,1", audience, channels};
      const auto read = read_selector(write_asked({selector, false, {}, {}, 0, {}}));
      EXPECT_EQ(read.user, selector.user);
      EXPECT_EQ(read.group, selector.group);
      EXPECT_EQ(read.device, selector.device);
      EXPECT_EQ(read.audience, audience);
      EXPECT_EQ(read.channels, channels);
    }
  }
}

TEST(ServiceWording, ASelectorThatIsNoObjectIsTheStandardOne) {
  for (const std::string text : {"", "[]", "{\"user\":", "{\"user\":3,\"channels\":\"pigeon\"}"}) {
    const auto read = read_selector(text);
    EXPECT_EQ(read.user, "") << text;
    EXPECT_EQ(read.audience, Audience::not_invited);
    EXPECT_EQ(read.channels, Channels::push_then_mail);
  }
}

TEST(ServiceWording, EveryStateOfATaskHasAName) {
  EXPECT_STREQ(name_of(TaskState::running), "running");
  EXPECT_STREQ(name_of(TaskState::paused), "paused");
  EXPECT_STREQ(name_of(TaskState::interrupted), "interrupted");
  EXPECT_STREQ(name_of(TaskState::completed), "completed");
  EXPECT_STREQ(name_of(TaskState::cancelled), "cancelled");
}

TEST(ServiceWording, ATaskIsInterruptedWhereNobodyHoldsIt) {
  ledger::TaskRow row;
  row.state = ledger::TaskState::running;
  EXPECT_EQ(task_of(row, true).state, TaskState::running);
  EXPECT_EQ(task_of(row, false).state, TaskState::interrupted);
  row.state = ledger::TaskState::paused;
  EXPECT_EQ(task_of(row, false).state, TaskState::paused);
  row.state = ledger::TaskState::completed;
  EXPECT_EQ(task_of(row, false).state, TaskState::completed);
  row.state = ledger::TaskState::cancelled;
  EXPECT_EQ(task_of(row, true).state, TaskState::cancelled);
}

TEST(ServiceWording, ATaskCountsWhatIsNotSettledAsQueued) {
  ledger::TaskRow row;
  row.invitations = 100;
  const auto set = [&](State state, std::uint64_t count) {
    row.counts.by_state[static_cast<std::size_t>(state)] = count;
  };
  set(State::sent, 10);
  set(State::shown, 1);
  set(State::enrolled, 2);
  set(State::failed, 5);
  set(State::unreachable, 4);
  set(State::deferred, 3);
  set(State::in_doubt, 2);
  set(State::expired, 1);
  row.counts.by_reason[{State::failed, Reason::bad_device_token}] = 2;
  row.counts.by_reason[{State::unreachable, Reason::unregistered}] = 4;
  row.counts.by_reason[{State::failed, Reason::bad_path}] = 0;
  const auto task = task_of(row, true);
  EXPECT_EQ(task.sent, 13U);
  EXPECT_EQ(task.failed, 5U);
  EXPECT_EQ(task.unreachable, 4U);
  EXPECT_EQ(task.queued, 100U - 28U);
  ASSERT_EQ(task.reasons.size(), 2U);  // the most frequent first, none without a count
  EXPECT_EQ(task.reasons[0].reason, "Unregistered");
  EXPECT_EQ(task.reasons[0].count, 4U);
  EXPECT_EQ(task.reasons[1].state, "failed");
  EXPECT_FALSE(task.reasons[1].words.empty());
}

TEST(ServiceWording, AReplyIsStatusReasonAndTimestamp) {
  ledger::Row row;
  EXPECT_EQ(invitation_of_row(row, {}, {}).reply, "");
  EXPECT_EQ(invitation_of_row(row, {}, {}).updated_at, "");
  row.status = 200;
  EXPECT_EQ(invitation_of_row(row, {}, {}).reply, "200");
  row.status = 410;
  row.outcome = Outcome{State::unreachable, Reason::unregistered, 1};
  row.timestamp_ms = 1'790'000'000'000;
  EXPECT_THAT(invitation_of_row(row, {}, {}).reply, HasSubstr("410 Unregistered, timestamp 2026-"));
}

TEST(ServiceWording, AFullDiskNamesItsMend) {
  EXPECT_THAT(failure_of(Error{ErrorCode::disk_full, 0}, "nothing was sent").line,
              HasSubstr("free some space"));
  EXPECT_THAT(failure_of(Error{ErrorCode::disk_failed, 0}, "nothing was sent").line,
              testing::StartsWith("nothing was sent: "));
}

TEST(ServiceWording, AudiencesHaveTheirSets) {
  EXPECT_EQ(wanted(Audience::not_invited), roster::Wanted::not_invited);
  EXPECT_EQ(wanted(Audience::not_enrolled), roster::Wanted::not_enrolled);
}

}  // namespace
}  // namespace muster::service
