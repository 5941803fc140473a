// What a user's tap on an invitation ends in: the page behind urls.invitationEmail.
//
//   GET /accept?inviteCode=CODE&account=ACCOUNT
//
// Registered becomes associated, with whatever account is given: the link is a bearer secret, at
// Apple's too. A second tap is harmless; a code that was retired (410) or never given out (404)
// ends on an error page. Without an account the page asks for one, so that a person can rehearse
// with a browser.
#pragma once

#include "http/server.h"
#include "loadgen/books_call.h"
#include "loadgen/books_location.h"

namespace muster::loadgen {

[[nodiscard]] http::Reply accept_invitation(BooksLocation& location, const BooksCall& call);

}  // namespace muster::loadgen
