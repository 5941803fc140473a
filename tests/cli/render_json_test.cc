#include "cli/render_json.h"

#include <gtest/gtest.h>

namespace muster::cli {
namespace {

Task small_task() {
  Task task;
  task.id = "01";
  task.state = TaskState::completed;
  task.target_name = "Zoë \"Z\"";
  task.selector.user = "u1";
  task.selector.channels = Channels::push;
  task.invitations = 2;
  task.sent = 1;
  task.failed = 1;
  task.reasons = {{"failed", "BadDeviceToken", "not valid", 1}};
  task.created_at = "2026-11-22T23:08:00.000Z";
  return task;
}

constexpr const char* report =
    R"({"task":"01","state":"completed","state_reason":"","invitations":2,"sent":1,"failed":1,)"
    R"("unreachable":0,"repeated":0,"seconds":0.5,"rate":4.0,"queued":0,"deferred":0,"in_doubt":0,)"
    R"("cancelled":0,"expired":0,"superseded":0,"reasons":[{"state":"failed",)"
    R"("reason":"BadDeviceToken","words":"not valid","count":1}]})";

constexpr const char* task_members =
    R"("id":"01","state":"completed","state_reason":"","target_name":"Zoë \"Z\"",)"
    R"("selector":{"user":"u1","group":"","device":"","audience":"not-invited","channels":"push"},)"
    R"("invitations":2,"queued":0,"deferred":0,"in_doubt":0,"sent":1,"failed":1,"unreachable":0,)"
    R"("cancelled":0,"expired":0,"superseded":0,"shown":0,"postponed":0,)"
    R"("users":0,"users_enrolled":0,)"
    R"("repeated":0,"reasons":[{"state":"failed",)"
    R"("reason":"BadDeviceToken","words":"not valid","count":1}],)"
    R"("by":"","created_at":"2026-11-22T23:08:00.000Z","starts_at":"","ended_at":"","bound_by":"")";

TEST(RenderJson, ReportHasTheNamesThatScriptsRelyOn) {
  EXPECT_EQ(report_json({small_task(), 0.5, 4}), report);
}

TEST(RenderJson, SeveralReportsAreTasks) {
  const SendReport one{small_task(), 0.5, 4};
  EXPECT_EQ(reports_json({one, one}), std::string(R"({"tasks":[)") + report + "," + report + "]}");
  EXPECT_EQ(reports_json({}), R"({"tasks":[]})");
}

TEST(RenderJson, TasksHaveEveryFieldOfATask) {
  EXPECT_EQ(task_json(small_task()), std::string("{") + task_members + "}");
  EXPECT_EQ(tasks_json({small_task()}), std::string(R"({"tasks":[{)") + task_members + "}]}");
  EXPECT_EQ(tasks_json({}), R"({"tasks":[]})");
}

TEST(RenderJson, ATaskMayBeWrittenAroundItsInvitations) {
  Invitation row;
  row.number = 3;
  row.user_id = "u1";
  row.state = "failed";
  const std::string written = invitation_json(row);
  EXPECT_EQ(written, R"({"invitation":3,"user_id":"u1","user_full_name":"","device_id":"",)"
                     R"("device_name":"","channel":"","state":"failed","reason":"","attempts":0,)"
                     R"("apns_id":"","reply":"","updated_at":""})");
  EXPECT_EQ(task_json_open(small_task()) + written + task_json_close,
            std::string("{") + task_members + R"(,"rows":[)" + written + "]}");
}

TEST(RenderJson, PreviewHasItsNumbersAndReasons) {
  Preview preview;
  preview.id = "p1";
  preview.selector.group = "g7";
  preview.target_name = "Grade 7";
  preview.users_selected = 5;
  preview.users = 3;
  preview.invitations = 4;
  preview.pushes = 3;
  preview.mails = 1;
  preview.fallbacks = 2;
  preview.users_not_invited = 5;
  preview.users_not_enrolled = 5;
  preview.unreached = {{"no device", 2}};
  preview.warnings = {"w"};
  preview.seconds_estimated = 1.5;
  EXPECT_EQ(
      preview_json(preview),
      R"({"id":"p1","target_name":"Grade 7","selector":{"user":"","group":"g7","device":"",)"
      R"("audience":"not-invited","channels":"push-then-mail"},"users_selected":5,"users":3,)"
      R"("invitations":4,"pushes":3,"mails":1,"accounts":0,"users_by_device":0,"fallbacks":2,)"
      R"("users_not_invited":5,)"
      R"("users_not_enrolled":5,)"
      R"("unreached":[{"reason":"no device","users":2}],"warnings":["w"],)"
      R"("seconds_estimated":1.5})");
}

TEST(RenderJson, ImportHasItsCounts) {
  ImportReport counts;
  counts.users = 1;
  counts.devices = 2;
  counts.rejected = 3;
  counts.seconds = 0.25;
  ImportOptions options;
  options.dry_run = true;
  counts.users_changed.removed = {7, {"ann"}};
  EXPECT_EQ(
      import_json(counts, options),
      R"({"users":1,"groups":0,"memberships":0,"devices":2,"codes":0,"rejected":3,"dry_run":true,)"
      R"("seconds":0.25,)"
      R"("changes":{"users":{"added":{"count":0,"first":[]},"changed":{"count":)"
      R"(0,"first":[]},"removed":{"count":7,"first":["ann"]}},"groups":{"added")"
      R"(:{"count":0,"first":[]},"changed":{"count":0,"first":[]},"removed":{"c)"
      R"(ount":0,"first":[]}},"devices":{"added":{"count":0,"first":[]},"change)"
      R"(d":{"count":0,"first":[]},"removed":{"count":0,"first":[]}}},)"
      R"("warnings":[]})");
}

}  // namespace
}  // namespace muster::cli
