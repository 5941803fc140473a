// What a rehearsal tells in the end: for people, and as JSON.
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "json/writer.h"
#include "loadgen/json_shape.h"
#include "loadgen/school_files.h"
#include "loadgen/school_run.h"

namespace muster::loadgen {
namespace {

std::string_view words(SchoolStage stage) {
  switch (stage) {
    case SchoolStage::enrolled:
      return "devices enrolled";
    case SchoolStage::registered:
      return "users registered";
    case SchoolStage::associated:
      return "  by account at once";
    case SchoolStage::woken:
      return "devices woken";
    case SchoolStage::handed:
      return "  given the command";
    case SchoolStage::shown:
      return "  showed it";
    case SchoolStage::accepted:
      return "users who accepted";
  }
  return "";
}

std::string line_of(std::string_view name, const std::string& value, const std::string& more = {}) {
  std::string line = "  " + std::string(name);
  line.append(line.size() < 34 ? 34 - line.size() : 1, ' ');
  line.append(value.size() < 10 ? 10 - value.size() : 0, ' ');
  return line + value + (more.empty() ? "" : "  " + more) + "\n";
}

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", seconds);
  return text;
}

// A member of a JSON object within an object: "" where there is none.
std::string_view member(std::string_view json, std::string_view key) {
  const auto members = json_members(json);
  return members ? json_value(*members, key) : std::string_view();
}

std::uint64_t number(std::string_view json, std::string_view key) {
  return static_cast<std::uint64_t>(json_integer(member(json, key)).value_or(0));
}

// "NotNow 812, Error 33": the members of an object of numbers that are not 0.
std::string listed(std::string_view json) {
  std::string text;
  const auto members = json_members(json).value_or(std::vector<JsonMember>());
  for (const auto& [key, value] : members) {
    if (value != "0") {
      text += (text.empty() ? "" : ", ") + key + " " + std::string(value);
    }
  }
  return text.empty() ? "none" : text;
}

std::uint64_t faults_struck(const std::string& books_json) {
  std::uint64_t sum = 0;
  const auto struck = json_elements(member(books_json, "faults"));
  for (const auto count : struck.value_or(std::vector<std::string_view>())) {
    sum += static_cast<std::uint64_t>(json_integer(count).value_or(0));
  }
  return sum;
}

std::string played(const SchoolRunReport& report) {
  const auto devices = member(report.devices_json, "devices");
  std::string text = "what happened\n";
  text += line_of("faults of Apps and Books", std::to_string(faults_struck(report.books_json)),
                  "answered: " + listed(member(report.books_json, "refused")));
  text += line_of("content token installed anew", std::to_string(report.mends));
  text += line_of("devices said", "", listed(member(devices, "said")));
  for (const auto* fact : {"missed", "rotated", "checked_out", "cancelled", "not_taken"}) {
    text += line_of(std::string("  ") + fact, std::to_string(number(devices, fact)));
  }
  return text;
}

}  // namespace

std::string text_of(const SchoolRunReport& report) {
  std::string text = "school: " + std::to_string(report.users) + " users, " +
                     std::to_string(report.devices) + " devices, seed " +
                     std::to_string(report.seed) + (report.faults ? ", faults" : ", no faults") +
                     "\n\nstages\n";
  for (const auto& [what, seconds] : report.took) {
    text += line_of(what, seconds_text(seconds));
  }
  text += "\nfunnel (first and last, from Send)\n";
  for (const auto& each : report.funnel) {
    const auto span = each.count == 0 || each.stage == SchoolStage::enrolled
                          ? std::string()
                          : seconds_text(each.first_s) + " … " + seconds_text(each.last_s);
    text += line_of(words(each.stage), std::to_string(each.count), span);
  }
  const auto& verdict = report.verdict;
  text += "\ninvitations, as muster has them\n" +
          line_of("in all", std::to_string(verdict.rows),
                  std::to_string(verdict.accounts) + " by account");
  for (std::size_t i = 0; i < verdict.by_state.size(); ++i) {
    if (verdict.by_state[i] != 0) {
      text += line_of(std::string("  ").append(name_of(static_cast<State>(i))),
                      std::to_string(verdict.by_state[i]));
    }
  }
  text += "\n" + played(report) + "\n";
  for (const auto& example : verdict.examples) {
    text += "e.g. " + example + "\n";
  }
  if (!report.dir.empty()) {
    text += "all files: " + report.dir + "\n";
  }
  return text + "verdict: " + std::to_string(verdict.lost) + " lost, " +
         std::to_string(verdict.doubled) + " doubled, " + std::to_string(verdict.misreported) +
         " misreported, " + std::to_string(verdict.violations) + " rules broken of " +
         std::to_string(verdict.rows) + " invitations";
}

std::string json_of(const SchoolRunReport& report) {
  json::Writer out;
  out.begin_object().key("users").number(report.users).key("devices").number(report.devices);
  out.key("seed").number(report.seed).key("faults").boolean(report.faults);
  out.key("seconds").begin_object();
  for (const auto& [what, seconds] : report.took) {
    out.key(what).number(seconds);
  }
  out.end().key("funnel").begin_object();
  for (const auto& each : report.funnel) {
    out.key(name_of(each.stage)).begin_object().key("count").number(each.count);
    if (each.count != 0) {
      out.key("first_s").number(each.first_s).key("last_s").number(each.last_s);
    }
    out.end();
  }
  out.end().key("faults_struck").number(faults_struck(report.books_json));
  out.key("mends").number(report.mends);
  const auto raw = [&out](std::string_view key, const std::string& json) {
    out.key(key).raw(valid_json(json) ? json : "null");
  };
  raw("task", report.task_json);
  raw("books", report.books_json);
  const auto devices = member(report.devices_json, "devices");
  raw("fleet", std::string(devices));
  raw("apns", std::string(member(report.devices_json, "apns")));
  out.key("dir").text(report.dir);
  raw("verdict", json_of(report.verdict));
  return out.key("good").boolean(report.verdict.good()).end().result();
}

}  // namespace muster::loadgen
