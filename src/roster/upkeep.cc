#include "roster/upkeep.h"

#include <algorithm>

#include "model/limits.h"
#include "roster/block.h"
#include "roster/device_users.h"
#include "roster/nesting.h"

namespace muster::roster {

using store::NameKind;
using store::SetKind;

Result<const std::vector<std::string>*> Upkeep::topics() {
  if (!topics_) {
    auto names = store_.names(NameKind::topic);
    if (!names) {
      return tl::unexpected(names.error());
    }
    topics_ = std::move(*names);
  }
  return &*topics_;
}

Result<std::uint16_t> Upkeep::index_of(NameKind kind, const std::string& name) {
  auto& kept = kind == NameKind::topic ? topics_ : languages_;
  if (!kept) {
    auto names = store_.names(kind);
    if (!names) {
      return tl::unexpected(names.error());
    }
    kept = std::move(*names);
  }
  auto& known = *kept;
  const auto found = std::ranges::find(known, name);
  if (found != known.end()) {
    return static_cast<std::uint16_t>(found - known.begin());
  }
  if (known.size() > (kind == NameKind::topic ? limits::credentials_max : limits::languages_max)) {
    return no_index;
  }
  const auto index = static_cast<std::uint16_t>(known.size());
  if (auto added = store_.add_name(kind, index, name); !added) {
    return tl::unexpected(added.error());
  }
  known.push_back(name);
  return index;
}

Result<void> Upkeep::device(const store::DeviceRow* before, const store::DeviceRow& after) {
  const auto names = topics();
  if (!names) {
    return tl::unexpected(names.error());
  }
  const auto entry = entry_of(after, (**names)[after.topic], 0);
  const bool pushable = !entry.token.empty();
  if (auto changed = change_device_sets(after.number, after.user, pushable); !changed) {
    return changed;
  }
  if (before != nullptr && before->topic != after.topic) {
    auto left = sets_.put(SetKind::devices_of_topic, before->topic, after.number, false);
    if (!left) {
      return left;
    }
  }
  if (auto put = sets_.put(SetKind::devices_of_topic, after.topic, after.number, pushable); !put) {
    return put;
  }
  change_owner(after.number, before == nullptr ? store::no_user : before->user, after.user);
  blocks_[after.number / limits::block_size][after.number] = after;
  return {};
}

Result<void> Upkeep::device_removed(const store::DeviceRow& before) {
  if (auto changed = change_device_sets(before.number, store::no_user, false); !changed) {
    return changed;
  }
  if (auto put = sets_.put(SetKind::devices_of_topic, before.topic, before.number, false); !put) {
    return put;
  }
  change_owner(before.number, before.user, store::no_user);
  blocks_[before.number / limits::block_size][before.number] = std::nullopt;
  return {};
}

Result<void> Upkeep::change_device_sets(DeviceNumber device, UserNumber user, bool pushable) {
  struct Pair {
    SetKind devices;
    SetKind users;
  };
  for (const auto& [devices, users] : {Pair{SetKind::devices_enabled, SetKind::users_enabled},
                                       Pair{SetKind::devices_invited, SetKind::users_invited},
                                       Pair{SetKind::devices_enrolled, SetKind::users_enrolled}}) {
    const auto of_users = sets_.read(users);
    if (!of_users) {
      return tl::unexpected(of_users.error());
    }
    const bool in = user != store::no_user && (*of_users)->contains(user);
    if (auto put = sets_.put(devices, device, in); !put) {
      return put;
    }
  }
  return sets_.put(SetKind::devices_pushable, device, pushable);
}

void Upkeep::change_owner(DeviceNumber device, UserNumber before, UserNumber after) {
  for (const auto user : {before, after}) {
    if (user != store::no_user) {
      users_touched_.insert(user);
    }
  }
  // A device may change twice before write(): what counts is from where to where.
  owners_.try_emplace(device, Owners{before, after}).first->second.now = after;
}

Result<void> Upkeep::language(UserNumber user) {
  const auto devices = store_.devices_of_user(user);
  if (!devices) {
    return tl::unexpected(devices.error());
  }
  for (const auto device : *devices) {
    auto row = store_.device(device);
    if (!row) {
      return tl::unexpected(row.error());
    }
    blocks_[device / limits::block_size][device] = std::move(*row);
  }
  return {};
}

Result<void> Upkeep::members(store::GroupSets& sets, const NumberSet& gained,
                             const NumberSet& lost) {
  const auto in = devices_of(store_, gained - sets.members);
  const auto out = devices_of(store_, lost & sets.members);
  if (!in || !out) {
    return tl::unexpected(in ? out.error() : in.error());
  }
  sets.members -= lost;
  sets.members |= gained;
  sets.devices -= *out;
  sets.devices |= *in;
  enabled_changed();
  return {};
}

Result<void> Upkeep::write() {
  for (const auto step : {&Upkeep::write_users_pushable, &Upkeep::write_groups,
                          &Upkeep::write_blocks, &Upkeep::write_enabled}) {
    if (auto done = (this->*step)(); !done) {
      return done;
    }
  }
  return sets_.write();
}

Result<void> Upkeep::write_users_pushable() {
  const auto pushable = sets_.read(SetKind::devices_pushable);
  if (!pushable) {
    return tl::unexpected(pushable.error());
  }
  for (const auto user : users_touched_) {
    const auto devices = store_.devices_of_user(user);
    if (!devices) {
      return tl::unexpected(devices.error());
    }
    const bool any = std::ranges::any_of(
        *devices, [&](DeviceNumber device) { return (*pushable)->contains(device); });
    if (auto put = sets_.put(SetKind::users_pushable, user, any); !put) {
      return put;
    }
  }
  users_touched_.clear();
  return {};
}

// Which groups a user is in stands in the groups alone. They are asked only where a device changed
// hands.
Result<void> Upkeep::write_groups() {
  std::erase_if(owners_, [](const auto& each) { return each.second.before == each.second.now; });
  if (owners_.empty()) {
    return {};
  }
  std::vector<std::pair<GroupNumber, NumberSet>> groups;
  auto cursor = store_.group_numbers_members();
  if (!cursor) {
    return tl::unexpected(cursor.error());
  }
  for (;;) {
    const auto more = cursor->step();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      break;
    }
    auto members = NumberSet::read(cursor->bytes(1));
    if (!members) {
      return trouble(ErrorCode::store_corrupt);
    }
    const bool concerned = std::ranges::any_of(owners_, [&](const auto& each) {
      return members->contains(each.second.before) || members->contains(each.second.now);
    });
    if (concerned) {
      groups.emplace_back(static_cast<GroupNumber>(cursor->integer(0)), std::move(*members));
    }
  }
  for (const auto& [group, members] : groups) {
    if (auto written = write_groups_of(group, members); !written) {
      return written;
    }
  }
  owners_.clear();
  return {};
}

Result<void> Upkeep::write_groups_of(GroupNumber group, const NumberSet& members) {
  auto sets = store_.group_sets(group);
  if (!sets) {
    return tl::unexpected(sets.error());
  }
  for (const auto& [device, owners] : owners_) {
    if (members.contains(owners.now)) {
      sets->devices.add(device);
    } else {
      sets->devices.remove(device);
    }
  }
  return store_.put_group_sets(group, *sets);
}

Result<void> Upkeep::write_enabled() {
  if (!enabled_changed_) {
    return {};
  }
  const auto inherited_off = users_off_by_group();
  const auto all = sets_.read(SetKind::users);
  const auto on = sets_.read(SetKind::users_on);
  const auto off = sets_.read(SetKind::users_off);
  const auto inactive = sets_.read(SetKind::users_inactive);
  const auto before = sets_.read(SetKind::users_enabled);
  if (!inherited_off || !all || !on || !off || !inactive || !before) {
    return tl::unexpected(!inherited_off ? inherited_off.error()
                          : !all         ? all.error()
                          : !on          ? on.error()
                          : !off         ? off.error()
                          : !inactive    ? inactive.error()
                                         : before.error());
  }
  auto enabled =
      enabled_users({.all = **all - **inactive, .on = **on, .off = **off}, *inherited_off);
  const auto gained = devices_of(store_, enabled - **before);
  const auto lost = devices_of(store_, **before - enabled);
  if (!gained || !lost) {
    return tl::unexpected(gained ? lost.error() : gained.error());
  }
  enabled_changed_ = false;
  if (auto moved = sets_.move(SetKind::devices_enabled, *gained, *lost); !moved) {
    return moved;
  }
  return sets_.replace(SetKind::users_enabled, std::move(enabled));
}

// The members of the groups that are off, and of all groups inside them. No other group is read.
Result<NumberSet> Upkeep::users_off_by_group() {
  const auto off = sets_.read(SetKind::groups_off);
  if (!off) {
    return tl::unexpected(off.error());
  }
  NumberSet users;
  NumberSet seen = **off;
  std::vector<GroupNumber> waiting = seen.slice(0, seen.size());
  while (!waiting.empty()) {
    const auto sets = store_.group_sets(waiting.back());
    waiting.pop_back();
    if (!sets) {
      return tl::unexpected(sets.error());
    }
    users |= sets->members;
    (sets->children - seen).for_each([&](GroupNumber child) { waiting.push_back(child); });
    seen |= sets->children;
  }
  return users;
}

Result<std::uint16_t> Upkeep::language_of(UserNumber user) {
  if (user == store::no_user) {
    return std::uint16_t{0};
  }
  const auto found = store_.user(user);
  if (!found) {
    return tl::unexpected(found.error());
  }
  const auto& row = *found;
  if (!row) {
    return trouble(ErrorCode::store_corrupt);
  }
  return row->language;
}

Result<void> Upkeep::write_blocks() {
  for (const auto& [number, changes] : blocks_) {
    if (auto written = write_block(number, changes); !written) {
      return written;
    }
  }
  if (blocks_.empty()) {
    return {};
  }
  blocks_.clear();
  const auto version = store_.counter(store::Counter::version);
  if (!version) {
    return tl::unexpected(version.error());
  }
  return store_.set_counter(store::Counter::version, *version + 1);
}

Result<void> Upkeep::write_block(
    std::uint32_t number, const std::map<DeviceNumber, std::optional<store::DeviceRow>>& changes) {
  auto bytes = store_.block(number);
  const auto names = topics();
  if (!bytes || !names) {
    return tl::unexpected(bytes ? names.error() : bytes.error());
  }
  if (!bytes->empty() && !block_is_good(*bytes, number)) {
    return trouble(ErrorCode::store_corrupt);
  }
  BlockChanges changed;
  for (const auto& [device, row] : changes) {
    if (!row) {
      changed.gone.push_back(device);
      continue;
    }
    const auto language = language_of(row->user);
    if (!language) {
      return tl::unexpected(language.error());
    }
    changed.entries.push_back(entry_of(*row, (**names)[row->topic], *language));
  }
  return store_.put_block(number, changed_block(std::move(*bytes), number, changed));
}

}  // namespace muster::roster
