// The files that [mail] names and that no other room reads: the relay's password and the letters'
// texts. They are read when a dispatcher opens, as keys and certificates are, so that commands
// which send nothing run without them. A complaint names the file and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "muster/settings.h"

namespace muster::settings {

// The first line of `file`, without its line break. Refused where others than the owner may read
// it, as a private key is, and where it is empty or holds control characters.
[[nodiscard]] Result<std::string, Complaint> read_password(const std::string& file);

// The templates with `text` and `html` in place, line breaks as "\n"; text_file and html_file are
// empty afterwards. Refuses a file that is empty, larger than limits::template_bytes_max, or holds
// control characters.
[[nodiscard]] Result<std::vector<MailTemplate>, Complaint> load_templates(const MailSettings& mail);

}  // namespace muster::settings
