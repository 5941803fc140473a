#include "store/roster_store.h"

#include <array>
#include <utility>

#include "store/roster_columns.h"
#include "store/row_statements.h"

namespace muster::store {
namespace {

// 2 keeps users_with_mail. The tables are those of 1, whose file lacks the set until a writer has
// derived it (roster/mail_users.h); a build of before would import without keeping it true.
// 3 knows devices by UDID and by serial number, and keeps what was removed: a build of before would
// show and push it.
// 4 knows who came from a directory service, and who is disabled there: a build of before would
// invite these.
// 5 knows devices by IMEI and MEID as well.
constexpr std::int32_t schema_version = 5;
#define MUSTER_DIRECTORY_IDS                                                              \
  "CREATE TABLE directory_ids(kind INTEGER NOT NULL, guid TEXT NOT NULL, number INTEGER " \
  "NOT NULL, source TEXT NOT NULL, PRIMARY KEY(kind, guid)) WITHOUT ROWID;"
constexpr std::string_view with_udid =
    "ALTER TABLE devices ADD COLUMN udid TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX devices_by_udid ON devices(udid) WHERE udid<>'';"
    "CREATE INDEX devices_by_serial ON devices(serial) WHERE serial<>''";
constexpr std::string_view as_if_with_udid =
    "CREATE TEMP VIEW devices AS SELECT *,'' AS udid,'' AS imei,'' AS meid FROM main.devices";
constexpr std::string_view with_radio_ids =
    "ALTER TABLE devices ADD COLUMN imei TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE devices ADD COLUMN meid TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX devices_by_imei ON devices(imei) WHERE imei<>'';"
    "CREATE INDEX devices_by_meid ON devices(meid) WHERE meid<>''";
constexpr std::string_view as_if_with_radio_ids =
    "CREATE TEMP VIEW devices AS SELECT *,'' AS imei,'' AS meid FROM main.devices";
// Readers do not look into directory_ids.
constexpr std::array<OlderVersion, 4> older_versions{
    {{1, "", as_if_with_udid},
     {2, with_udid, as_if_with_udid},
     {3, MUSTER_DIRECTORY_IDS, as_if_with_radio_ids},
     {4, with_radio_ids, as_if_with_radio_ids}}};
constexpr std::string_view schema = MUSTER_DIRECTORY_IDS R"sql(
CREATE TABLE users(number INTEGER PRIMARY KEY, id TEXT NOT NULL, full_name TEXT NOT NULL,
  email TEXT NOT NULL, language INTEGER NOT NULL, managed_apple_account TEXT NOT NULL,
  managed_distribution INTEGER NOT NULL, location TEXT NOT NULL);
CREATE UNIQUE INDEX users_by_id ON users(id);
CREATE TABLE user_groups(number INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL,
  managed_distribution INTEGER NOT NULL);
CREATE UNIQUE INDEX groups_by_id ON user_groups(id);
CREATE INDEX groups_by_name ON user_groups(name);
CREATE TABLE devices(number INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL,
  user INTEGER NOT NULL, platform INTEGER NOT NULL, enrollment INTEGER NOT NULL,
  serial TEXT NOT NULL, topic INTEGER NOT NULL, push_token BLOB NOT NULL, push_magic TEXT NOT NULL,
  user_push_token BLOB NOT NULL, user_push_magic TEXT NOT NULL, registered_at_ms INTEGER NOT NULL,
  active INTEGER NOT NULL, udid TEXT NOT NULL, imei TEXT NOT NULL, meid TEXT NOT NULL);
CREATE UNIQUE INDEX devices_by_id ON devices(id);
CREATE INDEX devices_by_user ON devices(user);
CREATE INDEX devices_by_udid ON devices(udid) WHERE udid<>'';
CREATE INDEX devices_by_imei ON devices(imei) WHERE imei<>'';
CREATE INDEX devices_by_meid ON devices(meid) WHERE meid<>'';
CREATE INDEX devices_by_serial ON devices(serial) WHERE serial<>'';
CREATE TABLE sets(kind INTEGER NOT NULL, key INTEGER NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY(kind, key));
CREATE TABLE group_sets(number INTEGER PRIMARY KEY, members BLOB NOT NULL, children BLOB NOT NULL,
  devices BLOB NOT NULL);
CREATE TABLE blocks(number INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE names(kind INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY(kind, number)) WITHOUT ROWID;
CREATE TABLE counters(name INTEGER PRIMARY KEY, value INTEGER NOT NULL);
)sql";

UserRow read_user(const Statement& at) {
  return UserRow{narrow<UserNumber>(at.integer(0)),
                 std::string(at.text(1)),
                 std::string(at.text(2)),
                 std::string(at.text(3)),
                 narrow<std::uint16_t>(at.integer(4)),
                 std::string(at.text(5)),
                 static_cast<Switch>(at.integer(6)),
                 std::string(at.text(7))};
}

GroupRow read_group(const Statement& at) {
  return GroupRow{narrow<GroupNumber>(at.integer(0)), std::string(at.text(1)),
                  std::string(at.text(2)), static_cast<Switch>(at.integer(3))};
}

}  // namespace

Result<RosterStore, Complaint> RosterStore::open(const std::string& dir, OpenMode mode) {
  auto database = Database::open(dir + "/roster.db", mode, schema_version, schema, older_versions,
                                 PageSize::large);
  if (!database) {
    return tl::unexpected(database.error());
  }
  return RosterStore(std::move(*database));
}

Result<std::uint64_t> RosterStore::counter(Counter which) {
  MUSTER_USE(query, "SELECT value FROM counters WHERE name=?");
  query.bind(1, static_cast<std::int64_t>(which));
  auto value = one<std::int64_t>(query, [](const Statement& at) { return at.integer(0); });
  if (!value) {
    return tl::unexpected(value.error());
  }
  return static_cast<std::uint64_t>(value->value_or(0));
}

Result<std::uint64_t> RosterStore::changes() {
  MUSTER_USE(query, "PRAGMA data_version");
  const auto value = one<std::int64_t>(query, [](const Statement& at) { return at.integer(0); });
  if (!value) {
    return tl::unexpected(value.error());
  }
  return static_cast<std::uint64_t>(value->value_or(0));
}

Result<void> RosterStore::set_counter(Counter which, std::uint64_t value) {
  MUSTER_USE(write, "INSERT OR REPLACE INTO counters VALUES(?,?)");
  return write.bind(1, static_cast<std::int64_t>(which))
      .bind(2, static_cast<std::int64_t>(value))
      .run();
}

Result<std::vector<std::string>> RosterStore::names(NameKind kind) {
  MUSTER_USE(query, "SELECT name FROM names WHERE kind=? ORDER BY number");
  query.bind(1, static_cast<std::int64_t>(kind));
  auto found = all<std::string>(query, [](const Statement& at) { return std::string(at.text(0)); });
  if (found) {
    found->insert(found->begin(), std::string());
  }
  return found;
}

Result<void> RosterStore::add_name(NameKind kind, std::uint16_t number, std::string_view name) {
  MUSTER_USE(write, "INSERT INTO names VALUES(?,?,?)");
  return write.bind(1, static_cast<std::int64_t>(kind))
      .bind(2, std::int64_t{number})
      .bind(3, name)
      .run();
}

Result<std::optional<UserRow>> RosterStore::user(UserNumber number) {
  MUSTER_USE(query, "SELECT " MUSTER_USER_COLUMNS " FROM users WHERE number=?");
  return one<UserRow>(query.bind(1, std::int64_t{number}), read_user);
}
Result<std::optional<UserRow>> RosterStore::user_by_id(std::string_view id) {
  MUSTER_USE(query, "SELECT " MUSTER_USER_COLUMNS " FROM users WHERE id=?");
  return one<UserRow>(query.bind(1, id), read_user);
}
Result<std::optional<GroupRow>> RosterStore::group(GroupNumber number) {
  MUSTER_USE(query, "SELECT * FROM user_groups WHERE number=?");
  return one<GroupRow>(query.bind(1, std::int64_t{number}), read_group);
}
Result<std::optional<GroupRow>> RosterStore::group_by_id(std::string_view id) {
  MUSTER_USE(query, "SELECT * FROM user_groups WHERE id=?");
  return one<GroupRow>(query.bind(1, id), read_group);
}
Result<std::vector<GroupRow>> RosterStore::groups_by_name(std::string_view name) {
  MUSTER_USE(query, "SELECT * FROM user_groups WHERE name=? ORDER BY number");
  return all<GroupRow>(query.bind(1, name), read_group);
}

void RosterStore::read_device(const Statement& at, DeviceRow& row) {
  row.number = narrow<DeviceNumber>(at.integer(0));
  row.id = at.text(1);
  row.name = at.text(2);
  row.user = narrow<UserNumber>(at.integer(3));
  row.platform = narrow<std::uint8_t>(at.integer(4));
  row.enrollment = narrow<std::uint8_t>(at.integer(5));
  row.serial = at.text(6);
  row.topic = narrow<std::uint16_t>(at.integer(7));
  const auto token = at.bytes(8);
  row.push_token.assign(token.begin(), token.end());
  row.push_magic = at.text(9);
  const auto user_token = at.bytes(10);
  row.user_push_token.assign(user_token.begin(), user_token.end());
  row.user_push_magic = at.text(11);
  row.registered_at_ms = at.integer(12);
  row.active = at.integer(13) != 0;
  row.udid = at.text(14);
  row.imei = at.text(15);
  row.meid = at.text(16);
}

Result<std::optional<DeviceRow>> RosterStore::device(DeviceNumber number) {
  MUSTER_USE(query, "SELECT " MUSTER_DEVICE_COLUMNS " FROM devices WHERE number=?");
  return one<DeviceRow>(query.bind(1, std::int64_t{number}), [](const Statement& at) {
    DeviceRow row;
    read_device(at, row);
    return row;
  });
}
Result<std::optional<DeviceRow>> RosterStore::device_by_id(std::string_view id) {
  MUSTER_USE(query, "SELECT " MUSTER_DEVICE_COLUMNS " FROM devices WHERE id=?");
  return one<DeviceRow>(query.bind(1, id), [](const Statement& at) {
    DeviceRow row;
    read_device(at, row);
    return row;
  });
}
Result<std::optional<DeviceRow>> RosterStore::device_by_udid(std::string_view udid) {
  MUSTER_USE(query, "SELECT " MUSTER_DEVICE_COLUMNS
                    " FROM devices WHERE udid=? AND udid<>'' ORDER BY number LIMIT 1");
  return one<DeviceRow>(query.bind(1, udid), [](const Statement& at) {
    DeviceRow row;
    read_device(at, row);
    return row;
  });
}
Result<std::vector<DeviceRow>> RosterStore::devices_by_serial(std::string_view serial) {
  MUSTER_USE(query, "SELECT " MUSTER_DEVICE_COLUMNS
                    " FROM devices WHERE serial=? AND serial<>'' ORDER BY number");
  return all<DeviceRow>(query.bind(1, serial), [](const Statement& at) {
    DeviceRow row;
    read_device(at, row);
    return row;
  });
}
Result<std::vector<DeviceNumber>> RosterStore::devices_of_user(UserNumber user) {
  MUSTER_USE(query, "SELECT number FROM devices WHERE user=? ORDER BY number");
  return all<DeviceNumber>(query.bind(1, std::int64_t{user}),
                           [](const Statement& at) { return narrow<DeviceNumber>(at.integer(0)); });
}

Result<std::vector<DeviceTexts>> RosterStore::texts(DeviceNumber first, DeviceNumber past_last) {
  MUSTER_USE(
      query,
      "SELECT d.number,d.id,d.name,coalesce(u.id,''),coalesce(u.full_name,'') FROM devices d "
      "LEFT JOIN users u ON u.number=d.user WHERE d.number>=? AND d.number<? "
      "ORDER BY d.number");
  query.bind(1, std::int64_t{first}).bind(2, std::int64_t{past_last});
  return all<DeviceTexts>(query, [](const Statement& at) {
    return DeviceTexts{narrow<DeviceNumber>(at.integer(0)), std::string(at.text(1)),
                       std::string(at.text(2)), std::string(at.text(3)), std::string(at.text(4))};
  });
}

Result<Statement*> RosterStore::mail_of_users(UserNumber first, UserNumber past_last) {
  MUSTER_USE(query,
             "SELECT number,email,full_name,language FROM users WHERE number>=? AND number<? "
             "ORDER BY number");
  query.bind(1, std::int64_t{first}).bind(2, std::int64_t{past_last});
  return &query;
}
Result<Statement*> RosterStore::names_of_users(UserNumber first, UserNumber past_last) {
  MUSTER_USE(query,
             "SELECT number,id,full_name FROM users WHERE number>=? AND number<? ORDER BY number");
  query.bind(1, std::int64_t{first}).bind(2, std::int64_t{past_last});
  return &query;
}

Result<Statement*> RosterStore::people_of_users(UserNumber first, UserNumber past_last) {
  MUSTER_USE(query,
             "SELECT number,location,email,managed_apple_account FROM users WHERE number>=? AND "
             "number<? ORDER BY number");
  query.bind(1, std::int64_t{first}).bind(2, std::int64_t{past_last});
  return &query;
}
Result<Statement> RosterStore::user_numbers_with_account() {
  return cursor("SELECT number FROM users WHERE managed_apple_account<>'' ORDER BY number");
}

Result<Statement> RosterStore::user_numbers_ids_languages() {
  return cursor("SELECT number,id,language FROM users ORDER BY number");
}
Result<Statement> RosterStore::user_numbers_with_email() {
  return cursor("SELECT number FROM users WHERE email<>'' ORDER BY number");
}
Result<Statement> RosterStore::group_numbers_ids_names() {
  return cursor("SELECT number,id,name FROM user_groups ORDER BY number");
}
Result<Statement> RosterStore::device_numbers_ids() {
  return cursor("SELECT number,id FROM devices ORDER BY number");
}
Result<Statement> RosterStore::devices(DeviceNumber first, DeviceNumber past_last) {
  auto query = cursor("SELECT " MUSTER_DEVICE_COLUMNS
                      " FROM devices WHERE number>=? AND number<? ORDER BY number");
  if (query) {
    query->bind(1, std::int64_t{first}).bind(2, std::int64_t{past_last});
  }
  return query;
}

Result<NumberSet> RosterStore::set(SetKind kind, std::uint32_t key) {
  auto found = find_set(kind, key);
  if (!found) {
    return tl::unexpected(found.error());
  }
  auto& set = *found;
  return set ? std::move(*set) : NumberSet();
}

Result<std::optional<NumberSet>> RosterStore::find_set(SetKind kind, std::uint32_t key) {
  MUSTER_USE(query, "SELECT bytes FROM sets WHERE kind=? AND key=?");
  query.bind(1, static_cast<std::int64_t>(kind)).bind(2, std::int64_t{key});
  auto more = query.step();
  if (!more) {
    return tl::unexpected(more.error());
  }
  if (!*more) {
    return std::optional<NumberSet>();
  }
  auto set = read_set(query.bytes(0));
  query.reset();
  if (!set) {
    return tl::unexpected(set.error());
  }
  return std::optional<NumberSet>(std::move(*set));
}

Result<void> RosterStore::put_set(SetKind kind, NumberSet& set, std::uint32_t key) {
  MUSTER_USE(write, "INSERT OR REPLACE INTO sets VALUES(?,?,?)");
  const auto bytes = set.write();
  return write.bind(1, static_cast<std::int64_t>(kind))
      .bind(2, std::int64_t{key})
      .bind(3, Bytes(bytes))
      .run();
}

Result<GroupSets> RosterStore::group_sets(GroupNumber number) {
  MUSTER_USE(query, "SELECT members,children,devices FROM group_sets WHERE number=?");
  auto more = query.bind(1, std::int64_t{number}).step();
  if (!more) {
    return tl::unexpected(more.error());
  }
  GroupSets sets;
  if (!*more) {
    return sets;
  }
  NumberSet* const into[] = {&sets.members, &sets.children, &sets.devices};
  for (int i = 0; i < 3; ++i) {
    auto set = read_set(query.bytes(i));
    if (!set) {
      query.reset();
      return tl::unexpected(set.error());
    }
    *into[i] = std::move(*set);
  }
  query.reset();
  return sets;
}

Result<NumberSet> RosterStore::group_children(GroupNumber number) {
  MUSTER_USE(query, "SELECT children FROM group_sets WHERE number=?");
  auto more = query.bind(1, std::int64_t{number}).step();
  if (!more) {
    return tl::unexpected(more.error());
  }
  if (!*more) {
    return NumberSet();
  }
  auto set = read_set(query.bytes(0));
  query.reset();
  return set;
}

Result<void> RosterStore::put_group_sets(GroupNumber number, GroupSets& sets) {
  MUSTER_USE(write, "INSERT OR REPLACE INTO group_sets VALUES(?,?,?,?)");
  const auto members = sets.members.write();
  const auto children = sets.children.write();
  const auto devices = sets.devices.write();
  return write.bind(1, std::int64_t{number})
      .bind(2, Bytes(members))
      .bind(3, Bytes(children))
      .bind(4, Bytes(devices))
      .run();
}

Result<std::vector<Byte>> RosterStore::block(std::uint32_t number) {
  std::vector<Byte> bytes;
  if (const auto found = read_block(number, bytes); !found) {
    return tl::unexpected(found.error());
  }
  return bytes;
}

// A block is a hundred pages and more: straight to where it is wanted, not first into a row of
// SQLite's. Asking for its length reads none of them.
Result<bool> RosterStore::read_block(std::uint32_t number, std::vector<Byte>& into) {
  MUSTER_USE(query, "SELECT length(bytes) FROM blocks WHERE number=?");
  query.bind(1, std::int64_t{number});
  const auto found = one<std::size_t>(
      query, [](const Statement& at) { return static_cast<std::size_t>(at.integer(0)); });
  if (!found) {
    return tl::unexpected(found.error());
  }
  const auto size = *found;
  if (!size) {
    return false;
  }
  if (into.capacity() < *size) {
    into = std::vector<Byte>();  // resize() alone would ask for twice as much
  }
  into.resize(*size);
  const auto done = database_.read_value({.table = "blocks", .name = "bytes"}, number, into);
  if (!done) {
    return tl::unexpected(done.error());
  }
  return true;
}

Result<void> RosterStore::put_block(std::uint32_t number, Bytes bytes) {
  MUSTER_USE(write, "INSERT OR REPLACE INTO blocks VALUES(?,?)");
  return write.bind(1, std::int64_t{number}).bind(2, bytes).run();
}

}  // namespace muster::store
