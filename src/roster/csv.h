// CSV (RFC 4180, read generously where that loses nothing).
//
// Lines end in LF, CRLF or CR, mixed as they like; a field in quotes may hold commas, line ends and
// doubled quotes; blank lines are left out. A dialect may separate by semicolons, and take what
// stands behind a backslash as it is. Refused, with line and column: a quote that never
// closes (where it opened), text behind a closing quote, records over limits::line_bytes_max,
// fields over field_bytes_max, more than columns_max columns, bytes that are not UTF-8. Such
// trouble ends the file: what follows is guesswork.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "roster/text_file.h"

namespace muster::roster {

struct CsvField {
  std::string_view text;
  std::uint64_t line = 0;
  std::uint64_t column = 0;  // of its first byte, the quote included
};

struct CsvDialect {
  char separator = ',';
  bool backslash = false;
};

class CsvReader {
 public:
  explicit CsvReader(TextFile file, CsvDialect dialect = {})
      : file_(std::move(file)), dialect_(dialect) {}

  // False at the end of the file. The fields are good until the next call.
  [[nodiscard]] Result<bool, Complaint> next();
  [[nodiscard]] const std::vector<CsvField>& fields() const { return fields_; }
  [[nodiscard]] std::uint64_t line() const { return record_line_; }  // where the record begins
  [[nodiscard]] const TextFile& file() const { return file_; }

 private:
  // Where the reader stands inside the bytes that lie ready.
  struct Cursor {
    char* at;
    char* end;
    std::uint64_t line;
    char* line_begin;
    [[nodiscard]] std::uint64_t column() const {
      return static_cast<std::uint64_t>(at - line_begin) + 1;
    }
  };
  // Reads one record; false: it was a blank line.
  [[nodiscard]] Result<bool, Complaint> read_record(Cursor& cursor);
  [[nodiscard]] Result<void, Complaint> read_quoted(Cursor& cursor);
  void read_plain(Cursor& cursor);
  [[nodiscard]] Result<void, Complaint> check_last_field() const;
  [[nodiscard]] Complaint too_long() const;
  [[nodiscard]] tl::unexpected<Complaint> trouble(std::uint64_t line, std::uint64_t column,
                                                  std::string found, std::string expected,
                                                  std::string mend) const;

  // The bytes that lie ready begin with a character that a backslash takes as it is.
  [[nodiscard]] bool escapes(const Cursor& cursor) const;

  TextFile file_;
  CsvDialect dialect_;
  std::vector<CsvField> fields_;
  std::uint64_t line_ = 1;
  std::uint64_t record_line_ = 0;
};

// One field, in quotes where it needs them.
void append_csv(std::string& out, std::string_view field);

}  // namespace muster::roster
