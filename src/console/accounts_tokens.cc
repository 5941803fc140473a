// API tokens: made, listed, revoked, checked.
#include <algorithm>
#include <utility>

#include "console/account_rules.h"
#include "console/accounts_implementation.h"
#include "crypto/digest.h"
#include "json/writer.h"

namespace muster::console {
namespace {

// So that a token is known for one wherever it turns up by mistake: secret scanners look for it.
constexpr std::string_view prefix = "mst_";
constexpr std::size_t secret_characters = prefix.size() + 43;

std::optional<WallTime> time_or_none(WallTime at) {
  return at.milliseconds == 0 ? std::nullopt : std::optional(at);
}

Token shown(const store::ApiTokenRow& row, std::string account) {
  return {row.number,
          row.name,
          scope_of_number(row.scope),
          std::move(account),
          row.created_at,
          time_or_none(row.last_used_at),
          time_or_none(row.expires_at),
          row.revoked_at.milliseconds != 0};
}

std::string detail_of(const Token& token) {
  json::Writer writer;
  writer.begin_object().key("scope").text(name_of(token.scope));
  writer.key("account").text(token.account);
  if (token.expires_at) {
    writer.key("expires_at").text(to_text(*token.expires_at));
  }
  return writer.end().result();
}

std::string name_of_account(const std::vector<store::AdministratorRow>& all,
                            store::AccountNumber number) {
  const auto found =
      std::ranges::find_if(all, [number](const auto& each) { return each.number == number; });
  return found == all.end() ? std::string() : found->name;
}

std::optional<std::string> trouble_of(const NewToken& wanted) {
  if (auto wrong = name_trouble(kept_name(wanted.name))) {
    return wrong;
  }
  if (wanted.days_left &&
      (*wanted.days_left == 0 || *wanted.days_left > limits::api_token_days_max)) {
    return "a token expires after 1 to " + std::to_string(limits::api_token_days_max) + " days";
  }
  return std::nullopt;
}

// Whether there is room for one of this name.
Result<void, Refusal> check_room(store::AccountStore& store, const std::string& name) {
  const auto all = store.api_tokens();
  if (!all) {
    return refuse_for_trouble(all.error());
  }
  std::size_t living = 0;
  for (const auto& each : *all) {
    if (each.revoked_at.milliseconds != 0) {
      continue;
    }
    ++living;
    if (each.name == name) {
      return refuse(409,
                    "there is a token '" + name + "' already; choose another name, or revoke it");
    }
  }
  if (living >= limits::api_tokens_max) {
    return refuse(409, "there are as many tokens as can be kept; revoke those nobody uses");
  }
  return {};
}

// One with its account, of one reading.
struct Found {
  store::ApiTokenRow token;
  std::optional<store::AdministratorRow> account;  // nothing: the local owner, or gone
};

Result<std::optional<Found>> find(store::AccountStore& store, const crypto::Digest& digest) {
  auto token = store.api_token(digest);
  if (!token) {
    return tl::unexpected(token.error());
  }
  auto& row = *token;
  if (!row) {
    return std::optional<Found>();
  }
  auto account = store.administrator(row->account);
  if (!account) {
    return tl::unexpected(account.error());
  }
  return std::optional<Found>(Found{std::move(*row), std::move(*account)});
}

// Inside a change. Nothing is written where another thread was quicker.
Result<void, Refusal> use(store::AccountStore& store, std::uint64_t number, WallTime now) {
  const auto token = store.api_token(number);
  if (!token) {
    return refuse_for_trouble(token.error());
  }
  const auto& row = *token;
  if (!row || row->last_used_at > before(now, use_noted_every)) {
    return {};
  }
  if (const auto done = store.use_api_token(number, now); !done) {
    return refuse_for_trouble(done.error());
  }
  return {};
}

bool holds(const Found& found, WallTime now) {
  const auto& token = found.token;
  const bool expired = token.expires_at.milliseconds != 0 && token.expires_at <= now;
  const bool owned =
      token.account == store::no_account || (found.account.has_value() && !found.account->disabled);
  return token.revoked_at.milliseconds == 0 && !expired && owned;
}

}  // namespace

Result<Accounts::CreatedToken, Refusal> Accounts::create_token(const NewToken& wanted,
                                                               const Actor& actor) {
  auto& inner = *implementation_;
  if (const auto wrong = trouble_of(wanted)) {
    return refuse(400, *wrong);
  }
  const std::string secret = std::string(prefix) + crypto::random_token();
  store::ApiTokenRow row;
  row.digest = crypto::sha256(as_bytes(secret));
  row.name = kept_name(wanted.name);
  row.scope = static_cast<std::uint8_t>(wanted.scope);
  row.created_at = inner.clock.wall();
  if (wanted.days_left) {
    row.expires_at = before(row.created_at, -std::chrono::hours(24) * *wanted.days_left);
  }
  return inner.records->change([&](store::AccountStore& store) -> Result<CreatedToken, Refusal> {
    if (!wanted.account.empty()) {
      const auto account = administrator_named(store, kept_name(wanted.account));
      if (!account) {
        return tl::unexpected(account.error());
      }
      row.account = account->number;
    }
    if (const auto room = check_room(store, row.name); !room) {
      return tl::unexpected(room.error());
    }
    if (const auto done = store.put_api_token(row); !done) {
      return refuse_for_trouble(done.error());
    }
    const Token token = shown(row, kept_name(wanted.account));
    const auto done =
        put_down(store, inner.clock, actor, {"token.create", token.name, detail_of(token)});
    return done ? Result<CreatedToken, Refusal>(CreatedToken{token, secret})
                : tl::unexpected(done.error());
  });
}

Result<std::vector<Token>, Refusal> Accounts::tokens() {
  return implementation_->records->read(
      [](store::AccountStore& store) -> Result<std::vector<Token>, Refusal> {
        const auto rows = store.api_tokens();
        if (!rows) {
          return refuse_for_trouble(rows.error());
        }
        const auto all = store.administrators();
        if (!all) {
          return refuse_for_trouble(all.error());
        }
        std::vector<Token> tokens;
        tokens.reserve(rows->size());
        for (const auto& row : *rows) {
          tokens.push_back(shown(row, name_of_account(*all, row.account)));
        }
        return tokens;
      });
}

Result<void, Refusal> Accounts::revoke_token(std::uint64_t number, const Actor& actor) {
  auto& inner = *implementation_;
  return inner.records->change([&](store::AccountStore& store) -> Result<void, Refusal> {
    const auto found = store.api_token(number);
    if (!found) {
      return refuse_for_trouble(found.error());
    }
    const auto& there = *found;
    if (!there) {
      return refuse(404, "there is no such token; see muster admin token list");
    }
    if (there->revoked_at.milliseconds != 0) {
      return {};
    }
    auto row = *there;
    row.revoked_at = inner.clock.wall();
    auto done = store.put_api_token(row);
    if (done) {
      done = store.remove_oldest_revoked(limits::api_tokens_revoked_max);
    }
    if (!done) {
      return refuse_for_trouble(done.error());
    }
    return put_down(store, inner.clock, actor, {"token.revoke", row.name, {}});
  });
}

Result<TokenFacts, Refusal> Accounts::check_token(std::string_view secret) {
  auto& inner = *implementation_;
  if (secret.size() != secret_characters || !secret.starts_with(prefix)) {
    return nobody();
  }
  const auto digest = crypto::sha256(as_bytes(secret));
  const auto read =
      inner.records->read([&](store::AccountStore& store) { return find(store, digest); });
  if (!read) {
    return refuse_for_trouble(read.error());
  }
  const auto& found = *read;
  if (!found || !holds(*found, inner.clock.wall())) {
    return nobody();
  }
  const auto number = found->token.number;
  inner.note_use(found->token.last_used_at, [number](store::AccountStore& store, WallTime now) {
    return use(store, number, now);
  });
  TokenFacts facts{found->token.name, {}, scope_of_number(found->token.scope)};
  if (found->account) {
    facts.account = found->account->name;
    facts.scope = std::min(facts.scope, scope_of_number(found->account->role));
  }
  return facts;
}

}  // namespace muster::console
