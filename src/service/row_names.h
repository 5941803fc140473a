// Who the rows of a task mean: from an invitation's number to a device's or a user's name.
#pragma once

#include <vector>

#include "base/number_set.h"
#include "base/result.h"
#include "ledger/reader.h"
#include "roster/roster.h"

namespace muster::service {

// Over one task; reads its frozen sets once. Outlives neither reader.
class RowNames {
 public:
  [[nodiscard]] static Result<RowNames> open(ledger::LedgerReader& ledger,
                                             roster::RosterReader& roster,
                                             const ledger::TaskRow& task);
  // One a row, in their order; only a push's has a device.
  [[nodiscard]] Result<std::vector<roster::DeviceText>> of(const std::vector<ledger::Row>& rows);

 private:
  RowNames(roster::RosterReader& roster, const Layout& layout) : roster_(roster), layout_(layout) {}

  roster::RosterReader& roster_;
  Layout layout_;
  NumberSet devices_;
  NumberSet mailboxes_;
  NumberSet fallbacks_;
  NumberSet accounts_;
};

}  // namespace muster::service
