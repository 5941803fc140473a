// What the roster takes for a mail address: what can stand in an envelope and in a header field
// without ending or forging either (RFC 5321 §4.1.2 and §4.5.3.1, RFC 6531).
//
// Asked at the door, so that one bad address is put aside with its line instead of failing in the
// middle of a send. It does not judge more than is needed: addresses that break the grammar but are
// in use (two dots side by side) are the mail server's to refuse.
#pragma once

#include <string>
#include <string_view>

namespace muster::roster {

// Why `text`, which is UTF-8 without control characters, is no address: "it has no '@'". Empty: it
// is one.
[[nodiscard]] std::string fault_of_address(std::string_view text);

}  // namespace muster::roster
