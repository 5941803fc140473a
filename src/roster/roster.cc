#include "roster/roster.h"

#include <algorithm>
#include <map>

#include "model/limits.h"
#include "roster/block.h"
#include "roster/device_users.h"
#include "roster/implementation.h"
#include "roster/import.h"
#include "roster/import_state.h"
#include "roster/mail_users.h"
#include "roster/push_target.h"

namespace muster::roster {
namespace {

using store::SetKind;

// Adds to (or takes from) a set of users and the set of their devices.
Result<void> move_users(store::RosterStore& store, const NumberSet& users, SetKind users_kind,
                        SetKind devices_kind, bool add) {
  auto all = store.set(users_kind);
  auto all_devices = store.set(devices_kind);
  if (!all || !all_devices) {
    return tl::unexpected(all ? all_devices.error() : all.error());
  }
  const auto moved = add ? users - *all : users & *all;
  const auto devices = devices_of(store, moved);
  if (!devices) {
    return tl::unexpected(devices.error());
  }
  if (add) {
    *all |= moved;
    *all_devices |= *devices;
  } else {
    *all -= moved;
    *all_devices -= *devices;
  }
  if (auto put = store.put_set(users_kind, *all); !put) {
    return put;
  }
  return store.put_set(devices_kind, *all_devices);
}

// Takes the tokens out of one block and names the block anew.
Result<void> forget_in_store(store::RosterStore& store, std::uint32_t number,
                             const std::vector<DeviceNumber>& devices) {
  auto bytes = store.block(number);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  if (!block_is_good(*bytes, number)) {
    return trouble(ErrorCode::store_corrupt);
  }
  forget_in_block(*bytes, devices);
  return store.put_block(number, *bytes);
}

// The sets that hold only what can be pushed lose these devices, and their users where none is
// left.
Result<void> forget_in_sets(store::RosterStore& store, const NumberSet& devices,
                            const NumberSet& users) {
  auto pushable = store.set(SetKind::devices_pushable);
  auto users_pushable = store.set(SetKind::users_pushable);
  const auto topics = store.names(store::NameKind::topic);
  if (!pushable || !users_pushable || !topics) {
    return tl::unexpected(!pushable         ? pushable.error()
                          : !users_pushable ? users_pushable.error()
                                            : topics.error());
  }
  *pushable -= devices;
  auto left = users;
  left &= *users_pushable;
  for (const auto user : left.slice(0, left.size())) {
    const auto of_user = store.devices_of_user(user);
    if (!of_user) {
      return tl::unexpected(of_user.error());
    }
    if (std::ranges::none_of(*of_user, [&](auto device) { return pushable->contains(device); })) {
      users_pushable->remove(user);
    }
  }
  for (std::uint32_t topic = 0; topic < topics->size(); ++topic) {
    auto of_topic = store.set(SetKind::devices_of_topic, topic);
    if (!of_topic) {
      return tl::unexpected(of_topic.error());
    }
    *of_topic -= devices;
    if (auto put = store.put_set(SetKind::devices_of_topic, *of_topic, topic); !put) {
      return put;
    }
  }
  if (auto put = store.put_set(SetKind::users_pushable, *users_pushable); !put) {
    return put;
  }
  return store.put_set(SetKind::devices_pushable, *pushable);
}

Result<void> forget(store::RosterStore& store,
                    const std::vector<std::pair<DeviceNumber, std::int64_t>>& wanted) {
  std::map<std::uint32_t, std::vector<DeviceNumber>> by_block;
  NumberSet devices;
  NumberSet users;
  const auto topics = store.names(store::NameKind::topic);
  if (!topics) {
    return tl::unexpected(topics.error());
  }
  for (const auto& [device, timestamp_ms] : wanted) {
    auto found = store.device(device);
    if (!found) {
      return tl::unexpected(found.error());
    }
    auto& row = *found;
    // 0: the peer gave no time, so its word stands.
    const bool newer = row && timestamp_ms != 0 && row->registered_at_ms > timestamp_ms;
    // Without a token (any more) there is nothing that could be gone.
    if (!row || !row->active || newer || !target_of(*row, (*topics)[row->topic])) {
      continue;
    }
    row->active = false;
    if (auto put = store.put_device(*row); !put) {
      return put;
    }
    by_block[device / limits::block_size].push_back(device);
    devices.add(device);
    if (row->user != store::no_user) {
      users.add(row->user);
    }
  }
  if (devices.empty()) {
    return {};
  }
  for (const auto& [number, of_block] : by_block) {
    if (auto forgotten = forget_in_store(store, number, of_block); !forgotten) {
      return forgotten;
    }
  }
  if (auto forgotten = forget_in_sets(store, devices, users); !forgotten) {
    return forgotten;
  }
  const auto version = store.counter(store::Counter::version);
  if (!version) {
    return tl::unexpected(version.error());
  }
  return store.set_counter(store::Counter::version, *version + 1);
}

}  // namespace

Roster::Roster(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Roster::~Roster() = default;

Result<std::unique_ptr<Roster>, Complaint> Roster::open(const std::string& dir) {
  auto store = store::RosterStore::open(dir, store::OpenMode::write);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const auto kept = in_one_commit(*store, [&] { return keep_users_with_mail(*store); });
  if (!kept) {
    return tl::unexpected(complaint_of_store(store->file(), kept.error()));
  }
  return std::unique_ptr<Roster>(
      new Roster(std::make_unique<Implementation>(Implementation{std::move(*store)})));
}

Result<ImportCounts, Complaint> Roster::import(const ImportPlan& plan,
                                               const std::function<bool(const ImportStep&)>& step,
                                               WallTime now) {
  return import_roster(implementation_->store, plan, step, now);
}

Result<void> Roster::add_invited(const NumberSet& users) {
  auto& store = implementation_->store;
  return in_one_commit(store, [&] {
    return move_users(store, users, SetKind::users_invited, SetKind::devices_invited, true);
  });
}

Result<void> Roster::add_invited(const NumberSet& users, const NumberSet& pushable) {
  auto& store = implementation_->store;
  return in_one_commit(store, [&]() -> Result<void> {
    for (const auto& [kind, gained] : {std::pair(SetKind::users_invited, &users),
                                       std::pair(SetKind::devices_invited, &pushable)}) {
      auto invited = store.set(kind);
      if (!invited) {
        return tl::unexpected(invited.error());
      }
      *invited |= *gained;
      if (auto put = store.put_set(kind, *invited); !put) {
        return put;
      }
    }
    return {};
  });
}

Result<void> Roster::remove_invited(const NumberSet& users) {
  auto& store = implementation_->store;
  return in_one_commit(store, [&] {
    return move_users(store, users, SetKind::users_invited, SetKind::devices_invited, false);
  });
}

Result<void> Roster::add_enrolled(const NumberSet& users) {
  auto& store = implementation_->store;
  return in_one_commit(store, [&] {
    return move_users(store, users, SetKind::users_enrolled, SetKind::devices_enrolled, true);
  });
}

Result<void> Roster::forget_tokens(
    const std::vector<std::pair<DeviceNumber, std::int64_t>>& devices_and_timestamps_ms) {
  auto& store = implementation_->store;
  return in_one_commit(store, [&] { return forget(store, devices_and_timestamps_ms); });
}

}  // namespace muster::roster
