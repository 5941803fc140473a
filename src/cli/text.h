// Words for people: numbers, durations, names that cannot do harm, tables.
//
// Pure functions; nothing here knows a Dispatcher or a terminal. Names of users and devices come
// from a roster and are shown as they are, except that control and bidirectional characters are
// shown escaped: no name can move the cursor, forge a line or turn the text around it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster::cli {

// 12345 → "12,345"
[[nodiscard]] std::string with_separators(std::uint64_t number);
// "1 invitation", "2,000 invitations"; `plural` where an s does not make it ("memberships" does).
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view noun,
                                  std::string_view plural = {});
// "0.4 s", "12 s", "3 min 20 s", "2 h 5 min", "3 d 4 h"
[[nodiscard]] std::string duration_words(double seconds);
// Rounded down: 100 only when all is done. 0 of 0 is 100.
[[nodiscard]] unsigned percent(std::uint64_t part, std::uint64_t whole);

// "a\nb" → "a\\nb", U+202E → "\\u{202e}", a byte that is not UTF-8 → "\\xff".
[[nodiscard]] std::string shown(std::string_view text);
// How many columns a terminal needs for it: East Asian wide characters take two, combining ones
// none.
[[nodiscard]] std::size_t columns_of(std::string_view text);
// At most `columns`, cut at a character's end; an ellipsis says that something is missing.
[[nodiscard]] std::string cut(std::string_view text, std::size_t columns);
// For the shell, so that a command we propose can be pasted: quoted only where it must be.
[[nodiscard]] std::string shell_word(std::string_view word);

// The known word that was probably meant: at most a third of the letters differ. Empty: none is
// near.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& known);
// "a, b or c"
[[nodiscard]] std::string any_of(const std::vector<std::string>& words);

// Columns padded with spaces, two between, no space at a line's end. Names must be shown() already.
class Table {
 public:
  enum class Align : std::uint8_t { left, right };
  explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}
  void row(std::vector<std::string> cells);  // at most as many as there are columns
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // Each line begins with `indent` and ends in a newline.
  [[nodiscard]] std::string text(std::string_view indent = {}) const;

 private:
  std::vector<Align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace muster::cli
