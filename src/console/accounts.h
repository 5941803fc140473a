// Accounts: administrators with their passwords, sessions of those who logged in, API tokens.
//
// Nothing is cached: each check reads control.db through a reader's connection, so a session ended,
// a token revoked or an account disabled stops at once, whichever process did it (`muster admin`
// beside a running server). Of secrets only digests are kept; a secret is given out once, when it
// is made. Everything done here leaves a row in the audit log, in the same transaction; a check
// leaves none.
//
// Any thread. Checks wait for no writer, and the tenths of a second that a password takes are spent
// outside every lock but a gate of its own, which bounds the memory of passwords checked at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "console/audit.h"
#include "console/refusal.h"
#include "console/scope.h"
#include "crypto/hmac.h"
#include "crypto/password.h"

namespace muster::console {

// A console left open in a staff room is of use to whoever passes by; half an hour is ASVS 7.3.1's
// usual figure and longer than any send is watched without a click. The page's own event stream
// counts as a request only when it is opened.
inline constexpr Duration session_idle_max = std::chrono::minutes(30);
// However busy: a stolen cookie is worth a working day at most (ASVS 7.3.2).
inline constexpr Duration session_age_max = std::chrono::hours(12);
// When a session or token was last used is written so often at most; a session may therefore end up
// to so much before it was idle for the whole of session_idle_max, never later.
inline constexpr Duration use_noted_every = std::chrono::minutes(1);

struct Administrator {
  std::uint64_t number = 0;
  std::string name;
  Scope role = Scope::read;
  WallTime created_at;
  bool disabled = false;
};

// What a session is looked up by: the digest of its secret. Worthless to whoever reads it.
using SessionKey = crypto::Digest;

// Somebody has logged in. The secret is for the cookie and for nothing else; it is not kept here.
struct Session {
  std::string secret;      // 43 characters of base64url
  std::string csrf_token;  // what X-CSRF-Token must say
  std::string account;
  Scope scope = Scope::read;
  WallTime ends_at;  // at the latest
};

// A session that still holds.
struct SessionFacts {
  SessionKey key{};
  std::string csrf_token;
  std::string account;
  Scope scope = Scope::read;
  WallTime ends_at;  // at the latest
};

struct NewToken {
  std::string name;  // one that no living token has
  Scope scope = Scope::read;
  std::string account;                     // whose; empty: the local owner's
  std::optional<std::uint32_t> days_left;  // empty: it does not expire
};

struct Token {
  std::uint64_t number = 0;
  std::string name;
  Scope scope = Scope::read;
  std::string account;  // empty: the local owner's
  WallTime created_at;
  std::optional<WallTime> last_used_at;  // to a minute
  std::optional<WallTime> expires_at;
  bool revoked = false;
};

// A token that still holds. Its scope is at most the role of its account.
struct TokenFacts {
  std::string name;
  std::string account;  // empty: the local owner's
  Scope scope = Scope::read;
};

struct Login {
  std::string name;
  std::string password;
  std::string address;  // of the client, without port; empty: this machine's socket
};

class Accounts {
 public:
  // Makes DIR/control.db where it is missing. `clock` outlives it. `cost` is that of passwords set
  // from now on; at a login one that is worth less is hashed anew.
  [[nodiscard]] static Result<std::unique_ptr<Accounts>, Complaint> open(
      const std::string& dir, const Clock& clock, const crypto::PasswordCost& cost = {});
  ~Accounts();
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;

  // ── administrators ──
  // 400: the name or password will not do, and why. 409: the name is taken. Names are kept in small
  // letters.
  [[nodiscard]] Result<Administrator, Refusal> create_administrator(const std::string& name,
                                                                    const std::string& password,
                                                                    Scope role, const Actor& actor);
  [[nodiscard]] Result<std::vector<Administrator>, Refusal> administrators();  // by name
  // Disabled: his sessions end, his tokens stop until he is enabled again. 404: nobody of that
  // name.
  [[nodiscard]] Result<void, Refusal> set_disabled(const std::string& name, bool disabled,
                                                   const Actor& actor);
  // Ends every session of the account. Tokens stay. 404 and 400 as above.
  [[nodiscard]] Result<void, Refusal> set_password(const std::string& name,
                                                   const std::string& password, const Actor& actor);
  // The same by the account itself, which must know the old one; throttled like a login (429).
  // 403: the old one is wrong. `login` has the account, the old password and the address.
  [[nodiscard]] Result<void, Refusal> change_password(const Login& login,
                                                      const std::string& new_password);

  // ── sessions ──
  // 401: name or password is wrong, or the account disabled; not said which, and after the same
  // time. 429 with retry_after_s: too many failures of this account or address, not even looked at.
  [[nodiscard]] Result<Session, Refusal> log_in(const Login& login);
  // 401 for whatever does not hold. `secret` is what the cookie said.
  [[nodiscard]] Result<SessionFacts, Refusal> check_session(std::string_view secret);
  // At once and everywhere; no trouble where it has ended already.
  [[nodiscard]] Result<void, Refusal> log_out(const SessionKey& key, const Actor& actor);
  // Every session of an account. 404: nobody of that name.
  [[nodiscard]] Result<void, Refusal> end_sessions(const std::string& name, const Actor& actor);

  // ── tokens ──
  struct CreatedToken {
    Token token;
    std::string secret;  // "mst_" and 43 characters; shown once
  };
  // 400, 404 (no such account), 409 (a living token has the name).
  [[nodiscard]] Result<CreatedToken, Refusal> create_token(const NewToken& wanted,
                                                           const Actor& actor);
  [[nodiscard]] Result<std::vector<Token>, Refusal> tokens();  // newest first
  // 404: there is none. No trouble where it was revoked before.
  [[nodiscard]] Result<void, Refusal> revoke_token(std::uint64_t number, const Actor& actor);
  // 401 for whatever does not hold: unknown, expired, revoked, its account disabled.
  [[nodiscard]] Result<TokenFacts, Refusal> check_token(std::string_view secret);

 private:
  struct Implementation;
  explicit Accounts(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::console
