// Logging in and out.
#include "base/log.h"
#include "console/body.h"
#include "console/office.h"
#include "console/problem.h"
#include "console/routes.h"
#include "json/members.h"

namespace muster::console {
namespace {

const char* word_of(Visitor::How how) {
  return how == Visitor::How::socket ? "socket" : how == Visitor::How::token ? "token" : "session";
}

// SameSite=Strict: another site's link opens the page without it, which then asks for a login.
std::string cookie(bool encrypted, std::string_view secret) {
  return std::string(session_cookie_name(encrypted)) + "=" + std::string(secret) +
         "; Path=/; HttpOnly; SameSite=Strict" + (encrypted ? "; Secure" : "") +
         (secret.empty() ? "; Max-Age=0" : "");
}

Answered log_in(Office& office, const Call& call) {
  auto body = Body::read(call.request);
  if (!body) {
    return tl::unexpected(body.error());
  }
  Login login;
  login.name = body->needed("name");
  login.password = body->needed("password");
  login.address = address_of(call.request.peer);
  if (auto whole = body->whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  const auto session = office.accounts->log_in(login);
  if (!session) {
    return tl::unexpected(session.error());
  }
  json::Writer writer;
  writer.begin_object();
  json::Members{writer}
      .member("name", session->account)
      .member("scope", name_of(session->scope))
      .member("csrf_token", session->csrf_token)
      .member("expires_at", to_text(session->ends_at))
      .member("how", "session");
  auto reply = json_reply(writer.end().result(), 201);
  reply.fields.push_back({"Set-Cookie", cookie(call.request.encrypted, session->secret)});
  reply.fields.push_back({"Location", "/api/v1/sessions/current"});
  return reply;
}

Answered current(Office& /*office*/, const Call& call) {
  const Visitor& visitor = call.who();
  json::Writer writer;
  writer.begin_object();
  json::Members{writer}
      .member("name", visitor.name)
      .member("scope", name_of(visitor.scope))
      .member("csrf_token", visitor.csrf_token)
      .member("expires_at", visitor.ends_at ? to_text(*visitor.ends_at) : std::string())
      .member("how", word_of(visitor.how));
  return json_reply(writer.end().result());
}

Answered log_out(Office& office, const Call& call) {
  const Visitor& visitor = call.who();
  if (!visitor.session) {
    return refuse(409, "there is no session to end: you came by a token or the socket");
  }
  if (auto out = office.accounts->log_out(*visitor.session, visitor.actor()); !out) {
    return tl::unexpected(out.error());
  }
  auto reply = nothing();
  reply.fields.push_back({"Set-Cookie", cookie(call.request.encrypted, "")});
  return reply;
}

}  // namespace

void add_sessions(std::vector<Route>& routes) {
  routes.insert(routes.end(),
                {{"POST", "/api/v1/sessions", {}, Pace::slow, log_in},
                 {"GET", "/api/v1/sessions/current", Scope::read, Pace::quick, current},
                 {"DELETE", "/api/v1/sessions/current", Scope::read, Pace::quick, log_out}});
}

}  // namespace muster::console
