// One line of NDJSON: one flat object, read strictly.
//
// simdjson does the work (every byte is checked, also in values nobody asked for); where it refuses
// a line, a slower parser says at which byte. Values come as text: strings as they are, integers in
// decimal, true and false by name, null as nothing. Nested values are checked and left out, except
// a list of strings.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace muster::json {

struct Field {
  enum class Kind : std::uint8_t { text, number, boolean, null, texts, nested };
  std::string_view key;
  std::string_view value;  // of text, number, boolean
  Kind kind = Kind::null;
  std::vector<std::string_view> texts;  // of texts
};

struct LineTrouble {
  std::uint64_t column = 0;  // 1-based, in bytes; 0: unknown
  std::string found;
};

// Owned by one reader; not for two threads.
class LineParser {
 public:
  // Bytes that must be readable behind every line that is handed to parse().
  static constexpr std::size_t padding = 64;

  LineParser();
  ~LineParser();
  LineParser(const LineParser&) = delete;
  LineParser& operator=(const LineParser&) = delete;

  // Fields in the order of the line, good until the next call. Refuses: anything but one object,
  // nesting beyond limits::json_depth_max, a key that stands twice, numbers outside their range.
  [[nodiscard]] Result<std::span<const Field>, LineTrouble> parse(std::string_view line);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// The 1-based byte column at which the value of `key` begins on this (valid) line; 0 where it is
// not found.
[[nodiscard]] std::uint64_t column_of_value(std::string_view line, std::string_view key);

}  // namespace muster::json
