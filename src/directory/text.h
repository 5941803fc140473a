// Small texts of LDAP: names without case, GUIDs, filters, ranges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::directory {

[[nodiscard]] std::string lower(std::string_view text);  // ASCII letters alone
[[nodiscard]] bool same_name(std::string_view a, std::string_view b);

// The 16 bytes of an objectGUID (MS-DTYP 2.3.4: the first three parts least byte first), as people
// read it; text of another length comes back in lower case.
[[nodiscard]] std::string guid_text(std::string_view bytes);

// A value as a filter has it (RFC 4515 §3): * ( ) \ NUL are escaped.
[[nodiscard]] std::string escaped(std::string_view value);

// Active Directory gives many values by parts: "member;range=0-1499", the last
// "member;range=1500-*".
struct Range {
  std::string name;  // "member"
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;  // nothing: the end
};
// Nothing for a name without a range, or with one that is none.
[[nodiscard]] std::optional<Range> range_of(std::string_view name);
// "member;range=1500-*": what to ask for behind it.
[[nodiscard]] std::string name_behind(const Range& range);

}  // namespace muster::directory
