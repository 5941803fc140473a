// Tasks as the ledger keeps them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/number_set.h"
#include "base/time.h"
#include "model/id.h"
#include "model/layout.h"
#include "model/outcome.h"

namespace muster::ledger {

// Stored; append only. interrupted is never stored: it is what a reader calls a running task that
// no process holds. paused: by the machine, over something that the next process may find mended
// (credentials, disk, peer); held: by a person, or over something that a person must judge.
enum class TaskState : std::uint8_t {
  running = 0,
  paused = 1,
  completed = 2,
  cancelled = 3,
  held = 4,
};

// Everything about a send that is frozen with its confirmation.
struct NewTask {
  TaskId id;
  std::string target_name;
  std::string selector;  // JSON, as the service writes it
  // The targets (model/layout.h): what is pushed, who gets mail, who gets mail once his last device
  // invitation of this task has failed, and who is associated without an invitation. A user is in
  // one of the two mail sets at most.
  NumberSet devices;
  NumberSet mailboxes;
  NumberSet fallbacks;
  NumberSet accounts;
  NumberSet users;  // all who are meant: of `devices` at Send, `mailboxes`, and `accounts`
  IdPrefix push_prefix{};
  IdPrefix mail_prefix{};
  std::int64_t expiration_s = 0;  // apns-expiration: seconds since 1970
  std::uint32_t rate = 0;         // invitations a second; 0: no limit of its own
  std::string paused_because;     // not empty: the task is there, paused
  // Alert payloads by language ("" first: the fallback); empty where no alert is sent.
  std::vector<std::pair<std::string, std::string>> alert_payloads;
  WallTime created_at;
};

// Durable counts. What is not here is queued: by_state[queued] stays 0. A cancelled task's unsent
// ones count as cancelled.
struct Counts {
  std::array<std::uint64_t, states_count> by_state{};
  std::map<std::pair<State, Reason>, std::uint64_t> by_reason;  // failed, unreachable, expired, …
  std::uint64_t repeated = 0;  // attempts begun while an earlier one was in doubt
  std::uint64_t woken = 0;     // fallbacks that are invitations now
};

// What the roster's `invited` has of a task: the two are in different files, so that whoever opens
// them makes good what a crash left between them. Stored; append only.
enum class Invited : std::uint8_t {
  unknown = 0,  // nothing yet, or not those who are tried again
  added = 1,    // whom it means
  settled = 2,  // it has ended, and whom it did not reach is invited no more
};

struct TaskRow {
  TaskId id;
  TaskState state = TaskState::running;
  std::string state_reason;
  std::uint32_t epoch = 0;
  std::string target_name;
  std::string selector;
  Layout layout;
  std::uint64_t invitations = 0;  // devices, mailboxes, accounts and woken fallbacks
  IdPrefix push_prefix{};
  IdPrefix mail_prefix{};
  std::int64_t expiration_s = 0;
  std::uint32_t rate = 0;
  Invited invited = Invited::unknown;
  WallTime created_at;
  WallTime ended_at;  // 0: active
  Counts counts;
};

// One invitation as it stands.
struct Row {
  InvitationNumber invitation = 0;
  Outcome outcome;  // never `elsewhere`
  std::uint32_t generation = 0;
  std::uint16_t status = 0;  // of the last answer; 0 where no exception row tells
  std::int64_t timestamp_ms = 0;
  std::int64_t next_at_ms = 0;  // deferred
  WallTime updated_at;          // 0: never touched
  std::string reply;            // mail: the last reply, in one line
  bool asleep = false;          // a fallback that nobody woke: no invitation
};

}  // namespace muster::ledger
