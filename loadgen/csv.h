// Comma-separated values (RFC 4180) by streams: rosters out, rosters and `muster tasks --csv` in.
//
// Both ends keep a buffer of fixed size, so that a million rows need no more memory than ten. The
// reader accepts a byte order mark, LF and CRLF; trouble is one Complaint with file and line, and
// nothing is guessed: a row of the wrong width or an unclosed quote ends the reading.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace muster::loadgen {

class CsvWriter {
 public:
  [[nodiscard]] static Result<CsvWriter, Complaint> create(const std::string& file);
  ~CsvWriter();
  CsvWriter(CsvWriter&& other) noexcept;
  CsvWriter& operator=(CsvWriter&&) = delete;

  // One row. Trouble is kept and told by close().
  void row(std::span<const std::string_view> fields);
  [[nodiscard]] Result<void, Complaint> close();

 private:
  CsvWriter(std::string file, int fd);
  void flush();

  std::string file_;
  int fd_ = -1;
  int os_error_ = 0;
  std::string buffer_;
};

class CsvReader {
 public:
  [[nodiscard]] static Result<CsvReader, Complaint> open(const std::string& file);
  // Takes over `fd`; `name` stands for it in complaints.
  CsvReader(int fd, std::string name);
  ~CsvReader();
  CsvReader(CsvReader&& other) noexcept;
  CsvReader& operator=(CsvReader&&) = delete;

  // Reads the header and finds these columns in it, in this order; missing ones are a complaint.
  // Afterwards fields() holds just them.
  [[nodiscard]] Result<void, Complaint> expect(std::span<const std::string_view> columns);
  // The next row; false at the end.
  [[nodiscard]] Result<bool, Complaint> next();
  // Expects these columns and shows each row, to the end or to the first complaint.
  using Seer = std::function<Result<void, Complaint>(const std::vector<std::string>& fields)>;
  [[nodiscard]] Result<void, Complaint> each_row(std::span<const std::string_view> columns,
                                                 const Seer& see);
  [[nodiscard]] const std::vector<std::string>& fields() const { return chosen_; }
  [[nodiscard]] std::uint64_t line() const { return row_line_; }
  [[nodiscard]] Complaint complain(std::string found, std::string expected = {}) const;

 private:
  [[nodiscard]] int get();  // the next byte; -1 at the end or after trouble
  [[nodiscard]] int peek();
  [[nodiscard]] Result<bool, Complaint> read_row();
  [[nodiscard]] Result<void, Complaint> read_quoted(std::string& field);

  std::string name_;
  int fd_ = -1;
  int os_error_ = 0;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::uint64_t line_ = 1;
  std::uint64_t row_line_ = 0;
  std::vector<std::string> row_;     // all fields of the row, reused
  std::size_t width_ = 0;            // fields in row_
  std::size_t columns_ = 0;          // fields in the header
  std::vector<std::size_t> places_;  // of the expected columns
  std::vector<std::string> chosen_;
};

}  // namespace muster::loadgen
