#include "store/registration_store.h"

#include <algorithm>
#include <utility>

#include "store/control_sql.h"

namespace muster::store {
namespace {

#define MUSTER_LOCATION_COLUMNS                                                       \
  "number,id,content_token,organisation,name,expires_at_ms,our_id,notification_token" \
  ",since_version,standing,standing_text,installed_at_ms,not_before_ms"
#define MUSTER_REGISTRATION_COLUMNS                                                \
  "user,location,client_user_id,state,error,code,url,id_hash,email,account,tries," \
  "next_at_ms,changed_at_ms"

LocationRow read_location(const Statement& at) {
  LocationRow row;
  row.number = static_cast<LocationNumber>(at.integer(0));
  row.id = at.text(1);
  row.content_token = at.text(2);
  row.organisation = at.text(3);
  row.name = at.text(4);
  row.expires_at = WallTime{at.integer(5)};
  row.our_id = at.text(6);
  row.notification_token = at.text(7);
  row.since_version = at.text(8);
  row.standing = static_cast<std::uint8_t>(at.integer(9));
  row.standing_text = at.text(10);
  row.installed_at = WallTime{at.integer(11)};
  row.not_before = WallTime{at.integer(12)};
  return row;
}

RegistrationRow read_registration(const Statement& at) {
  RegistrationRow row;
  row.user = static_cast<UserNumber>(at.integer(0));
  row.location = static_cast<LocationNumber>(at.integer(1));
  const auto id = at.bytes(2);
  std::copy_n(id.begin(), std::min(id.size(), row.client_user_id.size()),
              row.client_user_id.begin());
  row.state = static_cast<std::uint8_t>(at.integer(3));
  row.error = static_cast<std::uint32_t>(at.integer(4));
  row.code = at.text(5);
  row.url = at.text(6);
  row.id_hash = at.text(7);
  row.email = at.text(8);
  row.account = at.text(9);
  row.tries = static_cast<std::uint8_t>(at.integer(10));
  row.next_at = WallTime{at.integer(11)};
  row.changed_at = WallTime{at.integer(12)};
  return row;
}

// The users of a batch: their numbers, little-endian, four bytes each.
std::vector<UserNumber> read_users(Bytes bytes) {
  std::vector<UserNumber> users(bytes.size() / sizeof(UserNumber));
  for (std::size_t i = 0; i < users.size(); ++i) {
    users[i] = load<UserNumber>(bytes.data() + i * sizeof(UserNumber));
  }
  return users;
}

BatchRow read_batch(const Statement& at) {
  return BatchRow{std::string(at.text(0)), static_cast<LocationNumber>(at.integer(1)),
                  WallTime{at.integer(2)}, read_users(at.bytes(3))};
}

// The first row of a statement that has been bound, or nothing.
template <class Read>
auto one(Statement& statement, Read read) -> Result<std::optional<decltype(read(statement))>> {
  const auto more = statement.step();
  if (!more) {
    return tl::unexpected(more.error());
  }
  std::optional<decltype(read(statement))> row;
  if (*more) {
    row = read(statement);
    statement.reset();
  }
  return row;
}

template <class Read>
auto all(Statement& statement, Read read) -> Result<std::vector<decltype(read(statement))>> {
  std::vector<decltype(read(statement))> rows;
  for (;;) {
    const auto more = statement.step();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return rows;
    }
    rows.push_back(read(statement));
  }
}

std::uint64_t read_count(const Statement& at) {
  return static_cast<std::uint64_t>(at.integer(0));
}

}  // namespace

// Gives `name` the statement of this literal, or returns the trouble.
// NOLINTBEGIN(bugprone-macro-parentheses): a name that is declared takes none.
#define MUSTER_USE(name, sql)                   \
  auto name##_used = use(sql);                  \
  if (!name##_used) {                           \
    return tl::unexpected(name##_used.error()); \
  }                                             \
  Statement& name = **name##_used
// NOLINTEND(bugprone-macro-parentheses)

Result<RegistrationStore, Complaint> RegistrationStore::open(const std::string& dir,
                                                             OpenMode mode) {
  auto database =
      Database::open(dir + "/control.db", mode, control_version, control_schema, control_older);
  if (!database) {
    return tl::unexpected(database.error());
  }
  return RegistrationStore(std::move(*database));
}

Result<void> RegistrationStore::begin() {
  return database_.begin();
}
Result<void> RegistrationStore::commit() {
  return database_.commit();
}
void RegistrationStore::rollback() {
  database_.rollback();
}

Result<std::vector<LocationRow>> RegistrationStore::locations() {
  MUSTER_USE(query, "SELECT " MUSTER_LOCATION_COLUMNS " FROM location ORDER BY number");
  return all(query, read_location);
}

Result<void> RegistrationStore::put_location(LocationRow& row) {
  MUSTER_USE(write, "INSERT INTO location(" MUSTER_LOCATION_COLUMNS
                    ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET "
                    "content_token=?3,organisation=?4,name=?5,expires_at_ms=?6,our_id=?7,"
                    "notification_token=?8,since_version=?9,standing=?10,standing_text=?11,"
                    "installed_at_ms=?12,not_before_ms=?13");
  if (row.number == 0) {
    write.bind_null(1);
  } else {
    write.bind(1, std::int64_t{row.number});
  }
  const auto done = write.bind(2, std::string_view(row.id))
                        .bind(3, std::string_view(row.content_token))
                        .bind(4, std::string_view(row.organisation))
                        .bind(5, std::string_view(row.name))
                        .bind(6, row.expires_at.milliseconds)
                        .bind(7, std::string_view(row.our_id))
                        .bind(8, std::string_view(row.notification_token))
                        .bind(9, std::string_view(row.since_version))
                        .bind(10, std::int64_t{row.standing})
                        .bind(11, std::string_view(row.standing_text))
                        .bind(12, row.installed_at.milliseconds)
                        .bind(13, row.not_before.milliseconds)
                        .run();
  if (!done) {
    return done;
  }
  MUSTER_USE(query, "SELECT number FROM location WHERE id=?");
  const auto number = one(query.bind(1, std::string_view(row.id)), read_count);
  if (!number) {
    return tl::unexpected(number.error());
  }
  row.number = static_cast<LocationNumber>(number->value_or(0));
  return {};
}

Result<void> RegistrationStore::put_registration(const RegistrationRow& row) {
  MUSTER_USE(write, "INSERT INTO registration(" MUSTER_REGISTRATION_COLUMNS
                    ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(user) DO UPDATE SET "
                    "location=?2,client_user_id=?3,state=?4,error=?5,code=?6,url=?7,id_hash=?8,"
                    "email=?9,account=?10,tries=?11,next_at_ms=?12,changed_at_ms=?13");
  return write.bind(1, std::int64_t{row.user})
      .bind(2, std::int64_t{row.location})
      .bind(3, Bytes(row.client_user_id))
      .bind(4, std::int64_t{row.state})
      .bind(5, std::int64_t{row.error})
      .bind(6, std::string_view(row.code))
      .bind(7, std::string_view(row.url))
      .bind(8, std::string_view(row.id_hash))
      .bind(9, std::string_view(row.email))
      .bind(10, std::string_view(row.account))
      .bind(11, std::int64_t{row.tries})
      .bind(12, row.next_at.milliseconds)
      .bind(13, row.changed_at.milliseconds)
      .run();
}

Result<std::optional<RegistrationRow>> RegistrationStore::registration(UserNumber user) {
  MUSTER_USE(query, "SELECT " MUSTER_REGISTRATION_COLUMNS " FROM registration WHERE user=?");
  return one(query.bind(1, std::int64_t{user}), read_registration);
}

Result<std::vector<RegistrationRow>> RegistrationStore::registrations(
    std::span<const UserNumber> users) {
  std::vector<RegistrationRow> rows;
  rows.reserve(users.size());
  for (const auto user : users) {
    auto found = registration(user);
    if (!found) {
      return tl::unexpected(found.error());
    }
    if (auto& row = *found; row) {
      rows.push_back(std::move(*row));
    }
  }
  return rows;
}

Result<std::optional<RegistrationRow>> RegistrationStore::registration_of(
    const std::array<Byte, 16>& client_user_id) {
  MUSTER_USE(query,
             "SELECT " MUSTER_REGISTRATION_COLUMNS " FROM registration WHERE client_user_id=?");
  return one(query.bind(1, Bytes(client_user_id)), read_registration);
}

Result<Statement> RegistrationStore::states() {
  return database_.prepare(
      "SELECT user,state,error,location,client_user_id FROM registration ORDER BY user");
}

Result<std::uint64_t> RegistrationStore::users_of(LocationNumber location,
                                                  std::string_view id_hash) {
  MUSTER_USE(query,
             "SELECT count(*) FROM registration WHERE id_hash=? AND location=? AND id_hash<>''");
  const auto count = one(query.bind(1, id_hash).bind(2, std::int64_t{location}), read_count);
  if (!count) {
    return tl::unexpected(count.error());
  }
  return count->value_or(0);
}

Result<std::uint64_t> RegistrationStore::shared_id_hashes(LocationNumber location) {
  MUSTER_USE(query,
             "SELECT count(*) FROM (SELECT 1 FROM registration WHERE id_hash<>'' AND location=? "
             "GROUP BY id_hash HAVING count(*)>1)");
  const auto count = one(query.bind(1, std::int64_t{location}), read_count);
  if (!count) {
    return tl::unexpected(count.error());
  }
  return count->value_or(0);
}

Result<std::vector<BatchRow>> RegistrationStore::batches() {
  MUSTER_USE(query,
             "SELECT event,location,asked_at_ms,users FROM batch ORDER BY asked_at_ms,event");
  return all(query, read_batch);
}

Result<void> RegistrationStore::put_batch(const BatchRow& row) {
  std::vector<Byte> users;
  users.reserve(row.users.size() * sizeof(UserNumber));
  for (const auto user : row.users) {
    append<UserNumber>(users, user);
  }
  MUSTER_USE(write,
             "INSERT OR REPLACE INTO batch(event,location,asked_at_ms,users) VALUES(?,?,?,?)");
  return write.bind(1, std::string_view(row.event))
      .bind(2, std::int64_t{row.location})
      .bind(3, row.asked_at.milliseconds)
      .bind(4, Bytes(users))
      .run();
}

Result<void> RegistrationStore::remove_batch(std::string_view event) {
  MUSTER_USE(write, "DELETE FROM batch WHERE event=?");
  return write.bind(1, event).run();
}

Result<bool> RegistrationStore::note_notification(std::string_view id, WallTime at) {
  MUSTER_USE(query, "SELECT at_ms FROM notification WHERE id=?");
  const auto seen = one(query.bind(1, id), read_count);
  if (!seen) {
    return tl::unexpected(seen.error());
  }
  if (seen->has_value()) {
    return false;
  }
  MUSTER_USE(write, "INSERT INTO notification(id,at_ms) VALUES(?,?)");
  const auto done = write.bind(1, id).bind(2, at.milliseconds).run();
  if (!done) {
    return tl::unexpected(done.error());
  }
  return true;
}

Result<void> RegistrationStore::forget_notifications(WallTime before) {
  MUSTER_USE(write, "DELETE FROM notification WHERE at_ms<?");
  return write.bind(1, before.milliseconds).run();
}

}  // namespace muster::store
