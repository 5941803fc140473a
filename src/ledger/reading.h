// Rows of the store as the ledger understands them; shared by the writer and the readers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "ledger/task.h"
#include "model/limits.h"
#include "store/ledger_store.h"

namespace muster::ledger {

[[nodiscard]] inline std::uint32_t pages_of(std::uint64_t invitations) {
  return static_cast<std::uint32_t>((invitations + limits::page_size - 1) / limits::page_size);
}
[[nodiscard]] inline std::uint32_t size_of_page(std::uint64_t invitations, std::uint32_t page) {
  const auto first = std::uint64_t{page} * limits::page_size;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(limits::page_size, invitations - first));
}
[[nodiscard]] inline InvitationNumber first_of_page(std::uint32_t page) {
  return page * limits::page_size;
}

// Counts stay raw; store_corrupt where they are damaged.
[[nodiscard]] Result<TaskRow> read_task_row(const store::TaskRecord& record);

// What the home page of some invitations says: the folded outcomes and every delta after them.
// Exception rows are not looked at. store_corrupt where a blob is damaged, and the log names the
// page.
struct HomePage {
  std::vector<std::uint16_t> outcomes;
  WallTime at;  // the last of its commits
};
[[nodiscard]] Result<HomePage> read_home_page(store::LedgerStore& store, store::TaskNumber task,
                                              std::uint32_t page, std::uint32_t size);

}  // namespace muster::ledger
