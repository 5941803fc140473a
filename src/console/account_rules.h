// What names and passwords must be like.
//
// A password is long rather than strange (ASVS 6.2): any characters, 12 to 128 of them, and none of
// those that everybody tries first.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster::console {

// A name as it is kept: small letters.
[[nodiscard]] std::string kept_name(std::string_view name);
// What is wrong with it and what to do, for a person; nothing where all is well. Of an
// administrator's name (as it is kept) and of a token's. Neither is ever a password's text.
[[nodiscard]] std::optional<std::string> name_trouble(std::string_view name);
[[nodiscard]] std::optional<std::string> password_trouble(std::string_view password,
                                                          std::string_view name);

}  // namespace muster::console
