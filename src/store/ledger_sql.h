// The ledger's schema and every statement on it: private to store/ledger_*.cc.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/limits.h"
#include "store/database.h"
#include "store/ledger_store.h"

namespace muster::store {

// page.key  := task (43 bits) | page (20)
// delta.key := task (23 bits) | page (20) | sequence (20): a page's deltas lie together, in order.
// Integer keys keep these tables plain b-trees without a second index; a page in hand is written by
// one append and nothing else.
inline constexpr std::int32_t ledger_version = 3;
inline constexpr std::string_view ledger_schema = R"(
CREATE TABLE task(
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  state INTEGER NOT NULL,
  state_reason TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  target_name TEXT NOT NULL,
  selector TEXT NOT NULL,
  devices INTEGER NOT NULL,
  push_prefix BLOB NOT NULL,
  expiration_s INTEGER NOT NULL,
  rate INTEGER NOT NULL,
  invited_recorded INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER NOT NULL,
  mailboxes INTEGER NOT NULL,
  fallbacks INTEGER NOT NULL,
  mail_prefix BLOB NOT NULL,
  accounts INTEGER NOT NULL);
CREATE TABLE audience(
  task INTEGER PRIMARY KEY, devices BLOB NOT NULL, users BLOB NOT NULL, alerts BLOB NOT NULL,
  mailboxes BLOB NOT NULL, fallbacks BLOB NOT NULL, accounts BLOB NOT NULL);
CREATE TABLE progress(task INTEGER PRIMARY KEY, counts BLOB NOT NULL);
CREATE TABLE page(
  key INTEGER PRIMARY KEY, state INTEGER NOT NULL, at_ms INTEGER NOT NULL, outcomes BLOB NOT NULL);
CREATE INDEX page_open ON page(key, state) WHERE state < 3;
CREATE TABLE delta(key INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE exception(
  task INTEGER NOT NULL,
  invitation INTEGER NOT NULL,
  state INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  status INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  timestamp_ms INTEGER NOT NULL,
  next_at_ms INTEGER NOT NULL,
  wait INTEGER NOT NULL,
  doubt INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  channel INTEGER NOT NULL,
  reply TEXT NOT NULL,
  PRIMARY KEY(task, invitation)) WITHOUT ROWID;
CREATE INDEX exception_waiting ON exception(task, wait, channel, next_at_ms) WHERE wait > 0;
CREATE TABLE letters(day INTEGER PRIMARY KEY, count INTEGER NOT NULL);
)";

// Version 1 knew push alone, version 2 no accounts.
inline constexpr std::array<OlderVersion, 2> ledger_older{{{1, R"(
ALTER TABLE task RENAME COLUMN invitations TO devices;
ALTER TABLE task ADD COLUMN mailboxes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN fallbacks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN mail_prefix BLOB NOT NULL DEFAULT x'0000000000000000';
ALTER TABLE audience ADD COLUMN mailboxes BLOB NOT NULL DEFAULT x'';
ALTER TABLE audience ADD COLUMN fallbacks BLOB NOT NULL DEFAULT x'';
ALTER TABLE exception ADD COLUMN channel INTEGER NOT NULL DEFAULT 0;
ALTER TABLE exception ADD COLUMN reply TEXT NOT NULL DEFAULT '';
DROP INDEX exception_waiting;
CREATE INDEX exception_waiting ON exception(task, wait, channel, next_at_ms) WHERE wait > 0;
CREATE TABLE letters(day INTEGER PRIMARY KEY, count INTEGER NOT NULL);
)",
                                                            R"(
CREATE TEMP VIEW task AS
  SELECT *, invitations AS devices, 0 AS mailboxes, 0 AS fallbacks, zeroblob(8) AS mail_prefix,
    0 AS accounts
  FROM main.task;
CREATE TEMP VIEW audience AS
  SELECT *, x'' AS mailboxes, x'' AS fallbacks, x'' AS accounts FROM main.audience;
CREATE TEMP VIEW exception AS SELECT *, 0 AS channel, '' AS reply FROM main.exception;
CREATE TEMP VIEW letters AS SELECT 0 AS day, 0 AS count WHERE false;
)"},
                                                           {2, R"(
ALTER TABLE task ADD COLUMN accounts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE audience ADD COLUMN accounts BLOB NOT NULL DEFAULT x'';
)",
                                                            R"(
CREATE TEMP VIEW task AS SELECT *, 0 AS accounts FROM main.task;
CREATE TEMP VIEW audience AS SELECT *, x'' AS accounts FROM main.audience;
)"}}};

#define MUSTER_TASK_FIELDS                                                                      \
  "id, state, state_reason, epoch, target_name, selector, devices, push_prefix, expiration_s, " \
  "rate, invited_recorded, created_at_ms, ended_at_ms, mailboxes, fallbacks, mail_prefix, "     \
  "accounts"
#define MUSTER_TASK_COLUMNS "number, " MUSTER_TASK_FIELDS ", counts"
#define MUSTER_AUDIENCE_FIELDS "devices, users, alerts, mailboxes, fallbacks, accounts"
#define MUSTER_EXCEPTION_COLUMNS                                            \
  "invitation, state, reason, attempts, status, generation, timestamp_ms, " \
  "next_at_ms, wait, doubt, updated_at_ms, channel, reply"

// In the order of `ledger_sql` below.
enum class Verb : std::uint8_t {
  create_task,
  create_audience,
  create_progress,
  task,
  tasks,
  audience,
  set_state,
  complete,
  record_invited,
  put_counts,
  open_pages,
  pages_begun,
  lease_page,
  fold_page,
  clear_deltas,
  page,
  append_delta,
  deltas,
  page_with_deltas,
  exceptions,
  ended,
  put_exception,
  remove_exception,
  waiting,
  lease_exception,
  leased_groups,
  doubt_leased,
  return_leased,
  retry_groups,
  retry,
  add_letters,
  letters,
};

inline constexpr std::array<std::string_view, 32> ledger_sql{
    "INSERT INTO task(" MUSTER_TASK_FIELDS ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "INSERT INTO audience(task, " MUSTER_AUDIENCE_FIELDS ") VALUES(?,?,?,?,?,?,?)",
    "INSERT INTO progress VALUES(?,?)",
    "SELECT " MUSTER_TASK_COLUMNS " FROM task JOIN progress ON task = number WHERE id = ?",
    "SELECT " MUSTER_TASK_COLUMNS " FROM task JOIN progress ON task = number ORDER BY number DESC",
    "SELECT audience.devices, users, alerts, audience.mailboxes, audience.fallbacks,"
    " audience.accounts FROM audience JOIN task ON task = number WHERE id = ?",
    "UPDATE task SET state = ?2, state_reason = ?3, ended_at_ms = ?4, epoch = epoch + 1"
    " WHERE number = ?1",
    "UPDATE task SET state = ?2, state_reason = '', ended_at_ms = ?3 WHERE number = ?1",
    "UPDATE task SET invited_recorded = ?2 WHERE number = ?1",
    "UPDATE progress SET counts = ?2 WHERE task = ?1",
    "SELECT key, state FROM page WHERE state < 3 AND key BETWEEN ? AND ? ORDER BY key",
    "SELECT max(key) FROM page WHERE key BETWEEN ? AND ?",
    "INSERT INTO page VALUES(?, 1, 0, x'') ON CONFLICT DO UPDATE SET state = 1",
    "INSERT INTO page VALUES(?1, coalesce(?2, 1), ?3, ?4) ON CONFLICT DO UPDATE"
    " SET state = coalesce(?2, state), at_ms = ?3, outcomes = ?4",
    "DELETE FROM delta WHERE key BETWEEN ? AND ?",
    "SELECT at_ms, outcomes FROM page WHERE key = ?",
    // Not INSERT … SELECT: from the table it fills, that takes a temporary one for each delta.
    "INSERT INTO delta VALUES("
    "(SELECT coalesce(max(key) + 1, ?1) FROM delta WHERE key BETWEEN ?1 AND ?2), ?3, ?4)",
    "SELECT at_ms, body FROM delta WHERE key BETWEEN ? AND ? ORDER BY key",
    "SELECT min(key) FROM delta WHERE key BETWEEN ? AND ?",
    "SELECT " MUSTER_EXCEPTION_COLUMNS
    " FROM exception WHERE task = ? AND invitation BETWEEN ? AND ? ORDER BY invitation",
    "SELECT invitation FROM exception WHERE task = ? AND invitation < ? AND state IN (8, 9, 11)"
    " ORDER BY invitation",
    "REPLACE INTO exception(task, " MUSTER_EXCEPTION_COLUMNS
    ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "DELETE FROM exception WHERE task = ? AND invitation = ?",
    "SELECT " MUSTER_EXCEPTION_COLUMNS
    // "wait > 0" lets SQLite see that the index over waiting rows knows them all; without it these
    // statements read every exception of the task.
    " FROM exception WHERE task = ? AND wait = 1 AND wait > 0 AND channel = ? AND next_at_ms <= ?"
    " ORDER BY next_at_ms LIMIT ?",
    "UPDATE exception SET wait = 2 WHERE task = ? AND invitation = ?",
    // Nothing is written to any peer for an account (channel 2): it cannot be in doubt.
    "SELECT state, reason, count(*) FROM exception WHERE task = ? AND wait = 2 AND wait > 0"
    " AND channel < 2 GROUP BY state, reason",
    "UPDATE exception SET state = ?2, reason = ?3, wait = 1, doubt = 1, next_at_ms = 0"
    " WHERE task = ?1 AND wait = 2 AND wait > 0 AND channel < 2",
    "UPDATE exception SET wait = 1 WHERE task = ? AND wait = 2 AND wait > 0",
    "SELECT state, reason, count(*) FROM exception WHERE task = ? AND state = ? AND wait <> 2"
    " GROUP BY state, reason",
    // The doubt of an older generation is not the new one's: it goes out under another id.
    "UPDATE exception SET state = ?3, reason = 0, wait = 1, next_at_ms = ?4, updated_at_ms = ?4,"
    " status = 0, timestamp_ms = 0, reply = '', generation = generation + ?5,"
    " attempts = CASE ?5 WHEN 0 THEN attempts ELSE 0 END,"
    " doubt = CASE ?5 WHEN 0 THEN doubt ELSE 0 END"
    " WHERE task = ?1 AND state = ?2 AND wait <> 2",
    "INSERT INTO letters VALUES(?1, ?2) ON CONFLICT DO UPDATE SET count = count + ?2",
    "SELECT max(count) FROM letters WHERE day = ?",
};

#undef MUSTER_TASK_FIELDS
#undef MUSTER_TASK_COLUMNS
#undef MUSTER_AUDIENCE_FIELDS
#undef MUSTER_EXCEPTION_COLUMNS

inline constexpr int page_bits = 20;
inline constexpr int sequence_bits = 20;
static_assert(task_pages_max == std::uint64_t{1} << page_bits);

inline constexpr std::int64_t page_key(TaskNumber task, std::uint64_t page) {
  return task * (std::int64_t{1} << page_bits) + static_cast<std::int64_t>(page);
}
inline constexpr std::int64_t delta_key(TaskNumber task, std::uint64_t page) {
  return page_key(task, page) * (std::int64_t{1} << sequence_bits);
}
inline constexpr std::uint32_t page_of(std::int64_t key) {
  return static_cast<std::uint32_t>(key & ((std::int64_t{1} << page_bits) - 1));
}

template <class T>
T narrow(const Statement& row, int column) {
  return static_cast<T>(row.integer(column));
}

inline std::vector<Byte> copy_of(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

// All rows of a statement that is bound, read one by one.
template <class Row, class Read>
Result<std::vector<Row>> all_of(Statement& statement, Read read) {
  std::vector<Row> rows;
  for (;;) {
    const auto more = statement.step();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return rows;
    }
    rows.push_back(read(statement));
  }
}

template <class Row, class Read>
Result<std::optional<Row>> first_of(Statement& statement, Read read) {
  const auto more = statement.step();
  if (!more) {
    return tl::unexpected(more.error());
  }
  if (!*more) {
    return std::optional<Row>{};
  }
  std::optional<Row> row = read(statement);
  statement.reset();
  return row;
}

}  // namespace muster::store
