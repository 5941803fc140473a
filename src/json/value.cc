#include "json/value.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "model/limits.h"

namespace muster::json {
namespace {

const nlohmann::json& node_of(const void* node) {
  return *static_cast<const nlohmann::json*>(node);
}

// Looked at before the tree is built: the library bounds neither its stack of open brackets nor
// what it has built by the time that we could look.
bool too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      i += c == '\\' ? 1 : 0;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > limits::json_depth_max) {
        return true;
      }
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

struct Tree::Implementation {
  nlohmann::json root;
};

Tree::Tree(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Tree::Tree(Tree&&) noexcept = default;
Tree& Tree::operator=(Tree&&) noexcept = default;
Tree::~Tree() = default;

std::optional<Tree> Tree::parse(std::string_view text, std::size_t bytes_max) {
  if (text.empty() || text.size() > bytes_max || too_deep(text)) {
    return std::nullopt;
  }
  auto made = std::make_unique<Implementation>();
  made->root = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (made->root.is_discarded()) {
    return std::nullopt;
  }
  return Tree(std::move(made));
}

Value Tree::root() const {
  return Value(&implementation_->root);
}

bool Value::absent() const {
  return node_ == nullptr || node_of(node_).is_null();
}

bool Value::is_object() const {
  return node_ != nullptr && node_of(node_).is_object();
}

bool Value::is_array() const {
  return node_ != nullptr && node_of(node_).is_array();
}

std::optional<std::string_view> Value::text() const {
  const auto* found =
      node_ == nullptr ? nullptr : node_of(node_).get_ptr<const nlohmann::json::string_t*>();
  return found == nullptr ? std::nullopt : std::optional<std::string_view>(*found);
}

std::optional<std::int64_t> Value::integer() const {
  if (node_ == nullptr || !node_of(node_).is_number_integer()) {
    return std::nullopt;
  }
  if (node_of(node_).is_number_unsigned()) {
    const auto number = *node_of(node_).get_ptr<const nlohmann::json::number_unsigned_t*>();
    return std::in_range<std::int64_t>(number) ? std::optional(static_cast<std::int64_t>(number))
                                               : std::nullopt;
  }
  return *node_of(node_).get_ptr<const nlohmann::json::number_integer_t*>();
}

std::optional<double> Value::number() const {
  if (node_ == nullptr || !node_of(node_).is_number()) {
    return std::nullopt;
  }
  return node_of(node_).get<double>();
}

std::optional<bool> Value::boolean() const {
  const auto* found =
      node_ == nullptr ? nullptr : node_of(node_).get_ptr<const nlohmann::json::boolean_t*>();
  return found == nullptr ? std::nullopt : std::optional(*found);
}

Value Value::at(std::string_view name) const {
  if (!is_object()) {
    return {};
  }
  const auto found = node_of(node_).find(name);
  return found == node_of(node_).end() ? Value() : Value(&*found);
}

std::vector<std::string_view> Value::names() const {
  std::vector<std::string_view> names;
  if (is_object()) {
    for (const auto& member : node_of(node_).items()) {
      names.emplace_back(member.key());
    }
  }
  return names;
}

std::size_t Value::size() const {
  return is_array() ? node_of(node_).size() : 0;
}

Value Value::at(std::size_t index) const {
  return index < size() ? Value(&node_of(node_)[index]) : Value();
}

}  // namespace muster::json
