// Which numbers are given, rows by number, and who is in which group.
#include "store/roster_store.h"
#include "store/row_statements.h"

namespace muster::store {
namespace {

// Numbers are dense and rows stay: the next is one more than the last.
Result<std::uint32_t> next_number(Statement& query) {
  const auto last = one<std::int64_t>(query, [](const Statement& at) { return at.integer(0); });
  if (!last) {
    return tl::unexpected(last.error());
  }
  return narrow<std::uint32_t>(last->value_or(-1) + 1);
}

Result<Statement> from(Result<Statement> cursor, std::uint32_t first) {
  if (cursor) {
    cursor->bind(1, std::int64_t{first});
  }
  return cursor;
}

}  // namespace

Result<std::uint32_t> RosterStore::users_count() {
  MUSTER_USE(query, "SELECT number FROM users ORDER BY number DESC LIMIT 1");
  return next_number(query);
}
Result<std::uint32_t> RosterStore::groups_count() {
  MUSTER_USE(query, "SELECT number FROM user_groups ORDER BY number DESC LIMIT 1");
  return next_number(query);
}
Result<std::uint32_t> RosterStore::devices_count() {
  MUSTER_USE(query, "SELECT number FROM devices ORDER BY number DESC LIMIT 1");
  return next_number(query);
}

Result<Statement> RosterStore::users_from(UserNumber first) {
  return from(cursor("SELECT number,id,full_name,email FROM users WHERE number>=? "
                     "ORDER BY number"),
              first);
}
Result<Statement> RosterStore::groups_from(GroupNumber first) {
  return from(cursor("SELECT number,id,name FROM user_groups WHERE number>=? ORDER BY number"),
              first);
}
Result<Statement> RosterStore::devices_from(DeviceNumber first) {
  return from(cursor("SELECT number,id,name,serial,udid FROM devices WHERE number>=? "
                     "ORDER BY number"),
              first);
}

Result<std::vector<DeviceRow>> RosterStore::devices_by_radio(std::string_view imei,
                                                             std::string_view meid) {
  MUSTER_USE(query,
             "SELECT number FROM devices WHERE imei=?1 AND imei<>'' UNION "
             "SELECT number FROM devices WHERE meid=?2 AND meid<>'' ORDER BY number");
  const auto numbers =
      all<DeviceNumber>(query.bind(1, imei).bind(2, meid),
                        [](const Statement& at) { return narrow<DeviceNumber>(at.integer(0)); });
  if (!numbers) {
    return tl::unexpected(numbers.error());
  }
  std::vector<DeviceRow> rows;
  for (const auto number : *numbers) {
    auto found = device(number);
    if (!found) {
      return tl::unexpected(found.error());
    }
    if (auto& row = *found; row) {
      rows.push_back(std::move(*row));
    }
  }
  return rows;
}

Result<Statement> RosterStore::device_numbers_keys() {
  return cursor("SELECT number,udid,serial,imei,meid FROM devices ORDER BY number");
}

Result<Statement> RosterStore::group_numbers_members() {
  return cursor("SELECT number,members FROM group_sets ORDER BY number");
}

}  // namespace muster::store
