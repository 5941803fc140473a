// A user who is not reached has devices of which none can be pushed, or none. Blocks say of each
// device why; of a few devices their rows are cheaper. So a million users cost one pass over the
// blocks, and nobody's name is read before he is listed.
#include "roster/unreached.h"

#include <algorithm>
#include <map>

#include "model/limits.h"
#include "roster/block.h"
#include "roster/mail_users.h"
#include "roster/push_target.h"

namespace muster::roster {
namespace {

constexpr std::size_t few_devices = 16'384;  // below so many a row each is cheaper than every block

// By user number, above `first_`: what is soonest mended of his devices' hindrances.
class Hindrances {
 public:
  Hindrances(store::RosterStore& store, const NumberSet& users) : store_(store), users_(users) {
    const auto size = users.size();
    if (size != 0) {
      first_ = users.at(0).value_or(0);
      by_user_.resize(std::size_t{users.at(size - 1).value_or(0)} - first_ + 1, nothing);
      users.for_each([&](UserNumber user) { by_user_[user - first_] = no_device; });
    }
  }
  // Of these devices those that are theirs.
  [[nodiscard]] Result<void> read(const NumberSet& devices);
  [[nodiscard]] Unreached of(UserNumber user, bool nor_address) const {
    const auto found = by_user_[user - first_];
    return found == no_device
               ? Unreached{Why::no_device, Hindrance::none, nor_address}
               : Unreached{Why::by_hindrance, static_cast<Hindrance>(found), nor_address};
  }
  template <class Visit>
  void count(Visit visit) const {
    std::map<std::uint8_t, std::uint64_t> counts;
    for (const auto found : by_user_) {
      ++counts[found];
    }
    counts.erase(nothing);
    for (const auto& [found, users] : counts) {
      visit(found == no_device ? Unreached{Why::no_device, Hindrance::none, false}
                               : Unreached{Why::by_hindrance, static_cast<Hindrance>(found), false},
            users);
    }
  }

 private:
  static constexpr std::uint8_t no_device = 254;
  static constexpr std::uint8_t nothing = 255;  // a user between them

  [[nodiscard]] Result<void> read_rows(const NumberSet& devices);
  [[nodiscard]] Result<void> read_blocks(const NumberSet& devices);
  [[nodiscard]] Result<void> read_block(std::uint32_t number,
                                        std::span<const DeviceNumber> devices);
  [[nodiscard]] Result<void> take_row(DeviceNumber device);
  void take(UserNumber user, Hindrance hindrance) {
    if (user < first_ || user - first_ >= by_user_.size()) {
      return;
    }
    auto& kept = by_user_[user - first_];
    if (kept != nothing) {
      kept = std::min(kept, static_cast<std::uint8_t>(hindrance));
    }
  }

  store::RosterStore& store_;
  const NumberSet& users_;
  UserNumber first_ = 0;
  std::vector<std::uint8_t> by_user_;
  std::vector<std::string> topics_;
};

Result<void> Hindrances::read(const NumberSet& devices) {
  if (devices.empty() || users_.empty()) {
    return {};
  }
  auto topics = store_.names(store::NameKind::topic);
  if (!topics) {
    return tl::unexpected(topics.error());
  }
  topics_ = std::move(*topics);
  return devices.size() <= few_devices ? read_rows(devices) : read_blocks(devices);
}

Result<void> Hindrances::read_rows(const NumberSet& devices) {
  for (const auto device : devices.slice(0, few_devices)) {
    if (auto taken = take_row(device); !taken) {
      return taken;
    }
  }
  return {};
}

Result<void> Hindrances::take_row(DeviceNumber device) {
  const auto found = store_.device(device);
  if (!found) {
    return tl::unexpected(found.error());
  }
  const auto& row = *found;
  if (!row || row->topic >= topics_.size()) {
    return trouble(ErrorCode::store_corrupt);
  }
  take(row->user, hindrance_of(*row, topics_[row->topic]));
  return {};
}

Result<void> Hindrances::read_blocks(const NumberSet& devices) {
  for (std::uint64_t done = 0; done < devices.size();) {
    const auto slice = devices.slice(done, limits::block_size);
    const auto number = slice.front() / limits::block_size;
    const auto end = std::ranges::find_if(
        slice, [&](DeviceNumber device) { return device / limits::block_size != number; });
    if (auto read = read_block(number, {slice.begin(), end}); !read) {
      return read;
    }
    done += static_cast<std::uint64_t>(end - slice.begin());
  }
  return {};
}

Result<void> Hindrances::read_block(std::uint32_t number, std::span<const DeviceNumber> devices) {
  auto bytes = store_.block(number);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  if (!block_is_good(*bytes, number)) {
    return trouble(ErrorCode::store_corrupt);
  }
  const Block block(std::move(*bytes));
  for (const auto device : devices) {
    const auto target = block.at(device);
    // An older version wrote this block: it says that, but not why.
    const bool silent = target.token.empty() && target.hindrance == Hindrance::none;
    if (!silent) {
      take(target.user, target.hindrance);
    } else if (auto taken = take_row(device); !taken) {
      return taken;
    }
  }
  return {};
}

bool asks_for_addresses(const Selection& selection) {
  return selection.means == Means::push_and_mail || selection.means == Means::push_then_mail;
}

}  // namespace

Result<std::vector<UnreachedCount>> count_unreached(store::RosterStore& store,
                                                    const Selection& selection) {
  std::vector<UnreachedCount> counts;
  const auto add = [&](const Unreached& reason, std::uint64_t users) {
    if (users != 0) {
      counts.push_back({reason, users});
    }
  };
  add({Why::disabled, Hindrance::none, false}, selection.users_off.size());
  if (selection.means == Means::mail) {
    add({Why::no_address, Hindrance::none, false}, selection.users_unreached.size());
  } else {
    Hindrances hindrances(store, selection.users_unreached);
    if (const auto read = hindrances.read(selection.devices_unpushable); !read) {
      return tl::unexpected(read.error());
    }
    hindrances.count([&](Unreached reason, std::uint64_t users) {
      reason.nor_address = asks_for_addresses(selection);
      add(reason, users);
    });
  }
  std::ranges::stable_sort(counts, std::ranges::greater(), &UnreachedCount::users);
  return counts;
}

Result<std::vector<UnreachedUser>> list_unreached(store::RosterStore& store,
                                                  const Selection& selection,
                                                  std::optional<UserNumber> after,
                                                  std::size_t limit) {
  const auto all = selection.users_off | selection.users_unreached;
  const auto users =
      all.slice(after ? all.rank(*after) + (all.contains(*after) ? 1 : 0) : 0, limit);
  NumberSet unreached;
  NumberSet devices;
  for (const auto user : users) {
    if (selection.users_off.contains(user) || selection.means == Means::mail) {
      continue;
    }
    unreached.add(user);
    const auto of_user = store.devices_of_user(user);
    if (!of_user) {
      return tl::unexpected(of_user.error());
    }
    std::ranges::for_each(*of_user, [&](DeviceNumber device) { devices.add(device); });
  }
  Hindrances hindrances(store, unreached);
  const auto read = hindrances.read(devices & selection.devices_unpushable);
  auto texts = texts_of_users(store, users);
  if (!read || !texts) {
    return tl::unexpected(read ? texts.error() : read.error());
  }
  std::vector<UnreachedUser> rows;
  rows.reserve(texts->size());
  for (auto& text : *texts) {
    const auto user = text.user;
    const auto reason =
        selection.users_off.contains(user) ? Unreached{Why::disabled, Hindrance::none, false}
        : selection.means == Means::mail   ? Unreached{Why::no_address, Hindrance::none, false}
                                           : hindrances.of(user, asks_for_addresses(selection));
    rows.push_back({std::move(text), reason});
  }
  return rows;
}

}  // namespace muster::roster
