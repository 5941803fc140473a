// From [directory] and an address that somebody typed to what is to be read.
//
// The login belongs to the one server that the settings name: another address is read as nobody, so
// that no slip of the keyboard hands the password to a stranger.
#pragma once

#include <string>

#include "directory/directory.h"
#include "muster/error.h"
#include "muster/settings.h"

namespace muster::service {

[[nodiscard]] bool is_directory_address(const std::string& path);  // ldap://…, ldaps://…

// `address`: a server, perhaps with a base behind it (ldap://host/dc=school,dc=example), which then
// counts instead of the settings' one. `format`: a kind; empty: the settings' one. Reads the
// password where it goes along.
[[nodiscard]] Checked<directory::Plan> plan_of(const DirectorySettings& settings,
                                               const std::string& address,
                                               const std::string& format);

}  // namespace muster::service
