// Trouble: the world refused us.
//
// Inside the pipeline trouble is an Error: 8 bytes, no string, no heap. At the doors (settings,
// import, command line) it is a Complaint: one line for a person, made once and printed once. A
// peer's refusal of a job is neither: that is an Outcome (model/outcome.h). Test a Result first,
// then use *result; never .value(). Nothing thrown crosses a room.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>

namespace muster {

// What went wrong, in one word. The words for people stand in result.cc, one line a code.
// NOLINTNEXTLINE(performance-enum-size): an Error is 8 bytes with os_error beside it, without holes
enum class ErrorCode : std::uint32_t {
  none = 0,
  // the operating system
  os,             // see os_error
  disk_full,      // ENOSPC, EDQUOT, SQLITE_FULL
  disk_failed,    // EIO on write or fsync: nothing after it can be believed
  not_permitted,  // EPERM, EACCES
  not_found,
  // the network, as seen by a reactor
  name_not_found,   // the host name does not resolve
  connect_refused,  // nobody listens there
  connect_timeout,
  connection_reset,   // the peer or the path ended it
  connection_closed,  // the peer ended it in good order
  connection_silent,  // no byte for longer than the protocol allows
  // TLS
  tls_certificate_untrusted,   // the peer's certificate is signed by nobody we trust
  tls_certificate_expired,     // the peer's certificate
  tls_certificate_wrong_name,  // the peer's certificate names another host
  tls_client_refused,          // the peer refused our certificate by an alert
  tls_protocol,                // any other alert or broken record
  alpn_refused,                // the peer does not speak the protocol we asked for
  // protocols
  protocol,  // the peer broke the protocol
  // store
  store_corrupt,
  store_busy,   // somebody else holds it
  store_newer,  // written by a newer version
};

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::none;
  std::int32_t os_error = 0;  // errno, where code is os; otherwise a hint
  friend bool operator==(const Error&, const Error&) = default;
};
static_assert(sizeof(Error) == 8);

// One line for a person: what, where, what was expected, what to do. Empty parts are left out.
struct [[nodiscard]] Complaint {
  std::string file;          // empty: not about a file
  std::uint64_t line = 0;    // 1-based; 0: unknown
  std::uint64_t column = 0;  // 1-based, in bytes; 0: unknown
  std::string found;         // "group 'g9' contains itself: g9 → g4 → g9"
  std::string expected;      // "groups that do not contain themselves"
  std::string mend;          // "remove one of these memberships"
  Error cause;               // the trouble behind it, if any: decides the exit code

  // "members.csv:17:4: group 'g9' contains itself; expected …; remove one of …". Never ends in a
  // newline.
  [[nodiscard]] std::string line_of_text() const;
};

template <class T, class E = Error>
using Result = tl::expected<T, E>;

// The words for an error: "nobody listens there (Connection refused)". Never empty.
[[nodiscard]] std::string words(const Error& error);

[[nodiscard]] inline tl::unexpected<Error> trouble(ErrorCode code, int os_error = 0) {
  return tl::unexpected<Error>(Error{code, os_error});
}
// The trouble that errno names: ENOSPC and EDQUOT become disk_full, EACCES and EPERM not_permitted.
[[nodiscard]] Error error_of_errno(int os_error);

}  // namespace muster
