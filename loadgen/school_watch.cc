#include "loadgen/school_watch.h"

#include <charconv>
#include <chrono>
#include <optional>

#include "loadgen/json_shape.h"

namespace muster::loadgen {
namespace {

constexpr std::array<std::string_view, school_stages_count> stage_names{
    "enrolled", "registered", "associated", "woken", "handed", "shown", "accepted"};

std::string text_of(const std::vector<JsonMember>& members, std::string_view key) {
  return std::string(json_plain_string(json_value(members, key)).value_or(""));
}

std::optional<int> number_at(std::string_view text, std::size_t from, std::size_t length) {
  int number = 0;
  const auto part = text.substr(from, length);
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
  const bool whole = error == std::errc{} && end == part.data() + part.size();
  return whole ? std::optional(number) : std::nullopt;
}

// Not what is done to devices and people, nor what muster asks for as long as it runs.
bool is_news(std::string_view fact, std::string_view by) {
  return fact != "woken" && fact != "missed" && fact != "change" && fact != "refused" &&
         fact != "violation" && by != "stranger";
}

}  // namespace

std::string_view name_of(SchoolStage stage) {
  return stage_names[static_cast<std::size_t>(stage)];
}

WallTime wall_time_of(std::string_view text) {
  constexpr std::string_view form = "2026-11-23T12:00:00.000Z";
  if (text.size() != form.size()) {
    return {};
  }
  const auto year = number_at(text, 0, 4);
  const auto month = number_at(text, 5, 2);
  const auto day = number_at(text, 8, 2);
  const auto hour = number_at(text, 11, 2);
  const auto minute = number_at(text, 14, 2);
  const auto second = number_at(text, 17, 2);
  const auto millisecond = number_at(text, 20, 3);
  if (!year || !month || !day || !hour || !minute || !second || !millisecond) {
    return {};
  }
  const std::chrono::sys_days days = std::chrono::year(static_cast<int>(*year)) /
                                     static_cast<int>(*month) / static_cast<int>(*day);
  const auto of_day = std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
                      std::chrono::seconds(*second) + std::chrono::milliseconds(*millisecond);
  const auto since = std::chrono::milliseconds(days.time_since_epoch()) + of_day;
  return {since.count()};
}

void SchoolWatch::hear(std::string_view line) {
  const auto read = json_members(line);
  if (!read) {
    return;
  }
  const auto& members = *read;
  const auto fact = text_of(members, "fact");
  const auto at_text = json_value(members, "at");
  const auto since_boot = json_integer(at_text);
  const WallTime at = since_boot ? WallTime{wall_at_boot_ms_ + *since_boot / 1'000'000}
                                 : wall_time_of(json_plain_string(at_text).value_or(""));
  if (is_news(fact, text_of(members, "by"))) {
    ++news_;
  }
  if (fact == "enrolled" || fact == "woken" || fact == "handed" || fact == "answered") {
    const auto device = text_of(members, "device");
    if (fact == "answered") {
      if (text_of(members, "result") == "Acknowledged") {
        count(SchoolStage::shown, device, at);
      }
      return;
    }
    count(fact == "enrolled" ? SchoolStage::enrolled
          : fact == "woken"  ? SchoolStage::woken
                             : SchoolStage::handed,
          device, at);
  } else if (fact == "accepted") {
    count(SchoolStage::accepted, text_of(members, "user"), at);
  } else if (fact == "registered" && text_of(members, "by") != "stranger") {
    count(SchoolStage::registered, text_of(members, "clientUserId"), at);
  } else if (fact == "associated" && text_of(members, "by") == "account") {
    count(SchoolStage::associated, text_of(members, "clientUserId"), at);
  }
}

void SchoolWatch::count(SchoolStage stage, const std::string& who, WallTime at) {
  if (!who_[static_cast<std::size_t>(stage)].insert(who).second) {
    return;
  }
  auto& reached = reached_[static_cast<std::size_t>(stage)];
  if (reached.count++ == 0) {
    reached.first = at;
  }
  reached.last = std::max(reached.last, at);
}

}  // namespace muster::loadgen
