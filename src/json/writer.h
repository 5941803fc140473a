// JSON out: a text grown piece by piece, always well-formed.
//
//   Writer writer;
//   writer.begin_object().key("task").text(id).key("sent").number(12).end();
//
// Commas and quoting are the writer's; bytes that are not UTF-8 become U+FFFD. Used by one thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster::json {

class Writer {
 public:
  Writer& begin_object();
  Writer& begin_array();
  Writer& end();  // of the innermost object or array
  Writer& key(std::string_view name);
  Writer& text(std::string_view value);
  template <std::integral T>
  Writer& number(T value) {
    return raw(std::to_string(value));
  }
  Writer& number(double value);  // null where it is not finite: JSON has no word for it
  Writer& boolean(bool value);
  Writer& null();
  // Takes a finished JSON value as it is.
  Writer& raw(std::string_view value);

  // Everything so far; whole once every object and array has ended.
  [[nodiscard]] const std::string& result() const { return text_; }
  [[nodiscard]] bool whole() const { return open_.empty() && !text_.empty(); }

 private:
  void separate();

  std::string text_;
  std::vector<char> open_;  // the closing brackets still owed
  bool first_ = true;       // nothing stands yet in the innermost one
  bool after_key_ = false;
};

}  // namespace muster::json
