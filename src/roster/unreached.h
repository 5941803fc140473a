// Why users of a selection get no invitation. Each runs inside one snapshot.
#pragma once

#include <optional>
#include <vector>

#include "roster/roster.h"
#include "store/roster_store.h"

namespace muster::roster {

// As RosterReader::why_unreached and unreached.
[[nodiscard]] Result<std::vector<UnreachedCount>> count_unreached(store::RosterStore& store,
                                                                  const Selection& selection);
[[nodiscard]] Result<std::vector<UnreachedUser>> list_unreached(store::RosterStore& store,
                                                                const Selection& selection,
                                                                std::optional<UserNumber> after,
                                                                std::size_t limit);

}  // namespace muster::roster
