// The schema of control.db: private to store/registration_store.cc, command_store.cc and
// account_store.cc.
//
// Content tokens and invitation codes are bearer secrets: the file is 0600 like every file of the
// data directory, and what is read here is never logged. Several writers share the file (the
// registrar's thread, the MDM desk's, the one that wakes devices again, whoever changes accounts,
// in this process or another), each with a connection of its own and short transactions; SQLite
// makes them take turns.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "store/database.h"

namespace muster::store {

inline constexpr std::int32_t control_version = 2;
inline constexpr std::string_view control_schema = R"sql(
CREATE TABLE location(
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  content_token TEXT NOT NULL,
  organisation TEXT NOT NULL,
  name TEXT NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  our_id TEXT NOT NULL,
  notification_token TEXT NOT NULL,
  since_version TEXT NOT NULL,
  standing INTEGER NOT NULL,
  standing_text TEXT NOT NULL,
  installed_at_ms INTEGER NOT NULL,
  not_before_ms INTEGER NOT NULL);
CREATE TABLE registration(
  user INTEGER PRIMARY KEY,
  location INTEGER NOT NULL,
  client_user_id BLOB NOT NULL UNIQUE,
  state INTEGER NOT NULL,
  error INTEGER NOT NULL,
  code TEXT NOT NULL,
  url TEXT NOT NULL,
  id_hash TEXT NOT NULL,
  email TEXT NOT NULL,
  account TEXT NOT NULL,
  tries INTEGER NOT NULL,
  next_at_ms INTEGER NOT NULL,
  changed_at_ms INTEGER NOT NULL);
CREATE INDEX registration_by_id_hash ON registration(id_hash, location) WHERE id_hash <> '';
CREATE TABLE batch(
  event TEXT PRIMARY KEY,
  location INTEGER NOT NULL,
  asked_at_ms INTEGER NOT NULL,
  users BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE notification(
  id TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE command(
  task BLOB NOT NULL,
  invitation INTEGER NOT NULL,
  device INTEGER NOT NULL,
  handed INTEGER NOT NULL,
  handed_at_ms INTEGER NOT NULL,
  not_now INTEGER NOT NULL,
  result INTEGER NOT NULL,
  result_at_ms INTEGER NOT NULL,
  trouble TEXT NOT NULL,
  PRIMARY KEY(task, invitation)) WITHOUT ROWID;
CREATE INDEX command_by_device ON command(device);
CREATE TABLE enrolment(
  id TEXT PRIMARY KEY,
  device INTEGER NOT NULL,
  user_channel INTEGER NOT NULL,
  platform INTEGER NOT NULL,
  enrollment INTEGER NOT NULL,
  state INTEGER NOT NULL,
  identity BLOB NOT NULL,
  last_seen_ms INTEGER NOT NULL,
  last_status INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX enrolment_by_device ON enrolment(device);
CREATE TABLE administrator(
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL,
  role INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  disabled INTEGER NOT NULL);
CREATE TABLE session(
  digest BLOB PRIMARY KEY,
  account INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  last_seen_at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX session_by_account ON session(account, last_seen_at_ms);
CREATE TABLE api_token(
  number INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  name TEXT NOT NULL,
  scope INTEGER NOT NULL,
  account INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  last_used_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  revoked_at_ms INTEGER NOT NULL);
CREATE UNIQUE INDEX api_token_by_name ON api_token(name) WHERE revoked_at_ms = 0;
CREATE TABLE audit(
  number INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  actor TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  detail TEXT NOT NULL,
  seal BLOB NOT NULL);
CREATE TABLE woken(until_ms INTEGER NOT NULL);
)sql";

// Version 1 knew no accounts: what stands from `administrator` on.
inline constexpr std::array<OlderVersion, 1> control_older{
    {{1, control_schema.substr(control_schema.find("CREATE TABLE administrator")), R"sql(
CREATE TEMP VIEW administrator AS SELECT 0 AS number, '' AS name, '' AS password, 0 AS role,
  0 AS created_at_ms, 0 AS disabled WHERE false;
CREATE TEMP VIEW session AS SELECT x'' AS digest, 0 AS account, 0 AS created_at_ms,
  0 AS last_seen_at_ms WHERE false;
CREATE TEMP VIEW api_token AS SELECT 0 AS number, x'' AS digest, '' AS name, 0 AS scope,
  0 AS account, 0 AS created_at_ms, 0 AS last_used_at_ms, 0 AS expires_at_ms, 0 AS revoked_at_ms
  WHERE false;
CREATE TEMP VIEW audit AS SELECT 0 AS number, 0 AS at_ms, '' AS actor, '' AS address, '' AS action,
  '' AS target, '' AS detail, x'' AS seal WHERE false;
CREATE TEMP VIEW woken AS SELECT 0 AS until_ms WHERE false;
)sql"}}};

}  // namespace muster::store
