#include "roster/device_keys.h"

#include "base/assert.h"

namespace muster::roster {
namespace {

using Texts = std::array<std::string_view, device_keys.size() - 1>;

Texts keys_of(const store::DeviceRow& row) {
  return {row.udid, row.serial, row.imei, row.meid};
}

std::size_t table_of(Column key) {
  for (std::size_t at = 1; at < device_keys.size(); ++at) {
    if (device_keys[at] == key) {
      return at - 1;
    }
  }
  MUSTER_ASSERT(false);
}

}  // namespace

Result<DeviceKeys> DeviceKeys::load(store::RosterStore& store, const NumberSet& removed) {
  DeviceKeys keys;
  auto cursor = store.device_numbers_keys();
  if (!cursor) {
    return tl::unexpected(cursor.error());
  }
  for (;;) {
    const auto more = cursor->step();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return keys;
    }
    const auto device = static_cast<DeviceNumber>(cursor->integer(0));
    for (std::size_t table = 0; table < keys.tables_.size() && !removed.contains(device); ++table) {
      keys.add(table, cursor->text(static_cast<int>(table) + 1), device);
    }
  }
}

void DeviceKeys::add(std::size_t table, std::string_view text, DeviceNumber device) {
  if (text.empty()) {
    return;
  }
  auto* entry = tables_[table].find(text);
  if (entry == nullptr) {
    tables_[table].add(text, device, 0);
  } else if (entry->number != device) {
    entry->number = entry->number == nobody ? device : several;
  }
}

DeviceKeys::Found DeviceKeys::find(Column key, std::string_view text) {
  const auto* entry = text.empty() ? nullptr : tables_[table_of(key)].find(text);
  if (entry == nullptr || entry->number == nobody) {
    return {};
  }
  return entry->number == several ? Found{std::nullopt, true} : Found{entry->number, false};
}

void DeviceKeys::learn(const store::DeviceRow& before, const store::DeviceRow& after) {
  const auto old_keys = keys_of(before);
  const auto new_keys = keys_of(after);
  for (std::size_t table = 0; table < tables_.size(); ++table) {
    if (old_keys[table] != new_keys[table] && !old_keys[table].empty()) {
      auto* entry = tables_[table].find(old_keys[table]);
      if (entry != nullptr && entry->number == after.number) {
        entry->number = nobody;
      }
    }
    add(table, new_keys[table], after.number);
  }
}

}  // namespace muster::roster
