// Groups inside groups: closures and the cycles that must not be. No recursion: ten thousand levels
// are data.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/id.h"

namespace muster::roster {

// By group number, the groups directly inside it. Groups without any may be past the end.
using Nesting = std::vector<std::vector<GroupNumber>>;

// A way that leads back to where it began, first = last (a → b → a); empty where there is none.
// Linear.
[[nodiscard]] std::vector<GroupNumber> find_cycle(const Nesting& inside);

// These groups and all groups inside them, once each. Linear.
[[nodiscard]] std::vector<GroupNumber> closure_of(std::span<const GroupNumber> groups,
                                                  const Nesting& inside);

}  // namespace muster::roster
