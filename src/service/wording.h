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

// The selector as the ledger keeps it: one flat JSON object. `managed`: the task invites to Managed
// Distribution, and each of its users needs the registrar's word first.
[[nodiscard]] std::string write_selector(const Selector& selector, bool managed);
[[nodiscard]] Selector read_selector(const std::string& json);
[[nodiscard]] bool is_managed(const std::string& selector_json);
[[nodiscard]] roster::Wanted wanted(Audience audience);

// "no device that can be pushed (push token gone, 410)"
[[nodiscard]] std::string words_of(const roster::Unreached& reason);
// What keeps a device from being pushed: "push token gone, 410"; empty: nothing does.
[[nodiscard]] const char* words_of(roster::Hindrance hindrance);

}  // namespace muster::service
