// InviteToProgram: its name, its form as a property list, what can become of it.
//
// CommandUUID is a UUIDv8 laid out as an apns-id (model/id.h): the same whenever the command is
// handed out, and it leads back to its row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/id.h"

namespace muster::mdm {

// Numbers are stored: append only.
enum class CommandResult : std::uint8_t { none = 0, shown = 1, postponed = 2, refused = 3 };

[[nodiscard]] std::string command_uuid(const TaskId& task, InvitationNumber invitation);
struct CommandName {
  std::uint64_t task_prefix = 0;  // command_prefix() of its task
  InvitationNumber invitation = 0;
};
// Nothing: not one of ours.
[[nodiscard]] std::optional<CommandName> read_command_uuid(std::string_view text);
// The first 64 bits of SHA-256(task ‖ "command"), with the UUID's version in its nibble.
[[nodiscard]] std::uint64_t command_prefix(const TaskId& task);

// XML, with the URL's "&" written as the format wants it. Holds a secret.
[[nodiscard]] std::string invite_to_program(std::string_view command_uuid, std::string_view url);

}  // namespace muster::mdm
