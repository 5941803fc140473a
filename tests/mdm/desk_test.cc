#include "mdm/desk.h"

#include "mdm/plist.h"
#include "tests/mdm/desk_fixture.h"

namespace muster::mdm {
namespace {

using Texts = std::vector<std::string>;

std::string uuid_in(const Call& call) {
  const auto value = read_plist(call.answer);
  return value ? std::string(value->text("CommandUUID")) : "";
}

class DeskTest : public DeskFixture {};

TEST(DeskKind, IsToldByPathAndContentType) {
  const std::string check_in = "application/x-apple-aspen-mdm-checkin";
  const std::string command = "application/x-apple-aspen-mdm";
  EXPECT_EQ(kind_of("/mdm/checkin", check_in), Call::Kind::check_in);
  EXPECT_EQ(kind_of("/mdm/command", check_in), Call::Kind::check_in);
  EXPECT_EQ(kind_of("/mdm/command", command), Call::Kind::command);
  EXPECT_EQ(kind_of("/mdm/command", "Application/X-Apple-Aspen-MDM ; charset=UTF-8"),
            Call::Kind::command);
  EXPECT_EQ(kind_of("/mdm/checkin", command), std::nullopt);
  EXPECT_EQ(kind_of("/mdm", check_in), std::nullopt);
  EXPECT_EQ(kind_of("/mdm/command", "text/xml"), std::nullopt);
  EXPECT_EQ(kind_of("/mdm/command", ""), std::nullopt);
}

TEST_F(DeskTest, HandsOutWhatWaitsWhenADeviceAsks) {
  const auto device = enrol("U1");
  let_wait(device, 1);
  const auto call = say(idle("U1"));
  EXPECT_EQ(call.status, 200);
  EXPECT_EQ(call.content_type, "application/xml");
  EXPECT_EQ(call.answer, invite_to_program(uuid_of(1), url_of(1)));
  EXPECT_EQ(events(), Texts{"1:0:10"});
  EXPECT_EQ(events(), Texts{});
  const auto row = row_of(1);
  EXPECT_EQ(row.device, device);
  EXPECT_EQ(row.handed, 1U);
  EXPECT_EQ(row.handed_at, now_);
}

TEST_F(DeskTest, HasNothingForADeviceThatNothingWaitsFor) {
  enrol("U1");
  const auto call = say(idle("U1"));
  EXPECT_EQ(call.status, 200);
  EXPECT_EQ(call.answer, "");
  EXPECT_EQ(call.content_type, "");
  EXPECT_EQ(enrolment("U1")->last_seen, now_);
  EXPECT_EQ(enrolment("U1")->last_status, 1);
  EXPECT_EQ(events(), Texts{});
}

TEST_F(DeskTest, HandsAgainWhatWasNotAnswered) {
  let_wait(enrol("U1"), 1);
  const auto first = say(idle("U1"));
  EXPECT_EQ(say(idle("U1")).answer, first.answer);
  EXPECT_EQ(row_of(1).handed, 2U);
}

TEST_F(DeskTest, RecordsWhatWasShownOnceAndNeverHandsItAgain) {
  let_wait(enrol("U1"), 1);
  static_cast<void>(say(idle("U1")));
  for (int twice = 0; twice < 2; ++twice) {
    const auto call = say(report("U1", "Acknowledged", uuid_of(1), "Acknowledged"));
    EXPECT_EQ(call.status, 200);
    EXPECT_EQ(call.answer, "");
  }
  EXPECT_EQ(say(idle("U1")).answer, "");
  EXPECT_EQ(events(), (Texts{"1:0:10", "1:1:10"}));
  EXPECT_EQ(row_of(1).result, 1);
  EXPECT_EQ(row_of(1).handed, 1U);
  EXPECT_LT(row_of(1).result_at, now_);  // the first time
}

TEST_F(DeskTest, RecordsEveryKindOfRefusalWithItsWords) {
  struct Case {
    std::string status, result, words;
  };
  Byte task = 0;
  for (const auto& [status, result, words] :
       {Case{"Acknowledged", "InvalidProgramID", "InvalidProgramID"},
        Case{"Acknowledged", "InvalidInvitationURL", "InvalidInvitationURL"},
        Case{"Error", "", "the device gave no reason"},
        Case{"CommandFormatError", "", "the device could not read the command"}}) {
    ++task;
    const auto udid = "U" + std::to_string(task);
    const auto device = enrol(udid);
    let_wait(device, task);
    static_cast<void>(say(idle(udid)));
    EXPECT_EQ(say(report(udid, status, uuid_of(task), result)).answer, "");
    EXPECT_EQ(say(report(udid, status, uuid_of(task), result)).answer, "");
    EXPECT_EQ(say(idle(udid)).answer, "");
    const auto number = std::to_string(device);
    const auto name = std::to_string(task);
    EXPECT_EQ(events(), (Texts{name + ":0:" + number, name + ":3:" + number}));
    EXPECT_EQ(row_of(task).trouble, words);
    EXPECT_EQ(row_of(task).result, 3);
  }
}

TEST_F(DeskTest, HandsAgainAfterNotNowButNotInTheAnswerToIt) {
  let_wait(enrol("U1"), 1);
  const auto first = say(idle("U1"));
  for (int twice = 0; twice < 2; ++twice) {
    EXPECT_EQ(say(report("U1", "NotNow", uuid_of(1))).answer, "");
  }
  EXPECT_EQ(row_of(1).not_now, 1U);
  EXPECT_EQ(row_of(1).result, 2);
  EXPECT_EQ(say(idle("U1")).answer, first.answer);
  EXPECT_EQ(row_of(1).result, 0);
  static_cast<void>(say(report("U1", "NotNow", uuid_of(1))));
  EXPECT_EQ(row_of(1).not_now, 2U);
  static_cast<void>(say(report("U1", "Acknowledged", uuid_of(1))));
  EXPECT_EQ(row_of(1).result, 1);
  EXPECT_EQ(events(), (Texts{"1:0:10", "1:2:10", "1:0:10", "1:2:10", "1:1:10"}));
}

TEST_F(DeskTest, KeepsAnEndWhateverIsSaidLater) {
  let_wait(enrol("U1"), 1);
  static_cast<void>(say(idle("U1")));
  static_cast<void>(say(report("U1", "Acknowledged", uuid_of(1))));
  static_cast<void>(say(report("U1", "NotNow", uuid_of(1))));
  static_cast<void>(say(report("U1", "Error", uuid_of(1))));
  EXPECT_EQ(row_of(1).result, 1);
  EXPECT_EQ(row_of(1).trouble, "");
  EXPECT_EQ(events().size(), 2U);
}

TEST_F(DeskTest, TakesAReportOfACommandWhoseTaskIsOver) {
  const auto device = enrol("U1");
  let_wait(device, 1);
  static_cast<void>(say(idle("U1")));
  house_.wait.clear();
  EXPECT_EQ(say(report("U1", "Acknowledged", uuid_of(1))).status, 200);
  EXPECT_EQ(row_of(1).result, 1);
}

TEST_F(DeskTest, HandsNothingOfATaskThatWasCancelled) {
  let_wait(enrol("U1"), 1);
  house_.wait.clear();
  EXPECT_EQ(say(idle("U1")).answer, "");
  EXPECT_EQ(events(), Texts{});
}

TEST_F(DeskTest, ChangesNothingByReportsOfCommandsItDoesNotKnow) {
  let_wait(enrol("U1"), 1);
  static_cast<void>(enrol("U2"));
  static_cast<void>(say(idle("U1")));
  static_cast<void>(events());
  EXPECT_EQ(say(report("U1", "Acknowledged", uuid_of(2))).status, 200);
  EXPECT_EQ(say(report("U1", "NotNow", uuid_of(1, 6))).status, 200);
  EXPECT_EQ(say(report("U1", "NotNow", "another server's")).status, 200);
  // What another device was handed is not this one's to report.
  EXPECT_EQ(say(report("U2", "Acknowledged", uuid_of(1))).status, 200);
  EXPECT_EQ(row_of(1).result, 0);
}

TEST_F(DeskTest, HandsTheNewestOfTwoTasksAndLeavesTheOlder) {
  const auto device = enrol("U1");
  let_wait(device, 1);
  let_wait(device, 2);
  EXPECT_EQ(uuid_in(say(idle("U1"))), uuid_of(2));
  EXPECT_EQ(say(report("U1", "Acknowledged", uuid_of(2))).answer, "");
  EXPECT_EQ(say(idle("U1")).answer, "");
  house_.wait[device].erase(house_.wait[device].begin());  // the newer one is over
  EXPECT_EQ(uuid_in(say(idle("U1"))), uuid_of(1));
}

TEST_F(DeskTest, FollowsAReportWithTheNextCommand) {
  const auto device = enrol("U1");
  let_wait(device, 1);
  static_cast<void>(say(idle("U1")));
  let_wait(device, 2);
  EXPECT_EQ(uuid_in(say(report("U1", "Acknowledged", uuid_of(1)))), uuid_of(2));
  EXPECT_EQ(row_of(1).result, 1);
}

TEST_F(DeskTest, HandsNoUrlThatADeviceCouldNotTake) {
  const auto device = enrol("U1");
  for (const auto& url : {std::string(), std::string(3000, 'x'), std::string("https://a\nb")}) {
    house_.wait[device] = {{task_of(1), 5, url}};
    const auto call = say(idle("U1"));
    EXPECT_EQ(call.status, 200);
    EXPECT_EQ(call.answer, "");
  }
  EXPECT_EQ(events(), Texts{});
}

TEST_F(DeskTest, AnswersABatchInItsOrder) {
  const auto device = enrol("U1");
  let_wait(device, 1);
  std::vector<Call> calls{of(Call::Kind::command, idle("U1")),
                          of(Call::Kind::check_in, "no plist"),
                          of(Call::Kind::check_in, authenticate("U2")),
                          of(Call::Kind::check_in, authenticate("U3")),
                          of(Call::Kind::check_in, token_update("U2")),
                          of(Call::Kind::command, report("U1", "NotNow", uuid_of(1))),
                          of(Call::Kind::command, idle("U2"))};
  const auto asked = house_.check_ins;
  desk().answer(calls, now_);
  EXPECT_EQ(calls[0].answer, invite_to_program(uuid_of(1), url_of(1)));
  EXPECT_EQ(calls[1].status, 400);
  for (const std::size_t i : {0U, 2U, 3U, 4U, 5U, 6U}) {
    EXPECT_EQ(calls[i].status, 200) << i;
  }
  EXPECT_EQ(house_.check_ins - asked, 2);  // both that enrol at once, then the token
  EXPECT_EQ(row_of(1).result, 2);
  EXPECT_EQ(enrolment("U2")->state, 2);
  EXPECT_EQ(enrolment("U3")->state, 1);
}

TEST_F(DeskTest, RemembersEverythingAfterARestart) {
  let_wait(enrol("U1"), 1);
  const auto first = say(idle("U1"));
  reopen();
  EXPECT_EQ(say(idle("U1")).answer, first.answer);
  static_cast<void>(say(report("U1", "Acknowledged", uuid_of(1))));
  reopen();
  EXPECT_EQ(say(idle("U1")).answer, "");
  EXPECT_EQ(row_of(1).handed, 2U);
}

TEST_F(DeskTest, HasNothingForStrangersAndKeepsNothingOfThem) {
  house_.wait[10] = {{task_of(1), 5, url_of(1)}};
  const auto call = say(idle("U9"));
  EXPECT_EQ(call.status, 200);
  EXPECT_EQ(call.answer, "");
  EXPECT_FALSE(enrolment("U9"));
}

TEST_F(DeskTest, RefusesWhatItCannotRead) {
  EXPECT_EQ(say("").status, 400);
  EXPECT_EQ(say("hello").status, 400);
  EXPECT_EQ(say(authenticate("U1")).status, 400);
  EXPECT_EQ(check_in(idle("U1")).status, 400);
  EXPECT_EQ(check_in(std::string(70'000, ' ') + authenticate("U1")).status, 400);
  EXPECT_TRUE(house_.told.empty());
}

TEST_F(DeskTest, AnswersRequestsInTheBinaryFormToo) {
  ASSERT_EQ(check_in(binary(authenticate("U1"))).status, 200);
  ASSERT_EQ(check_in(binary(token_update("U1"))).status, 200);
  let_wait(house_.numbers["U1"], 1);
  EXPECT_EQ(uuid_in(say(binary(idle("U1")))), uuid_of(1));
}

}  // namespace
}  // namespace muster::mdm
