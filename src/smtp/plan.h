// What a composer knows before the first letter: its settings, checked and written out as far as
// they are the same for all letters.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "smtp/body.h"
#include "smtp/composer.h"
#include "smtp/template.h"

namespace muster::smtp {

struct LanguagePlan {
  Octets subject;           // "Subject: …", where it is the same for all
  Pieces personal_subject;  // empty where `subject` is not
  Octets last_fields;       // from MIME-Version to the empty line
  Body body;
  Body own_url_body;  // of letters that have a URL of their own
};

struct Plan {
  Octets first_fields;  // From, Reply-To, and "To: "
  Pieces id_fields;     // Message-ID, and List-Unsubscribe with its Post where it is set
  Pieces sender;
  bool utf8 = false;  // From or the sender needs it
  std::vector<LanguagePlan> languages;
  // Names of the fields in the order in which a letter has them.
  std::vector<std::string_view> field_names;
};

[[nodiscard]] Result<Plan, Complaint> plan_of(const ComposerSettings& settings);

}  // namespace muster::smtp
