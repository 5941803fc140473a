// DKIM's "relaxed" canonical forms (RFC 6376 §3.4.2, §3.4.4): what is hashed of a letter, so that a
// relay which folds anew or trims blanks breaks no signature.
#pragma once

#include <string_view>

#include "smtp/octets.h"

namespace muster::smtp {

// All append. One field, without what ends its last line: name in lower case, unfolded, blanks
// joined, none at the end nor around the colon; not ended either.
void add_canonical_field(Octets& to, std::string_view field);
// A block of whole fields, each ended by CR LF.
void add_canonical_fields(Octets& to, std::string_view fields);
// Blanks joined, none at the end of a line, no empty lines at the end.
void add_canonical_body(Octets& to, std::string_view body);

}  // namespace muster::smtp
