// Words of a device, made fit for a row and a table: one printable line that holds no secret.
#pragma once

#include <string>
#include <string_view>

namespace muster::mdm {

// `text` is UTF-8. Control characters become spaces; cut at a character's end to `bytes_max`.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t bytes_max);

// As above, and whatever could be an invitation's URL or code is left out: a device that refuses
// one may quote it.
[[nodiscard]] std::string one_line_without_secrets(std::string_view text, std::size_t bytes_max);

}  // namespace muster::mdm
