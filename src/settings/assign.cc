#include "settings/assign.h"

#include <algorithm>
#include <filesystem>

#include "settings/complain.h"
#include "settings/period.h"
#include "settings/text_form.h"

namespace muster::settings {
namespace {

tl::unexpected<Complaint> refuse(const toml::node& node, std::string found, std::string expected,
                                 std::string mend = {}) {
  const auto& at = node.source().begin;
  return complain_at({{}, at.line, at.column},
                     {std::move(found), std::move(expected), std::move(mend)});
}

tl::unexpected<Complaint> wrong_type(const toml::node& node, const Target& target,
                                     std::string expected) {
  return refuse(node, target.full_name + " is " + words_of_type(node), std::move(expected));
}

std::string from_folder(const std::string& path, const std::string& folder) {
  if (path.empty() || path.front() == '/') {
    return path;
  }
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

Result<void, Complaint> put(const TextPlace& place, const toml::node& node, const Target& target) {
  const auto* text = node.as_string();
  if (text == nullptr) {
    return wrong_type(node, target, "a text in quotes");
  }
  if (auto expected = expected_instead(text->get(), place.form); !expected.empty()) {
    return refuse(node, target.full_name + " is \"" + text->get() + "\"", std::move(expected));
  }
  const bool is_path = place.form == TextForm::path || place.form == TextForm::directory;
  *place.value = is_path ? from_folder(text->get(), target.folder) : text->get();
  return {};
}

Result<void, Complaint> put(const ChoicePlace& place, const toml::node& node,
                            const Target& target) {
  std::string expected;
  for (const auto choice : place.choices) {
    expected += (expected.empty() ? "\"" : ", \"") + std::string(choice) + "\"";
  }
  expected = "one of " + expected;
  const auto* text = node.as_string();
  if (text == nullptr) {
    return wrong_type(node, target, std::move(expected));
  }
  if (std::find(place.choices.begin(), place.choices.end(), text->get()) == place.choices.end()) {
    return refuse(node, target.full_name + " is \"" + text->get() + "\"", std::move(expected));
  }
  *place.value = text->get();
  return {};
}

Result<void, Complaint> put(const FlagPlace& place, const toml::node& node, const Target& target) {
  const auto* flag = node.as_boolean();
  if (flag == nullptr) {
    return wrong_type(node, target, "true or false, without quotes");
  }
  *place.value = flag->get();
  return {};
}

Result<void, Complaint> put(const CountPlace& place, const toml::node& node, const Target& target) {
  auto expected =
      "a whole number from " + std::to_string(place.least) + " to " + std::to_string(place.most);
  const auto* number = node.as_integer();
  if (number == nullptr) {
    return wrong_type(node, target, std::move(expected));
  }
  const std::int64_t count = number->get();
  if (count < place.least || count > place.most) {
    return refuse(node, target.full_name + " is " + std::to_string(count), std::move(expected));
  }
  std::visit([count](auto* value) { *value = static_cast<std::decay_t<decltype(*value)>>(count); },
             place.value);
  return {};
}

struct PeriodRange {
  std::chrono::milliseconds least;
  std::chrono::milliseconds most;
  std::chrono::milliseconds step;
};

Result<std::chrono::milliseconds, Complaint> period_of(const toml::node& node,
                                                       const PeriodRange& range,
                                                       const std::string& name) {
  auto expected = "a time from \"" + text_of_period(range.least) + "\" to \"" +
                  text_of_period(range.most) + "\", in d, h, m, s or ms";
  const auto* text = node.as_string();
  if (text == nullptr) {
    return refuse(node, name + " is " + words_of_type(node), std::move(expected),
                  "write the unit, as in \"30s\"");
  }
  const auto period = period_of_text(text->get());
  if (!period || *period < range.least || *period > range.most ||
      period->count() % range.step.count() != 0) {
    return refuse(node, name + " is \"" + text->get() + "\"", std::move(expected));
  }
  return *period;
}

Result<void, Complaint> put(const PeriodPlace& place, const toml::node& node,
                            const Target& target) {
  const PeriodRange range{place.least, place.most, std::chrono::seconds(1)};
  const auto period = period_of(node, range, target.full_name);
  if (!period) {
    return tl::unexpected(period.error());
  }
  *place.value = std::chrono::duration_cast<std::chrono::seconds>(*period);
  return {};
}

Result<void, Complaint> put(const PeriodsPlace& place, const toml::node& node,
                            const Target& target) {
  auto expected =
      "a list of 1 to " + std::to_string(place.count_max) + " times, as in [\"30s\", \"2m\"]";
  const auto* list = node.as_array();
  if (list == nullptr) {
    return wrong_type(node, target, std::move(expected));
  }
  if (list->empty() || list->size() > place.count_max) {
    return refuse(node, target.full_name + " has " + std::to_string(list->size()) + " entries",
                  std::move(expected));
  }
  std::vector<std::chrono::milliseconds> periods;
  const PeriodRange range{place.least, place.most, std::chrono::milliseconds(1)};
  for (const auto& element : *list) {
    const auto period = period_of(
        element, range, target.full_name + "[" + std::to_string(periods.size() + 1) + "]");
    if (!period) {
      return tl::unexpected(period.error());
    }
    periods.push_back(*period);
  }
  *place.value = std::move(periods);
  return {};
}

}  // namespace

std::string words_of_type(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      break;
  }
  return "a date or time";
}

Result<void, Complaint> assign(const toml::node& node, const Target& target) {
  return std::visit([&](const auto& place) { return put(place, node, target); }, target.key.place);
}

}  // namespace muster::settings
