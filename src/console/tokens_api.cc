// API tokens and the audit log: an administrator's alone.
#include <charconv>
#include <limits>

#include "console/body.h"
#include "console/office.h"
#include "console/problem.h"
#include "console/question.h"
#include "console/roster_changes.h"
#include "console/routes.h"
#include "json/members.h"
#include "model/limits.h"

namespace muster::console {
namespace {

constexpr std::uint64_t days_max = 36'500;

std::string moment(const std::optional<WallTime>& at) {
  return at ? to_text(*at) : std::string();
}

Answered tokens(Office& office, const Call& /*call*/) {
  const auto found = office.accounts->tokens();
  if (!found) {
    return tl::unexpected(found.error());
  }
  json::Writer writer;
  writer.begin_object().key("rows").begin_array();
  for (const auto& token : *found) {
    writer.begin_object();
    json::Members{writer}
        .member("id", std::to_string(token.number))
        .member("name", token.name)
        .member("scope", name_of(token.scope))
        .member("account", token.account)
        .member("created_at", to_text(token.created_at))
        .member("last_used_at", moment(token.last_used_at))
        .member("expires_at", moment(token.expires_at))
        .member("revoked", token.revoked);
    writer.end();
  }
  return json_reply(writer.end().end().result());
}

Answered create_token(Office& office, const Call& call) {
  auto body = Body::read(call.request);
  if (!body) {
    return tl::unexpected(body.error());
  }
  NewToken wanted;
  wanted.name = body->needed("name");
  wanted.account = call.who().account;
  const auto scope = scope_of(body->needed("scope"));
  if (!scope) {
    body->complain("'scope' must be read, send or admin");
  }
  if (const auto days = body->number("expires_days", days_max); days) {
    wanted.days_left = static_cast<std::uint32_t>(*days);
  }
  if (auto whole = body->whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  wanted.scope = scope.value_or(Scope::read);  // whole() has refused where it is missing
  const auto made = office.accounts->create_token(wanted, call.who().actor());
  if (!made) {
    return tl::unexpected(made.error());
  }
  json::Writer writer;
  writer.begin_object();
  json::Members{writer}
      .member("id", std::to_string(made->token.number))
      .member("name", made->token.name)
      .member("scope", name_of(made->token.scope))
      .member("token", made->secret);
  return json_reply(writer.end().result(), 201);
}

Answered revoke_token(Office& office, const Call& call) {
  const auto& id = call.parameter();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size()) {
    return refuse(404, "there is no token '" + id + "'");
  }
  if (auto empty = no_body(call); !empty) {
    return tl::unexpected(empty.error());
  }
  if (auto gone = office.accounts->revoke_token(number, call.who().actor()); !gone) {
    return tl::unexpected(gone.error());
  }
  return nothing();
}

// Newest first; `after` is the `next` of the page before.
Answered audit(Office& office, const Call& call) {
  Question question(call.request.query);
  const auto before = question.number("after", 0, 0, std::numeric_limits<std::int64_t>::max());
  const auto limit = question.number("limit", 100, 1, limits::audit_page_max);
  if (auto whole = question.whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  const auto page = office.audit->list(before, static_cast<std::uint32_t>(limit));
  if (!page) {
    return tl::unexpected(page.error());
  }
  json::Writer writer;
  writer.begin_object().key("rows").begin_array();
  for (const auto& entry : page->entries) {
    writer.begin_object();
    json::Members{writer}
        .member("number", entry.number)
        .member("at", to_text(entry.at))
        .member("actor", entry.actor)
        .member("address", entry.address)
        .member("action", entry.action)
        .member("target", entry.target);
    writer.key("detail").raw(entry.detail.empty() ? "{}" : entry.detail);
    writer.end();
  }
  writer.end();
  json::Members{writer}.member("next", page->next).member("more", page->next != 0);
  return json_reply(writer.end().result());
}

}  // namespace

void add_tokens(std::vector<Route>& routes) {
  routes.insert(routes.end(),
                {{"GET", "/api/v1/tokens", Scope::admin, Pace::quick, tokens},
                 {"POST", "/api/v1/tokens", Scope::admin, Pace::quick, create_token},
                 {"DELETE", "/api/v1/tokens/{id}", Scope::admin, Pace::quick, revoke_token},
                 {"GET", "/api/v1/audit", Scope::admin, Pace::quick, audit}});
}

}  // namespace muster::console
