// control.db's half for the console, behind verbs: administrators, their sessions, API tokens, and
// the audit log.
//
// Verbs that write run inside begin() … commit(); one thread at a time. Readers see the last
// commit, whichever process made it. Sessions and tokens are found by the digest of their secret,
// which is not here; a password's hash is, and whoever reads it does not log it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "store/database.h"
#include "store/kept_statements.h"

namespace muster::store {

using AccountNumber = std::uint64_t;  // from 1
using SecretDigest = std::array<Byte, 32>;

inline constexpr AccountNumber no_account = 0;

struct AdministratorRow {
  AccountNumber number = no_account;  // no_account: new, put_administrator() gives it one
  std::string name;
  std::string password;   // its hash
  std::uint8_t role = 0;  // the console's; stored: append only
  WallTime created_at;
  bool disabled = false;
  friend bool operator==(const AdministratorRow&, const AdministratorRow&) = default;
};

struct SessionRow {
  SecretDigest digest{};
  AccountNumber account = no_account;
  WallTime created_at;
  WallTime last_seen_at;
  friend bool operator==(const SessionRow&, const SessionRow&) = default;
};

struct ApiTokenRow {
  std::uint64_t number = 0;  // 0: new, put_api_token() gives it one
  SecretDigest digest{};
  std::string name;        // one that no other living token has
  std::uint8_t scope = 0;  // the console's; stored: append only
  AccountNumber account = no_account;
  WallTime created_at;
  WallTime last_used_at;  // 0: never
  WallTime expires_at;    // 0: it does not
  WallTime revoked_at;    // 0: it lives
  friend bool operator==(const ApiTokenRow&, const ApiTokenRow&) = default;
};

struct AuditRow {
  std::uint64_t number = 0;
  WallTime at;
  std::string actor;
  std::string address;
  std::string action;
  std::string target;
  std::string detail;   // JSON
  SecretDigest seal{};  // over this row and the one before; the console's
  friend bool operator==(const AuditRow&, const AuditRow&) = default;
};

class AccountStore {
 public:
  [[nodiscard]] static Result<AccountStore, Complaint> open(const std::string& dir, OpenMode mode);
  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> commit();
  void rollback();

  [[nodiscard]] Result<std::vector<AdministratorRow>> administrators();  // by name
  [[nodiscard]] Result<std::optional<AdministratorRow>> administrator(AccountNumber number);
  [[nodiscard]] Result<std::optional<AdministratorRow>> administrator(std::string_view name);
  [[nodiscard]] Result<void> put_administrator(AdministratorRow& row);  // by number; fills it

  [[nodiscard]] Result<std::optional<SessionRow>> session(const SecretDigest& digest);
  [[nodiscard]] Result<void> put_session(const SessionRow& row);
  [[nodiscard]] Result<void> see_session(const SecretDigest& digest, WallTime at);
  [[nodiscard]] Result<void> remove_session(const SecretDigest& digest);
  [[nodiscard]] Result<void> remove_sessions_of(AccountNumber account);
  // All but the `kept` of an account that were seen last.
  [[nodiscard]] Result<void> remove_oldest_sessions(AccountNumber account, std::uint32_t kept);
  // Whichever was created or last seen before these.
  [[nodiscard]] Result<void> remove_stale_sessions(WallTime created, WallTime seen);

  [[nodiscard]] Result<std::vector<ApiTokenRow>> api_tokens();  // newest first
  [[nodiscard]] Result<std::optional<ApiTokenRow>> api_token(std::uint64_t number);
  [[nodiscard]] Result<std::optional<ApiTokenRow>> api_token(const SecretDigest& digest);
  [[nodiscard]] Result<std::optional<ApiTokenRow>> living_api_token(std::string_view name);
  [[nodiscard]] Result<void> put_api_token(ApiTokenRow& row);  // by number; fills it
  [[nodiscard]] Result<void> use_api_token(std::uint64_t number, WallTime at);
  // Of those that were revoked, all but the `kept` newest.
  [[nodiscard]] Result<void> remove_oldest_revoked(std::uint32_t kept);

  // `row` has the number after the newest one's.
  [[nodiscard]] Result<void> append_audit(const AuditRow& row);
  // Those with numbers below `before`, newest first.
  [[nodiscard]] Result<std::vector<AuditRow>> audit(std::uint64_t before, std::uint32_t limit);
  // Those with numbers from `from` on, oldest first.
  [[nodiscard]] Result<std::vector<AuditRow>> audit_from(std::uint64_t from, std::uint32_t limit);
  [[nodiscard]] Result<void> remove_audit_below(std::uint64_t number);

 private:
  explicit AccountStore(Database database) : database_(std::move(database)) {}
  [[nodiscard]] Result<Statement*> use(const char* sql) { return statements_.use(database_, sql); }
  Database database_;
  KeptStatements statements_;  // ends before the database does
};

}  // namespace muster::store
