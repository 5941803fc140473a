// What a text among the settings may look like: a host, a URL, an address …
#pragma once

#include <string>
#include <string_view>

#include "settings/keys.h"

namespace muster::settings {

// Empty where `text` has the form; otherwise what was expected.
[[nodiscard]] std::string expected_instead(std::string_view text, TextForm form);

}  // namespace muster::settings
