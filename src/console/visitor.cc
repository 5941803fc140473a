#include "console/visitor.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "console/local_owner.h"
#include "crypto/hmac.h"
#include "http/cookie.h"

namespace muster::console {
namespace {

constexpr std::string_view file_peer = "unix";

std::string small_letters(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(), ascii_lower);
  return small;
}

// The host of "host", "host:port", "[address]" or "[address]:port", in small letters and without
// brackets; empty for anything else.
std::string host_of(std::string_view authority) {
  std::string_view host = authority;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) {
      return {};
    }
    host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
  } else {
    host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(host.size());
  }
  const bool port =
      authority.starts_with(':') && std::all_of(authority.begin() + 1, authority.end(),
                                                [](char c) { return c >= '0' && c <= '9'; });
  return authority.empty() || port ? small_letters(host) : std::string();
}

bool bare_address(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

bool changes_nothing(const http::ServerRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

// The origin that a browser names must be the one the page came from: the Host it was asked for.
// Over TLS a page in clear is another origin. In clear either will do: before us may stand a proxy
// that speaks TLS.
bool own_origin(const http::ServerRequest& request, std::string_view origin) {
  const auto host = http::field(request.fields, "Host").value_or("");
  const std::string name = small_letters(origin);
  const std::string secure = "https://" + small_letters(host);
  const std::string clear = "http://" + small_letters(host);
  return name == secure || (name == clear && !request.encrypted);
}

// What another site made a browser send is refused, as far as the browser says so.
Result<void, Refusal> check_origin(const http::ServerRequest& request) {
  const auto origin = http::field(request.fields, "Origin");
  if (origin && !own_origin(request, *origin)) {
    return refuse(403, "the request comes from another site; open the console itself");
  }
  const auto site = http::field(request.fields, "Sec-Fetch-Site");
  if (site && *site != "same-origin" && *site != "none") {
    return refuse(403, "the request comes from another site; open the console itself");
  }
  return {};
}

tl::unexpected<Refusal> nobody() {
  return refuse(401, "log in, or send an API token that holds");
}

Result<Visitor, Refusal> by_socket(const http::ServerRequest& request) {
  if (!request.peer_uid || (*request.peer_uid != 0 && *request.peer_uid != geteuid())) {
    return nobody();
  }
  Visitor visitor;
  visitor.name = local_owner_name(*request.peer_uid);
  visitor.scope = Scope::admin;
  visitor.how = Visitor::How::socket;
  return visitor;
}

}  // namespace

std::string_view session_cookie_name(bool encrypted) {
  return encrypted ? "__Host-muster" : "muster";
}

std::string address_of(std::string_view peer) {
  return peer == file_peer ? std::string() : host_of(peer);
}

Result<void, Refusal> require(const Visitor& visitor, Scope needed) {
  if (!covers(visitor.scope, needed)) {
    return refuse(
        403, "this needs the role '" + std::string(name_of(needed)) + "'; ask an administrator");
  }
  return {};
}

Reception::Reception(Accounts& accounts, std::string_view listen, std::string_view name)
    : accounts_(accounts), hosts_{"localhost", "127.0.0.1", "::1"} {
  const std::string own = host_of(listen);
  for (const auto& host : {own, small_letters(name)}) {
    if (!host.empty()) {
      hosts_.push_back(host);
    }
  }
  any_address_ = own == "0.0.0.0" || own == "::";
}

Result<Visitor, Refusal> Reception::visitor(const http::ServerRequest& request) const {
  if (request.peer == file_peer) {
    return by_socket(request);
  }
  if (const auto host = check_host(request); !host) {
    return tl::unexpected(host.error());
  }
  if (const auto authorization = http::field(request.fields, "Authorization")) {
    return by_token(request, *authorization);
  }
  return by_session(request);
}

Result<void, Refusal> Reception::stranger(const http::ServerRequest& request) const {
  if (request.peer == file_peer) {
    return {};
  }
  if (auto host = check_host(request); !host) {
    return host;
  }
  return changes_nothing(request) ? Result<void, Refusal>() : check_origin(request);
}

bool Reception::expected(std::string_view host) const {
  const std::string name = host_of(host);
  return std::ranges::find(hosts_, name) != hosts_.end() || (any_address_ && bare_address(name));
}

Result<void, Refusal> Reception::check_host(const http::ServerRequest& request) const {
  if (!expected(http::field(request.fields, "Host").value_or(""))) {
    return refuse(421, "this server is not known by that name; set name in [server] to it");
  }
  return {};
}

Result<Visitor, Refusal> Reception::by_token(const http::ServerRequest& request,
                                             std::string_view authorization) const {
  const auto space = authorization.find(' ');
  if (space == std::string_view::npos ||
      !http::same_word(authorization.substr(0, space), "Bearer")) {
    return nobody();
  }
  const auto token = accounts_.check_token(authorization.substr(space + 1));
  if (!token) {
    return tl::unexpected(token.error());
  }
  Visitor visitor;
  visitor.name = "token:" + token->name;
  visitor.scope = token->scope;
  visitor.how = Visitor::How::token;
  visitor.address = address_of(request.peer);
  visitor.account = token->account;
  return visitor;
}

Result<Visitor, Refusal> Reception::by_session(const http::ServerRequest& request) const {
  const auto secret = http::cookie_of(request.fields, session_cookie_name(request.encrypted));
  if (!secret) {
    return nobody();
  }
  const auto session = accounts_.check_session(*secret);
  if (!session) {
    return tl::unexpected(session.error());
  }
  if (!changes_nothing(request)) {
    if (const auto origin = check_origin(request); !origin) {
      return tl::unexpected(origin.error());
    }
    const auto said = http::field(request.fields, "X-CSRF-Token").value_or("");
    if (!crypto::equal_in_constant_time(as_bytes(said), as_bytes(session->csrf_token))) {
      return refuse(403, "the page is out of date; load it again");
    }
  }
  Visitor visitor;
  visitor.name = session->account;
  visitor.scope = session->scope;
  visitor.how = Visitor::How::session;
  visitor.address = address_of(request.peer);
  visitor.account = session->account;
  visitor.session = session->key;
  visitor.csrf_token = session->csrf_token;
  visitor.ends_at = session->ends_at;
  return visitor;
}

}  // namespace muster::console
