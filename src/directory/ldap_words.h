// What libldap's results are called for people, with the mend.
#pragma once

#include <string>

#include "base/result.h"
#include "directory/directory.h"

namespace muster::directory {

// What was being done, for the words.
enum class Doing : std::uint8_t { securing, binding, searching };

// `code` is an LDAP result, `diagnostic` what the server or the TLS library said of it.
[[nodiscard]] Complaint complaint_of(const Plan& plan, Doing doing, int code,
                                     const std::string& diagnostic);

}  // namespace muster::directory
