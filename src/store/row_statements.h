// How the stores' verbs run their statements: prepared once, one row, all rows.
//
// For .cc files of this room alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/number_set.h"
#include "base/result.h"
#include "store/database.h"

// Gives `name` the statement of this literal, or returns the trouble.
// NOLINTBEGIN(bugprone-macro-parentheses): a name that is declared takes none.
#define MUSTER_USE(name, sql)                   \
  auto name##_used = use(sql);                  \
  if (!name##_used) {                           \
    return tl::unexpected(name##_used.error()); \
  }                                             \
  Statement& name = **name##_used
// NOLINTEND(bugprone-macro-parentheses)

namespace muster::store {

template <class T>
T narrow(std::int64_t value) {
  return static_cast<T>(value);
}

// The one row of a statement that has been bound, or nothing.
template <class Row, class Read>
Result<std::optional<Row>> one(Statement& statement, Read read) {
  auto more = statement.step();
  if (!more) {
    return tl::unexpected(more.error());
  }
  std::optional<Row> row;
  if (*more) {
    row = read(statement);
    statement.reset();
  }
  return row;
}

template <class Row, class Read>
Result<std::vector<Row>> all(Statement& statement, Read read) {
  std::vector<Row> rows;
  for (;;) {
    auto more = statement.step();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return rows;
    }
    rows.push_back(read(statement));
  }
}

inline Result<NumberSet> read_set(Bytes bytes) {
  auto set = NumberSet::read(bytes);
  if (!set) {
    return trouble(ErrorCode::store_corrupt);
  }
  return std::move(*set);
}

}  // namespace muster::store
