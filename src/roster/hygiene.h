// What is wrong with a roster although every row of it is right: whom no invitation can reach, and
// what only looks like a device, an address or a group.
//
// One snapshot, one pass over users, devices and groups. In memory lie sets of numbers, and sixteen
// bytes for each address; of what is found only the first few by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/number_set.h"
#include "base/result.h"

namespace muster::roster {

struct Finds {
  std::uint64_t count = 0;
  std::vector<std::string> first;  // ids
};
struct Hygiene {
  std::uint64_t users = 0;
  std::uint64_t groups = 0;
  std::uint64_t devices = 0;
  Finds users_without_address;
  Finds users_without_device;
  Finds users_without_either;
  Finds devices_dead;      // their token is gone, as the peer said
  Finds devices_silent;    // as told
  Finds addresses_shared;  // "ann@school.example (u1, u2)"; the count is of addresses
  Finds groups_empty;      // nobody is in them, nor in the groups inside them
};
// `silent`: devices that were not heard of for long; whoever was removed does not count.
[[nodiscard]] Result<Hygiene, Complaint> look_at_hygiene(const std::string& dir,
                                                         const NumberSet& silent,
                                                         std::size_t examples_max);

}  // namespace muster::roster
