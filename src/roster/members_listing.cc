// The members of a group, a page at a time.
#include <algorithm>

#include "roster/import_state.h"
#include "roster/listing.h"
#include "roster/lookup.h"
#include "roster/search.h"

namespace muster::roster {
namespace {

using store::SetKind;

struct Sets {
  NumberSet enabled;
  NumberSet invited;
  NumberSet enrolled;
};

Result<Sets> read_sets(store::RosterStore& store) {
  auto enabled = store.set(SetKind::users_enabled);
  auto invited = store.set(SetKind::users_invited);
  auto enrolled = store.set(SetKind::users_enrolled);
  for (const auto* set : {&enabled, &invited, &enrolled}) {
    if (!*set) {
      return tl::unexpected(set->error());
    }
  }
  return Sets{std::move(*enabled), std::move(*invited), std::move(*enrolled)};
}

// The users of the group and of those inside it; each group is looked at once.
Result<NumberSet> users_inside(store::RosterStore& store, GroupNumber group) {
  NumberSet users;
  NumberSet seen;
  seen.add(group);
  std::vector<GroupNumber> waiting{group};
  while (!waiting.empty()) {
    const auto sets = store.group_sets(waiting.back());
    if (!sets) {
      return tl::unexpected(sets.error());
    }
    waiting.pop_back();
    users |= sets->members;
    (sets->children - seen).for_each([&](GroupNumber child) { waiting.push_back(child); });
    seen |= sets->children;
  }
  return users;
}

NumberSet in_state(NumberSet users, const Sets& sets, MemberState state) {
  switch (state) {
    case MemberState::any:
      break;
    case MemberState::not_invited:
      return users - sets.invited - sets.enrolled;
    case MemberState::invited:
      return (users & sets.invited) - sets.enrolled;
    case MemberState::enrolled:
      return users & sets.enrolled;
  }
  return users;
}

Result<ListPage<ListedUser>> page_of(store::RosterStore& store, const NumberSet& users,
                                     const Sets& sets, const ListQuery& query) {
  const Search search(query.search);
  const auto limit = std::clamp<std::size_t>(query.limit, 1, list_rows_max);
  ListPage<ListedUser> page;
  page.next = query.from;
  constexpr std::size_t step = 1024;
  auto at = users.rank(query.from);
  for (std::size_t looked = 0;; at += step) {
    const auto numbers = users.slice(at, step);
    for (const auto number : numbers) {
      if (page.rows.size() == limit || looked == list_rows_searched_max) {
        page.more = true;
        return page;
      }
      ++looked;
      page.next = number + 1;
      const auto found = store.user(number);
      if (!found) {
        return tl::unexpected(found.error());
      }
      const auto& row = *found;
      if (!row) {
        return trouble(ErrorCode::store_corrupt);
      }
      if (search.finds(row->id) || search.finds(row->full_name) || search.finds(row->email)) {
        page.rows.push_back({*row, sets.enabled.contains(number), sets.invited.contains(number),
                             sets.enrolled.contains(number)});
      }
    }
    if (numbers.size() < step) {
      return page;
    }
  }
}

}  // namespace

Result<ListPage<ListedUser>, Complaint> list_members(store::RosterStore& store,
                                                     const std::string& group, MemberState state,
                                                     const ListQuery& query) {
  const auto row = find_group(store, group);
  if (!row) {
    return tl::unexpected(row.error());
  }
  const auto sets = read_sets(store);
  if (!sets) {
    return tl::unexpected(complaint_of_store(store.file(), sets.error()));
  }
  auto users = users_inside(store, row->number);
  if (!users) {
    return tl::unexpected(complaint_of_store(store.file(), users.error()));
  }
  auto page = page_of(store, in_state(std::move(*users), *sets, state), *sets, query);
  if (!page) {
    return tl::unexpected(complaint_of_store(store.file(), page.error()));
  }
  return std::move(*page);
}

}  // namespace muster::roster
