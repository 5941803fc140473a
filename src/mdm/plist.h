// Property lists, as devices send them: XML and binary, read into plain values.
//
// Nobody who sends one is known yet, so nothing is handed to libplist before plist_guard.h has seen
// that it is small, shallow and without tricks. Afterwards every text is UTF-8 without NUL. Reals,
// dates and UIDs are kept as nothing (Kind::other): no message that concerns us has one that
// matters, and answers to other people's commands do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::mdm {

struct PlistValue {
  enum class Kind : std::uint8_t { other, text, data, integer, boolean, array, dictionary };
  Kind kind = Kind::other;
  std::string key;                  // of a dictionary's member
  std::string bytes;                // of text and data
  std::int64_t number = 0;          // of integer and boolean
  std::vector<PlistValue> members;  // of array and dictionary, in their order

  // Of a dictionary; null where there is none. The last of repeated keys.
  [[nodiscard]] const PlistValue* member(std::string_view name) const;
  // The member's text or data; empty where there is none, or where it is of another kind.
  [[nodiscard]] std::string_view text(std::string_view name) const;
  [[nodiscard]] std::string_view data(std::string_view name) const;
};

// Nothing: not a property list that we take.
[[nodiscard]] std::optional<PlistValue> read_plist(std::string_view bytes);

}  // namespace muster::mdm
