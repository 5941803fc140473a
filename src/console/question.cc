#include "console/question.h"

#include <charconv>
#include <limits>
#include <utility>

#include "http/query.h"

namespace muster::console {
namespace {

constexpr std::uint32_t limit_most = 1000;

}  // namespace

Question::Question(std::string_view query) {
  const auto pairs = http::read_query(query);
  if (!pairs) {
    complain("the query cannot be read; write name=value&name=value, percent-encoded UTF-8");
    return;
  }
  for (const auto& pair : *pairs) {
    if (!pairs_.emplace(pair.name, pair.value).second) {
      complain("'" + pair.name + "' stands twice in the query");
    }
  }
}

void Question::complain(std::string line) {
  if (!trouble_) {
    trouble_ = std::move(line);
  }
}

std::string Question::text(const std::string& name) {
  const auto node = pairs_.extract(name);
  return node.empty() ? std::string() : std::move(node.mapped());
}

std::uint64_t Question::number(const std::string& name, std::uint64_t otherwise,
                               std::uint64_t least, std::uint64_t most) {
  const auto node = pairs_.extract(name);
  if (node.empty()) {
    return otherwise;
  }
  const std::string& text = node.mapped();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most) {
    complain("'" + name + "' must be a number from " + std::to_string(least) + " to " +
             std::to_string(most));
    return otherwise;
  }
  return number;
}

bool Question::flag(const std::string& name) {
  return one_of(name, {"true", "false"}) == "true";
}

std::string Question::one_of(const std::string& name,
                             std::initializer_list<std::string_view> words) {
  const auto node = pairs_.extract(name);
  if (node.empty()) {
    return {};
  }
  std::string known;
  for (const auto word : words) {
    if (word == node.mapped()) {
      return node.mapped();
    }
    known += (known.empty() ? "" : ", ") + std::string(word);
  }
  complain("'" + name + "' must be one of: " + known);
  return {};
}

Result<void, Refusal> Question::whole() const {
  if (trouble_) {
    return refuse(400, *trouble_);
  }
  if (!pairs_.empty()) {
    return refuse(400, "there is no parameter '" + pairs_.begin()->first + "' here; leave it out");
  }
  return {};
}

Part part_of(Question& question) {
  Part part;
  part.after = static_cast<std::uint32_t>(
      question.number("after", 0, 0, std::numeric_limits<std::uint32_t>::max()));
  part.limit = static_cast<std::uint32_t>(question.number("limit", part.limit, 1, limit_most));
  return part;
}

Result<std::uint32_t, Refusal> invitation_of(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return refuse(404, "there is no invitation '" + text + "'; they have numbers");
  }
  return number;
}

}  // namespace muster::console
