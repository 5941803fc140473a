#include "store/account_store.h"

#include <algorithm>
#include <utility>

#include "store/control_sql.h"
#include "store/row_statements.h"

namespace muster::store {
namespace {

#define MUSTER_ADMINISTRATOR_COLUMNS "number,name,password,role,created_at_ms,disabled"
#define MUSTER_SESSION_COLUMNS "digest,account,created_at_ms,last_seen_at_ms"
#define MUSTER_API_TOKEN_COLUMNS \
  "number,digest,name,scope,account,created_at_ms,last_used_at_ms,expires_at_ms,revoked_at_ms"
#define MUSTER_AUDIT_COLUMNS "number,at_ms,actor,address,action,target,detail,seal"

// One of another length is not of our writing, and equals none that is.
SecretDigest read_digest(Bytes bytes) {
  SecretDigest digest{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
  return digest;
}

AdministratorRow read_administrator(const Statement& at) {
  return {.number = narrow<AccountNumber>(at.integer(0)),
          .name = std::string(at.text(1)),
          .password = std::string(at.text(2)),
          .role = narrow<std::uint8_t>(at.integer(3)),
          .created_at = WallTime{at.integer(4)},
          .disabled = at.integer(5) != 0};
}

SessionRow read_session(const Statement& at) {
  return {.digest = read_digest(at.bytes(0)),
          .account = narrow<AccountNumber>(at.integer(1)),
          .created_at = WallTime{at.integer(2)},
          .last_seen_at = WallTime{at.integer(3)}};
}

ApiTokenRow read_api_token(const Statement& at) {
  return {.number = narrow<std::uint64_t>(at.integer(0)),
          .digest = read_digest(at.bytes(1)),
          .name = std::string(at.text(2)),
          .scope = narrow<std::uint8_t>(at.integer(3)),
          .account = narrow<AccountNumber>(at.integer(4)),
          .created_at = WallTime{at.integer(5)},
          .last_used_at = WallTime{at.integer(6)},
          .expires_at = WallTime{at.integer(7)},
          .revoked_at = WallTime{at.integer(8)}};
}

AuditRow read_audit(const Statement& at) {
  return {.number = narrow<std::uint64_t>(at.integer(0)),
          .at = WallTime{at.integer(1)},
          .actor = std::string(at.text(2)),
          .address = std::string(at.text(3)),
          .action = std::string(at.text(4)),
          .target = std::string(at.text(5)),
          .detail = std::string(at.text(6)),
          .seal = read_digest(at.bytes(7))};
}

std::int64_t number_of(std::uint64_t number) {
  return static_cast<std::int64_t>(number);
}

}  // namespace

Result<AccountStore, Complaint> AccountStore::open(const std::string& dir, OpenMode mode) {
  auto database =
      Database::open(dir + "/control.db", mode, control_version, control_schema, control_older);
  if (!database) {
    return tl::unexpected(database.error());
  }
  return AccountStore(std::move(*database));
}

Result<void> AccountStore::begin() {
  return database_.begin();
}
Result<void> AccountStore::commit() {
  return database_.commit();
}
void AccountStore::rollback() {
  database_.rollback();
}

Result<std::vector<AdministratorRow>> AccountStore::administrators() {
  MUSTER_USE(query, "SELECT " MUSTER_ADMINISTRATOR_COLUMNS " FROM administrator ORDER BY name");
  return all<AdministratorRow>(query, read_administrator);
}

Result<std::optional<AdministratorRow>> AccountStore::administrator(AccountNumber number) {
  MUSTER_USE(query, "SELECT " MUSTER_ADMINISTRATOR_COLUMNS " FROM administrator WHERE number=?");
  return one<AdministratorRow>(query.bind(1, number_of(number)), read_administrator);
}

Result<std::optional<AdministratorRow>> AccountStore::administrator(std::string_view name) {
  MUSTER_USE(query, "SELECT " MUSTER_ADMINISTRATOR_COLUMNS " FROM administrator WHERE name=?");
  return one<AdministratorRow>(query.bind(1, name), read_administrator);
}

Result<void> AccountStore::put_administrator(AdministratorRow& row) {
  MUSTER_USE(write, "INSERT INTO administrator(" MUSTER_ADMINISTRATOR_COLUMNS
                    ") VALUES(?,?,?,?,?,?) ON CONFLICT(number) DO UPDATE SET name=?2,password=?3,"
                    "role=?4,created_at_ms=?5,disabled=?6");
  const bool fresh = row.number == no_account;
  if (fresh) {
    write.bind_null(1);
  } else {
    write.bind(1, number_of(row.number));
  }
  const auto done = write.bind(2, std::string_view(row.name))
                        .bind(3, std::string_view(row.password))
                        .bind(4, std::int64_t{row.role})
                        .bind(5, row.created_at.milliseconds)
                        .bind(6, std::int64_t{row.disabled})
                        .run();
  if (done && fresh) {
    row.number = narrow<AccountNumber>(database_.last_row_id());
  }
  return done;
}

Result<std::optional<SessionRow>> AccountStore::session(const SecretDigest& digest) {
  MUSTER_USE(query, "SELECT " MUSTER_SESSION_COLUMNS " FROM session WHERE digest=?");
  return one<SessionRow>(query.bind(1, Bytes(digest)), read_session);
}

Result<void> AccountStore::put_session(const SessionRow& row) {
  MUSTER_USE(write, "INSERT OR REPLACE INTO session(" MUSTER_SESSION_COLUMNS ") VALUES(?,?,?,?)");
  return write.bind(1, Bytes(row.digest))
      .bind(2, number_of(row.account))
      .bind(3, row.created_at.milliseconds)
      .bind(4, row.last_seen_at.milliseconds)
      .run();
}

Result<void> AccountStore::see_session(const SecretDigest& digest, WallTime at) {
  MUSTER_USE(write, "UPDATE session SET last_seen_at_ms=? WHERE digest=?");
  return write.bind(1, at.milliseconds).bind(2, Bytes(digest)).run();
}

Result<void> AccountStore::remove_session(const SecretDigest& digest) {
  MUSTER_USE(write, "DELETE FROM session WHERE digest=?");
  return write.bind(1, Bytes(digest)).run();
}

Result<void> AccountStore::remove_sessions_of(AccountNumber account) {
  MUSTER_USE(write, "DELETE FROM session WHERE account=?");
  return write.bind(1, number_of(account)).run();
}

Result<void> AccountStore::remove_oldest_sessions(AccountNumber account, std::uint32_t kept) {
  MUSTER_USE(write,
             "DELETE FROM session WHERE account=?1 AND digest NOT IN (SELECT digest FROM session "
             "WHERE account=?1 ORDER BY last_seen_at_ms DESC,digest LIMIT ?2)");
  return write.bind(1, number_of(account)).bind(2, std::int64_t{kept}).run();
}

Result<void> AccountStore::remove_stale_sessions(WallTime created, WallTime seen) {
  MUSTER_USE(write, "DELETE FROM session WHERE created_at_ms<? OR last_seen_at_ms<?");
  return write.bind(1, created.milliseconds).bind(2, seen.milliseconds).run();
}

Result<std::vector<ApiTokenRow>> AccountStore::api_tokens() {
  MUSTER_USE(query, "SELECT " MUSTER_API_TOKEN_COLUMNS " FROM api_token ORDER BY number DESC");
  return all<ApiTokenRow>(query, read_api_token);
}

Result<std::optional<ApiTokenRow>> AccountStore::api_token(std::uint64_t number) {
  MUSTER_USE(query, "SELECT " MUSTER_API_TOKEN_COLUMNS " FROM api_token WHERE number=?");
  return one<ApiTokenRow>(query.bind(1, number_of(number)), read_api_token);
}

Result<std::optional<ApiTokenRow>> AccountStore::api_token(const SecretDigest& digest) {
  MUSTER_USE(query, "SELECT " MUSTER_API_TOKEN_COLUMNS " FROM api_token WHERE digest=?");
  return one<ApiTokenRow>(query.bind(1, Bytes(digest)), read_api_token);
}

Result<std::optional<ApiTokenRow>> AccountStore::living_api_token(std::string_view name) {
  MUSTER_USE(query,
             "SELECT " MUSTER_API_TOKEN_COLUMNS " FROM api_token WHERE name=? AND revoked_at_ms=0");
  return one<ApiTokenRow>(query.bind(1, name), read_api_token);
}

Result<void> AccountStore::put_api_token(ApiTokenRow& row) {
  MUSTER_USE(write, "INSERT INTO api_token(" MUSTER_API_TOKEN_COLUMNS
                    ") VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT(number) DO UPDATE SET digest=?2,"
                    "name=?3,scope=?4,account=?5,created_at_ms=?6,last_used_at_ms=?7,"
                    "expires_at_ms=?8,revoked_at_ms=?9");
  const bool fresh = row.number == 0;
  if (fresh) {
    write.bind_null(1);
  } else {
    write.bind(1, number_of(row.number));
  }
  const auto done = write.bind(2, Bytes(row.digest))
                        .bind(3, std::string_view(row.name))
                        .bind(4, std::int64_t{row.scope})
                        .bind(5, number_of(row.account))
                        .bind(6, row.created_at.milliseconds)
                        .bind(7, row.last_used_at.milliseconds)
                        .bind(8, row.expires_at.milliseconds)
                        .bind(9, row.revoked_at.milliseconds)
                        .run();
  if (done && fresh) {
    row.number = narrow<std::uint64_t>(database_.last_row_id());
  }
  return done;
}

Result<void> AccountStore::use_api_token(std::uint64_t number, WallTime at) {
  MUSTER_USE(write, "UPDATE api_token SET last_used_at_ms=? WHERE number=?");
  return write.bind(1, at.milliseconds).bind(2, number_of(number)).run();
}

Result<void> AccountStore::remove_oldest_revoked(std::uint32_t kept) {
  MUSTER_USE(write,
             "DELETE FROM api_token WHERE revoked_at_ms<>0 AND number NOT IN (SELECT number FROM "
             "api_token WHERE revoked_at_ms<>0 ORDER BY number DESC LIMIT ?)");
  return write.bind(1, std::int64_t{kept}).run();
}

Result<void> AccountStore::append_audit(const AuditRow& row) {
  MUSTER_USE(write, "INSERT INTO audit(" MUSTER_AUDIT_COLUMNS ") VALUES(?,?,?,?,?,?,?,?)");
  return write.bind(1, number_of(row.number))
      .bind(2, row.at.milliseconds)
      .bind(3, std::string_view(row.actor))
      .bind(4, std::string_view(row.address))
      .bind(5, std::string_view(row.action))
      .bind(6, std::string_view(row.target))
      .bind(7, std::string_view(row.detail))
      .bind(8, Bytes(row.seal))
      .run();
}

Result<std::vector<AuditRow>> AccountStore::audit(std::uint64_t before, std::uint32_t limit) {
  MUSTER_USE(query, "SELECT " MUSTER_AUDIT_COLUMNS
                    " FROM audit WHERE number<? ORDER BY number DESC LIMIT ?");
  const auto most = std::min<std::uint64_t>(before, INT64_MAX);
  return all<AuditRow>(query.bind(1, number_of(most)).bind(2, std::int64_t{limit}), read_audit);
}

Result<std::vector<AuditRow>> AccountStore::audit_from(std::uint64_t from, std::uint32_t limit) {
  MUSTER_USE(query,
             "SELECT " MUSTER_AUDIT_COLUMNS " FROM audit WHERE number>=? ORDER BY number LIMIT ?");
  return all<AuditRow>(query.bind(1, number_of(from)).bind(2, std::int64_t{limit}), read_audit);
}

Result<void> AccountStore::remove_audit_below(std::uint64_t number) {
  MUSTER_USE(write, "DELETE FROM audit WHERE number<?");
  return write.bind(1, number_of(number)).run();
}

}  // namespace muster::store
