#include "roster/listing.h"

#include <algorithm>
#include <span>

#include "roster/push_target.h"
#include "roster/search.h"

namespace muster::roster {
namespace {

using store::SetKind;

// Looks at the rows of a cursor whose first column is the number: `shown` says whether the row is
// to be in the page, and `take` puts it there.
template <class Item, class Shown, class Take>
Result<ListPage<Item>> page_of(Result<store::Statement> cursor, const ListQuery& query, Shown shown,
                               Take take) {
  if (!cursor) {
    return tl::unexpected(cursor.error());
  }
  ListPage<Item> page;
  page.next = query.from;
  const auto limit = std::clamp<std::size_t>(query.limit, 1, list_rows_max);
  for (std::size_t looked = 0;; ++looked) {
    const auto more = cursor->step();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return page;
    }
    if (page.rows.size() == limit || looked == list_rows_searched_max) {
      page.more = true;
      return page;
    }
    const auto number = static_cast<std::uint32_t>(cursor->integer(0));
    page.next = number + 1;
    if (!shown(*cursor, number)) {
      continue;
    }
    if (const Result<void> taken = take(page.rows, number); !taken) {
      return tl::unexpected(taken.error());
    }
  }
}

// Some of a row's texts.
bool finds_any(const Search& search, const store::Statement& at, std::span<const int> columns) {
  return search.empty() ||
         std::ranges::any_of(columns, [&](int column) { return search.finds(at.text(column)); });
}

}  // namespace

Result<ListPage<ListedUser>> list_users(store::RosterStore& store, const ListQuery& query) {
  const auto removed = store.set(SetKind::users_removed);
  const auto enabled = store.set(SetKind::users_enabled);
  const auto invited = store.set(SetKind::users_invited);
  const auto enrolled = store.set(SetKind::users_enrolled);
  for (const auto* set : {&removed, &enabled, &invited, &enrolled}) {
    if (!*set) {
      return tl::unexpected(set->error());
    }
  }
  const Search search(query.search);
  constexpr int texts[] = {1, 2, 3};
  return page_of<ListedUser>(
      store.users_from(query.from), query,
      [&](const store::Statement& at, UserNumber number) {
        return !removed->contains(number) && finds_any(search, at, texts);
      },
      [&](std::vector<ListedUser>& rows, UserNumber number) -> Result<void> {
        auto row = store.user(number);
        if (!row || !*row) {
          return row ? trouble(ErrorCode::store_corrupt) : tl::unexpected(row.error());
        }
        rows.push_back({std::move(**row), enabled->contains(number), invited->contains(number),
                        enrolled->contains(number)});
        return {};
      });
}

Result<ListPage<ListedGroup>> list_groups(store::RosterStore& store, const ListQuery& query) {
  const auto removed = store.set(SetKind::groups_removed);
  if (!removed) {
    return tl::unexpected(removed.error());
  }
  const Search search(query.search);
  constexpr int texts[] = {1, 2};
  return page_of<ListedGroup>(
      store.groups_from(query.from), query,
      [&](const store::Statement& at, GroupNumber number) {
        return !removed->contains(number) && finds_any(search, at, texts);
      },
      [&](std::vector<ListedGroup>& rows, GroupNumber number) -> Result<void> {
        auto row = store.group(number);
        const auto sets = store.group_sets(number);
        if (!row || !sets || !*row) {
          return !row    ? tl::unexpected(row.error())
                 : !sets ? tl::unexpected(sets.error())
                         : trouble(ErrorCode::store_corrupt);
        }
        rows.push_back({std::move(**row), sets->members.size()});
        return {};
      });
}

Result<ListPage<ListedDevice>> list_devices(store::RosterStore& store, const ListQuery& query) {
  const auto removed = store.set(SetKind::devices_removed);
  if (!removed) {
    return tl::unexpected(removed.error());
  }
  const Search search(query.search);
  constexpr int texts[] = {1, 2, 3, 4};
  return page_of<ListedDevice>(
      store.devices_from(query.from), query,
      [&](const store::Statement& at, DeviceNumber number) {
        return !removed->contains(number) && finds_any(search, at, texts);
      },
      [&](std::vector<ListedDevice>& rows, DeviceNumber number) -> Result<void> {
        auto row = store.device(number);
        if (!row || !*row) {
          return row ? trouble(ErrorCode::store_corrupt) : tl::unexpected(row.error());
        }
        auto listed = listed_device(store, std::move(**row));
        if (!listed) {
          return tl::unexpected(listed.error());
        }
        rows.push_back(std::move(*listed));
        return {};
      });
}

Result<ListedDevice> listed_device(store::RosterStore& store, store::DeviceRow row) {
  const auto topics = store.names(store::NameKind::topic);
  if (!topics) {
    return tl::unexpected(topics.error());
  }
  ListedDevice device;
  device.hindrance = hindrance_of(row, (*topics)[row.topic]);
  if (row.user != store::no_user) {
    auto found = store.user(row.user);
    if (!found) {
      return tl::unexpected(found.error());
    }
    auto& user = *found;
    if (!user) {
      return trouble(ErrorCode::store_corrupt);
    }
    device.user_id = std::move(user->id);
    device.user_full_name = std::move(user->full_name);
  }
  device.row = std::move(row);
  return device;
}

}  // namespace muster::roster
