// Mail addresses: what is one (RFC 5321 §4.1.2, 6531), what goes over the wire, and "Name
// <address>".
//
// The local part belongs to whoever receives it and is never changed; a domain in other letters
// than ASCII goes over the wire in its A-labels (IDNA 2008 by libidn2).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace muster::smtp {

struct AddressParts {
  std::string_view local;   // with its quotes, where it has them
  std::string_view domain;  // empty where the address has no "@"
};
[[nodiscard]] AddressParts parts_of(std::string_view address);

// What would not come out right, for a person: "has two dots side by side in front of the @".
// Empty: all is well.
[[nodiscard]] std::string hindrance_of_domain(std::string_view domain);
[[nodiscard]] std::string hindrance_of_local_part(std::string_view local);

// Appends the domain's A-labels; false, and nothing appended, where it has none.
[[nodiscard]] bool append_ascii_domain(std::string_view domain, std::string& to);

// An address on the wire, into `wire`, whose capacity is kept. Of one that has a hindrance (it was
// not asked for) whatever could end or forge a line or a path is left out. True: it needs SMTPUTF8.
bool write_address(std::string_view address, std::string& wire);

struct NamedAddress {
  std::string name;     // harmless; may be empty
  std::string address;  // on the wire
  bool utf8 = false;
};
// Of a setting: 'Example School <it@school.example>', '"School, Example" <…>', or the address
// alone.
[[nodiscard]] Result<NamedAddress, Complaint> read_named_address(std::string_view text,
                                                                 std::string_view setting);

}  // namespace muster::smtp
