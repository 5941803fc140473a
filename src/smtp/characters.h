// Characters of names, addresses and templates: what is UTF-8, and what must not get into a letter.
//
// A name comes from a directory that anybody may have written to. Removed from it are: controls (C0
// with CR, LF and NUL, DEL, C1), line and paragraph separators, the byte order mark, and all bidi
// marks (U+061C, U+200E, U+200F, U+202A–U+202E, U+2066–U+2069): with them a name could end a header
// field or show the text around it in reverse. Letters of right-to-left scripts need none of them;
// joiners (U+200C, U+200D), which Persian and emoji need, stay. What is not UTF-8 becomes U+FFFD.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace muster::smtp {

struct Character {
  char32_t code = 0;
  std::uint8_t size = 0;  // in bytes; 0: no UTF-8 here
};
// At text[at], which must be there.
[[nodiscard]] Character character_at(std::string_view text, std::size_t at);
// Controls, separators, marks that turn text: see above. Not the space.
[[nodiscard]] bool invisible(char32_t code);

// `text` without what stands above and without blanks around it: itself where nothing is to be
// done, else in `room`.
[[nodiscard]] std::string_view harmless(std::string_view text, std::string& room);

[[nodiscard]] bool is_ascii(std::string_view text);
// ASCII without controls; a blank is printable.
[[nodiscard]] bool is_printable(std::string_view text);
// "the control character U+000A", "the invisible character U+202E", "a byte that is not UTF-8": the
// first in `text` that has no place there; empty: none. Line ends and tabs need Lines::several.
enum class Lines : std::uint8_t { one, several };
[[nodiscard]] std::string words_of_unfit(std::string_view text, Lines lines);

}  // namespace muster::smtp
