// Who asks: from an HTTP request to a Visitor, or to the Refusal to answer it with. The one place
// where that is decided.
//
// Three ways in, of which the first that is tried counts:
//   1. the unix socket: whoever may open it (0600) and is this process's user or root is the local
//      owner, "local:<user>", admin;
//   2. `Authorization: Bearer mst_…`: an API token. One that does not hold is 401, cookie or not;
//   3. the session's cookie: `__Host-muster` over TLS, `muster` in clear (on loopback, then).
// A browser sends cookies with requests that another site has made up. So a request by cookie other
// than GET and HEAD must carry its session's X-CSRF-Token, and nothing that names another origin;
// GET and HEAD change nothing, anywhere. And a name of another site's that was made to resolve to
// this machine (DNS rebinding) is no name of ours: Host must be one we expect.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "console/accounts.h"
#include "console/audit.h"
#include "console/refusal.h"
#include "console/scope.h"
#include "http/server.h"

namespace muster::console {

struct Visitor {
  enum class How : std::uint8_t { socket, session, token };
  std::string name;  // "local:<user>", an administrator's, "token:<name>"
  Scope scope = Scope::read;
  How how = How::session;
  std::string address;                // without port; empty: the socket
  std::string account;                // the administrator's; empty: the local owner
  std::optional<SessionKey> session;  // how == session: to log out
  std::string csrf_token;             // likewise: what the page must send
  std::optional<WallTime> ends_at;    // likewise: at the latest

  [[nodiscard]] Actor actor() const { return {name, address}; }
};

// The name of the session's cookie.
[[nodiscard]] std::string_view session_cookie_name(bool encrypted);
// "127.0.0.1" of "127.0.0.1:51234", "::1" of "[::1]:51234"; empty of "unix".
[[nodiscard]] std::string address_of(std::string_view peer);
// 403 where the visitor may not.
[[nodiscard]] Result<void, Refusal> require(const Visitor& visitor, Scope needed);

// Any thread. `accounts` outlives it.
class Reception {
 public:
  // `listen` and `name` as in settings [server]: their hosts are expected besides localhost,
  // 127.0.0.1 and [::1]; where `listen` is any address (0.0.0.0, [::]), so is every bare address.
  Reception(Accounts& accounts, std::string_view listen, std::string_view name);

  // 401: nobody, or a session or token that does not hold; 403: CSRF; 421: Host.
  [[nodiscard]] Result<Visitor, Refusal> visitor(const http::ServerRequest& request) const;
  // For what needs no login: the page itself, its files, and POST of a new session. Host is
  // checked, and that a request other than GET and HEAD was not made up by another site.
  [[nodiscard]] Result<void, Refusal> stranger(const http::ServerRequest& request) const;

 private:
  [[nodiscard]] bool expected(std::string_view host) const;
  [[nodiscard]] Result<void, Refusal> check_host(const http::ServerRequest& request) const;
  [[nodiscard]] Result<Visitor, Refusal> by_token(const http::ServerRequest& request,
                                                  std::string_view authorization) const;
  [[nodiscard]] Result<Visitor, Refusal> by_session(const http::ServerRequest& request) const;

  Accounts& accounts_;
  std::vector<std::string> hosts_;  // small letters, without ports and brackets
  bool any_address_ = false;
};

}  // namespace muster::console
