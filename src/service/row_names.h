// The names that belong to rows of a task.
#pragma once

#include <vector>

#include "base/result.h"
#include "ledger/reader.h"
#include "roster/roster.h"
#include "service/meant.h"

namespace muster::service {

// One a row, in their order, which ascends; only a push's has a device.
[[nodiscard]] Result<std::vector<roster::DeviceText>> names_of(const std::vector<ledger::Row>& rows,
                                                               const Meant& meant,
                                                               roster::RosterReader& roster);

}  // namespace muster::service
