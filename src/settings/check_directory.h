// The same of [directory].
#pragma once

#include "base/result.h"
#include "settings/read.h"

namespace muster::settings {

[[nodiscard]] Result<void, Complaint> check_directory(const DirectorySettings& directory,
                                                      const Origins& origins);

}  // namespace muster::settings
