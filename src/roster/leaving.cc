#include "roster/leaving.h"

#include "model/limits.h"

namespace muster::roster {
namespace {

void set_bit(std::vector<bool>& bits, std::size_t at) {
  if (at >= bits.size()) {
    bits.resize(at + 1);
  }
  bits[at] = true;
}

Result<void> free_devices(ImportState& state, UserNumber user) {
  const auto devices = state.store.devices_of_user(user);
  if (!devices) {
    return tl::unexpected(devices.error());
  }
  for (const auto device : *devices) {
    const auto found = state.store.device(device);
    if (!found) {
      return tl::unexpected(found.error());
    }
    auto row = *found;
    if (!row) {
      return trouble(ErrorCode::store_corrupt);
    }
    row->user = store::no_user;
    if (auto put = state.store.put_device(*row); !put) {
      return put;
    }
    set_bit(state.blocks_touched, device / limits::block_size);
    state.assignments_changed = true;
  }
  return {};
}

}  // namespace

Result<void> users_leave(ImportState& state, const NumberSet& users) {
  for (const auto user : numbers_in(users)) {
    note(state.counts.users_changed.removed, state.users.id_of(state.users.entries()[user]));
    if (auto freed = free_devices(state, user); !freed) {
      return freed;
    }
  }
  for (auto* set : {&state.users_all, &state.users_on, &state.users_off, &state.users_with_mail,
                    &state.users_inactive}) {
    *set -= users;
  }
  state.users_removed |= users;
  state.users_leaving |= users;
  return {};
}

void groups_leave(ImportState& state, const NumberSet& groups) {
  for (const auto group : numbers_in(groups)) {
    note(state.counts.groups_changed.removed, state.groups.id_of(state.groups.entries()[group]));
  }
  state.groups_off -= groups;
  state.groups_removed |= groups;
  state.groups_leaving |= groups;
}

void replace_members_of(ImportState& state, GroupNumber group) {
  set_bit(state.groups_replaced, group);
}

std::vector<std::uint32_t> numbers_in(const NumberSet& set) {
  std::vector<std::uint32_t> numbers;
  set.for_each([&](std::uint32_t number) { numbers.push_back(number); });
  return numbers;
}

}  // namespace muster::roster
