#include "store/database.h"

#include <sqlite3.h>

#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "base/log.h"
#include "store/database_errors.h"
#include "store/database_settings.h"

namespace muster::store {
namespace {

Error error_of_input_output(int extended, int os_error) {
  // What fsync refused may be lost although a second fsync says yes; so no errno makes it harmless.
  if (extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC) {
    return {ErrorCode::disk_failed, os_error};
  }
  switch (os_error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EROFS:
      return {ErrorCode::disk_full, os_error};
    default:
      return {ErrorCode::disk_failed, os_error};
  }
}

// Instead of SQLite's own hook, which forgets what the checkpoint said. A full disk or a reader in
// the way only put it off; a disk that failed must reach the caller.
int checkpoint_when_long(void* enough, sqlite3* database, const char* name, int pages) {
  if (pages < *static_cast<const int*>(enough)) {
    return SQLITE_OK;
  }
  errno = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(database, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_OK || error_of(database, code).code != ErrorCode::disk_failed) {
    return SQLITE_OK;
  }
  return code;
}

}  // namespace

Error error_of(sqlite3* database, int code) {
  const int last_error = errno;
  MUSTER_ASSERT(code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE);
  MUSTER_ASSERT(code != SQLITE_NOMEM);
  // SQLite keeps the errno of what fails while a statement runs, not of what fails in COMMIT; there
  // the plain errno still stands, which every caller has cleared before.
  const int kept_error = sqlite3_system_errno(database);
  const int os_error = kept_error != 0 ? kept_error : last_error;
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return {ErrorCode::disk_full, os_error};
    case SQLITE_IOERR:
      return error_of_input_output(code, os_error);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::store_busy, 0};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::store_corrupt, 0};
    case SQLITE_CANTOPEN:
      return os_error == 0 ? Error{ErrorCode::not_permitted, 0} : error_of_errno(os_error);
    case SQLITE_READONLY:
      // The file was moved or deleted beneath us: what we write now, nobody will find.
      return {code == SQLITE_READONLY_DBMOVED ? ErrorCode::disk_failed : ErrorCode::not_permitted,
              os_error};
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorCode::not_permitted, os_error};
    default:
      // A table that is missing or a row that should not be there: the file is not what we wrote.
      log::error("store", "statement refused",
                 {{"code", std::int64_t{code}}, {"reason", sqlite3_errmsg(database)}});
      return {ErrorCode::store_corrupt, 0};
  }
}

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)) {}
Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  return *this;
}
Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Statement& Statement::bind(int at, std::int64_t value) {
  MUSTER_ASSERT(sqlite3_bind_int64(statement_, at, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int at, std::string_view text) {
  // A null pointer would bind NULL.
  MUSTER_ASSERT(sqlite3_bind_text64(statement_, at, text.empty() ? "" : text.data(), text.size(),
                                    SQLITE_TRANSIENT, SQLITE_UTF8) == SQLITE_OK);
  return *this;
}

Statement& Statement::lend(int at, std::string_view text) {
  MUSTER_ASSERT(sqlite3_bind_text64(statement_, at, text.empty() ? "" : text.data(), text.size(),
                                    SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int at, Bytes bytes) {
  MUSTER_ASSERT(bytes.empty() ? sqlite3_bind_zeroblob(statement_, at, 0) == SQLITE_OK
                              : sqlite3_bind_blob64(statement_, at, bytes.data(), bytes.size(),
                                                    SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_null(int at) {
  MUSTER_ASSERT(sqlite3_bind_null(statement_, at) == SQLITE_OK);
  return *this;
}

Result<bool> Statement::step() {
  errno = 0;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) {
    return true;
  }
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_);
    return false;
  }
  const auto error = error_of(sqlite3_db_handle(statement_), code);
  sqlite3_reset(statement_);
  return tl::unexpected(error);
}

Result<void> Statement::run() {
  const auto row = step();
  if (!row) {
    return tl::unexpected(row.error());
  }
  MUSTER_ASSERT(!*row);
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_);
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
  const auto* text = sqlite3_column_text(statement_, column);
  const auto size = sqlite3_column_bytes(statement_, column);
  return text == nullptr ? std::string_view{}
                         : std::string_view{reinterpret_cast<const char*>(text),
                                            static_cast<std::size_t>(size)};
}

Bytes Statement::bytes(int column) const {
  const auto* bytes = sqlite3_column_blob(statement_, column);
  const auto size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? Bytes{}
                          : Bytes{static_cast<const Byte*>(bytes), static_cast<std::size_t>(size)};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Database::Database(Database&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)),
      file_(std::move(other.file_)),
      begin_(std::move(other.begin_)),
      look_(std::move(other.look_)),
      commit_(std::move(other.commit_)),
      checkpoint_pages_(std::move(other.checkpoint_pages_)) {}
Database& Database::operator=(Database&& other) noexcept {
  std::swap(database_, other.database_);
  std::swap(file_, other.file_);
  std::swap(begin_, other.begin_);
  std::swap(look_, other.look_);
  std::swap(commit_, other.commit_);
  std::swap(checkpoint_pages_, other.checkpoint_pages_);
  return *this;
}
// v2: statements that outlive it keep the handle until they are gone.
Database::~Database() {
  if (database_ != nullptr) {
    sqlite3_wal_hook(database_, nullptr, nullptr);
  }
  sqlite3_close_v2(database_);
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  errno = 0;
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) {
    return tl::unexpected(error_of(database_, code));
  }
  MUSTER_ASSERT(statement != nullptr);
  return Statement(statement);
}

Result<void> Database::execute(std::string_view sql) {
  errno = 0;
  const int code = sqlite3_exec(database_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) {
    return tl::unexpected(error_of(database_, code));
  }
  return {};
}

Result<void> Database::execute_sorting(std::string_view sql) {
  // Empty: no directory may be written to. SQLite would find out in the middle of the transaction.
  char* name = nullptr;
  const int code =
      sqlite3_file_control(database_, "main", SQLITE_FCNTL_TEMPFILENAME, static_cast<void*>(&name));
  const bool place = code == SQLITE_OK && name != nullptr && *name != '\0';
  sqlite3_free(name);
  if (!place) {
    return execute(sql);
  }
  if (auto prepared = execute(memory_of_sorting); !prepared) {
    return prepared;
  }
  auto done = execute(sql);
  auto restored = execute(memory_of_writing);
  return done ? restored : done;
}

Result<void> Database::read_value(const Column& column, std::int64_t row, std::span<Byte> into) {
  sqlite3_blob* opened = nullptr;
  errno = 0;
  int code = sqlite3_blob_open(database_, "main", column.table, column.name, row, 0, &opened);
  const std::unique_ptr<sqlite3_blob, int (*)(sqlite3_blob*)> blob(opened, sqlite3_blob_close);
  if (code == SQLITE_OK && std::cmp_not_equal(sqlite3_blob_bytes(opened), into.size())) {
    return trouble(ErrorCode::store_corrupt);  // its length and its pages disagree
  }
  if (code == SQLITE_OK) {
    code = sqlite3_blob_read(opened, into.data(), static_cast<int>(into.size()), 0);
  }
  if (code != SQLITE_OK) {
    return tl::unexpected(error_of(database_, code));
  }
  return {};
}

Result<void> Database::keep(Statement& kept, std::string_view sql) {
  if (kept.empty()) {
    auto prepared = prepare(sql);
    if (!prepared) {
      return tl::unexpected(prepared.error());
    }
    kept = std::move(*prepared);
  }
  return {};
}

Result<void> Database::run_kept(Statement& kept, std::string_view sql) {
  if (const auto done = keep(kept, sql); !done) {
    return done;
  }
  return kept.run();
}

Result<void> Database::begin() {
  if (sqlite3_db_readonly(database_, "main") == 0) {
    return run_kept(begin_, "BEGIN IMMEDIATE");
  }
  // A deferred transaction takes its snapshot with the first read.
  auto done = run_kept(begin_, "BEGIN");
  if (done) {
    done = read_anything();
  }
  if (!done) {
    rollback();
  }
  return done;
}

Result<void> Database::read_anything() {
  if (const auto kept = keep(look_, "SELECT count(*) FROM sqlite_schema"); !kept) {
    return kept;
  }
  const auto row = look_.step();
  look_.reset();
  if (!row) {
    return tl::unexpected(row.error());
  }
  return {};
}

Result<void> Database::commit() {
  const auto done = run_kept(commit_, "COMMIT");
  if (!done) {
    rollback();
  }
  return done;
}

void Database::rollback() {
  // Where SQLite has already rolled back by itself there is nothing to end; an error then says no
  // more than the one that brought us here.
  if (sqlite3_get_autocommit(database_) == 0) {
    sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Database::checkpoint_after(int pages) {
  checkpoint_pages_ = std::make_unique<int>(pages);
  sqlite3_wal_hook(database_, checkpoint_when_long, checkpoint_pages_.get());
}

std::int64_t Database::last_row_id() const {
  return sqlite3_last_insert_rowid(database_);
}

}  // namespace muster::store
