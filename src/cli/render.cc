#include "cli/render.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/assert.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

using Align = Table::Align;

std::string per_second(double rate) {
  const double whole = std::isfinite(rate) && rate > 0 ? std::min(rate, 1e15) : 0;
  return with_separators(static_cast<std::uint64_t>(std::llround(whole))) + "/s";
}

const char* audience_words(Audience audience) {
  return audience == Audience::not_invited ? "users not previously invited"
                                           : "users that have not yet enrolled";
}

const char* channel_words(Channels channels) {
  switch (channels) {
    case Channels::push:
      return "push";
    case Channels::mail:
      return "mail";
    case Channels::push_and_mail:
      return "push and mail";
    case Channels::push_then_mail:
      return "push, then mail where push fails and mail is set up";
  }
  MUSTER_ASSERT(false);
}

std::string target_words(const std::string& name, const Selector& selector) {
  const bool user = !selector.user.empty();
  std::string text = name.empty() ? "" : shown(name) + " ";
  text += (user ? "(user " : "(group ") + shown(user ? selector.user : selector.group) + ")";
  return selector.device.empty() ? text : text + ", device " + shown(selector.device);
}

// The states' counts, those that are not zero; sent always, the sum last.
void add_counts(const Task& task, Table& table) {
  const auto add = [&](const char* state, std::uint64_t count) {
    if (count != 0) {
      table.row({state, with_separators(count)});
    }
  };
  table.row({"sent", with_separators(task.sent)});
  add("shown", task.shown);
  add("postponed", task.postponed);
  add("queued", task.queued);
  add("deferred", task.deferred);
  add("in doubt", task.in_doubt);
  add("failed", task.failed);
  add("unreachable", task.unreachable);
  add("cancelled", task.cancelled);
  add("expired", task.expired);
  add("superseded", task.superseded);
  table.row({"invitations", with_separators(task.invitations)});
}

std::string counts_and_reasons(const Task& task) {
  Table counts({Align::left, Align::right});
  add_counts(task, counts);
  std::string text = counts.text("  ");
  if (task.users != 0) {
    text += with_separators(task.users_enrolled) + " of " + counted(task.users, "user") +
            " enrolled.\n";
  }
  if (task.repeated != 0) {
    text += "Sent again because the first attempt's fate was unknown: " +
            counted(task.repeated, "invitation") + ".\n";
  }
  if (!task.reasons.empty()) {
    Table reasons({Align::right, Align::left, Align::left, Align::left});
    for (const auto& each : task.reasons) {
      reasons.row(
          {with_separators(each.count), shown(each.state), shown(each.reason), shown(each.words)});
    }
    text += "Not arrived, by reason:\n" + reasons.text("  ");
  }
  return text;
}

std::vector<std::string> short_ids(const std::vector<Task>& tasks) {
  std::size_t length = 8;
  const auto tells_apart = [&](std::size_t size) {
    std::vector<std::string> heads;
    heads.reserve(tasks.size());
    for (const auto& task : tasks) {
      heads.push_back(task.id.substr(0, size));
    }
    std::sort(heads.begin(), heads.end());
    return std::adjacent_find(heads.begin(), heads.end()) == heads.end();
  };
  while (length < 36 && !tells_apart(length)) {
    ++length;
  }
  std::vector<std::string> ids;
  ids.reserve(tasks.size());
  for (const auto& task : tasks) {
    ids.push_back(shown(task.id.substr(0, length)));
  }
  return ids;
}

// "2026-11-22T23:08:00.000Z" → "2026-11-22 23:08"
std::string minute_of(const std::string& iso) {
  std::string text = shown(iso.substr(0, 16));
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

// ", and up to 12 mails where push fails"
std::string fallback_words(const Preview& preview) {
  return preview.fallbacks == 0
             ? ""
             : ", and up to " + counted(preview.fallbacks, "mail") + " where push fails";
}

}  // namespace

std::string preview_text(const Preview& preview) {
  Table table({Align::left, Align::left});
  table.row({"Target", target_words(preview.target_name, preview.selector)});
  const bool invited = preview.selector.audience == Audience::not_invited;
  table.row({"Audience",
             std::string(audience_words(preview.selector.audience)) + ": " +
                 with_separators(invited ? preview.users_not_invited : preview.users_not_enrolled) +
                 " of " + counted(preview.users_selected, "user") +
                 (invited ? " (not yet enrolled: " : " (not previously invited: ") +
                 with_separators(invited ? preview.users_not_enrolled : preview.users_not_invited) +
                 ")"});
  table.row({"Invitations",
             with_separators(preview.invitations) + ", to " + counted(preview.users, "user")});
  if (preview.mails != 0 || preview.fallbacks != 0) {
    table.row({"", counted(preview.pushes, "push", "pushes") + ", " +
                       counted(preview.mails, "mail") + fallback_words(preview)});
  }
  if (preview.accounts != 0) {
    table.row({"", counted(preview.accounts, "user") +
                       " associated by Managed Apple Account: nothing is sent to them"});
  }
  table.row({"Channels", channel_words(preview.selector.channels)});
  table.row({"Estimate",
             preview.seconds_estimated > 0
                 ? "about " + duration_words(preview.seconds_estimated) + " at the pace that is set"
                 : "as fast as the peers take them; no pace is set"});
  std::string label = "Not reached";
  for (const auto& each : preview.unreached) {
    table.row({std::exchange(label, ""), counted(each.users, "user") + ": " + shown(each.reason)});
  }
  for (const auto& warning : preview.warnings) {
    table.row({"Warning", shown(warning)});
  }
  return table.text();
}

std::string confirm_text(const Preview& preview) {
  return "Send " + counted(preview.invitations, "invitation") + " to " +
         counted(preview.users, "user") + fallback_words(preview) + "? [y/N] ";
}

std::string funnel_line(const Task& task, std::uint64_t left) {
  return "shown on " + counted(task.shown, "device") + ", " + with_separators(task.postponed) +
         " postponed, " + with_separators(task.users_enrolled) + " of " +
         counted(task.users, "user") + " enrolled, " + with_separators(left) + " left";
}

std::string progress_line(const Progress& progress) {
  std::string text =
      "sent " + with_separators(progress.sent) + " of " + with_separators(progress.total) + " (" +
      std::to_string(percent(progress.sent, progress.total)) + " %), " + per_second(progress.rate);
  if (progress.seconds_left > 0) {
    text += ", " + duration_words(progress.seconds_left) + " left";
  }
  text += ", " + with_separators(progress.failed) + " failed";
  if (progress.deferred != 0) {
    text += ", " + with_separators(progress.deferred) + " deferred";
  }
  return text + ", in_flight=" + std::to_string(progress.in_flight) +
         " unsettled=" + std::to_string(progress.unsettled) +
         (progress.bound_by.empty() ? "" : " bound_by=" + progress.bound_by);
}

namespace {

// "[####....] text", or where there is no room for cells the text alone, cut.
std::string bar(unsigned percent_done, const std::string& text, std::size_t columns) {
  constexpr std::size_t cells_min = 8;
  constexpr std::size_t cells_max = 40;
  constexpr std::size_t frame = 3;  // "[", "]", " "
  if (columns < text.size() + frame + cells_min) {
    return cut(text, columns);
  }
  const std::size_t cells = std::min(cells_max, columns - text.size() - frame);
  const std::size_t full = cells * percent_done / 100;
  return "[" + std::string(full, '#') + std::string(cells - full, '.') + "] " + text;
}

}  // namespace

std::string progress_bar(const Progress& progress, std::size_t columns) {
  std::string text = with_separators(progress.done) + "/" + with_separators(progress.total) + "  " +
                     std::to_string(percent(progress.done, progress.total)) + " %  " +
                     per_second(progress.rate);
  if (progress.seconds_left > 0) {
    text += "  " + duration_words(progress.seconds_left) + " left";
  }
  text += "  " + with_separators(progress.failed) + " failed";
  if (progress.deferred != 0) {
    text += "  " + with_separators(progress.deferred) + " deferred";
  }
  return bar(percent(progress.done, progress.total), text, columns);
}

Progress sum(const std::vector<Progress>& parts) {
  Progress all;
  for (const auto& part : parts) {
    all.total += part.total;
    all.done += part.done;
    all.sent += part.sent;
    all.failed += part.failed;
    all.deferred += part.deferred;
    all.in_flight += part.in_flight;
    all.unsettled += part.unsettled;
    all.rate += part.rate;
    all.seconds_left = std::max(all.seconds_left, part.seconds_left);
    all.seconds = std::max(all.seconds, part.seconds);
    all.bound_by = all.bound_by.empty() ? part.bound_by : all.bound_by;
  }
  return all;
}

std::string report_text(const SendReport& report, const std::string& flags) {
  const Task& task = report.task;
  std::string text = "Task " + shown(task.id) + " " + muster::name_of(task.state) + ": " +
                     with_separators(task.sent) + " of " + counted(task.invitations, "invitation") +
                     " sent; " + duration_words(report.seconds) + ", " + per_second(report.rate) +
                     ".\n" + counts_and_reasons(task);
  if (!task.reasons.empty()) {
    text += "Every device: muster tasks " + shown(task.id) + " --csv" + shown(flags) + "\n";
  }
  if (!task.active() && task.failed != 0) {
    text += "Try the failed again: muster retry " + shown(task.id) + shown(flags) + "\n";
  }
  return text;
}

std::string tasks_text(const std::vector<Task>& tasks) {
  if (tasks.empty()) {
    return "No tasks.\n";
  }
  Table table({Align::left, Align::left, Align::left, Align::right, Align::right, Align::right,
               Align::right, Align::left});
  table.row(
      {"TASK", "STATE", "TARGET", "INVITATIONS", "SENT", "WAITING", "NOT ARRIVED", "CREATED"});
  const auto ids = short_ids(tasks);
  for (std::size_t at = 0; at < tasks.size(); ++at) {
    const Task& task = tasks[at];
    const auto waiting = task.queued + task.deferred + task.in_doubt;
    const auto lost =
        task.failed + task.unreachable + task.cancelled + task.expired + task.superseded;
    table.row({ids[at], muster::name_of(task.state), cut(shown(task.target_name), 32),
               with_separators(task.invitations), with_separators(task.sent),
               with_separators(waiting), with_separators(lost), minute_of(task.created_at)});
  }
  return table.text();
}

std::string task_text(const Task& task) {
  Table table({Align::left, Align::left});
  table.row({"Task", shown(task.id)});
  const std::string state = muster::name_of(task.state);
  table.row({"State", task.state_reason.empty() ? state : state + ": " + shown(task.state_reason)});
  table.row({"Target", target_words(task.target_name, task.selector)});
  table.row({"Audience", audience_words(task.selector.audience)});
  table.row({"Channels", channel_words(task.selector.channels)});
  table.row({"Created", shown(task.created_at)});
  if (!task.ended_at.empty()) {
    table.row({"Ended", shown(task.ended_at)});
  }
  if (!task.bound_by.empty()) {
    table.row({"Bound by", shown(task.bound_by)});
  }
  return table.text() + counts_and_reasons(task);
}

std::string locations_text(const std::vector<Location>& locations) {
  if (locations.empty()) {
    return "No content token. Get one from Apple School or Business Manager and install it: "
           "muster token install FILE\n";
  }
  Table table({Align::left, Align::left, Align::left, Align::left, Align::right, Align::right,
               Align::right, Align::right});
  table.row({"LOCATION", "ORGANISATION", "TOKEN UNTIL", "CONDITION", "WAITING", "REGISTERED",
             "ENROLLED", "REFUSED"});
  std::string remarks;
  for (const auto& each : locations) {
    table.row({shown(each.id), cut(shown(each.organisation), 32),
               each.expires_at.empty() ? "-" : shown(each.expires_at.substr(0, 10)),
               shown(each.condition), with_separators(each.waiting),
               with_separators(each.registered), with_separators(each.enrolled),
               with_separators(each.refused)});
    if (!each.words.empty()) {
      remarks += shown(each.id) + ": " + shown(each.words) + "\n";
    }
    constexpr std::int64_t days_warned = 30;
    if (!each.expires_at.empty() && each.days_left <= days_warned) {
      remarks += shown(each.id) + ": the content token " +
                 (each.days_left < 0 ? "has expired"
                                     : "expires in " + std::to_string(each.days_left) + " days") +
                 "; get a new one from Apple School or Business Manager\n";
    }
  }
  return table.text() + remarks;
}

std::string invitations_text(const std::vector<Invitation>& rows) {
  Table table({Align::right, Align::left, Align::left, Align::left, Align::left, Align::right,
               Align::left});
  table.row({"INVITATION", "USER", "DEVICE", "STATE", "REASON", "ATTEMPTS", "REPLY"});
  for (const auto& row : rows) {
    table.row({std::to_string(row.number), cut(shown(row.user_full_name), 32),
               cut(shown(row.device_name), 32), shown(row.state), shown(row.reason),
               std::to_string(row.attempts), shown(row.reply)});
  }
  return table.text();
}

namespace {

// "  would add 3 users: alice, bob, …"; empty where nothing of it happens.
std::string change_text(const char* verb, const ImportChange& change, std::string_view what) {
  if (change.count == 0) {
    return {};
  }
  std::string text = std::string("  ") + verb + " " + counted(change.count, what) + ": ";
  for (std::size_t i = 0; i < change.first.size(); ++i) {
    text += (i == 0 ? "" : ", ") + shown(change.first[i]);
  }
  return text + (change.count > change.first.size() ? ", …\n" : "\n");
}

std::string changes_text(const ImportReport& report, bool would) {
  std::string text;
  for (const auto& [changes, what] :
       {std::pair(&report.users_changed, "user"), std::pair(&report.groups_changed, "group"),
        std::pair(&report.devices_changed, "device")}) {
    text += change_text(would ? "would add" : "added", changes->added, what) +
            change_text(would ? "would change" : "changed", changes->changed, what) +
            change_text(would ? "would remove" : "removed", changes->removed, what);
  }
  return text.empty() ? "  nothing changes\n" : text;
}

}  // namespace

std::string import_text(const ImportReport& report, const ImportOptions& options) {
  std::string text = options.dry_run ? "Checked, nothing stored: " : "Imported ";
  if (report.codes != 0) {
    return text + counted(report.codes, "invitation code") + " in " +
           duration_words(report.seconds) + ".\n";
  }
  text += counted(report.users, "user") + ", " + counted(report.groups, "group") + ", " +
          counted(report.memberships, "membership") + ", " + counted(report.devices, "device") +
          " in " + duration_words(report.seconds) + ".\n";
  const bool removes = report.users_changed.removed.count != 0 ||
                       report.groups_changed.removed.count != 0 ||
                       report.devices_changed.removed.count != 0;
  if (options.dry_run || removes) {
    text += changes_text(report, options.dry_run);
  }
  for (const auto& warning : report.warnings) {
    text += "Warning: " + shown(warning) + "\n";
  }
  if (report.rejected != 0) {
    text += counted(report.rejected, "bad row") + " left out" +
            (options.rejects_file.empty() ? "" : "; see " + shown(options.rejects_file)) + "\n";
  }
  return text;
}

std::string import_line(const ImportProgress& progress) {
  auto line = "reading " + shown(progress.step) + ": " + counted(progress.rows, "row");
  if (progress.bytes_total == 0) {  // a directory does not say how much it has
    return line;
  }
  return line + ", " + std::to_string(percent(progress.bytes_done, progress.bytes_total)) + " %";
}

namespace {

// "12.3 MiB"; tenths are enough to see that it moves.
std::string mebibytes(double bytes) {
  const auto tenths = std::isfinite(bytes) ? std::llround(std::min(bytes, 1e15) / 104857.6) : 0;
  return with_separators(static_cast<std::uint64_t>(tenths / 10)) + "." +
         std::to_string(tenths % 10) + " MiB";
}

// What is there, how fast it goes, how long it will take: of an upload.
std::vector<std::string> upload_words(const ImportProgress& progress, double seconds) {
  const auto done = static_cast<double>(progress.bytes_done);
  const auto total = static_cast<double>(progress.bytes_total);
  std::vector<std::string> words = {mebibytes(seconds > 0 ? done / seconds : 0) + "/s"};
  if (progress.bytes_done != 0 && progress.bytes_done < progress.bytes_total) {
    words.push_back(duration_words((total - done) * seconds / done) + " left");
  }
  return words;
}

}  // namespace

std::string upload_line(const ImportProgress& progress, double seconds) {
  auto line = "sent " + mebibytes(static_cast<double>(progress.bytes_done)) + " of " +
              mebibytes(static_cast<double>(progress.bytes_total)) + " (" +
              std::to_string(percent(progress.bytes_done, progress.bytes_total)) + " %)";
  for (const auto& word : upload_words(progress, seconds)) {
    line += ", " + word;
  }
  return line + (progress.bytes_done == progress.bytes_total ? "; the server reads it" : "");
}

std::string upload_bar(const ImportProgress& progress, double seconds, std::size_t columns) {
  if (progress.bytes_done == progress.bytes_total) {
    return cut(upload_line(progress, seconds), columns);
  }
  const auto done = percent(progress.bytes_done, progress.bytes_total);
  auto text = mebibytes(static_cast<double>(progress.bytes_done)) + "/" +
              mebibytes(static_cast<double>(progress.bytes_total)) + "  " + std::to_string(done) +
              " %";
  for (const auto& word : upload_words(progress, seconds)) {
    text += "  " + word;
  }
  return bar(done, text, columns);
}

int exit_code_of(const Task& task) {
  if (task.active()) {
    return static_cast<int>(FailureKind::unfinished);
  }
  return task.sent + task.superseded == task.invitations ? 0 : 1;
}

const char* name_of(Audience audience) {
  return audience == Audience::not_invited ? "not-invited" : "not-enrolled";
}

const char* name_of(Channels channels) {
  switch (channels) {
    case Channels::push:
      return "push";
    case Channels::mail:
      return "mail";
    case Channels::push_and_mail:
      return "push,mail";
    case Channels::push_then_mail:
      return "push-then-mail";
  }
  MUSTER_ASSERT(false);
}

}  // namespace muster::cli
