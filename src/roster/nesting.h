// Groups inside groups: closures and the cycles that must not be. No recursion: ten thousand levels
// are data.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/number_set.h"
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

// "a → b → a"; of a long way only its ends.
[[nodiscard]] std::string words_of_way(std::span<const GroupNumber> way,
                                       const std::function<std::string(GroupNumber)>& id_of);

// For whom Managed Distribution is on: a user's own word decides; without one, a single group that
// is off switches it off.
struct Switched {
  NumberSet all;
  const NumberSet& on;
  const NumberSet& off;
};
[[nodiscard]] NumberSet enabled_users(const Switched& users, const NumberSet& off_by_group);

}  // namespace muster::roster
