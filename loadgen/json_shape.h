// A strict look at JSON (RFC 8259) without building anything: is it valid, and what are its parts?
//
// The simulator judges payloads and provider tokens with it, on purpose not with the library that
// the sender writes them with. Nothing is returned for anything that is not exactly one valid JSON
// text; nesting stops at 64.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster::loadgen {

[[nodiscard]] bool valid_json(std::string_view text);

struct JsonMember {
  std::string key;         // unescaped where it has no escapes, otherwise as written
  std::string_view value;  // as written, without surrounding blanks
};
// The members of an object, in order, doubles included; nothing if `text` is anything else.
[[nodiscard]] std::optional<std::vector<JsonMember>> json_members(std::string_view text);
// The elements of an array.
[[nodiscard]] std::optional<std::vector<std::string_view>> json_elements(std::string_view text);
// The value of the first member of that name; empty where there is none.
[[nodiscard]] std::string_view json_value(const std::vector<JsonMember>& members,
                                          std::string_view key);
// A string's content where it has no escapes; nothing otherwise.
[[nodiscard]] std::optional<std::string_view> json_plain_string(std::string_view value);
// A whole number that fits.
[[nodiscard]] std::optional<std::int64_t> json_integer(std::string_view value);
// Writes `text` as a JSON string, quotation marks included.
[[nodiscard]] std::string json_quoted(std::string_view text);

}  // namespace muster::loadgen
