#include "cli/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "cli/text.h"

namespace muster::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

Preview preview_of_a_group() {
  Preview preview;
  preview.selector.group = "g7";
  preview.target_name = "Grade 7";
  preview.users_selected = 1235;
  preview.users = 1150;
  preview.invitations = 1204;
  preview.users_not_invited = 1181;
  preview.users_not_enrolled = 1200;
  preview.unreached = {{"no device that can be pushed", 30}, {"Managed Distribution is off", 1}};
  preview.warnings = {"devices will be woken, but no command waits"};
  preview.seconds_estimated = 130;
  return preview;
}

Task task_that_completed() {
  Task task;
  task.id = "0a1b2c3d-1111-4222-8333-444455556666";
  task.state = TaskState::completed;
  task.target_name = "Grade 7";
  task.selector.group = "g7";
  task.invitations = 20'000;
  task.sent = 19'988;
  task.failed = 11;
  task.unreachable = 1;
  task.reasons = {{"failed", "BadDeviceToken", "the device token is not valid", 11},
                  {"unreachable", "Unregistered", "the device is gone", 1}};
  task.created_at = "2026-11-22T23:08:00.000Z";
  task.ended_at = "2026-11-22T23:08:03.000Z";
  return task;
}

Progress progress_in_the_middle() {
  Progress progress;
  progress.total = 20'000;
  progress.done = 12'357;
  progress.sent = 12'345;
  progress.failed = 12;
  progress.rate = 8100.4;
  progress.seconds_left = 1.04;
  progress.in_flight = 1400;
  progress.unsettled = 12;
  return progress;
}

TEST(Render, PreviewSaysWhomHowManyAndWhoIsNotReached) {
  EXPECT_EQ(
      preview_text(preview_of_a_group()),
      "Target       Grade 7 (group g7)\n"
      "Audience     users not previously invited: 1,181 of 1,235 users (not yet enrolled: 1,200)\n"
      "Invitations  1,204, to 1,150 users\n"
      "Channels     push, then mail where push fails and mail is set up\n"
      "Estimate     about 2 min 10 s at the pace that is set\n"
      "Not reached  30 users: no device that can be pushed\n"
      "             1 user: Managed Distribution is off\n"
      "Warning      devices will be woken, but no command waits\n");
}

TEST(Render, PreviewOfOneDeviceNamesUserAndDevice) {
  Preview preview;
  preview.selector.user = "u1";
  preview.selector.device = "d1";
  preview.selector.audience = Audience::not_enrolled;
  preview.selector.channels = Channels::push;
  preview.target_name = "Zoë\x1b[2J";
  const auto text = preview_text(preview);
  EXPECT_THAT(text, HasSubstr("Zoë\\u{1b}[2J (user u1), device d1\n"));
  EXPECT_THAT(text, HasSubstr("users that have not yet enrolled: 0 of 0 users (not previously"));
  EXPECT_THAT(text, HasSubstr("no pace is set"));
  EXPECT_THAT(text, Not(HasSubstr("Not reached")));
}

TEST(Render, AsksWithTheNumbersOfThePreview) {
  EXPECT_EQ(confirm_text(preview_of_a_group()), "Send 1,204 invitations to 1,150 users? [y/N] ");
  Preview one;
  one.invitations = 1;
  one.users = 1;
  EXPECT_EQ(confirm_text(one), "Send 1 invitation to 1 user? [y/N] ");
}

TEST(Render, ProgressLineSaysWhatIsSentFailedAndUnderWay) {
  EXPECT_EQ(progress_line(progress_in_the_middle()),
            "sent 12,345 of 20,000 (61 %), 8,100/s, 1.0 s left, 12 failed, in_flight=1400 "
            "unsettled=12");
}

TEST(Render, ProgressLineSaysWhatBinds) {
  auto progress = progress_in_the_middle();
  progress.bound_by = "streams";
  EXPECT_TRUE(progress_line(progress).ends_with(" unsettled=12 bound_by=streams"));
}

TEST(Render, ProgressLineLeavesOutWhatIsNotKnown) {
  Progress progress;
  progress.total = 3;
  progress.deferred = 2;
  progress.rate = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(progress_line(progress),
            "sent 0 of 3 (0 %), 0/s, 0 failed, 2 deferred, in_flight=0 unsettled=0");
}

TEST(Render, ProgressBarFillsTheColumnsItHas) {
  EXPECT_EQ(progress_bar(progress_in_the_middle(), 80),
            "[###############...........] 12,357/20,000  61 %  8,100/s  1.0 s left  12 failed");
  EXPECT_EQ(progress_bar(progress_in_the_middle(), 500),
            "[########################................] "
            "12,357/20,000  61 %  8,100/s  1.0 s left  12 failed");
}

TEST(Render, ProgressBarIsNeverWiderThanTheTerminal) {
  Progress progress = progress_in_the_middle();
  progress.deferred = 7;
  for (std::size_t columns = 0; columns < 120; ++columns) {
    EXPECT_LE(columns_of(progress_bar(progress, columns)), columns) << columns;
  }
  EXPECT_EQ(progress_bar(progress, 20), "12,357/20,000  61 %…");
}

TEST(Render, UploadSaysHowFarItIsAndHowFastItGoes) {
  const ImportProgress progress{"upload", 12'900'000, 41'943'040, 0};
  EXPECT_EQ(upload_line(progress, 1.5), "sent 12.3 MiB of 40.0 MiB (30 %), 8.2 MiB/s, 3.4 s left");
  EXPECT_EQ(upload_bar(progress, 1.5, 80),
            "[#########......................] 12.3 MiB/40.0 MiB  30 %  8.2 MiB/s  3.4 s left");
  for (std::size_t columns = 0; columns < 100; ++columns) {
    EXPECT_LE(columns_of(upload_bar(progress, 1.5, columns)), columns) << columns;
  }
}

TEST(Render, UploadLeavesOutWhatIsNotKnown) {
  EXPECT_EQ(upload_line({"upload", 0, 2UL << 20, 0}, 0),
            "sent 0.0 MiB of 2.0 MiB (0 %), 0.0 MiB/s");
  EXPECT_EQ(upload_line({"upload", 2UL << 20, 2UL << 20, 0}, 2),
            "sent 2.0 MiB of 2.0 MiB (100 %), 1.0 MiB/s; the server reads it");
  EXPECT_EQ(upload_bar({"upload", 2UL << 20, 2UL << 20, 0}, 2, 500),
            upload_line({"upload", 2UL << 20, 2UL << 20, 0}, 2));
}

TEST(Render, SumsTheProgressOfSeveralTasks) {
  auto held_back = progress_in_the_middle();
  held_back.bound_by = "streams";
  const auto all = sum({progress_in_the_middle(), held_back});
  EXPECT_EQ(all.bound_by, "streams");
  EXPECT_EQ(all.total, 40'000U);
  EXPECT_EQ(all.sent, 24'690U);
  EXPECT_EQ(all.done, 24'714U);
  EXPECT_EQ(all.in_flight, 2800U);
  EXPECT_EQ(all.unsettled, 24U);
  EXPECT_DOUBLE_EQ(all.rate, 16'200.8);
  EXPECT_DOUBLE_EQ(all.seconds_left, 1.04);
}

TEST(Render, ReportCountsStatesAndReasonsAndSaysWhatToDoNext) {
  EXPECT_EQ(report_text({task_that_completed(), 2.4, 8333.3}, " --data /d"),
            "Task 0a1b2c3d-1111-4222-8333-444455556666 completed: 19,988 of 20,000 invitations "
            "sent; 2.4 s, 8,333/s.\n"
            "  sent         19,988\n"
            "  failed           11\n"
            "  unreachable       1\n"
            "  invitations  20,000\n"
            "Not arrived, by reason:\n"
            "  11  failed       BadDeviceToken  the device token is not valid\n"
            "   1  unreachable  Unregistered    the device is gone\n"
            "Every device: muster tasks 0a1b2c3d-1111-4222-8333-444455556666 --csv --data /d\n"
            "Try the failed again: muster retry 0a1b2c3d-1111-4222-8333-444455556666 --data /d\n");
}

TEST(Render, ReportSaysWhatWasRepeated) {
  Task task = task_that_completed();
  task.repeated = 1;
  EXPECT_THAT(
      report_text({task, 1, 1}, ""),
      HasSubstr("Sent again because the first attempt's fate was unknown: 1 invitation.\n"));
}

TEST(Render, ReportOfAnInterruptedTaskDoesNotProposeARetry) {
  Task task = task_that_completed();
  task.state = TaskState::interrupted;
  task.sent = 9'988;
  task.queued = 9'000;
  task.deferred = 600;
  task.in_doubt = 400;
  const auto text = report_text({task, 1, 1}, "");
  EXPECT_THAT(text, Not(HasSubstr("muster retry")));
  EXPECT_THAT(text,
              HasSubstr("  queued        9,000\n  deferred        600\n  in doubt        400\n"));
}

TEST(Render, TasksAreNamedByAsMuchOfTheIdAsTellsThemApart) {
  Task other = task_that_completed();
  other.id = "0a1b2c3d-1911-4222-8333-444455556666";
  other.state = TaskState::interrupted;
  other.target_name = "a\nb";
  const auto text = tasks_text({task_that_completed(), other});
  EXPECT_THAT(text, HasSubstr("0a1b2c3d-11  completed    Grade 7"));
  EXPECT_THAT(text, HasSubstr("0a1b2c3d-19  interrupted  a\\nb"));
  EXPECT_THAT(text, HasSubstr("2026-11-22 23:08\n"));
  EXPECT_EQ(tasks_text({}), "No tasks.\n");
}

TEST(Render, OneTaskSaysWhyItIsPaused) {
  Task task = task_that_completed();
  task.state = TaskState::paused;
  task.state_reason = "the certificate has expired";
  task.ended_at.clear();
  task.bound_by = "pace";
  const auto text = task_text(task);
  EXPECT_THAT(text, HasSubstr("State     paused: the certificate has expired\n"));
  EXPECT_THAT(text, HasSubstr("Bound by  pace\n"));
  EXPECT_THAT(text, Not(HasSubstr("Ended")));
  EXPECT_THAT(task_text(task_that_completed()), HasSubstr("Ended     2026-11-22T23:08:03.000Z\n"));
}

TEST(Render, InvitationsShowUserAndDevice) {
  Invitation row;
  row.number = 7;
  row.user_full_name = "Zoë Müller";
  row.device_name = "Zoë's iPad";
  row.state = "failed";
  row.reason = "BadDeviceToken";
  row.attempts = 1;
  row.reply = "400 BadDeviceToken";
  EXPECT_EQ(invitations_text({row}),
            "INVITATION  USER        DEVICE      STATE   REASON          ATTEMPTS  REPLY\n"
            "         7  Zoë Müller  Zoë's iPad  failed  BadDeviceToken         1  400 "
            "BadDeviceToken\n");
}

TEST(Render, ImportSaysWhatWasReadAndWhatWasLeftOut) {
  ImportReport report;
  report.users = 1200;
  report.groups = 1;
  report.memberships = 1200;
  report.devices = 2000;
  report.rejected = 1;
  report.warnings = {"users.csv: column 'foo' is left out"};
  report.seconds = 1.2;
  ImportOptions options;
  options.rejects_file = "bad.csv";
  EXPECT_EQ(import_text(report, options),
            "Imported 1,200 users, 1 group, 1,200 memberships, 2,000 devices in 1.2 s.\n"
            "Warning: users.csv: column 'foo' is left out\n"
            "1 bad row left out; see bad.csv\n");
  report.users_changed.removed = {1, {"ann"}};
  EXPECT_THAT(import_text(report, options), HasSubstr("s.\n  removed 1 user: ann\nWarning"));
  options.dry_run = true;
  EXPECT_THAT(import_text(report, options), HasSubstr("Checked, nothing stored: 1,200 users"));
  report.users_changed.added = {6, {"a", "b", "c", "d", "e"}};
  EXPECT_THAT(import_text(report, options),
              HasSubstr("  would add 6 users: a, b, c, d, e, …\n  would remove 1 user: ann\n"));
  report.users_changed = {};
  EXPECT_THAT(import_text(report, options), HasSubstr("  nothing changes\n"));
  EXPECT_EQ(import_line({.step = "devices.csv", .bytes_done = 5, .bytes_total = 10, .rows = 1000}),
            "reading devices.csv: 1,000 rows, 50 %");
}

TEST(Render, ExitCodeSaysWhetherEverythingWasHandedOver) {
  Task task = task_that_completed();
  EXPECT_EQ(exit_code_of(task), 1);
  task.sent = 19'990;
  task.superseded = 10;
  EXPECT_EQ(exit_code_of(task), 0);
  task.state = TaskState::cancelled;
  task.sent = 0;
  EXPECT_EQ(exit_code_of(task), 1);
  for (const auto state : {TaskState::running, TaskState::paused, TaskState::interrupted}) {
    task.state = state;
    EXPECT_EQ(exit_code_of(task), 5);
  }
}

TEST(Render, ChannelsHaveTheWordsOfTheOptions) {
  EXPECT_STREQ(name_of(Channels::push), "push");
  EXPECT_STREQ(name_of(Channels::mail), "mail");
  EXPECT_STREQ(name_of(Channels::push_and_mail), "push,mail");
  EXPECT_STREQ(name_of(Channels::push_then_mail), "push-then-mail");
  Task task = task_that_completed();
  task.selector.channels = Channels::mail;
  EXPECT_THAT(task_text(task), HasSubstr("Channels  mail\n"));
  task.selector.channels = Channels::push_and_mail;
  EXPECT_THAT(task_text(task), HasSubstr("Channels  push and mail\n"));
}

}  // namespace
}  // namespace muster::cli
