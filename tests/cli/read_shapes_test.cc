#include "cli/read_shapes.h"

#include <gtest/gtest.h>

#include "cli/render_json.h"
#include "cli/render_timeline.h"
#include "console/shapes.h"
#include "json/writer.h"

namespace muster::cli {
namespace {

json::Tree tree_of(const std::string& text) {
  auto tree = json::Tree::parse(text, 1 << 20);
  EXPECT_TRUE(tree.has_value()) << text;
  return std::move(*tree);
}

template <class Value>
Value read_back(const std::string& text) {
  const auto tree = tree_of(text);
  Value value;
  read(tree.root(), value);
  return value;
}

TEST(ReadShapes, ReadsATaskAsItIsWritten) {
  Task task;
  task.id = "0b5c";
  task.state = TaskState::paused;
  task.state_reason = "paused by a person";
  task.target_name = "Grade 7 “B”";
  task.selector.group = "g7";
  task.selector.audience = Audience::not_enrolled;
  task.selector.channels = Channels::push_and_mail;
  task.invitations = 1'000'000;
  task.sent = 17;
  task.users_enrolled = 3;
  task.reasons = {{"failed", "BadDeviceToken", "the token is not valid", 9}};
  task.created_at = "2026-11-22T23:08:00.000Z";
  task.bound_by = "pace";
  const auto read = read_back<Task>(task_json(task));
  EXPECT_EQ(task_json(read), task_json(task));
  EXPECT_EQ(read.selector, task.selector);
  ASSERT_EQ(read.reasons.size(), 1U);
  EXPECT_EQ(read.reasons[0].count, 9U);
}

TEST(ReadShapes, ReadsAPreviewAsItIsWritten) {
  Preview preview;
  preview.id = "a1";
  preview.selector.user = "zoe";
  preview.selector.device = "d1";
  preview.target_name = "Zoë Quinn";
  preview.invitations = 2;
  preview.unreached = {{"no device and no address", 12}};
  preview.warnings = {"one", "two"};
  preview.seconds_estimated = 2.5;
  const auto read = read_back<Preview>(preview_json(preview));
  EXPECT_EQ(preview_json(read), preview_json(preview));
  EXPECT_DOUBLE_EQ(read.seconds_estimated, 2.5);
}

TEST(ReadShapes, ReadsAnInvitationAsItIsWritten) {
  Invitation row;
  row.number = 77;
  row.user_id = "zoe";
  row.user_full_name = "Zoë";
  row.device_id = "d1";
  row.device_name = "Zoë's iPad";
  row.channel = "push";
  row.state = "failed";
  row.reason = "Unregistered";
  row.attempts = 2;
  row.apns_id = "x";
  row.reply = "410";
  row.updated_at = "t";
  EXPECT_EQ(invitation_json(read_back<Invitation>(invitation_json(row))), invitation_json(row));
}

TEST(ReadShapes, ReadsATimelineAsTheServerWritesIt) {
  Timeline timeline;
  timeline.row.number = 77;
  timeline.row.user_id = "zoe";
  timeline.row.state = "sent";
  timeline.moments = {{"2026-11-22T23:08:00.000Z", "queued", "the send was confirmed"}};
  json::Writer writer;
  console::add(writer, timeline);
  const auto read = read_back<Timeline>(writer.result());
  EXPECT_EQ(timeline_json(read), timeline_json(timeline));
  EXPECT_EQ(read.row.number, 77U);
  ASSERT_EQ(read.moments.size(), 1U);
}

TEST(ReadShapes, LeavesWhatIsMissingOrOfAnotherType) {
  const auto task = read_back<Task>(R"({"id":7,"sent":"many","invitations":-3,"state":"blue"})");
  EXPECT_EQ(task.id, "");
  EXPECT_EQ(task.sent, 0U);
  EXPECT_EQ(task.invitations, 0U);
  EXPECT_EQ(task.state, TaskState::running);
  const auto report = read_back<ImportReport>(R"({"warnings":["one"],"seconds":2})");
  EXPECT_EQ(report.warnings, std::vector<std::string>{"one"});
  EXPECT_DOUBLE_EQ(report.seconds, 2);
  EXPECT_EQ(read_back<User>("[]").id, "");
}

TEST(ReadShapes, ReadsTheRoster) {
  const auto user =
      read_back<User>(R"({"id":"zoe","enabled":true,"groups":["g7"],)"
                      R"("devices":[{"id":"d1","imei":"35","meid":"A1","pushable":true}]})");
  EXPECT_TRUE(user.enabled);
  EXPECT_EQ(user.groups, std::vector<std::string>{"g7"});
  ASSERT_EQ(user.devices.size(), 1U);
  EXPECT_EQ(user.devices[0].imei, "35");
  EXPECT_EQ(user.devices[0].meid, "A1");
  EXPECT_TRUE(user.devices[0].pushable);
  EXPECT_EQ(read_back<Group>(R"({"members":41})").members, 41U);
  EXPECT_EQ(read_back<Location>(R"({"days_left":-2})").days_left, -2);
  EXPECT_EQ(read_back<UnreachedUser>(R"({"user_id":"zoe"})").user_id, "zoe");
  EXPECT_DOUBLE_EQ(read_back<Progress>(R"({"rate":12.5,"state":"completed"})").rate, 12.5);
}

}  // namespace
}  // namespace muster::cli
