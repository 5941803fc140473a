// Rows of a CSV file: the header read once, then a Row a record.
#pragma once

#include <memory>

#include "roster/csv.h"
#include "roster/row.h"

namespace muster::roster {

// What the header alone says, where the file's name does not.
[[nodiscard]] Table table_of_header(const std::vector<CsvField>& header);

// `csv` stands behind its header, which `header` is a copy of: names and places.
struct CsvHeader {
  std::vector<std::string> names;
  std::vector<std::uint64_t> places;  // columns in bytes
  std::uint64_t line = 0;
};
[[nodiscard]] Result<std::unique_ptr<RowReader>, Complaint> read_csv_rows(CsvReader csv,
                                                                          CsvHeader header,
                                                                          Table table);

}  // namespace muster::roster
