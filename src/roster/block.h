// Packed blocks: writing, changing, checking, forgetting. Block (roster.h) reads them. The format
// stands in block.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "model/id.h"
#include "roster/hindrance.h"
#include "store/roster_store.h"

namespace muster::roster {

struct BlockEntry {
  DeviceNumber device = 0;
  UserNumber user = 0;
  std::int64_t registered_at_s = 0;
  std::uint16_t topic = 0;
  std::uint16_t language = 0;
  Bytes token;  // empty: cannot be pushed
  std::string_view magic;
  Hindrance hindrance = Hindrance::none;  // why the token is empty, where it is
};
// What the block says of a device of this row; views into `row`.
[[nodiscard]] BlockEntry entry_of(const store::DeviceRow& row, std::string_view topic,
                                  std::uint16_t language);

// Fills one block, each of its devices once, in any order.
class BlockWriter {
 public:
  explicit BlockWriter(std::uint32_t number);
  void put(const BlockEntry& entry);
  [[nodiscard]] std::vector<Byte> finish();

 private:
  std::uint32_t number_;
  std::vector<Byte> bytes_;
};

// Whether these bytes are block `number`, whole and undamaged: afterwards every entry may be
// believed.
[[nodiscard]] bool block_is_good(Bytes bytes, std::uint32_t number);

// The good block (empty: none was there yet) with what it says of some devices replaced: by an
// entry, or by nothing where the device is `gone`. As if it were written anew.
struct BlockChanges {
  std::vector<BlockEntry> entries;  // of each device one at most; ascending
  std::vector<DeviceNumber> gone;   // ascending
};
[[nodiscard]] std::vector<Byte> changed_block(std::vector<Byte> bytes, std::uint32_t number,
                                              const BlockChanges& changes);

// Takes the tokens of these devices out of their (good) block; what they leave in the heap is
// zeroed.
void forget_in_block(std::vector<Byte>& bytes, std::span<const DeviceNumber> devices);

}  // namespace muster::roster
