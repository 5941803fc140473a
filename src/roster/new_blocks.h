// The blocks of devices that an import brings, made as their rows come.
//
// A new device has the number behind the last one's, so its block can be written while its row is
// at hand: nothing has to be read back for it. A block is made here where none of its devices was
// there before; whatever changes one of them later, in the same import, marks the block as touched,
// and derive() makes it anew from the rows. Lives inside the import's transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/number_set.h"
#include "base/result.h"
#include "roster/block.h"
#include "roster/device_users.h"
#include "store/roster_store.h"

namespace muster::roster {

class NewBlocks {
 public:
  // `devices_before`: numbers below are taken.
  explicit NewBlocks(std::uint32_t devices_before = 0);

  // False: the block is not made here, since others stand in it. Rows come in order of number.
  [[nodiscard]] Result<bool> add(store::RosterStore& store, const store::DeviceRow& row,
                                 std::string_view topic, std::uint16_t language);
  // Writes the last block.
  [[nodiscard]] Result<void> finish(store::RosterStore& store);

  [[nodiscard]] bool made(std::uint32_t block) const;
  // What the made blocks say, added to what there is; of_topic has a set for each topic. Once,
  // after finish().
  void tell(DeviceUsers& users, NumberSet& pushable, std::vector<NumberSet>& of_topic);

 private:
  DeviceNumber first_;
  DeviceUsers users_;  // from first_ on
  std::optional<BlockWriter> writer_;
  OrderedSet pushable_;
  std::vector<OrderedSet> of_topic_;
};

}  // namespace muster::roster
