#include "store/command_store.h"

#include <algorithm>
#include <utility>

#include "store/control_sql.h"
#include "store/row_statements.h"

namespace muster::store {
namespace {

#define MUSTER_ENROLMENT_COLUMNS \
  "id,device,user_channel,platform,enrollment,state,identity,last_seen_ms,last_status"
#define MUSTER_COMMAND_COLUMNS \
  "task,invitation,device,handed,handed_at_ms,not_now,result,result_at_ms,trouble"

EnrolmentRow read_enrolment(const Statement& at) {
  EnrolmentRow row;
  row.id = at.text(0);
  row.device = static_cast<DeviceNumber>(at.integer(1));
  row.user_channel = at.integer(2) != 0;
  row.platform = static_cast<std::uint8_t>(at.integer(3));
  row.enrollment = static_cast<std::uint8_t>(at.integer(4));
  row.state = static_cast<std::uint8_t>(at.integer(5));
  const auto identity = at.bytes(6);
  row.identity.assign(identity.begin(), identity.end());
  row.last_seen.milliseconds = at.integer(7);
  row.last_status = static_cast<std::uint8_t>(at.integer(8));
  return row;
}

// False: the key is no task's id, so the file is not what we wrote.
bool read_command(const Statement& at, CommandRow& row) {
  const auto task = at.bytes(0);
  if (task.size() != row.task.bytes.size()) {
    return false;
  }
  std::copy(task.begin(), task.end(), row.task.bytes.begin());
  row.invitation = static_cast<InvitationNumber>(at.integer(1));
  row.device = static_cast<DeviceNumber>(at.integer(2));
  row.handed = static_cast<std::uint32_t>(at.integer(3));
  row.handed_at.milliseconds = at.integer(4);
  row.not_now = static_cast<std::uint32_t>(at.integer(5));
  row.result = static_cast<std::uint8_t>(at.integer(6));
  row.result_at.milliseconds = at.integer(7);
  row.trouble = at.text(8);
  return true;
}

Result<std::vector<CommandRow>> all_commands(Statement& query) {
  std::vector<CommandRow> rows;
  for (;;) {
    const auto more = query.step();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return rows;
    }
    CommandRow row;
    if (!read_command(query, row)) {
      query.reset();
      return trouble(ErrorCode::store_corrupt);
    }
    rows.push_back(std::move(row));
  }
}

}  // namespace

Result<CommandStore, Complaint> CommandStore::open(const std::string& dir, OpenMode mode) {
  auto database =
      Database::open(dir + "/control.db", mode, control_version, control_schema, control_older);
  if (!database) {
    return tl::unexpected(database.error());
  }
  return CommandStore(std::move(*database));
}

Result<void> CommandStore::begin() {
  return database_.begin();
}
Result<void> CommandStore::commit() {
  return database_.commit();
}
void CommandStore::rollback() {
  database_.rollback();
}

Result<std::optional<EnrolmentRow>> CommandStore::enrolment(std::string_view id) {
  MUSTER_USE(query, "SELECT " MUSTER_ENROLMENT_COLUMNS " FROM enrolment WHERE id=?");
  return one<EnrolmentRow>(query.bind(1, id), read_enrolment);
}

Result<std::vector<EnrolmentRow>> CommandStore::enrolments_of(DeviceNumber device) {
  MUSTER_USE(query,
             "SELECT " MUSTER_ENROLMENT_COLUMNS " FROM enrolment WHERE device=? ORDER BY id");
  return all<EnrolmentRow>(query.bind(1, std::int64_t{device}), read_enrolment);
}

Result<NumberSet> CommandStore::devices_silent(std::uint8_t state_not, WallTime since) {
  MUSTER_USE(query,
             "SELECT device FROM enrolment WHERE state<>? AND device<>? GROUP BY device "
             "HAVING MAX(last_seen_ms)<? ORDER BY device");
  query.bind(1, std::int64_t{state_not}).bind(2, std::int64_t{no_device});
  query.bind(3, since.milliseconds);
  NumberSet devices;
  for (;;) {
    const auto more = query.step();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return devices;
    }
    devices.add(static_cast<DeviceNumber>(query.integer(0)));
  }
}

Result<void> CommandStore::put_enrolment(const EnrolmentRow& row) {
  MUSTER_USE(write, "INSERT OR REPLACE INTO enrolment(" MUSTER_ENROLMENT_COLUMNS
                    ") VALUES(?,?,?,?,?,?,?,?,?)");
  return write.bind(1, std::string_view(row.id))
      .bind(2, std::int64_t{row.device})
      .bind(3, std::int64_t{row.user_channel ? 1 : 0})
      .bind(4, std::int64_t{row.platform})
      .bind(5, std::int64_t{row.enrollment})
      .bind(6, std::int64_t{row.state})
      .bind(7, Bytes(row.identity))
      .bind(8, row.last_seen.milliseconds)
      .bind(9, std::int64_t{row.last_status})
      .run();
}

Result<std::vector<DeviceNumber>> CommandStore::devices_wholly_in(std::uint8_t state,
                                                                  DeviceNumber from,
                                                                  DeviceNumber past) {
  MUSTER_USE(query,
             "SELECT device FROM enrolment WHERE device>=?1 AND device<?2 GROUP BY device "
             "HAVING min(state)=?3 AND max(state)=?3 ORDER BY device");
  query.bind(1, std::int64_t{from}).bind(2, std::int64_t{past}).bind(3, std::int64_t{state});
  return all<DeviceNumber>(query,
                           [](const Statement& at) { return narrow<DeviceNumber>(at.integer(0)); });
}

Result<std::optional<CommandRow>> CommandStore::command(const TaskId& task,
                                                        InvitationNumber invitation) {
  MUSTER_USE(query, "SELECT " MUSTER_COMMAND_COLUMNS " FROM command WHERE task=? AND invitation=?");
  query.bind(1, Bytes(task.bytes)).bind(2, std::int64_t{invitation});
  auto rows = all_commands(query);
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  return rows->empty() ? std::optional<CommandRow>() : std::optional(std::move(rows->front()));
}

Result<void> CommandStore::put_command(const CommandRow& row) {
  MUSTER_USE(write, "INSERT OR REPLACE INTO command(" MUSTER_COMMAND_COLUMNS
                    ") VALUES(?,?,?,?,?,?,?,?,?)");
  return write.bind(1, Bytes(row.task.bytes))
      .bind(2, std::int64_t{row.invitation})
      .bind(3, std::int64_t{row.device})
      .bind(4, std::int64_t{row.handed})
      .bind(5, row.handed_at.milliseconds)
      .bind(6, std::int64_t{row.not_now})
      .bind(7, std::int64_t{row.result})
      .bind(8, row.result_at.milliseconds)
      .bind(9, std::string_view(row.trouble))
      .run();
}

Result<std::vector<CommandRow>> CommandStore::commands_of(DeviceNumber device) {
  MUSTER_USE(query, "SELECT " MUSTER_COMMAND_COLUMNS
                    " FROM command WHERE device=? ORDER BY handed_at_ms DESC,task,invitation");
  return all_commands(query.bind(1, std::int64_t{device}));
}

Result<std::vector<CommandRow>> CommandStore::commands(const TaskId& task, InvitationNumber from,
                                                       InvitationNumber past) {
  MUSTER_USE(query, "SELECT " MUSTER_COMMAND_COLUMNS
                    " FROM command WHERE task=? AND invitation>=? AND invitation<? "
                    "ORDER BY invitation");
  query.bind(1, Bytes(task.bytes)).bind(2, std::int64_t{from}).bind(3, std::int64_t{past});
  return all_commands(query);
}

// The results are those of mdm/desk.h: 1 shown, 2 postponed, 3 refused.
Result<CommandStore::Tally> CommandStore::tally(const TaskId& task) {
  MUSTER_USE(query,
             "SELECT count(*),coalesce(sum(result=2),0),coalesce(sum(result=1),0),"
             "coalesce(sum(result=3),0) FROM command WHERE task=?");
  const auto row = query.bind(1, Bytes(task.bytes)).step();
  if (!row) {
    return tl::unexpected(row.error());
  }
  const auto count = [&](int column) { return static_cast<std::uint64_t>(query.integer(column)); };
  const Tally tally{
      .handed = count(0), .postponed = count(1), .shown = count(2), .refused = count(3)};
  query.reset();
  return tally;
}

Result<WallTime> CommandStore::woken_until() {
  MUSTER_USE(query, "SELECT until_ms FROM woken");
  const auto row =
      one<WallTime>(query, [](const Statement& at) { return WallTime{at.integer(0)}; });
  if (!row) {
    return tl::unexpected(row.error());
  }
  return row->value_or(WallTime{});
}

Result<void> CommandStore::put_woken_until(WallTime until) {
  MUSTER_USE(clear, "DELETE FROM woken");
  if (auto cleared = clear.run(); !cleared) {
    return cleared;
  }
  MUSTER_USE(write, "INSERT INTO woken(until_ms) VALUES(?)");
  return write.bind(1, until.milliseconds).run();
}

}  // namespace muster::store
