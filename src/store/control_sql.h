// The schema of control.db: private to store/registration_store.cc and store/command_store.cc.
//
// Content tokens and invitation codes are bearer secrets: the file is 0600 like every file of the
// data directory, and what is read here is never logged. Two writers share the file (the
// registrar's thread and the MDM desk's), each with a connection of its own and short transactions;
// SQLite makes them take turns.
#pragma once

#include <cstdint>
#include <string_view>

namespace muster::store {

inline constexpr std::int32_t control_version = 1;
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
)sql";

}  // namespace muster::store
