// The same of [mail] and what belongs to it.
#pragma once

#include "base/result.h"
#include "settings/read.h"

namespace muster::settings {

[[nodiscard]] Result<void, Complaint> check_mail(const MailSettings& mail, const Origins& origins);

}  // namespace muster::settings
