// What a person reads: the preview, the progress, the end, tables of tasks.
//
// Pure functions from the library's values to text. Numbers on one screen agree with one another;
// whatever a roster or a peer said is shown with control characters escaped. What a script reads
// stands in render_json.h and csv.h.
#pragma once

#include <string>
#include <vector>

#include "muster/dispatcher.h"
#include "muster/invitation.h"
#include "muster/location.h"
#include "muster/preview.h"
#include "muster/progress.h"
#include "muster/task.h"

namespace muster::cli {

// A send that has ended or was left, and how long this process was at it.
struct SendReport {
  Task task;
  double seconds = 0;
  double rate = 0;  // invitations a second brought to rest by this process
};

[[nodiscard]] std::string preview_text(const Preview& preview);
// "Send 1,204 invitations to 1,150 users? [y/N] "
[[nodiscard]] std::string confirm_text(const Preview& preview);

// After the hand-over: "shown on 1,204 devices, 12 postponed, 310 of 1,150 users enrolled, 840
// left"; `left`: invitations that have not come as far as was asked for.
[[nodiscard]] std::string funnel_line(const Task& task, std::uint64_t left);
// "sent 12,345 of 20,000 (61 %), 8,100/s, 1 s left, 12 failed, in_flight=40 unsettled=12"
[[nodiscard]] std::string progress_line(const Progress& progress);
// "[######....] 12,345/20,000  61 %  8,100/s  1 s left  12 failed", at most `columns` wide.
[[nodiscard]] std::string progress_bar(const Progress& progress, std::size_t columns);
// All of them as one: a resume of several tasks shows one bar.
[[nodiscard]] Progress sum(const std::vector<Progress>& parts);

// States, reasons and what to do next; `flags` is what such commands need (Common::flags()).
[[nodiscard]] std::string report_text(const SendReport& report, const std::string& flags);

// One line a task. Ids are cut to what tells them apart, 8 characters at least.
[[nodiscard]] std::string tasks_text(const std::vector<Task>& tasks);
[[nodiscard]] std::string task_text(const Task& task);
// One line a location, and what to do about it.
[[nodiscard]] std::string locations_text(const std::vector<Location>& locations);
// One line an invitation.
[[nodiscard]] std::string invitations_text(const std::vector<Invitation>& rows);

[[nodiscard]] std::string import_text(const ImportReport& report, const ImportOptions& options);
[[nodiscard]] std::string import_line(const ImportProgress& progress);
// Of a roster on its way to a server, so many seconds after it began: "sent 12.3 MiB of 40.0 MiB
// (31 %), 8.1 MiB/s, 3.4 s left".
[[nodiscard]] std::string upload_line(const ImportProgress& progress, double seconds);
// "[####....] 12.3 MiB/40.0 MiB  31 %  8.1 MiB/s  3.4 s left", at most `columns` wide.
[[nodiscard]] std::string upload_bar(const ImportProgress& progress, double seconds,
                                     std::size_t columns);

// 0: every invitation handed over; 1: ended, some were not; 5: not ended.
[[nodiscard]] int exit_code_of(const Task& task);

// The words that options and JSON use for a selector's parts.
[[nodiscard]] const char* name_of(Audience audience);
[[nodiscard]] const char* name_of(Channels channels);

}  // namespace muster::cli
