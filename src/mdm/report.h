// What a device says when it asks for a command: how it fared with the last one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mdm/command.h"
#include "mdm/plist.h"
#include "mdm/sender.h"

namespace muster::mdm {

struct Report {
  // Numbers are stored: append only.
  enum class Status : std::uint8_t {
    idle = 1,
    acknowledged = 2,
    not_now = 3,
    error = 4,
    format_error = 5,
  };
  Sender sender;
  Status status = Status::idle;
  std::string command_uuid;                    // empty of idle
  CommandResult result = CommandResult::none;  // what it means for an InviteToProgram
  std::string trouble;                         // where refused: in words; one line, no secrets
};

// Nothing: no report that Apple describes (answer 400).
[[nodiscard]] std::optional<Report> read_report(const PlistValue& message);

}  // namespace muster::mdm
