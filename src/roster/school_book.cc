#include "roster/school_book.h"

#include <algorithm>
#include <unordered_map>

#include "roster/leaving.h"

namespace muster::roster {
namespace {

using store::DirectoryKind;
using store::SetKind;

// Of so few everybody may go at once.
constexpr std::uint64_t removals_unquestioned = 10;

}  // namespace

Result<void, Complaint> SchoolBook::settle(std::uint32_t removals_percent_max) {
  const auto refused = [&](const Error& error) { return tl::unexpected(state_.complaint(error)); };
  const auto users = keep(DirectoryKind::user);
  const auto groups = users ? keep(DirectoryKind::group) : tl::unexpected(users.error());
  if (!groups) {
    return refused(groups.error());
  }
  note_standing(*users);
  if (!school_.whole) {
    if (const auto done = change_members(); !done) {
      return refused(done.error());
    }
    groups_leave(state_, groups->gone);
    return {};
  }
  if (auto checked = check_removals(*users, removals_percent_max); !checked) {
    return checked;
  }
  if (const auto done = replace_members(*users, *groups); !done) {
    return refused(done.error());
  }
  if (const auto done = users_leave(state_, users->before - users->now); !done) {
    return refused(done.error());
  }
  groups_leave(state_, groups->before - groups->now);
  return {};
}

Result<SchoolBook::Kept> SchoolBook::keep(DirectoryKind kind) {
  const bool user = kind == DirectoryKind::user;
  const auto rows = state_.store.directory_ids(kind);
  const auto removed = state_.store.set(user ? SetKind::users_removed : SetKind::groups_removed);
  if (!rows || !removed) {
    return tl::unexpected(rows ? removed.error() : rows.error());
  }
  Kept kept;
  std::unordered_map<std::string_view, const store::DirectoryId*> known;
  for (const auto& row : *rows) {
    kept.ever.add(row.number);
    if (row.source != school_.base) {
      continue;
    }
    known.emplace(row.guid, &row);
    if (!removed->contains(row.number)) {
      kept.before.add(row.number);
    }
  }
  const auto count = user ? school_.users.size() : school_.groups.size();
  auto& table = user ? state_.users : state_.groups;
  for (std::size_t place = 0; place < count; ++place) {
    const auto& id = user ? school_.users[place].id : school_.groups[place].id;
    const auto standing = user ? school_.users[place].standing : school_.groups[place].standing;
    const auto* entry = table.find(id);
    const bool ours = known.contains(guid_of(id));
    // Who is deleted or was refused, and did not come from here before, is a stranger.
    const bool written = entry != nullptr && entry->mark != 0;
    const bool told = standing != Standing::referred && standing != Standing::left_out;
    if (entry == nullptr || !told || (!ours && !written)) {
      continue;
    }
    const bool gone = standing == Standing::gone;
    kept.ever.add(entry->number);
    if (gone && kept.before.contains(entry->number)) {
      kept.gone.add(entry->number);
    }
    // A deleted user stays, in no audience; a deleted group is left.
    if (user || !gone) {
      kept.now.add(entry->number);
    }
    if (!ours) {
      if (auto put =
              state_.store.put_directory_id(kind, {guid_of(id), entry->number, school_.base});
          !put) {
        return tl::unexpected(put.error());
      }
    }
  }
  return kept;
}

Result<void, Complaint> SchoolBook::check_removals(const Kept& users, std::uint32_t percent) const {
  const auto gone = (users.before - users.now).size();
  if (gone <= removals_unquestioned || gone * 100 <= users.before.size() * std::uint64_t{percent}) {
    return {};
  }
  return tl::unexpected(Complaint{
      school_.name,
      0,
      0,
      std::to_string(gone) + " of the " + std::to_string(users.before.size()) +
          " users that came from such files are in them no more",
      "at most " + std::to_string(percent) + " %",
      "see whether these are all files of all locations, or raise removals_percent_max in "
      "[directory]; nothing was stored",
      {}});
}

void SchoolBook::note_standing(const Kept& users) {
  for (const auto& user : school_.users) {
    const auto* entry = state_.users.find(user.id);
    if (entry == nullptr || !users.now.contains(entry->number)) {
      continue;
    }
    const bool was = state_.users_inactive.contains(entry->number);
    if (user.standing == Standing::active) {
      state_.users_inactive.remove(entry->number);
    } else {
      state_.users_inactive.add(entry->number);
    }
    // Whose row says nothing new has changed nevertheless.
    if (was != (user.standing != Standing::active) && user.standing == Standing::gone) {
      note(state_.counts.users_changed.changed, user.id);
    }
  }
}

Result<void> SchoolBook::replace_members(const Kept& users, const Kept& groups) {
  for (const auto group : numbers_in(groups.now)) {
    const auto sets = state_.store.group_sets(group);
    if (!sets) {
      return tl::unexpected(sets.error());
    }
    keep_members(group, sets->members - users.ever, sets->children - groups.ever);
  }
  return {};
}

void SchoolBook::keep_members(GroupNumber group, const NumberSet& users,
                              const NumberSet& children) {
  replace_members_of(state_, group);
  const auto mark = mark_of(state_.file, 0);
  users.for_each(
      [&](UserNumber user) { state_.memberships.push_back(Membership{group, user, false, mark}); });
  children.for_each([&](GroupNumber child) {
    state_.memberships.push_back(Membership{group, child, true, mark});
  });
}

// The rows of an import would replace all members of the groups that they name: whoever stays is
// named as well.
Result<void> SchoolBook::change_members() {
  NumberSet told_anew;
  for (const auto& user : school_.users) {
    const auto* entry = state_.users.find(user.id);
    const bool told = user.standing == Standing::active || user.standing == Standing::disabled;
    if (entry != nullptr && told) {
      told_anew.add(entry->number);
    }
  }
  NumberSet orgs_told;
  std::unordered_map<GroupNumber, NumberSet> joining;
  for (const auto& one : state_.memberships) {
    (one.nested ? orgs_told : joining[one.group]).add(one.member);
  }
  std::unordered_map<GroupNumber, NumberSet> leaving;
  for (const auto& group : school_.groups) {
    const auto* entry = state_.groups.find(group.id);
    for (const auto place : group.users_leaving) {
      const auto* user = entry == nullptr ? nullptr : state_.users.find(school_.users[place].id);
      if (user != nullptr) {
        leaving[entry->number].add(user->number);
      }
    }
  }
  for (const auto& group : state_.groups.entries()) {
    const auto sets = state_.store.group_sets(group.number);
    if (!sets) {
      return tl::unexpected(sets.error());
    }
    const auto id = state_.groups.id_of(group);
    const bool anew = std::ranges::any_of(
        school_.told_anew, [&](const std::string& beginning) { return id.starts_with(beginning); });
    auto users = sets->members - leaving[group.number];
    users -= anew ? told_anew : NumberSet();
    users -= joining[group.number];
    const auto children = id.starts_with("org/") ? sets->children - orgs_told : sets->children;
    const bool same = users == sets->members && children == sets->children;
    const bool named =
        group.number < state_.groups_replaced.size() && state_.groups_replaced[group.number];
    if (!same || named) {
      keep_members(group.number, users, children);
    }
  }
  return {};
}

}  // namespace muster::roster
