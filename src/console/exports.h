// Long lists as CSV, streamed: a page is made when the one before it has left for the client, so
// that a million rows cost the memory of one page, however slowly they are read.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "console/call.h"
#include "console/office.h"

namespace muster::console {

struct CsvPart {
  std::string rows;
  bool more = false;
};
// Makes the next part each time it is called, on the slow lane's thread. Trouble cuts the
// connection: what was sent is not whole, and the client sees that.
using NextCsv = std::function<Checked<CsvPart>()>;

// 503 where exports_max of them are under way. The first part is made at once, so that its trouble
// is an answer of its own. `name`: the file that a browser saves.
[[nodiscard]] Answered export_csv(Office& office, std::string_view name, std::string_view header,
                                  NextCsv next);

}  // namespace muster::console
