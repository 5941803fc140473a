// One user, group or device with all that follows.
#include <algorithm>

#include "roster/import_state.h"
#include "roster/listing.h"
#include "roster/lookup.h"

namespace muster::roster {
namespace {

using store::SetKind;

// Who holds whom, both ways.
struct Groups {
  std::vector<store::GroupSets> sets;             // by number
  std::vector<std::vector<GroupNumber>> parents;  // by number
};

Result<Groups> read_groups(store::RosterStore& store) {
  const auto count = store.groups_count();
  if (!count) {
    return tl::unexpected(count.error());
  }
  Groups groups;
  groups.parents.resize(*count);
  for (GroupNumber number = 0; number < *count; ++number) {
    auto sets = store.group_sets(number);
    if (!sets) {
      return tl::unexpected(sets.error());
    }
    sets->children.for_each([&](GroupNumber child) { groups.parents[child].push_back(number); });
    groups.sets.push_back(std::move(*sets));
  }
  return groups;
}

Result<std::vector<store::GroupRow>> rows_of(store::RosterStore& store, const NumberSet& groups) {
  std::vector<store::GroupRow> rows;
  for (const auto number : groups.slice(0, groups.size())) {
    auto found = store.group(number);
    if (!found) {
      return tl::unexpected(found.error());
    }
    auto& row = *found;
    if (!row) {
      return trouble(ErrorCode::store_corrupt);
    }
    rows.push_back(std::move(*row));
  }
  return rows;
}

Result<void> add_groups(store::RosterStore& store, UserDetails& details) {
  const auto groups = read_groups(store);
  const auto off = store.set(SetKind::groups_off);
  if (!groups || !off) {
    return tl::unexpected(groups ? off.error() : groups.error());
  }
  NumberSet direct;
  std::vector<GroupNumber> waiting;
  for (GroupNumber number = 0; number < groups->sets.size(); ++number) {
    if (groups->sets[number].members.contains(details.user.row.number)) {
      direct.add(number);
      waiting.push_back(number);
    }
  }
  auto above = direct;
  while (!waiting.empty()) {
    const auto group = waiting.back();
    waiting.pop_back();
    for (const auto parent : groups->parents[group]) {
      if (!above.contains(parent)) {
        above.add(parent);
        waiting.push_back(parent);
      }
    }
  }
  auto in = rows_of(store, direct);
  auto switching = rows_of(store, above & *off);
  if (!in || !switching) {
    return tl::unexpected(in ? switching.error() : in.error());
  }
  details.groups = std::move(*in);
  details.groups_off = std::move(*switching);
  return {};
}

Result<void> add_devices(store::RosterStore& store, UserDetails& details) {
  const auto devices = store.devices_of_user(details.user.row.number);
  if (!devices) {
    return tl::unexpected(devices.error());
  }
  for (const auto number : *devices) {
    auto found = store.device(number);
    if (!found) {
      return tl::unexpected(found.error());
    }
    auto& row = *found;
    if (!row) {
      return trouble(ErrorCode::store_corrupt);
    }
    auto listed = listed_device(store, std::move(*row));
    if (!listed) {
      return tl::unexpected(listed.error());
    }
    details.devices.push_back(std::move(*listed));
  }
  return {};
}

Result<void> add_standing(store::RosterStore& store, UserDetails& details) {
  const auto languages = store.names(store::NameKind::language);
  if (!languages) {
    return tl::unexpected(languages.error());
  }
  details.language = (*languages)[details.user.row.language];
  struct Standing {
    SetKind kind;
    bool* in;
  };
  auto& user = details.user;
  for (const auto& [kind, in] : {Standing{SetKind::users_enabled, &user.enabled},
                                 Standing{SetKind::users_invited, &user.invited},
                                 Standing{SetKind::users_enrolled, &user.enrolled}}) {
    const auto set = store.set(kind);
    if (!set) {
      return tl::unexpected(set.error());
    }
    *in = set->contains(user.row.number);
  }
  return {};
}

Result<void> count(store::RosterStore& store, GroupDetails& details) {
  const auto groups = read_groups(store);
  if (!groups) {
    return tl::unexpected(groups.error());
  }
  const auto number = details.group.row.number;
  NumberSet users;
  NumberSet devices;
  NumberSet seen;
  seen.add(number);
  std::vector<GroupNumber> waiting{number};
  while (!waiting.empty()) {
    const auto& sets = groups->sets[waiting.back()];
    waiting.pop_back();
    users |= sets.members;
    devices |= sets.devices;
    (sets.children - seen).for_each([&](GroupNumber child) { waiting.push_back(child); });
    seen |= sets.children;
  }
  details.group.members_direct = groups->sets[number].members.size();
  details.members = users.size();
  details.devices = devices.size();
  struct Count {
    SetKind kind;
    const NumberSet* of;
    std::uint64_t* into;
  };
  for (const auto& [kind, of, into] :
       {Count{SetKind::users_enabled, &users, &details.enabled},
        Count{SetKind::users_invited, &users, &details.invited},
        Count{SetKind::users_enrolled, &users, &details.enrolled},
        Count{SetKind::devices_pushable, &devices, &details.devices_pushable}}) {
    const auto set = store.set(kind);
    if (!set) {
      return tl::unexpected(set.error());
    }
    *into = set->size_of_intersection(*of);
  }
  NumberSet above;
  std::ranges::for_each(groups->parents[number], [&](GroupNumber parent) { above.add(parent); });
  auto parents = rows_of(store, above);
  auto children = rows_of(store, groups->sets[number].children);
  if (!parents || !children) {
    return tl::unexpected(parents ? children.error() : parents.error());
  }
  details.parents = std::move(*parents);
  details.children = std::move(*children);
  return {};
}

}  // namespace

Result<UserDetails, Complaint> user_details(store::RosterStore& store, const std::string& id) {
  auto row = find_user(store, id);
  if (!row) {
    return tl::unexpected(row.error());
  }
  UserDetails details;
  details.user.row = std::move(*row);
  for (const auto step : {add_standing, add_groups, add_devices}) {
    if (const auto done = step(store, details); !done) {
      return tl::unexpected(complaint_of_store(store.file(), done.error()));
    }
  }
  return details;
}

Result<GroupDetails, Complaint> group_details(store::RosterStore& store, const std::string& group) {
  auto row = find_group(store, group);
  if (!row) {
    return tl::unexpected(row.error());
  }
  GroupDetails details;
  details.group.row = std::move(*row);
  if (const auto counted = count(store, details); !counted) {
    return tl::unexpected(complaint_of_store(store.file(), counted.error()));
  }
  return details;
}

Result<ListedDevice, Complaint> device_details(store::RosterStore& store, const std::string& id) {
  auto row = find_device(store, id);
  if (!row) {
    return tl::unexpected(row.error());
  }
  auto listed = listed_device(store, std::move(*row));
  if (!listed) {
    return tl::unexpected(complaint_of_store(store.file(), listed.error()));
  }
  return std::move(*listed);
}

}  // namespace muster::roster
