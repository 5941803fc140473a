// An SMTP conversation with one mail server: sans-I/O, sends letters one after the other.
//
// The idea that makes it quick: with PIPELINING a flight is the body of letter k, its dot, and
// MAIL, RCPT and DATA of letter k+1 (RFC 2920 §3.1), so that a letter costs one round trip and at
// most one letter a connection is ever in doubt: k+1's body goes out only after its 354. Where the
// server does not offer PIPELINING every command waits for its reply. A letter in hand whose DATA
// was answered 354 can only be sent or dropped with the connection, so epochs, pace and expiry are
// asked before submit().
//
// room() is 2 at most: the letter whose body is on its way or whose reply is awaited, and the one
// whose envelope travels with it. Only where settings ask for letters_ahead is it more.
//
// When things go wrong: answers say what is certain (wire::Fate). A connection that ends between
// the dot and its reply leaves that letter in doubt and every other unprocessed; 421 is a reply and
// leaves no doubt. A server that breaks the protocol ends the connection; nothing is concluded from
// what it says afterwards. See session.cc for the table of endings, flight.h for that of replies,
// reply_rules.cc for that from reply to verdict.
//
// One thread; no socket, no clock. Sources: RFC 5321, 2920, 3207, 4954, 1870, 6152, 6531, 3461,
// 9422, 3030.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/time.h"
#include "wire/session.h"

namespace muster::smtp {

enum class TlsMode : std::uint8_t {
  none,           // stays in clear
  opportunistic,  // STARTTLS where it is offered, without verification; clear where it is not
  required,       // STARTTLS or nothing
  implicit,       // the network has made TLS before connected()
};

struct Login {
  std::string user;
  std::string password;  // empty user: no login
};

// RFC 5321 §4.5.3.2, as smtp.md §1.8 reads it. Each is counted from the reply before.
struct Patience {
  Duration greeting = std::chrono::minutes(5);
  Duration command = std::chrono::minutes(5);    // EHLO, MAIL, RCPT, RSET, AUTH
  Duration starttls = std::chrono::seconds(30);  // from the consent to secured()
  Duration data = std::chrono::minutes(2);       // to the 354
  Duration block = std::chrono::minutes(3);      // without the peer taking bytes of the body
  Duration dot = std::chrono::minutes(10);       // short here means sent twice (RFC 1047)
  Duration idle = std::chrono::seconds(20);      // nothing to send: QUIT
  Duration quit = std::chrono::seconds(2);
};

struct SessionSettings {
  std::string own_name;  // for EHLO: a name that resolves, or an address literal
  TlsMode tls = TlsMode::none;
  // Whether the endpoint's context verifies certificates: a login goes over nothing less.
  bool verified = false;
  // All mail goes through this one server, so that what it says of limits is about our quota. So it
  // is of itself where we log in.
  bool relay = false;
  Login login;
  bool chunking = false;  // BDAT, where the server offers it: for our own relay only
  // With chunking: so many letters are written without waiting for any reply. All of them that are
  // not answered when the connection is lost are in doubt; 0 and 1: each waits for its recipient.
  std::uint32_t letters_ahead = 0;
  std::uint32_t letters_max = 0;  // then QUIT; 0: as many as the server takes (LIMITS MAILMAX)
  bool delivery_status = false;   // where DSN is offered: RET=HDRS ENVID NOTIFY=FAILURE ORCPT
  Patience patience;
};

// Jobs submitted to it must carry a letter that a composer has written.
//
// Answers: status is the reply code that decided (250, 550 …; 0 where none came), reason as in
// reply_rules.h, and Letter::reply the reply in one line. Vitals: stream_limit is 1 or 2 (or
// letters_ahead), window_bytes 0; `refusal` is set, and the session closes, where the route itself
// is refused (login_refused, login_impossible, tls_refused, quota_used_up …): every letter in hand
// is then unprocessed. It is server_busy where a server ended the conversation by 421 with letters
// in hand: once it has answered some, so many are what it takes of a connection. It is tls_failed
// where TLS is opportunistic and the handshake came to nothing: that host may do without.
[[nodiscard]] std::unique_ptr<wire::DeliverySession> open_session(const SessionSettings& settings);

}  // namespace muster::smtp
