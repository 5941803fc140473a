// SQLite behind six verbs: the only door to a database file. One Database is used by one thread at
// a time.
//
// Files are opened in WAL mode with synchronous=FULL: what commit() returned for survives power
// loss; a reader sees the last commit before its transaction and never blocks the writer. Errors
// come as ErrorCode disk_full, disk_failed, store_busy, store_corrupt, not_permitted or os; after
// disk_failed nothing may be believed: close and recover in a new process.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace muster::store {

// A prepared statement: bind 1…n, then step() until it gives false, then it is reset by itself.
class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, std::string_view text);  // copied
  Statement& bind(int at, Bytes bytes);            // borrowed until the statement is reset
  Statement& lend(int at, std::string_view text);  // borrowed likewise
  Statement& bind_null(int at);
  // True: a row is there. False: done. The statement is reset after false or an error.
  [[nodiscard]] Result<bool> step();
  // step() where no row is wanted.
  [[nodiscard]] Result<void> run();
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;  // valid until the next step()
  [[nodiscard]] Bytes bytes(int column) const;            // likewise
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] bool empty() const { return statement_ == nullptr; }  // not prepared

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* owned) : statement_(owned) {}
  sqlite3_stmt* statement_ = nullptr;
};

enum class OpenMode : std::uint8_t { write, read };

// How a file that an older version wrote is used. `upgrade` makes it one of the next version, when
// it is opened for writing. `views`, TEMP VIEWs, let it be read as if it were of the newest, while
// no writer has come by; a reader that holds it open then must open it anew.
struct OlderVersion {
  std::int32_t version = 0;
  std::string_view upgrade;
  std::string_view views;
};

struct Column {
  const char* table;
  const char* name;
};

// Of a new file; one that is there keeps what it has. Large pages suit a file that is filled by the
// million rows: fewer system calls bring them there. Small ones suit one of many small commits.
enum class PageSize : std::uint16_t { small = 4096, large = 16384 };

class Database {
 public:
  // write: creates the file (0600) where it is missing. read: refuses a missing file (not_found).
  // Checks that the file is Muster's (application_id) and not of a newer version (user_version >
  // `version`); the complaint names the file and the mend. `schema` is run where user_version is 0.
  // A file of an older version is brought up to `version` in one transaction; where `older` does
  // not know how, it is refused.
  [[nodiscard]] static Result<Database, Complaint> open(const std::string& file, OpenMode mode,
                                                        std::int32_t version,
                                                        std::string_view schema,
                                                        std::span<const OlderVersion> older = {},
                                                        PageSize pages = PageSize::small);
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  ~Database();

  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  [[nodiscard]] Result<void> execute(std::string_view sql);  // no parameters, no rows
  // execute() of what sorts a million rows, such as CREATE INDEX: in parts that fit a processor's
  // cache, which wait in temporary files (SQLITE_TMPDIR, TMPDIR, /var/tmp, /tmp; without a name)
  // where there is a place for them; otherwise all at once, in memory.
  [[nodiscard]] Result<void> execute_sorting(std::string_view sql);
  // Fills `into` with the value that this row has in a column, without SQLite's own copy of it: for
  // values of many pages. Such a row must be there; `into` has the value's size already.
  [[nodiscard]] Result<void> read_value(const Column& column, std::int64_t row,
                                        std::span<Byte> into);
  [[nodiscard]] Result<void> begin();   // IMMEDIATE in write mode, a snapshot in read mode
  [[nodiscard]] Result<void> commit();  // on error nothing was stored and the transaction is over
  void rollback();
  // In write mode: a commit that leaves so many pages in the -wal file brings them home; 1,000
  // where nothing is said. From then on the file is written anew from its beginning: few keep it
  // small.
  void checkpoint_after(int pages);
  [[nodiscard]] std::int64_t last_row_id() const;
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  Database(sqlite3* owned, std::string file) : database_(owned), file_(std::move(file)) {}
  // Prepared at its first use: SQL that is run again and again is parsed once.
  [[nodiscard]] Result<void> keep(Statement& kept, std::string_view sql);
  [[nodiscard]] Result<void> read_anything();
  [[nodiscard]] Result<void> run_kept(Statement& kept, std::string_view sql);
  sqlite3* database_ = nullptr;
  std::string file_;
  Statement begin_;
  Statement look_;
  Statement commit_;
  std::unique_ptr<int> checkpoint_pages_;  // where SQLite's hook finds it, wherever this moves
};

// Holds DIR/muster.lock (an open-file lock, with pid and boot id inside) for as long as it lives.
// The complaint names the holder's pid; the lock of a dead process is taken over.
class DirectoryLock {
 public:
  // Creates the directory (0700) where it is missing.
  [[nodiscard]] static Result<DirectoryLock, Complaint> take(const std::string& dir);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  ~DirectoryLock();
  // Whether a live process holds it now.
  [[nodiscard]] static bool held(const std::string& dir);

 private:
  explicit DirectoryLock(int owned_fd) : fd_(owned_fd) {}
  int fd_ = -1;
};

}  // namespace muster::store
