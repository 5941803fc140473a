#include "roster/directory_book.h"

#include <unordered_map>

#include "roster/directory_claims.h"
#include "roster/leaving.h"

namespace muster::roster {
namespace {

using store::DirectoryKind;
using store::SetKind;

// Of so few everybody may go at once.
constexpr std::uint64_t removals_unquestioned = 10;

}  // namespace

Result<void> DirectoryBook::prepare(store::RosterStore& store, ImportCounts& counts) {
  const auto users_removed = store.set(SetKind::users_removed);
  const auto groups_removed = store.set(SetKind::groups_removed);
  if (!users_removed || !groups_removed) {
    return tl::unexpected(users_removed ? groups_removed.error() : users_removed.error());
  }
  counts.warnings = directory_.warnings;
  std::vector<Claim> claims;
  claims.reserve(directory_.users.size());
  for (const auto& user : directory_.users) {
    claims.push_back(Claim{user.guid, user.user_id, user.active});
  }
  auto users = settle_claims(
      store, claims,
      {.kind = DirectoryKind::user, .source = directory_.base, .removed = *users_removed},
      counts.warnings);
  if (!users) {
    return tl::unexpected(users.error());
  }
  std::vector<Claim> claims_of_groups;
  claims_of_groups.reserve(directory_.groups.size());
  for (const auto& group : directory_.groups) {
    claims_of_groups.push_back(Claim{group.guid, group.group_id});
  }
  auto groups = settle_claims(
      store, claims_of_groups,
      {.kind = DirectoryKind::group, .source = directory_.base, .removed = *groups_removed},
      counts.warnings);
  if (!groups) {
    return tl::unexpected(groups.error());
  }
  names_ = DirectoryNames{std::move(*users), std::move(*groups)};
  return {};
}

Result<void, Complaint> DirectoryBook::settle(ImportState& state, std::uint32_t removals_percent) {
  const auto refused = [&](const Error& error) { return tl::unexpected(state.complaint(error)); };
  const auto users = keep(state, DirectoryKind::user);
  const auto groups = users ? keep(state, DirectoryKind::group) : tl::unexpected(users.error());
  if (!groups) {
    return refused(groups.error());
  }
  if (auto checked = check_removals(*users, "users", removals_percent); !checked) {
    return checked;
  }
  if (auto checked = check_removals(*groups, "groups", removals_percent); !checked) {
    return checked;
  }
  note_inactive(state, *users);
  if (const auto done = replace_members(state, *users, *groups); !done) {
    return refused(done.error());
  }
  if (const auto done = users_leave(state, users->before - users->now); !done) {
    return refused(done.error());
  }
  groups_leave(state, groups->before - groups->now);
  return {};
}

Result<DirectoryBook::Kept> DirectoryBook::keep(ImportState& state, DirectoryKind kind) {
  const bool user = kind == DirectoryKind::user;
  const auto rows = state.store.directory_ids(kind);
  const auto removed = state.store.set(user ? SetKind::users_removed : SetKind::groups_removed);
  if (!rows || !removed) {
    return tl::unexpected(rows ? removed.error() : rows.error());
  }
  Kept kept;
  std::unordered_map<std::string_view, const store::DirectoryId*> known;
  for (const auto& row : *rows) {
    known.emplace(row.guid, &row);
    kept.ever.add(row.number);
    if (row.source == directory_.base && !removed->contains(row.number)) {
      kept.before.add(row.number);
    }
  }
  auto& table = user ? state.users : state.groups;
  const auto& ids = user ? names_.users : names_.groups;
  for (std::size_t at = 0; at < ids.size(); ++at) {
    const auto& guid = user ? directory_.users[at].guid : directory_.groups[at].guid;
    const auto* entry = ids[at].empty() ? nullptr : table.find(ids[at]);
    const auto found = known.find(guid);
    // A row that was refused leaves who is known as he was, and a stranger outside.
    if (entry == nullptr || (found == known.end() && entry->mark == 0)) {
      continue;
    }
    kept.ever.add(entry->number);
    kept.now.add(entry->number);
    if (found == known.end() || found->second->source != directory_.base) {
      if (auto put = state.store.put_directory_id(kind, {guid, entry->number, directory_.base});
          !put) {
        return tl::unexpected(put.error());
      }
    }
  }
  return kept;
}

Result<void, Complaint> DirectoryBook::check_removals(const Kept& kept, const char* what,
                                                      std::uint32_t percent) const {
  const auto gone = (kept.before - kept.now).size();
  if (gone <= removals_unquestioned || gone * 100 <= kept.before.size() * std::uint64_t{percent}) {
    return {};
  }
  return tl::unexpected(Complaint{
      directory_.name,
      0,
      0,
      std::to_string(gone) + " of the " + std::to_string(kept.before.size()) + " " + what +
          " that came from this directory are there no more",
      "at most " + std::to_string(percent) + " %",
      "check base, filters and bind_dn in [directory], or raise removals_percent_max; nothing was "
      "stored",
      {}});
}

void DirectoryBook::note_inactive(ImportState& state, const Kept& users) const {
  state.users_inactive -= users.now;
  for (std::size_t at = 0; at < names_.users.size(); ++at) {
    const auto* entry = directory_.users[at].active || names_.users[at].empty()
                            ? nullptr
                            : state.users.find(names_.users[at]);
    if (entry != nullptr && users.now.contains(entry->number)) {
      state.users_inactive.add(entry->number);
    }
  }
}

Result<void> DirectoryBook::replace_members(ImportState& state, const Kept& users,
                                            const Kept& groups) {
  for (const auto group : numbers_in(groups.now)) {
    replace_members_of(state, group);
    const auto sets = state.store.group_sets(group);
    if (!sets) {
      return tl::unexpected(sets.error());
    }
    const auto mark = mark_of(state.file, 0);
    (sets->members - users.ever).for_each([&](UserNumber user) {
      state.memberships.push_back(Membership{group, user, false, mark});
    });
    (sets->children - groups.ever).for_each([&](GroupNumber child) {
      state.memberships.push_back(Membership{group, child, true, mark});
    });
  }
  return {};
}

}  // namespace muster::roster
