// Rows of an NDJSON file: one object a line, the keys named as the columns of a flat CSV.
#pragma once

#include <memory>

#include "roster/row.h"
#include "roster/text_file.h"

namespace muster::roster {

[[nodiscard]] std::unique_ptr<RowReader> read_json_rows(TextFile file);

}  // namespace muster::roster
