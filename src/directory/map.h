// How each kind of directory calls things: filters, attributes, and what "disabled" looks like.
//
// Shipped for Open Directory, Active Directory and others (inetOrgPerson, groupOfNames,
// posixGroup); each attribute and both filters can be said otherwise in a Plan.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.h"
#include "directory/server.h"

namespace muster::directory {

struct Map {
  std::string user_filter;
  std::string group_filter;
  Attributes attributes;
};
[[nodiscard]] Map map_of(const Plan& plan);
// "-" in a Plan's attribute: nobody says it, whatever the kind's map has.
inline constexpr std::string_view nobody_says = "-";

// The names in one attribute of the map, which may hold several between commas.
[[nodiscard]] std::vector<std::string> names_in(const std::string& attribute);
// Every name among these attributes, once.
[[nodiscard]] std::vector<std::string> names_in(std::span<const std::string* const> attributes);

// The first value of the first of the names that the entry has; empty: none.
[[nodiscard]] std::string first_of(const Entry& entry, const std::string& attribute);
// The values of all of the names.
[[nodiscard]] std::vector<std::string> all_of(const Entry& entry, const std::string& attribute);

// What the id attribute holds, as text in lower case; empty: nothing that could be an id.
[[nodiscard]] std::string guid_of(const Entry& entry, const std::string& attribute);
[[nodiscard]] bool is_active(Kind kind, const Entry& entry, const std::string& attribute);
// "en-GB, en;q=0.9" prefers "en-GB".
[[nodiscard]] std::string preferred_language(std::string_view text);
// A number, or the last part of a binary SID (MS-DTYP 2.4.2.2) as one; empty: neither.
[[nodiscard]] std::string group_number_of(std::string_view value);

}  // namespace muster::directory
