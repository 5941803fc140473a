// The roster as people look at it: pages of users, groups and devices, and one of them with all
// that follows.
//
// Pages go by number, so that the millionth costs what the first does. A search looks through rows,
// so many a call at most: it may give few or none and say that there is more. Whoever was removed
// is not shown. Each call is one snapshot.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "roster/hindrance.h"
#include "store/roster_store.h"

namespace muster::roster {

struct ListQuery {
  std::string search;       // in ids, names, addresses, serial numbers; ASCII's case aside
  std::uint32_t from = 0;   // `next` of the page before
  std::size_t limit = 100;  // ≤ list_rows_max
};
inline constexpr std::size_t list_rows_max = 1000;
inline constexpr std::size_t list_rows_searched_max = 100'000;  // of one call

// Which members of a group.
enum class MemberState : std::uint8_t { any, not_invited, invited, enrolled };

template <class Item>
struct ListPage {
  std::vector<Item> rows;
  std::uint32_t next = 0;
  bool more = false;  // call again from `next`
};

struct ListedUser {
  store::UserRow row;
  bool enabled = false;
  bool invited = false;
  bool enrolled = false;
};
struct ListedGroup {
  store::GroupRow row;
  std::uint64_t members_direct = 0;
};
struct ListedDevice {
  store::DeviceRow row;
  std::string user_id;  // empty: nobody's
  std::string user_full_name;
  Hindrance hindrance = Hindrance::none;
};

struct UserDetails {
  ListedUser user;
  std::string language;
  std::vector<store::GroupRow> groups;      // he is directly in
  std::vector<store::GroupRow> groups_off;  // which switch him off, himself aside
  std::vector<ListedDevice> devices;
};
struct GroupDetails {
  ListedGroup group;
  // Over all groups inside it, each user once.
  std::uint64_t members = 0;
  std::uint64_t enabled = 0;
  std::uint64_t invited = 0;
  std::uint64_t enrolled = 0;
  std::uint64_t devices = 0;
  std::uint64_t devices_pushable = 0;
  std::vector<store::GroupRow> parents;
  std::vector<store::GroupRow> children;
};

// Inside one snapshot each.
[[nodiscard]] Result<ListedDevice> listed_device(store::RosterStore& store, store::DeviceRow row);
[[nodiscard]] Result<ListPage<ListedUser>> list_users(store::RosterStore& store,
                                                      const ListQuery& query);
// The users of a group and of all groups inside it, each once. Invited are those who have not
// enrolled yet.
[[nodiscard]] Result<ListPage<ListedUser>, Complaint> list_members(store::RosterStore& store,
                                                                   const std::string& group,
                                                                   MemberState state,
                                                                   const ListQuery& query);
[[nodiscard]] Result<ListPage<ListedGroup>> list_groups(store::RosterStore& store,
                                                        const ListQuery& query);
[[nodiscard]] Result<ListPage<ListedDevice>> list_devices(store::RosterStore& store,
                                                          const ListQuery& query);
[[nodiscard]] Result<UserDetails, Complaint> user_details(store::RosterStore& store,
                                                          const std::string& id);
[[nodiscard]] Result<GroupDetails, Complaint> group_details(store::RosterStore& store,
                                                            const std::string& group);
[[nodiscard]] Result<ListedDevice, Complaint> device_details(store::RosterStore& store,
                                                             const std::string& id);

}  // namespace muster::roster
