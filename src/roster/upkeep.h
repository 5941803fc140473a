// Keeps what follows from the rows true, a device or a user at a time: sets, groups' devices,
// blocks.
//
// derive.cc makes all of it anew and is linear in the roster; this reads and writes what the rows
// that changed concern, and ends with the same. Call it behind every row that was put, then write()
// once; it lives inside one transaction of the store. After an error roll that back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "roster/kept_sets.h"
#include "store/roster_store.h"

namespace muster::roster {

class Upkeep {
 public:
  explicit Upkeep(store::RosterStore& store) : store_(store), sets_(store) {}

  [[nodiscard]] KeptSets& sets() { return sets_; }
  // Names of topics by index. Good until the next index_of().
  [[nodiscard]] Result<const std::vector<std::string>*> topics();
  // The index of a topic or language, which is added where it is new; no_index: there are too many.
  static constexpr std::uint16_t no_index = UINT16_MAX;
  [[nodiscard]] Result<std::uint16_t> index_of(store::NameKind kind, const std::string& name);

  // The device's row was put; `before` is what stood there, nothing where it is new.
  [[nodiscard]] Result<void> device(const store::DeviceRow* before, const store::DeviceRow& after);
  // It is in devices_removed now, and nobody's.
  [[nodiscard]] Result<void> device_removed(const store::DeviceRow& before);
  // The user's language changed: his devices' blocks follow.
  [[nodiscard]] Result<void> language(UserNumber user);
  // These users came into a group or left it.
  [[nodiscard]] Result<void> members(store::GroupSets& sets, const NumberSet& gained,
                                     const NumberSet& lost);
  // Who is enabled follows from users, users_on, users_off, groups_off and memberships, of which
  // something changed.
  void enabled_changed() { enabled_changed_ = true; }
  [[nodiscard]] Result<void> write();

 private:
  [[nodiscard]] Result<void> change_device_sets(DeviceNumber device, UserNumber user,
                                                bool pushable);
  void change_owner(DeviceNumber device, UserNumber before, UserNumber after);
  [[nodiscard]] Result<std::uint16_t> language_of(UserNumber user);
  [[nodiscard]] Result<void> write_users_pushable();
  [[nodiscard]] Result<void> write_groups();
  [[nodiscard]] Result<void> write_groups_of(GroupNumber group, const NumberSet& members);
  [[nodiscard]] Result<void> write_enabled();
  [[nodiscard]] Result<NumberSet> users_off_by_group();
  [[nodiscard]] Result<void> write_blocks();
  [[nodiscard]] Result<void> write_block(
      std::uint32_t number, const std::map<DeviceNumber, std::optional<store::DeviceRow>>& changes);

  store::RosterStore& store_;
  KeptSets sets_;
  std::optional<std::vector<std::string>> topics_;
  std::optional<std::vector<std::string>> languages_;
  std::set<UserNumber> users_touched_;  // whose devices changed: can any be pushed?
  // By device, its user before everything and now.
  struct Owners {
    UserNumber before;
    UserNumber now;
  };
  std::map<DeviceNumber, Owners> owners_;
  // By block and device the row; nothing: it is gone.
  std::map<std::uint32_t, std::map<DeviceNumber, std::optional<store::DeviceRow>>> blocks_;
  bool enabled_changed_ = false;
};

}  // namespace muster::roster
