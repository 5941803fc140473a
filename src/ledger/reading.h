// Rows of the store as the ledger understands them; shared by the writer and the readers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/task.h"
#include "model/layout.h"
#include "store/ledger_store.h"

namespace muster::ledger {

// Counts stay raw; store_corrupt where they are damaged.
[[nodiscard]] Result<TaskRow> read_task_row(const store::TaskRecord& record);

// What the home page of some invitations says: the folded outcomes and every delta after them.
// Exception rows are not looked at. store_corrupt where a blob is damaged, and the log names the
// page.
struct HomePage {
  std::vector<std::uint16_t> outcomes;
  std::vector<std::string> replies;  // of mail's pages; others have none
  WallTime at;                       // the last of its commits
};
[[nodiscard]] Result<HomePage> read_home_page(store::LedgerStore& store, store::TaskNumber task,
                                              const Layout& layout, std::uint32_t page);

}  // namespace muster::ledger
