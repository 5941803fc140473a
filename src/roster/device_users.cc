#include "roster/device_users.h"

#include "model/limits.h"
#include "roster/block.h"
#include "roster/roster.h"

namespace muster::roster {
namespace {

// Below so many users a query each is cheaper than reading every block.
constexpr std::uint64_t few_users = 4096;

std::vector<bool> bits_of(const NumberSet& set) {
  std::vector<bool> bits;
  const auto size = set.size();
  if (size != 0) {
    bits.resize(std::size_t{set.at(size - 1).value_or(0)} + 1);
    set.for_each([&](std::uint32_t number) { bits[number] = true; });
  }
  return bits;
}

}  // namespace

void read_users_of_block(Bytes block, std::uint32_t number, DeviceUsers& users) {
  const Block entries(std::vector<Byte>(block.begin(), block.end()));
  const auto first = number * limits::block_size;
  for (std::uint32_t i = 0; i < limits::block_size; ++i) {
    const auto target = entries.at(first + i);
    if (!target.known) {
      continue;
    }
    if (first + i >= users.size()) {
      users.resize(std::size_t{first} + i + 1, store::no_user);
    }
    users[first + i] = target.user;
  }
}

Result<NumberSet> devices_of(store::RosterStore& store, const NumberSet& users) {
  NumberSet devices;
  if (users.size() <= few_users) {
    for (const auto user : users.slice(0, few_users)) {
      const auto of_user = store.devices_of_user(user);
      if (!of_user) {
        return tl::unexpected(of_user.error());
      }
      for (const auto device : *of_user) {
        devices.add(device);
      }
    }
    return devices;
  }
  const auto wanted = bits_of(users);
  DeviceUsers owners;
  for (std::uint32_t number = 0;; ++number) {
    const auto block = store.block(number);
    if (!block) {
      return tl::unexpected(block.error());
    }
    if (block->empty()) {
      break;
    }
    if (!block_is_good(*block, number)) {
      return trouble(ErrorCode::store_corrupt);
    }
    read_users_of_block(*block, number, owners);
  }
  OrderedSet found;
  for (std::uint32_t device = 0; device < owners.size(); ++device) {
    if (owners[device] < wanted.size() && wanted[owners[device]]) {
      found.add(device);
    }
  }
  return found.take();
}

void OrderedSet::add(std::uint32_t number) {
  if (count_ != 0 && number == first_ + count_) {
    ++count_;
    return;
  }
  flush();
  first_ = number;
  count_ = 1;
}

NumberSet OrderedSet::take() {
  flush();
  return std::move(set_);
}

void OrderedSet::flush() {
  if (count_ == 1) {
    set_.add(first_);
  } else if (count_ > 1) {
    set_.add_range(first_, first_ + count_);
  }
  count_ = 0;
}

}  // namespace muster::roster
