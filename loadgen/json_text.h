// The plain values of JSON that json_shape.h has cut out: strings with their escapes undone, flags.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster::loadgen {

// A string's content; nothing where `value` is no string, or escapes half a surrogate pair or NUL.
// `value` is as json_shape.h gave it.
[[nodiscard]] std::optional<std::string> json_text(std::string_view value);
// true or false; nothing where it is anything else.
[[nodiscard]] std::optional<bool> json_flag(std::string_view value);

}  // namespace muster::loadgen
