// Texts with placeholders: checked once, then written for each letter without being read again.
//
//   text        := ( any | "{{" | "}}" | placeholder )*
//   placeholder := "{" name "}"
//
// A placeholder whose value is the same for all letters is replaced at once, so that a text is
// personal only where it must be: whatever is not is prepared once for all letters.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace muster::smtp {

// What differs from letter to letter.
enum class Value : std::uint8_t { none, full_name, email, id, url };
// How a value is written where it stands.
enum class Escape : std::uint8_t { none, html, percent };

// Text, then a value; the last piece's is none.
struct Piece {
  std::string literal;
  Value value = Value::none;
  Escape escape = Escape::none;
};
using Pieces = std::vector<Piece>;
[[nodiscard]] bool personal(const Pieces& pieces);

struct Placeholder {
  std::string_view name;
  Pieces pieces;
};
// Appends, joining literals; `escape` is done to literals, and to values that have none of their
// own.
void append(Pieces& to, const Pieces& pieces, Escape escape);

// `where` opens the complaint: "the subject of the mail template 'de'". `escape` is for what the
// placeholders become; the text itself stays as it is.
[[nodiscard]] Result<Pieces, Complaint> read_template(std::string_view text,
                                                      std::span<const Placeholder> known,
                                                      Escape escape, std::string_view where);

struct Values {
  std::string_view full_name;
  std::string_view email;
  std::string_view id;
  std::string_view url;  // the letter's own
  [[nodiscard]] std::string_view of(Value value) const {
    return value == Value::full_name ? full_name
           : value == Value::email   ? email
           : value == Value::id      ? id
           : value == Value::url     ? url
                                     : std::string_view();
  }
};

// What a letter needs in this place: "&amp;", "%26"; empty: the letter as it is.
struct Escaped {
  char text[8] = {};
  std::uint8_t size = 0;
  [[nodiscard]] std::string_view view() const { return {text, size}; }
};
[[nodiscard]] Escaped escaped(char letter, Escape escape);

// Gives the value to `sink`, in as few runs as can be.
template <class Sink>
void write_value(std::string_view value, Escape escape, Sink&& sink) {
  std::size_t run = 0;
  for (std::size_t at = 0; escape != Escape::none && at < value.size(); ++at) {
    if (const auto written = escaped(value[at], escape); written.size > 0) {
      sink(value.substr(run, at - run));
      sink(written.view());
      run = at + 1;
    }
  }
  sink(value.substr(run));
}
[[nodiscard]] std::string text_of(std::string_view value, Escape escape);

template <class Sink>
void write_pieces(const Pieces& pieces, const Values& values, Sink&& sink) {
  for (const Piece& piece : pieces) {
    sink(std::string_view(piece.literal));
    write_value(values.of(piece.value), piece.escape, sink);
  }
}

}  // namespace muster::smtp
