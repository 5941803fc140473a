// From a server's refusal to a Reason: the table of smtp.md §1.4, one row a kind of refusal.
//
// A row names when it was said (the phase), the reply's first digit or its code, the enhanced code,
// and words; the first row that agrees decides, and the last row of a phase agrees with everything.
// Rows with words come after those with codes that say the same, since codes are meant and words
// are not. An enhanced code whose class contradicts the basic code is not looked at (reply.h).
//
// Only of a relay do we believe that a quota is used up: what a stranger's server says of limits is
// about its mailbox or its load, and must not stop the route. A relay is where we log in, or where
// the settings say so. Limits on connections at once are no quota: fewer connections mend them.
#pragma once

#include <cstdint>

#include "model/outcome.h"
#include "smtp/reply.h"

namespace muster::smtp {

enum class Phase : std::uint8_t { greeting, hello, starttls, login, mail, rcpt, data, body };

// Of a reply 4yz or 5yz.
[[nodiscard]] Reason reason_of(Phase phase, const Reply& reply, bool relay);
// The refusal is about the route and not the letter: the session ends with it.
[[nodiscard]] bool refuses_route(Reason reason);

}  // namespace muster::smtp
