// Which device has this UDID, serial number, IMEI or MEID? For rows of an import without a
// device_id.
//
// Read from the roster where the first such row comes, and kept up while the import writes, since
// it may do so without the store's indexes.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/number_set.h"
#include "base/result.h"
#include "roster/id_table.h"
#include "roster/row.h"
#include "store/roster_store.h"

namespace muster::roster {

class DeviceKeys {
 public:
  // Of all devices but those that were removed.
  [[nodiscard]] static Result<DeviceKeys> load(store::RosterStore& store, const NumberSet& removed);

  struct Found {
    std::optional<DeviceNumber> device;
    bool several = false;  // have it, so it tells none apart
  };
  [[nodiscard]] Found find(Column key, std::string_view text);
  // The row stands as `after` now; `before` is what stood there.
  void learn(const store::DeviceRow& before, const store::DeviceRow& after);

 private:
  static constexpr std::uint32_t nobody = UINT32_MAX;
  static constexpr std::uint32_t several = UINT32_MAX - 1;
  void add(std::size_t table, std::string_view text, DeviceNumber device);

  std::array<IdTable, device_keys.size() - 1> tables_;  // without device_id
};

}  // namespace muster::roster
