// Whoever works on this machine as the user that owns the data directory: by a command, or through
// the socket. He may do everything, as he could write the files themselves.
#pragma once

#include <cstdint>
#include <string>

namespace muster::console {

// "local:mia"; "local:1000" where the user has no name. No administrator's name has a colon.
[[nodiscard]] std::string local_owner_name(std::uint32_t uid);

}  // namespace muster::console
