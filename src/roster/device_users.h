// Whose is which device, by number, and the way back: from users to their devices without a query
// each.
#pragma once

#include <vector>

#include "base/number_set.h"
#include "base/result.h"
#include "store/roster_store.h"

namespace muster::roster {

// By device number; store::no_user where nobody has it. Four bytes a device.
using DeviceUsers = std::vector<UserNumber>;

// Adds the users of the devices of good block `number` at their places.
void read_users_of_block(Bytes block, std::uint32_t number, DeviceUsers& users);

// The devices of these users: from the index for a few, from the blocks for many.
[[nodiscard]] Result<NumberSet> devices_of(store::RosterStore& store, const NumberSet& users);

// A set from numbers that come in order; runs become ranges.
class OrderedSet {
 public:
  void add(std::uint32_t number);
  [[nodiscard]] NumberSet take();

 private:
  void flush();
  NumberSet set_;
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace muster::roster
