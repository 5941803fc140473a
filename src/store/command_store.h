// control.db's half for the MDM desk, behind verbs: who is enrolled, and what became of each
// InviteToProgram that was handed to a device.
//
// A command has a row from the moment it is first handed out, not before: until then Cancel needs
// to take nothing back. Verbs that write run inside begin() … commit(); one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/number_set.h"
#include "base/result.h"
#include "base/time.h"
#include "model/id.h"
#include "store/database.h"
#include "store/kept_statements.h"

namespace muster::store {

inline constexpr DeviceNumber no_device = UINT32_MAX;

struct EnrolmentRow {
  std::string id;                   // UDID or EnrollmentID; of a user channel "ID:UserID"
  DeviceNumber device = no_device;  // in the roster
  bool user_channel = false;
  std::uint8_t platform = 0;    // roster::Platform and roster::Enrollment: which channel takes
  std::uint8_t enrollment = 0;  // the command, if any does
  std::uint8_t state = 0;       // the desk's; stored: append only
  std::vector<Byte> identity;   // SHA-256 of the certificate it showed first; empty: none
  WallTime last_seen;
  std::uint8_t last_status = 0;  // the desk's: what the device said last
  friend bool operator==(const EnrolmentRow&, const EnrolmentRow&) = default;
};

struct CommandRow {
  TaskId task;
  InvitationNumber invitation = 0;
  DeviceNumber device = no_device;
  std::uint32_t handed = 0;   // how often
  WallTime handed_at;         // last
  std::uint32_t not_now = 0;  // how often the device put it off
  std::uint8_t result = 0;    // the desk's; stored: append only; 0: none yet
  WallTime result_at;
  std::string trouble;  // in words, of an error; one line, no secrets
  friend bool operator==(const CommandRow&, const CommandRow&) = default;
};

class CommandStore {
 public:
  [[nodiscard]] static Result<CommandStore, Complaint> open(const std::string& dir, OpenMode mode);
  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> commit();
  void rollback();

  [[nodiscard]] Result<std::optional<EnrolmentRow>> enrolment(std::string_view id);
  [[nodiscard]] Result<std::vector<EnrolmentRow>> enrolments_of(DeviceNumber device);
  [[nodiscard]] Result<void> put_enrolment(const EnrolmentRow& row);

  [[nodiscard]] Result<std::optional<CommandRow>> command(const TaskId& task,
                                                          InvitationNumber invitation);
  [[nodiscard]] Result<void> put_command(const CommandRow& row);
  // Devices from ≤ number < past all of whose enrolments are in this state.
  [[nodiscard]] Result<std::vector<DeviceNumber>> devices_wholly_in(std::uint8_t state,
                                                                    DeviceNumber from,
                                                                    DeviceNumber past);
  // Devices with an enrolment in another state than this, none of which was heard of since then.
  [[nodiscard]] Result<NumberSet> devices_silent(std::uint8_t state_not, WallTime since);
  // The one handed out last comes first.
  [[nodiscard]] Result<std::vector<CommandRow>> commands_of(DeviceNumber device);
  // Of invitations from ≤ number < past, in order.
  [[nodiscard]] Result<std::vector<CommandRow>> commands(const TaskId& task, InvitationNumber from,
                                                         InvitationNumber past);
  struct Tally {
    std::uint64_t handed = 0;     // commands handed out at least once
    std::uint64_t postponed = 0;  // of those: the last word is NotNow
    std::uint64_t shown = 0;
    std::uint64_t refused = 0;
  };
  [[nodiscard]] Result<Tally> tally(const TaskId& task);

  // Devices have been woken again as far as that was due until then; 0: never.
  [[nodiscard]] Result<WallTime> woken_until();
  [[nodiscard]] Result<void> put_woken_until(WallTime until);

 private:
  explicit CommandStore(Database database) : database_(std::move(database)) {}
  [[nodiscard]] Result<Statement*> use(const char* sql) { return statements_.use(database_, sql); }
  Database database_;
  KeptStatements statements_;  // ends before the database does
};

}  // namespace muster::store
