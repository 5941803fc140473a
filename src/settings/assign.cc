#include "settings/assign.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "settings/complain.h"
#include "settings/period.h"

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

bool is_port(std::string_view text) {
  unsigned number = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc{} && parsed.ptr == end && number <= 65'535;
}

// A name or a literal address, as it may stand in a certificate: no scheme, no path, no port.
bool is_host(std::string_view text) {
  const bool letters = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':';
  });
  const auto colons = std::count(text.begin(), text.end(), ':');
  return letters && !text.empty() && text.size() <= 253 && colons != 1;
}

// host:port, and [address]:port for IPv6.
bool is_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) {
    return false;
  }
  auto host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  const bool has_colon = host.find(':') != std::string_view::npos;
  return is_host(host) && has_colon == bracketed;
}

bool has_control(std::string_view text, bool lines_allowed) {
  return std::any_of(text.begin(), text.end(), [lines_allowed](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 || byte == 0x7f) && !(lines_allowed && (c == '\n' || c == '\t'));
  });
}

// Empty where `text` has the form; otherwise what was expected.
std::string expected_instead(std::string_view text, TextForm form) {
  if (has_control(text, form == TextForm::lines)) {
    return "text without control characters";
  }
  switch (form) {
    case TextForm::any:
    case TextForm::lines:
    case TextForm::path:
      return {};
    case TextForm::not_empty:
    case TextForm::directory:
      return text.empty() ? "a text that is not empty" : "";
    case TextForm::host:
      return is_host(text) ? "" : "a host name or address, without scheme and port";
    case TextForm::listener:
      return is_endpoint(text) ? "" : "host:port, as in \"127.0.0.1:8470\"";
    case TextForm::resolver:
      return text.empty() || is_endpoint(text) ? "" : "host:port, as in \"127.0.0.1:53\", or \"\"";
    case TextForm::store: {
      const bool postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
      return text == "sqlite" || postgres ? "" : "\"sqlite\" or \"postgres://…\"";
    }
    case TextForm::web: {
      const bool web = text.starts_with("https://") || text.starts_with("http://");
      return web ? "" : "a URL that begins with https:// (or http://)";
    }
  }
  return {};
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
