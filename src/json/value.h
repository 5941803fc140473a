// A read-only tree of JSON, for answers that nest: parsed whole, asked by name, nothing thrown.
//
//   const auto tree = json::Tree::parse(body, limits::books_answer_bytes_max);
//   if (tree) { for (std::size_t i = 0; i < tree->root().at("users").size(); ++i) … }
//
// A member that is missing, null or of another type reads as nothing, so a reader asks for what it
// needs and checks what it got. Of repeated names the last counts. Bounded by bytes and by depth
// (limits::json_depth_max).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace muster::json {

// A place in a Tree, or nowhere. Good as long as the tree is; copied freely.
class Value {
 public:
  Value() = default;  // nowhere
  // Missing or null.
  [[nodiscard]] bool absent() const;
  [[nodiscard]] bool is_object() const;
  [[nodiscard]] bool is_array() const;
  [[nodiscard]] std::optional<std::string_view> text() const;
  [[nodiscard]] std::optional<std::int64_t> integer() const;  // whole, within its range
  [[nodiscard]] std::optional<double> number() const;         // whole or not
  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] Value at(std::string_view name) const;        // of an object
  [[nodiscard]] std::vector<std::string_view> names() const;  // of an object's members, each once
  [[nodiscard]] std::size_t size() const;                     // of an array; 0 of anything else
  [[nodiscard]] Value at(std::size_t index) const;            // of an array

 private:
  friend class Tree;
  explicit Value(const void* node) : node_(node) {}
  const void* node_ = nullptr;  // the library's
};

class Tree {
 public:
  // Nothing for what is not one JSON text in UTF-8, for more than `bytes_max`, and for what nests
  // too deep.
  [[nodiscard]] static std::optional<Tree> parse(std::string_view text, std::size_t bytes_max);
  Tree(Tree&&) noexcept;
  Tree& operator=(Tree&&) noexcept;
  ~Tree();
  [[nodiscard]] Value root() const;

 private:
  struct Implementation;
  explicit Tree(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::json
