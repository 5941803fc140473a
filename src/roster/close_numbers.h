// Rows of many numbers in few queries, and numbers of many rows in one set.
#pragma once

#include <span>

#include "base/number_set.h"
#include "base/result.h"
#include "model/id.h"
#include "roster/device_users.h"
#include "store/database.h"

namespace muster::roster {

// Calls visit(place in `users`, the row) for each of them that is known. Numbers that lie close
// together are one query; gaps up to gap_max are read over.
template <class Query, class Visit>
Result<void> each_of(std::span<const UserNumber> users, Query query, Visit visit) {
  constexpr UserNumber gap_max = 16;
  for (std::size_t begin = 0; begin < users.size();) {
    std::size_t end = begin + 1;
    while (end < users.size() && users[end] > users[end - 1] &&
           users[end] - users[end - 1] <= gap_max) {
      ++end;
    }
    const Result<store::Statement*> row = query(users[begin], users[end - 1] + 1);
    if (!row) {
      return tl::unexpected(row.error());
    }
    for (;;) {
      const auto more = (*row)->step();
      if (!more) {
        return tl::unexpected(more.error());
      }
      if (!*more) {
        break;
      }
      const auto number = static_cast<UserNumber>((*row)->integer(0));
      while (begin < end && users[begin] < number) {
        ++begin;
      }
      if (begin < end && users[begin] == number) {
        visit(begin, **row);
      }
    }
    begin = end;
  }
  return {};
}

// The first column of each row, in ascending order, as a set.
[[nodiscard]] inline Result<NumberSet> collect(store::Statement& cursor) {
  OrderedSet found;
  for (;;) {
    const auto more = cursor.step();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return found.take();
    }
    found.add(static_cast<std::uint32_t>(cursor.integer(0)));
  }
}

}  // namespace muster::roster
