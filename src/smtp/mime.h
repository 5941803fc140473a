// Header fields by RFC 5322 and 2047: folding, display names, encoded words.
//
// Text that is not plain ASCII travels in encoded words, "=?UTF-8?Q?…?=" or "=?UTF-8?B?…?=",
// whichever is shorter: none is longer than 75 characters, none splits a character, and lines that
// hold one end within 76. Plain text is folded at blanks within 78; where that cannot be done (a
// name of 300 letters without a blank) it is encoded too, since words can be cut anywhere. So no
// line comes near 998.
//
// Texts must be harmless() (characters.h): nothing here looks for line ends again.
#pragma once

#include <cstddef>
#include <string_view>

#include "smtp/octets.h"

namespace muster::smtp {

// Each appends to a line on which `column` octets stand already, and returns the column after it.
// Nothing ends the line.

// Of Subject.
std::size_t add_unstructured(Octets& to, std::size_t column, std::string_view text);
// One mailbox: the name as it must be (bare, quoted, encoded), and the address, which must be valid
// (address.h). An empty name: the address alone.
struct Mailbox {
  std::string_view name;
  std::string_view address;
};
std::size_t add_mailbox(Octets& to, std::size_t column, Mailbox mailbox);

}  // namespace muster::smtp
