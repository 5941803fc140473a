// What is written to the roster's tables, and when: transactions, rows one by one and by the batch.
#include <memory>
#include <utility>

#include "store/new_rows.h"
#include "store/roster_columns.h"
#include "store/roster_store.h"
#include "store/row_statements.h"

namespace muster::store {
namespace {

// OR FAIL: a row that is refused ends the whole transaction anyhow, so SQLite need not be able to
// undo the statement alone.
struct Users {
  using Row = UserRow;
  static constexpr int columns = 8;
  static constexpr const char* insert = "INSERT OR FAIL INTO users(" MUSTER_USER_COLUMNS ") VALUES";
  static void bind(Statement& write, int at, const UserRow& row) {
    write.bind(at, std::int64_t{row.number})
        .lend(at + 1, row.id)
        .lend(at + 2, row.full_name)
        .lend(at + 3, row.email)
        .bind(at + 4, std::int64_t{row.language})
        .lend(at + 5, row.managed_apple_account)
        .bind(at + 6, static_cast<std::int64_t>(row.managed_distribution))
        .lend(at + 7, row.location);
  }
};

struct Devices {
  using Row = DeviceRow;
  static constexpr int columns = 17;
  static constexpr const char* insert =
      "INSERT OR FAIL INTO devices(" MUSTER_DEVICE_COLUMNS ") VALUES";
  static void bind(Statement& write, int at, const DeviceRow& row) {
    write.bind(at, std::int64_t{row.number})
        .lend(at + 1, row.id)
        .lend(at + 2, row.name)
        .bind(at + 3, std::int64_t{row.user})
        .bind(at + 4, std::int64_t{row.platform})
        .bind(at + 5, std::int64_t{row.enrollment})
        .lend(at + 6, row.serial)
        .bind(at + 7, std::int64_t{row.topic})
        .bind(at + 8, Bytes(row.push_token))
        .lend(at + 9, row.push_magic)
        .bind(at + 10, Bytes(row.user_push_token))
        .lend(at + 11, row.user_push_magic)
        .bind(at + 12, row.registered_at_ms)
        .bind(at + 13, std::int64_t{row.active ? 1 : 0})
        .lend(at + 14, row.udid)
        .lend(at + 15, row.imei)
        .lend(at + 16, row.meid);
  }
};

}  // namespace

struct RosterStore::Gathered {
  NewRows<Users> users;
  NewRows<Devices> devices;
};

RosterStore::RosterStore(Database database)
    : database_(std::move(database)), gathered_(std::make_unique<Gathered>()) {}
RosterStore::RosterStore(RosterStore&& other) noexcept = default;
RosterStore::~RosterStore() = default;

Result<void> RosterStore::begin() {
  return database_.begin();
}
Result<void> RosterStore::commit() {
  if (auto flushed = flush(); !flushed) {
    rollback();
    return flushed;
  }
  return database_.commit();
}
void RosterStore::rollback() {
  gathered_->users.forget();
  gathered_->devices.forget();
  database_.rollback();
}

// Whatever is asked of the tables, it finds in them what was added before.
Result<void> RosterStore::flush() {
  if (!gathered_->users.empty()) {
    if (auto written = gathered_->users.flush(database_); !written) {
      return written;
    }
  }
  return gathered_->devices.empty() ? Result<void>{} : gathered_->devices.flush(database_);
}
Result<Statement*> RosterStore::use(const char* sql) {
  if (auto flushed = flush(); !flushed) {
    return tl::unexpected(flushed.error());
  }
  return statements_.use(database_, sql);
}
Result<Statement> RosterStore::cursor(const char* sql) {
  if (auto flushed = flush(); !flushed) {
    return tl::unexpected(flushed.error());
  }
  return database_.prepare(sql);
}
Result<void> RosterStore::execute(const char* sql) {
  auto flushed = flush();
  return flushed ? database_.execute(sql) : flushed;
}

Result<void> RosterStore::drop_indexes() {
  return execute(
      "DROP INDEX users_by_id; DROP INDEX devices_by_id; DROP INDEX devices_by_user;"
      "DROP INDEX devices_by_serial");
}
Result<void> RosterStore::build_indexes() {
  if (auto flushed = flush(); !flushed) {
    return flushed;
  }
  return database_.execute_sorting(
      "CREATE UNIQUE INDEX users_by_id ON users(id);"
      "CREATE UNIQUE INDEX devices_by_id ON devices(id);"
      "CREATE INDEX devices_by_user ON devices(user);"
      "CREATE INDEX devices_by_serial ON devices(serial) WHERE serial<>''");
}

Result<void> RosterStore::add_user(UserRow& row) {
  return gathered_->users.add(database_, row);
}
Result<void> RosterStore::add_device(DeviceRow& row) {
  return gathered_->devices.add(database_, row);
}

Result<void> RosterStore::put_user(const UserRow& row) {
  MUSTER_USE(write, "INSERT INTO users(" MUSTER_USER_COLUMNS
                    ") VALUES(?,?,?,?,?,?,?,?) ON CONFLICT(number) DO UPDATE SET "
                    "full_name=?3,email=?4,language=?5,managed_apple_account=?6,"
                    "managed_distribution=?7,location=?8");
  return write.bind(1, std::int64_t{row.number})
      .bind(2, std::string_view(row.id))
      .bind(3, std::string_view(row.full_name))
      .bind(4, std::string_view(row.email))
      .bind(5, std::int64_t{row.language})
      .bind(6, std::string_view(row.managed_apple_account))
      .bind(7, static_cast<std::int64_t>(row.managed_distribution))
      .bind(8, std::string_view(row.location))
      .run();
}

Result<void> RosterStore::put_group(const GroupRow& row) {
  MUSTER_USE(write,
             "INSERT INTO user_groups VALUES(?,?,?,?) ON CONFLICT(number) DO UPDATE SET name=?3,"
             "managed_distribution=?4");
  return write.bind(1, std::int64_t{row.number})
      .bind(2, std::string_view(row.id))
      .bind(3, std::string_view(row.name))
      .bind(4, static_cast<std::int64_t>(row.managed_distribution))
      .run();
}

Result<void> RosterStore::put_device(const DeviceRow& row) {
  MUSTER_USE(write, "INSERT INTO devices(" MUSTER_DEVICE_COLUMNS
                    ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(number) DO UPDATE SET "
                    "name=?3,user=?4,platform=?5,enrollment=?6,serial=?7,topic=?8,push_token=?9,"
                    "push_magic=?10,user_push_token=?11,user_push_magic=?12,registered_at_ms=?13,"
                    "active=?14,udid=?15,imei=?16,meid=?17");
  return write.bind(1, std::int64_t{row.number})
      .bind(2, std::string_view(row.id))
      .bind(3, std::string_view(row.name))
      .bind(4, std::int64_t{row.user})
      .bind(5, std::int64_t{row.platform})
      .bind(6, std::int64_t{row.enrollment})
      .bind(7, std::string_view(row.serial))
      .bind(8, std::int64_t{row.topic})
      .bind(9, Bytes(row.push_token))
      .bind(10, std::string_view(row.push_magic))
      .bind(11, Bytes(row.user_push_token))
      .bind(12, std::string_view(row.user_push_magic))
      .bind(13, row.registered_at_ms)
      .bind(14, std::int64_t{row.active ? 1 : 0})
      .bind(15, std::string_view(row.udid))
      .bind(16, std::string_view(row.imei))
      .bind(17, std::string_view(row.meid))
      .run();
}

}  // namespace muster::store
