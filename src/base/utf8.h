// Which bytes are text: strict UTF-8 (no overlong forms, no surrogates), and which characters a
// name may hold.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace muster {

// The offset of the first byte that is NUL or not UTF-8; text.size() where there is none.
[[nodiscard]] std::size_t first_not_text(std::string_view text);
// What stands there, for a person: "the byte 0xE9, which is not UTF-8 (Latin-1?)".
[[nodiscard]] std::string words_of_byte(std::string_view text, std::size_t at);

// The offset of the first control character (C0, DEL or C1: nothing a name may hold); text.size()
// where there is none. `text` is UTF-8.
[[nodiscard]] std::size_t first_control(std::string_view text);
// "a line feed (U+000A)".
[[nodiscard]] std::string words_of_control(std::string_view text, std::size_t at);

}  // namespace muster
