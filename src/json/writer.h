// JSON out, piece by piece, into a string of the caller's.
//
//   std::string out;
//   json::Writer writer(out);
//   writer.begin_object().member("task", id).member("sent", count).end_object();
//
// Nothing is kept but the depth, so that a million rows can pass through a buffer which the caller
// empties in between. Names and texts are escaped; bytes that are not UTF-8 become U+FFFD, since
// what is written must be JSON whatever a roster held. A number that JSON cannot say (NaN,
// infinity) becomes null. Putting the pieces in an order that is no JSON is our bug and asserted.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster::json {

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);

  Writer& value(std::string_view text);
  Writer& value(const std::string& text) { return value(std::string_view(text)); }
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(bool truth);
  Writer& value(double number);
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  Writer& value(Number number) {
    return literal(std::to_string(number));
  }
  Writer& null() { return literal("null"); }

  template <class Value>
  Writer& member(std::string_view name, const Value& held) {
    return key(name).value(held);
  }

  // One whole value has been written, nothing is open.
  [[nodiscard]] bool complete() const { return levels_.empty() && written_; }

 private:
  struct Level {
    bool object = false;
    bool empty = true;
  };
  void before_value();
  Writer& literal(std::string_view text);
  Writer& open(bool object);
  Writer& close(bool object);

  std::string& out_;
  std::vector<Level> levels_;
  bool key_waits_ = false;  // a key has been written, its value has not
  bool written_ = false;
};

}  // namespace muster::json
