#include "roster/select.h"

#include <algorithm>
#include <array>
#include <span>

#include "roster/device_users.h"
#include "roster/import_state.h"
#include "roster/lookup.h"
#include "roster/mail_users.h"
#include "roster/people.h"

namespace muster::roster {
namespace {

using store::SetKind;

// The target's users and devices, before anybody asks who is meant.
struct Target {
  std::string name;
  NumberSet users;
  NumberSet devices;
};

// The group and all groups inside it, once each, whatever the ways between them.
Result<Target> target_of_group(store::RosterStore& store, const store::GroupRow& group) {
  Target target;
  target.name = group.name;
  NumberSet seen;
  seen.add(group.number);
  std::vector<GroupNumber> waiting{group.number};
  while (!waiting.empty()) {
    const auto sets = store.group_sets(waiting.back());
    waiting.pop_back();
    if (!sets) {
      return tl::unexpected(sets.error());
    }
    target.users |= sets->members;
    target.devices |= sets->devices;
    (sets->children - seen).for_each([&](GroupNumber child) { waiting.push_back(child); });
    seen |= sets->children;
  }
  return target;
}

Result<void> read_sets(store::RosterStore& store, std::span<const SetKind> kinds,
                       std::span<NumberSet> into) {
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    auto set = store.set(kinds[i]);
    if (!set) {
      return tl::unexpected(set.error());
    }
    into[i] = std::move(*set);
  }
  return {};
}

// The devices among the target's that are pushed, and their users among the audience.
Result<NumberSet> select_devices(store::RosterStore& store, const Target& target, Wanted wanted,
                                 Selection& selection) {
  const std::array kinds{
      SetKind::users_pushable, SetKind::devices_pushable, SetKind::devices_enabled,
      wanted == Wanted::not_invited ? SetKind::devices_invited : SetKind::devices_enrolled};
  std::array<NumberSet, kinds.size()> sets;
  if (auto read = read_sets(store, kinds, sets); !read) {
    return tl::unexpected(read.error());
  }
  auto& [users_pushable, pushable, enabled, left_out] = sets;
  selection.devices = ((target.devices & pushable) & enabled) - left_out;
  selection.devices_unpushable = target.devices - pushable;
  // His other devices could be pushed, perhaps, but not the one that was asked for.
  return selection.devices.empty() ? NumberSet() : std::move(users_pushable);
}

// Who of the audience is reached by these means, and who is not.
Result<void> select_users(store::RosterStore& store, const NumberSet& audience,
                          const NumberSet& pushable, Means means, Selection& selection) {
  if (means == Means::push) {
    selection.users = audience & pushable;
    selection.users_without_device = audience.size() - selection.users.size();
    return {};
  }
  const auto with_mail = users_with_mail(store);
  if (!with_mail) {
    return tl::unexpected(with_mail.error());
  }
  selection.mailboxes = audience & *with_mail;
  if (means == Means::mail) {
    selection.users = selection.mailboxes;
    selection.users_without_address = audience.size() - selection.users.size();
    return {};
  }
  selection.users = selection.mailboxes | (audience & pushable);
  selection.users_without_either = audience.size() - selection.users.size();
  if (means == Means::push_then_mail) {
    selection.fallbacks = selection.mailboxes & pushable;
    selection.mailboxes -= pushable;
  }
  return {};
}

// Users with a Managed Apple Account are associated by it: nothing is sent to them.
Result<void> set_accounts_apart(store::RosterStore& store, const NumberSet& audience,
                                Selection& selection) {
  auto with_account = users_with_account(store);
  if (!with_account) {
    return tl::unexpected(with_account.error());
  }
  selection.accounts = audience & *with_account;
  if (selection.accounts.empty()) {
    return {};
  }
  const auto devices = devices_of(store, selection.accounts);
  if (!devices) {
    return tl::unexpected(devices.error());
  }
  selection.devices -= *devices;
  return {};
}

Result<Selection> select(store::RosterStore& store, Target target, Meant meant) {
  const std::array kinds{SetKind::users_enabled, SetKind::users_invited, SetKind::users_enrolled};
  std::array<NumberSet, kinds.size()> sets;
  if (auto read = read_sets(store, kinds, sets); !read) {
    return tl::unexpected(read.error());
  }
  const auto& [enabled, invited, enrolled] = sets;
  Selection selection;
  NumberSet pushable;
  if (meant.means != Means::mail) {
    auto users = select_devices(store, target, meant.wanted, selection);
    if (!users) {
      return tl::unexpected(users.error());
    }
    pushable = std::move(*users);
  }
  const auto enabled_selected = target.users & enabled;
  auto audience = enabled_selected - (meant.wanted == Wanted::not_invited ? invited : enrolled);
  if (meant.accounts) {
    if (auto apart = set_accounts_apart(store, audience, selection); !apart) {
      return tl::unexpected(apart.error());
    }
    audience -= selection.accounts;
  }
  if (auto selected = select_users(store, audience, pushable, meant.means, selection); !selected) {
    return tl::unexpected(selected.error());
  }
  selection.users |= selection.accounts;
  selection.users_by_device = audience.size_of_intersection(pushable);  // empty where none is
  selection.users_not_invited =
      enabled_selected.size() - enabled_selected.size_of_intersection(invited);
  selection.users_not_enrolled =
      enabled_selected.size() - enabled_selected.size_of_intersection(enrolled);
  selection.users_off = target.users - enabled_selected;
  selection.users_disabled = selection.users_off.size();
  selection.users_unreached = audience - selection.users;
  selection.means = meant.means;
  selection.target_name = std::move(target.name);
  selection.users_selected = std::move(target.users);
  return selection;
}

Result<Selection, Complaint> selection_of(store::RosterStore& store, Result<Target> target,
                                          Meant meant) {
  if (!target) {
    return tl::unexpected(complaint_of_store(store.file(), target.error()));
  }
  auto selection = select(store, std::move(*target), meant);
  if (!selection) {
    return tl::unexpected(complaint_of_store(store.file(), selection.error()));
  }
  return std::move(*selection);
}

// Narrows a user's target to one of his devices.
Result<void, Complaint> take_one_device(store::RosterStore& store, const store::UserRow& user,
                                        const std::string& device_id, Target& target) {
  const auto device = find_device(store, device_id);
  if (!device) {
    return tl::unexpected(device.error());
  }
  if (device->user != user.number) {
    return tl::unexpected(
        Complaint{"",
                  0,
                  0,
                  "device '" + device_id + "' is not assigned to user '" + user.id + "'",
                  "a device of this user",
                  "assign it first",
                  {}});
  }
  target.devices = NumberSet();
  target.devices.add(device->number);
  return {};
}

}  // namespace

Result<Selection, Complaint> user_selection(store::RosterStore& store, const std::string& user_id,
                                            const std::string& device_id, Meant meant) {
  const auto user = find_user(store, user_id);
  if (!user) {
    return tl::unexpected(user.error());
  }
  Target target;
  target.name = user->full_name;
  target.users.add(user->number);
  const auto devices = store.devices_of_user(user->number);
  if (!devices) {
    return tl::unexpected(complaint_of_store(store.file(), devices.error()));
  }
  for (const auto device : *devices) {
    target.devices.add(device);
  }
  if (!device_id.empty()) {
    if (auto taken = take_one_device(store, *user, device_id, target); !taken) {
      return tl::unexpected(taken.error());
    }
  }
  return selection_of(store, std::move(target), meant);
}

Result<Selection, Complaint> group_selection(store::RosterStore& store, const std::string& group,
                                             Meant meant) {
  const auto found = find_group(store, group);
  if (!found) {
    return tl::unexpected(found.error());
  }
  return selection_of(store, target_of_group(store, *found), meant);
}

Result<std::vector<DeviceText>> texts_of(store::RosterStore& store,
                                         const std::vector<DeviceNumber>& devices) {
  std::vector<DeviceText> texts;
  texts.reserve(devices.size());
  // Numbers that lie close together are one query; gaps up to this are read over.
  constexpr DeviceNumber gap_max = 16;
  for (std::size_t begin = 0; begin < devices.size();) {
    std::size_t end = begin + 1;
    while (end < devices.size() && devices[end] > devices[end - 1] &&
           devices[end] - devices[end - 1] <= gap_max) {
      ++end;
    }
    auto rows = store.texts(devices[begin], devices[end - 1] + 1);
    if (!rows) {
      return tl::unexpected(rows.error());
    }
    auto row = rows->begin();
    for (; begin < end; ++begin) {
      while (row != rows->end() && row->number < devices[begin]) {
        ++row;
      }
      if (row != rows->end() && row->number == devices[begin]) {
        texts.push_back(DeviceText{row->number, std::move(row->device_id),
                                   std::move(row->device_name), std::move(row->user_id),
                                   std::move(row->user_full_name)});
      }
    }
  }
  return texts;
}

}  // namespace muster::roster
