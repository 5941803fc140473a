// Opening a database file: whose it is, which version wrote it, and what must be done before it can
// be used.
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/assert.h"
#include "store/database.h"
#include "store/database_errors.h"
#include "store/database_settings.h"

namespace muster::store {
namespace {

constexpr std::int32_t application_id = 0x4D535452;  // "MSTR"
constexpr int busy_timeout_ms = 1000;
constexpr int busy_pause_ms = 5;
// 4 MiB, 16 of large pages: rare enough to be cheap, small enough that opening after a crash reads
// little.
constexpr int checkpoint_pages = 1000;

constexpr const char* settings_of_reading =
    "PRAGMA mmap_size = 0;"      // a damaged disk gives an error rather than SIGBUS
    "PRAGMA cache_size = -256;"  // values whole and rows in order: hardly a page is read twice
    "PRAGMA cell_size_check = ON;"
    "PRAGMA foreign_keys = OFF;"
    "PRAGMA temp_store = MEMORY;";
constexpr const char* settings_of_writing =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA journal_size_limit = 67108864;";

// The file as a URI, for `immutable`: what would end the path is escaped.
std::string uri_of(const std::string& file) {
  std::string uri = "file:";
  for (const char c : file) {
    if (c == '%' || c == '?' || c == '#') {
      uri += '%' + to_hex(as_bytes({&c, 1}));
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

Complaint complaint_about(const std::string& file, const Error& error) {
  Complaint complaint{
      .file = file, .found = words(error), .expected = {}, .mend = {}, .cause = error};
  switch (error.code) {
    case ErrorCode::not_found:
      complaint.found = "the database does not exist";
      break;
    case ErrorCode::not_permitted:
      complaint.expected = "a file and a directory that this user may read and write";
      complaint.mend = "give them to the user that runs muster (chown), or run it as their owner";
      break;
    case ErrorCode::store_corrupt:
      complaint.mend = "restore the file from a backup, with its -wal file; nothing was changed";
      break;
    case ErrorCode::store_busy:
      complaint.mend = "end the other process, or wait for it";
      break;
    case ErrorCode::disk_full:
      complaint.mend = "make room on this disk";
      break;
    case ErrorCode::disk_failed:
      complaint.mend = "look into the kernel's log (dmesg) before anything else";
      break;
    default:
      break;
  }
  return complaint;
}

// Exists afterwards, readable by its owner only; -wal and -shm get the same mode from SQLite.
Result<void> create_file(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return tl::unexpected(error_of_errno(errno));
  }
  ::close(fd);
  return {};
}

struct Identity {
  std::int64_t application = 0;
  std::int64_t version = 0;
  std::int64_t tables = 0;
};

Result<Identity> read_identity(Database& database) {
  auto statement = database.prepare(
      "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)"
      " FROM pragma_application_id, pragma_user_version");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  const auto row = statement->step();
  if (!row) {
    return tl::unexpected(row.error());
  }
  MUSTER_ASSERT(*row);
  return Identity{statement->integer(0), statement->integer(1), statement->integer(2)};
}

// The first step from `version` on; the end where none is known. Steps stand in order.
std::span<const OlderVersion>::iterator way_from(std::int64_t version,
                                                 std::span<const OlderVersion> older) {
  return std::find_if(older.begin(), older.end(),
                      [&](const OlderVersion& step) { return step.version == version; });
}

// Nothing has been written to the file when it is refused.
Result<void, Complaint> check_identity(const std::string& file, OpenMode mode, std::int32_t version,
                                       const Identity& identity,
                                       std::span<const OlderVersion> older) {
  const bool blank = identity.application == 0 && identity.version == 0 && identity.tables == 0;
  if (blank && mode == OpenMode::write) {
    return {};
  }
  if (blank) {  // its writer died before the first commit
    return tl::unexpected(complaint_about(file, {ErrorCode::not_found, 0}));
  }
  if (identity.application != application_id) {
    return tl::unexpected(Complaint{.file = file,
                                    .found = "this database was not written by muster",
                                    .expected = {},
                                    .mend = "name another directory, or move the file away",
                                    .cause = {ErrorCode::store_corrupt, 0}});
  }
  if (identity.version > version) {
    return tl::unexpected(Complaint{
        .file = file,
        .found = "written by a newer muster (format " + std::to_string(identity.version) + ")",
        .expected = "format " + std::to_string(version),
        .mend = "run the newer version; nothing was changed",
        .cause = {ErrorCode::store_newer, 0}});
  }
  if (identity.version < version && way_from(identity.version, older) == older.end()) {
    return tl::unexpected(
        Complaint{.file = file,
                  .found = "written in format " + std::to_string(identity.version),
                  .expected = "format " + std::to_string(version),
                  .mend = "restore a backup of this version; nothing was changed",
                  .cause = {ErrorCode::store_corrupt, 0}});
  }
  return {};
}

// A new file's journal becomes a WAL for one opener at a time. SQLite asks no busy handler there
// (one that waited could wait for ever), so a second process started at the same moment asks again.
Result<void> set_up_writing(Database& database, PageSize pages) {
  const auto settings = "PRAGMA page_size = " + std::to_string(static_cast<int>(pages)) + ";" +
                        memory_of_writing + settings_of_writing;
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(busy_timeout_ms);
  while (true) {
    auto done = database.execute(settings);
    const bool busy = !done && done.error().code == ErrorCode::store_busy;
    if (!busy || std::chrono::steady_clock::now() >= until) {
      return done;
    }
    sqlite3_sleep(busy_pause_ms);
  }
}

// Begins to make the file one of `version`. False: somebody else has done so since `found` was
// read, a second process that was started at the same moment; nothing is begun then.
Result<bool> begin_making(Database& database, std::int32_t version, std::int64_t found) {
  if (const auto begun = database.begin(); !begun) {
    return tl::unexpected(begun.error());
  }
  const auto identity = read_identity(database);
  if (!identity) {
    database.rollback();
    return tl::unexpected(identity.error());
  }
  if (identity->version == found) {
    return true;
  }
  database.rollback();
  if (identity->version != version) {
    return trouble(ErrorCode::store_busy);  // another version of us; the next try will say so
  }
  return false;
}

Result<void> create_schema(Database& database, std::int32_t version, std::string_view schema) {
  const auto ours = begin_making(database, version, 0);
  if (!ours || !*ours) {
    return ours ? Result<void>{} : tl::unexpected(ours.error());
  }
  std::string sql = "PRAGMA application_id = " + std::to_string(application_id) + ";";
  sql += "PRAGMA user_version = " + std::to_string(version) + ";";
  sql += schema;
  const auto done = database.execute(sql);
  if (!done) {
    database.rollback();
    return done;
  }
  return database.commit();
}

// All steps from the file's version to the newest, in one transaction: a crash leaves the old file.
Result<void> upgrade(Database& database, std::int32_t version, std::int64_t found,
                     std::span<const OlderVersion> older) {
  const auto ours = begin_making(database, version, found);
  if (!ours || !*ours) {
    return ours ? Result<void>{} : tl::unexpected(ours.error());
  }
  Result<void> done;
  for (auto step = way_from(found, older); done && step != older.end(); ++step) {
    done = database.execute(step->upgrade);
  }
  if (done) {
    done = database.execute("PRAGMA user_version = " + std::to_string(version));
  }
  if (!done) {
    database.rollback();
    return done;
  }
  return database.commit();
}

// SQLite opens lazily: the first read shows whether the file can be used.
Result<sqlite3*> open_handle(const std::string& file, int flags) {
  sqlite3* handle = nullptr;
  errno = 0;
  int code = sqlite3_open_v2(file.c_str(), &handle,
                             flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  MUSTER_ASSERT(handle != nullptr);
  if (code == SQLITE_OK) {
    sqlite3_busy_timeout(handle, busy_timeout_ms);
    code = sqlite3_exec(handle, settings_of_reading, nullptr, nullptr, nullptr);
  }
  if (code == SQLITE_OK) {
    code = sqlite3_exec(handle, "SELECT count(*) FROM sqlite_schema", nullptr, nullptr, nullptr);
  }
  if (code != SQLITE_OK) {
    const auto error = error_of(handle, code);
    sqlite3_close(handle);
    return tl::unexpected(error);
  }
  return handle;
}

Result<sqlite3*> open_handle(const std::string& file, OpenMode mode) {
  if (mode == OpenMode::write) {
    return open_handle(file, SQLITE_OPEN_READWRITE);
  }
  if (::access(file.c_str(), F_OK) != 0) {
    return tl::unexpected(error_of_errno(errno));
  }
  auto handle = open_handle(file, SQLITE_OPEN_READONLY);
  // Reading wants -shm, which a reader without rights to the directory cannot make. Where no -wal
  // is left behind either, nobody writes and the file alone is the whole truth.
  const bool whole = ::access((file + "-wal").c_str(), F_OK) != 0;
  if (!handle && whole &&
      (handle.error().code == ErrorCode::not_permitted || handle.error().code == ErrorCode::os ||
       handle.error().code == ErrorCode::not_found)) {
    return open_handle(uri_of(file), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  }
  return handle;
}

}  // namespace

Result<Database, Complaint> Database::open(const std::string& file, OpenMode mode,
                                           std::int32_t version, std::string_view schema,
                                           std::span<const OlderVersion> older, PageSize pages) {
  const auto refused = [&file](const Error& error) {
    return tl::unexpected(complaint_about(file, error));
  };
  if (mode == OpenMode::write) {
    const auto created = create_file(file);
    if (!created) {
      return refused(created.error());
    }
  }
  const auto handle = open_handle(file, mode);
  if (!handle) {
    return refused(handle.error());
  }
  Database database(*handle, file);
  const auto identity = read_identity(database);
  if (!identity) {
    return refused(identity.error());
  }
  const auto checked = check_identity(file, mode, version, *identity, older);
  if (!checked) {
    return tl::unexpected(checked.error());
  }
  const bool old = identity->version < version && identity->version != 0;
  if (mode == OpenMode::read) {
    const auto seen =
        old ? database.execute(way_from(identity->version, older)->views) : Result<void>{};
    if (!seen) {
      return refused(seen.error());
    }
    return database;
  }
  auto done = set_up_writing(database, pages);
  if (done && identity->version == 0) {
    done = create_schema(database, version, schema);
  } else if (done && old) {
    done = upgrade(database, version, identity->version, older);
  }
  if (!done) {
    return refused(done.error());
  }
  database.checkpoint_after(checkpoint_pages);
  return database;
}

}  // namespace muster::store
