// Makes up a school: a roster in CSV (users, groups, members, devices) of any size, from a seed.
//
// The same wishes make the same bytes on every machine. Nobody in it exists: names are built from
// syllables. Groups nest below one root, `all`, which reaches every user only through its groups;
// some users and groups are reached on more than one way, so that a sender that counts a path
// rather than a person shows. Written as a stream: memory does not depend on the number of users.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace muster::loadgen {

struct RosterWishes {
  std::uint32_t users = 1000;
  std::uint32_t devices_per_user = 1;
  std::uint32_t groups = 20;  // besides the root
  std::uint32_t nesting = 3;  // levels of groups below the root; 0: users stand in the root
  std::uint64_t seed = 1;
  double mac_share = 0.1;
  double without_device = 0;  // share of the users that have no device
  double without_mail = 0;    // share of the users that have no mail address
  // What a school has besides. Each leaves the rows of everybody else as they are without it.
  double another_device = 0;      // share of the users that have one device more
  double tv_share = 0;            // of the devices: Apple TVs
  double shared_share = 0;        // of the devices that are no Macs: Shared iPads
  double user_enrollment = 0;     // of the devices: enrolled by their users
  double without_account = 0.25;  // share of the users that have no Managed Apple Account
  std::string mail_domain = "school.example";
  std::uint32_t mail_domains = 1;  // more: user n is in d<n mod mail_domains>.<mail_domain>
  std::string topic = "com.apple.mgmt.External.00000000-0000-4000-8000-000000000000";
  std::string dir;
};

// Told after every few thousand users; may be empty.
using RosterProgress = std::function<void(std::uint64_t done, std::uint64_t of)>;

[[nodiscard]] Result<void, Complaint> make_roster(const RosterWishes& wishes,
                                                  const RosterProgress& progress = {});

// How many groups stand on each level below the root; the last level holds the users. Exposed for
// tests.
[[nodiscard]] std::vector<std::uint32_t> level_sizes(std::uint32_t groups, std::uint32_t nesting);

}  // namespace muster::loadgen
