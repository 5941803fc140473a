// Everything that follows from the rows, from the rows alone: no set or block is believed but those
// that are collected (who was invited, has enrolled, was removed) and the groups' memberships.
#include "model/limits.h"
#include "roster/implementation.h"
#include "roster/import_state.h"

namespace muster::roster {
namespace {

Result<void> read_users(ImportState& state) {
  state.users_all = NumberSet();
  state.users_on = NumberSet();
  state.users_off = NumberSet();
  state.users_with_mail = NumberSet();
  for (UserNumber number = 0; number < state.users.entries().size(); ++number) {
    if (state.users_removed.contains(number)) {
      continue;
    }
    const auto found = state.store.user(number);
    if (!found) {
      return tl::unexpected(found.error());
    }
    const auto& row = *found;
    if (!row) {
      return trouble(ErrorCode::store_corrupt);
    }
    state.users_all.add(number);
    if (row->managed_distribution == store::Switch::on) {
      state.users_on.add(number);
    } else if (row->managed_distribution == store::Switch::off) {
      state.users_off.add(number);
    }
    if (!row->email.empty()) {
      state.users_with_mail.add(number);
    }
  }
  return {};
}

Result<void> read_groups(ImportState& state) {
  state.groups_off = NumberSet();
  for (GroupNumber number = 0; number < state.groups.entries().size(); ++number) {
    const auto found = state.store.group(number);
    if (!found) {
      return tl::unexpected(found.error());
    }
    const auto& row = *found;
    if (!row) {
      return trouble(ErrorCode::store_corrupt);
    }
    if (row->managed_distribution == store::Switch::off && !state.groups_removed.contains(number)) {
      state.groups_off.add(number);
    }
  }
  return {};
}

Result<void, Complaint> derive_from_rows(ImportState& state) {
  if (auto loaded = load(state); !loaded) {
    return loaded;
  }
  for (const auto read : {read_users, read_groups}) {
    if (const auto done = read(state); !done) {
      return tl::unexpected(state.complaint(done.error()));
    }
  }
  const auto devices = state.devices.entries().size();
  state.blocks_touched.assign((devices + limits::block_size - 1) / limits::block_size, true);
  state.assignments_changed = true;
  return derive(state, {});
}

}  // namespace

Result<void, Complaint> Roster::derive_anew(WallTime now) {
  auto& store = implementation_->store;
  ImportState state(store, now);
  if (const auto begun = store.begin(); !begun) {
    return tl::unexpected(state.complaint(begun.error()));
  }
  if (auto derived = derive_from_rows(state); !derived) {
    store.rollback();
    return derived;
  }
  if (const auto committed = store.commit(); !committed) {
    return tl::unexpected(state.complaint(committed.error()));
  }
  return {};
}

}  // namespace muster::roster
