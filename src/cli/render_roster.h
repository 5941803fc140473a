// The roster for people and for scripts: lists, and one user, group or device.
//
// Pure functions. The names in JSON are those of the import's columns where there is one.
#pragma once

#include <string>

#include "muster/roster.h"

namespace muster::cli {

[[nodiscard]] std::string list_text(const RosterPage<User>& page);
[[nodiscard]] std::string list_text(const RosterPage<Group>& page);
[[nodiscard]] std::string list_text(const RosterPage<Device>& page);
[[nodiscard]] std::string one_text(const User& user);
[[nodiscard]] std::string one_text(const Group& group);
[[nodiscard]] std::string one_text(const Device& device);

// {"users":[…],"next":n,"more":b}, without the newline; likewise groups and devices.
[[nodiscard]] std::string list_json(const RosterPage<User>& page);
[[nodiscard]] std::string list_json(const RosterPage<Group>& page);
[[nodiscard]] std::string list_json(const RosterPage<Device>& page);
[[nodiscard]] std::string one_json(const User& user);
[[nodiscard]] std::string one_json(const Group& group);
[[nodiscard]] std::string one_json(const Device& device);

}  // namespace muster::cli
