// What a script reads: the JSON of every command. The names are a contract (design §3).
#pragma once

#include <string>
#include <vector>

#include "cli/render.h"

namespace muster::cli {

// Each is one value on one line, without the newline.
[[nodiscard]] std::string preview_json(const Preview& preview);
[[nodiscard]] std::string report_json(const SendReport& report);
// {"tasks":[…]}: for a resume of several tasks.
[[nodiscard]] std::string reports_json(const std::vector<SendReport>& reports);
[[nodiscard]] std::string tasks_json(const std::vector<Task>& tasks);
[[nodiscard]] std::string task_json(const Task& task);
[[nodiscard]] std::string invitation_json(const Invitation& row);
[[nodiscard]] std::string locations_json(const std::vector<Location>& locations);
[[nodiscard]] std::string import_json(const ImportReport& report, const ImportOptions& options);

// A task with its invitations is too much for one string: task_json_open(), invitation_json() of
// each with commas between, then task_json_close. The rows are the member "rows".
[[nodiscard]] std::string task_json_open(const Task& task);
inline constexpr const char* task_json_close = "]}";

}  // namespace muster::cli
