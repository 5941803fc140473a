// One CSV file of a school, with its columns by name.
//
// Their order differs between versions of a template, so the header decides. Names are compared
// without case, spaces and underscores. Fields stand between commas or, where the header has them,
// semicolons. Where anything is wrong with the file or a record the complaint names file, line and
// column, and ends the import.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "roster/csv.h"
#include "roster/school_files.h"

namespace muster::roster {

class SchoolTable {
 public:
  // The columns that it must have; the first must not be empty in any record.
  using Columns = std::initializer_list<const char*>;
  // `backslash`: as in CsvDialect.
  [[nodiscard]] static Result<SchoolTable, Complaint> open(const SchoolFiles& files,
                                                           const std::string& name, Columns needed,
                                                           bool backslash);

  // False at the end. What the others tell is of the record that was read, until the next call.
  [[nodiscard]] Result<bool, Complaint> next();
  [[nodiscard]] bool has(std::string_view column) const { return place_of(column) != nowhere; }
  // Without spaces around it; empty where there is no such column.
  [[nodiscard]] std::string_view at(std::string_view column) const;
  // Of all columns that are named so, with a number behind it or without; what is empty left out.
  [[nodiscard]] std::vector<std::string_view> all(std::string_view column) const;
  [[nodiscard]] std::uint64_t line() const { return csv_.line(); }
  [[nodiscard]] std::uint64_t column_of(std::string_view column) const;  // in bytes, from 1
  [[nodiscard]] const std::string& path() const { return csv_.file().path(); }
  // At a field of the record.
  [[nodiscard]] tl::unexpected<Complaint> refuse(std::string_view column, std::string found,
                                                 std::string expected, std::string mend) const;

 private:
  static constexpr std::size_t nowhere = SIZE_MAX;
  SchoolTable(CsvReader csv, std::string key) : csv_(std::move(csv)), key_(std::move(key)) {}
  [[nodiscard]] Result<void, Complaint> read_header(Columns needed);
  [[nodiscard]] std::size_t place_of(std::string_view column) const;

  CsvReader csv_;
  std::string key_;
  std::vector<std::string> columns_;  // as compared
};

}  // namespace muster::roster
