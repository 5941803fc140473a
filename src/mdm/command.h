// InviteToProgram as a property list.
#pragma once

#include <string>
#include <string_view>

namespace muster::mdm {

// XML, with the URL's "&" written as the format wants it. Holds a secret.
[[nodiscard]] std::string invite_to_program(std::string_view command_uuid, std::string_view url);

}  // namespace muster::mdm
