#include "console/body.h"

#include <algorithm>
#include <utility>

#include "console/bounds.h"
#include "model/limits.h"

namespace muster::console {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// "text/csv" of " text/csv; q=1".
std::string_view type_of(std::string_view text) {
  return trimmed(text.substr(0, text.find(';')));
}

}  // namespace

bool is_type(const http::ServerRequest& request, std::string_view type) {
  return http::same_word(type_of(http::field(request.fields, "Content-Type").value_or("")), type);
}

bool accepts(const http::ServerRequest& request, std::string_view type) {
  auto rest = http::field(request.fields, "Accept").value_or("");
  while (!rest.empty()) {
    const auto one = rest.substr(0, rest.find(','));
    if (http::same_word(type_of(one), type)) {
      return true;
    }
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
  return false;
}

Result<Body, Refusal> Body::read(const http::ServerRequest& request) {
  if (request.body.empty()) {
    return Body(std::nullopt);
  }
  if (!is_type(request, "application/json")) {
    return refuse(415, "the body must be JSON; send Content-Type: application/json");
  }
  if (request.body.size() > limits::request_body_bytes_max) {
    return refuse(413, "the body is over " + std::to_string(limits::request_body_bytes_max) +
                           " bytes; send less");
  }
  auto tree = json::Tree::parse(request.body, limits::request_body_bytes_max);
  if (!tree || !tree->root().is_object()) {
    return refuse(400, "the body is not one JSON object in UTF-8, nested at most " +
                           std::to_string(limits::json_depth_max) + " deep; mend it");
  }
  return Body(std::move(tree));
}

Body::Body(std::optional<json::Tree> tree) : tree_(std::move(tree)) {
  if (tree_) {
    for (const auto name : tree_->root().names()) {
      sent_.emplace(name);
      left_.emplace(name);
    }
  }
}

json::Value Body::take(std::string_view name) {
  if (const auto found = left_.find(name); found != left_.end()) {
    left_.erase(found);
  }
  return tree_ ? tree_->root().at(name) : json::Value();
}

void Body::complain(std::string line) {
  if (!trouble_) {
    trouble_ = std::move(line);
  }
}

std::optional<std::string> Body::text(std::string_view name) {
  const auto value = take(name);
  if (value.absent()) {
    return std::nullopt;
  }
  const auto text = value.text();
  if (!text || text->find('\0') != std::string_view::npos) {
    complain("'" + std::string(name) + "' must be a text");
    return std::nullopt;
  }
  return std::string(*text);
}

std::optional<std::uint64_t> Body::number(std::string_view name, std::uint64_t most) {
  const auto value = take(name);
  if (value.absent()) {
    return std::nullopt;
  }
  const auto number = value.integer();
  if (!number || *number < 0 || static_cast<std::uint64_t>(*number) > most) {
    complain("'" + std::string(name) + "' must be a whole number from 0 to " +
             std::to_string(most));
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*number);
}

bool Body::flag(std::string_view name) {
  const auto value = take(name);
  const auto flag = value.boolean();
  if (!flag && !value.absent()) {
    complain("'" + std::string(name) + "' must be true or false");
  }
  return flag.value_or(false);
}

std::vector<std::string> Body::texts(std::string_view name) {
  const auto value = take(name);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto text = value.at(i).text();
    if (!text || text->find('\0') != std::string_view::npos) {
      complain("'" + std::string(name) + "' must be a list of texts");
      return {};
    }
    texts.emplace_back(*text);
  }
  if (!value.absent() && !value.is_array()) {
    complain("'" + std::string(name) + "' must be a list of texts");
  }
  return texts;
}

std::string Body::needed(std::string_view name) {
  const auto before = trouble_.has_value();
  auto said = text(name);
  if ((!said || said->empty()) && trouble_.has_value() == before) {
    complain("'" + std::string(name) + "' is missing; say it");
  }
  return said.value_or("");
}

std::string Body::fields() const {
  std::string names;
  for (const auto& name : sent_) {
    names += (names.empty() ? "" : ",") + name;
  }
  return names;
}

Result<void, Refusal> Body::whole() const {
  if (trouble_) {
    return refuse(400, *trouble_);
  }
  if (!left_.empty()) {
    return refuse(400, "there is no field '" + *left_.begin() + "' here; leave it out");
  }
  return {};
}

}  // namespace muster::console
