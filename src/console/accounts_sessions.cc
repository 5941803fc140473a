// Sessions: opened by a login, checked on each request, ended.
#include <utility>

#include "console/account_rules.h"
#include "console/accounts_implementation.h"
#include "crypto/digest.h"

namespace muster::console {
namespace {

constexpr std::size_t secret_characters = 43;
// A clock that was set back makes times of the past times to come. More than this is no mishap of a
// second, and such a session would outlive its bounds.
constexpr Duration clock_slack = std::chrono::minutes(1);

// What only who has the cookie can know, and nothing that must be kept: another site can make a
// browser send the cookie, but neither read it nor compute this from anything it sees.
std::string csrf_token_of(std::string_view secret) {
  return crypto::base64url(
      crypto::hmac_sha256(as_bytes(secret), as_bytes("muster X-CSRF-Token 1")));
}

WallTime end_of(const store::SessionRow& row) {
  return before(row.created_at, -session_age_max);
}

bool holds(const store::SessionRow& row, WallTime now) {
  return row.created_at > before(now, session_age_max) &&
         row.last_seen_at > before(now, session_idle_max) &&
         row.created_at <= before(now, -clock_slack) &&
         row.last_seen_at <= before(now, -clock_slack);
}

// Both of one reading: who it is, and whose.
struct Found {
  store::SessionRow session;
  store::AdministratorRow account;
};

Result<std::optional<Found>> find(store::AccountStore& store, const SessionKey& key) {
  const auto session = store.session(key);
  if (!session) {
    return tl::unexpected(session.error());
  }
  const auto& row = *session;
  if (!row) {
    return std::optional<Found>();
  }
  auto account = store.administrator(row->account);
  if (!account) {
    return tl::unexpected(account.error());
  }
  auto& owner = *account;
  if (!owner) {
    return std::optional<Found>();
  }
  return std::optional<Found>(Found{*row, std::move(*owner)});
}

// Inside a change. Nothing is written where another thread was quicker.
Result<void, Refusal> see(store::AccountStore& store, const SessionKey& key, WallTime now) {
  const auto session = store.session(key);
  if (!session) {
    return refuse_for_trouble(session.error());
  }
  const auto& row = *session;
  if (!row || row->last_seen_at > before(now, use_noted_every)) {
    return {};
  }
  if (const auto done = store.see_session(key, now); !done) {
    return refuse_for_trouble(done.error());
  }
  return {};
}

// Everything of a login that is stored: refused where the account has changed since it was looked
// at.
Result<void, Refusal> store_session(store::AccountStore& store, const store::SessionRow& session,
                                    const store::AdministratorRow& seen,
                                    const std::string& new_hash) {
  auto row = administrator_named(store, seen.name);
  if (!row) {
    return tl::unexpected(row.error());
  }
  if (row->disabled || row->password != seen.password) {
    return refuse(401, "the name or the password is wrong; try again");
  }
  const WallTime now = session.created_at;
  auto done =
      store.remove_stale_sessions(before(now, session_age_max), before(now, session_idle_max));
  if (done && !new_hash.empty()) {
    row->password = new_hash;
    done = store.put_administrator(*row);
  }
  if (done) {
    done = store.put_session(session);
  }
  if (done) {
    done = store.remove_oldest_sessions(row->number, limits::sessions_per_account_max);
  }
  if (!done) {
    return refuse_for_trouble(done.error());
  }
  return {};
}

}  // namespace

Result<Session, Refusal> Accounts::log_in(const Login& login) {
  auto& inner = *implementation_;
  const auto row = inner.recognise(login, 401, "session.refuse");
  if (!row) {
    return tl::unexpected(row.error());
  }
  const bool old = crypto::worth_less_than(row->password, inner.cost);
  const std::string new_hash = old ? inner.hash(login.password) : std::string();
  Session session;
  session.secret = crypto::random_token();
  session.csrf_token = csrf_token_of(session.secret);
  session.account = row->name;
  session.scope = scope_of_number(row->role);
  const WallTime now = inner.clock.wall();
  const store::SessionRow kept{crypto::sha256(as_bytes(session.secret)), row->number, now, now};
  session.ends_at = end_of(kept);
  const auto done = inner.records->change([&](store::AccountStore& store) -> Result<void, Refusal> {
    if (auto stored = store_session(store, kept, *row, new_hash); !stored) {
      return stored;
    }
    return put_down(store, inner.clock, {row->name, login.address},
                    {"session.open", row->name, {}});
  });
  if (!done) {
    return tl::unexpected(done.error());
  }
  return session;
}

Result<SessionFacts, Refusal> Accounts::check_session(std::string_view secret) {
  auto& inner = *implementation_;
  if (secret.size() != secret_characters) {
    return nobody();
  }
  const SessionKey key = crypto::sha256(as_bytes(secret));
  auto read = inner.records->read([&](store::AccountStore& store) { return find(store, key); });
  if (!read) {
    return refuse_for_trouble(read.error());
  }
  const auto& found = *read;
  if (!found || found->account.disabled || !holds(found->session, inner.clock.wall())) {
    return nobody();
  }
  inner.note_use(found->session.last_seen_at,
                 [&](store::AccountStore& store, WallTime now) { return see(store, key, now); });
  return SessionFacts{key, csrf_token_of(secret), found->account.name,
                      scope_of_number(found->account.role), end_of(found->session)};
}

Result<void, Refusal> Accounts::log_out(const SessionKey& key, const Actor& actor) {
  auto& inner = *implementation_;
  return inner.records->change([&](store::AccountStore& store) -> Result<void, Refusal> {
    const auto found = find(store, key);
    if (!found) {
      return refuse_for_trouble(found.error());
    }
    const auto& ended = *found;
    if (!ended) {
      return {};
    }
    if (const auto done = store.remove_session(key); !done) {
      return refuse_for_trouble(done.error());
    }
    return put_down(store, inner.clock, actor, {"session.close", ended->account.name, {}});
  });
}

Result<void, Refusal> Accounts::end_sessions(const std::string& name, const Actor& actor) {
  auto& inner = *implementation_;
  return inner.records->change([&](store::AccountStore& store) -> Result<void, Refusal> {
    const auto row = administrator_named(store, kept_name(name));
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (const auto done = store.remove_sessions_of(row->number); !done) {
      return refuse_for_trouble(done.error());
    }
    return put_down(store, inner.clock, actor, {"session.close_all", row->name, {}});
  });
}

}  // namespace muster::console
