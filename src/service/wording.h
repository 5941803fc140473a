// From the rooms' records to the public value types, in words.
#pragma once

#include <string>
#include <vector>

#include "ledger/task.h"
#include "muster/error.h"
#include "muster/invitation.h"
#include "muster/preview.h"
#include "muster/selector.h"
#include "muster/task.h"
#include "roster/roster.h"

namespace muster::service {

[[nodiscard]] Failure failure_of(const Complaint& complaint,
                                 FailureKind kind = FailureKind::cannot_start);
[[nodiscard]] Failure failure_of(const Error& error, const std::string& doing);

// `held`: whether a process holds the data directory; a running task nobody holds is interrupted.
[[nodiscard]] Task task_of(const ledger::TaskRow& row, bool held);
// `text` of a mail has no device.
[[nodiscard]] Invitation invitation_of_row(const ledger::Row& row, const ledger::TaskRow& task,
                                           const roster::DeviceText& text);

// Why a task is paused that begins later.
inline constexpr const char* waits_for_its_time = "begins later, as it was asked";

// What was asked with a send, as the ledger keeps it: one flat JSON object.
struct Asked {
  Selector selector;
  // The task invites to Managed Distribution, and each of its users needs the registrar's word
  // first.
  bool managed = false;
  std::string by;  // as in SendOptions, as the next
  std::string key;
  std::int64_t start_at = 0;
  std::string preview;  // its id; kept with a key
};
[[nodiscard]] std::string write_asked(const Asked& asked);
[[nodiscard]] Asked read_asked(const std::string& json);
[[nodiscard]] Selector read_selector(const std::string& json);
[[nodiscard]] bool is_managed(const std::string& selector_json);
[[nodiscard]] roster::Wanted wanted(Audience audience);

// "no device that can be pushed (push token gone, 410)"
[[nodiscard]] std::string words_of(const roster::Unreached& reason);
// What keeps a device from being pushed: "push token gone, 410"; empty: nothing does.
[[nodiscard]] const char* words_of(roster::Hindrance hindrance);

}  // namespace muster::service
