// Which group holds whom, from what the groups' entries say.
//
// A member is named by DN, by user_id or by id, and which of users and groups it is must be found
// out. Directories let groups hold one another in a circle, where each group of the circle means
// all users of all of them; the roster does not. So each gets these users itself, and the way
// around is cut.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "directory/directory.h"

namespace muster::directory {

// What the entry of a group says of its members, besides those that were known as users at once.
struct NamedMembers {
  std::vector<std::string> dns;    // as Server::dn_key() has them
  std::vector<std::string> guids;  // of groups
};

class Members {
 public:
  explicit Members(Directory& directory) : directory_(directory) {}

  // All users, before the first group.
  void know_users();
  // Into the group at this place: users that are known; the others wait for settle().
  void add_dn(std::uint32_t group, const std::string& dn);
  void add_user_id(std::uint32_t group, const std::string& user_id);
  void add_user_guid(std::uint32_t group, const std::string& guid);
  void add_group_guid(std::uint32_t group, const std::string& guid);
  // Members of the group with this number, which lists them nowhere.
  void add_primary(std::uint32_t user, const std::string& number);
  void know_number(std::uint32_t group, const std::string& number);

  // When all groups are there. Fills users and groups of each, without circles, and warns of
  // members that nobody knows.
  void settle();
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  using Places = std::unordered_map<std::string, std::uint32_t>;
  void add_user(std::uint32_t group, const Places& places, const std::string& key);
  void settle_groups();
  void settle_primaries();
  void cut_circles();
  void warn_of_unknown();

  Directory& directory_;
  Places users_by_dn_;
  Places users_by_id_;
  Places users_by_guid_;
  std::vector<NamedMembers> waiting_;  // by group
  std::vector<std::pair<std::uint32_t, std::string>> primaries_;
  Places groups_by_number_;
  std::uint64_t count_ = 0;
  std::uint64_t unknown_ = 0;
  std::string first_unknown_;
};

// Which groups hold one another in circles: for each group the least place of its circle; alone:
// its own place.
[[nodiscard]] std::vector<std::uint32_t> circles_of(
    const std::vector<std::vector<std::uint32_t>>& inside);

}  // namespace muster::directory
