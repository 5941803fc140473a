#include "smtp/template.h"

#include <algorithm>

namespace muster::smtp {
namespace {

Escaped from(std::string_view text) {
  Escaped escaped;
  std::copy(text.begin(), text.end(), escaped.text);
  escaped.size = static_cast<std::uint8_t>(text.size());
  return escaped;
}

Escaped for_html(char letter) {
  switch (letter) {
    case '&':
      return from("&amp;");
    case '<':
      return from("&lt;");
    case '>':
      return from("&gt;");
    case '"':
      return from("&quot;");
    case '\'':
      return from("&#39;");
    default:
      return {};
  }
}

// RFC 3986 §2.3: all but the unreserved ones.
Escaped for_url(char letter) {
  const bool unreserved = (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
                          (letter >= 'a' && letter <= 'z') || letter == '-' || letter == '.' ||
                          letter == '_' || letter == '~';
  if (unreserved) {
    return {};
  }
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(letter);
  const char text[] = {'%', digits[value >> 4], digits[value & 15U]};
  return from({text, sizeof text});
}

std::string names_of(std::span<const Placeholder> known) {
  std::string names;
  for (std::size_t i = 0; i < known.size(); ++i) {
    names += i == 0 ? "" : i + 1 == known.size() ? " or " : ", ";
    names += '{' + std::string(known[i].name) + '}';
  }
  return names.empty() ? "no placeholder" : names;
}

tl::unexpected<Complaint> complain(std::string_view where, std::string found,
                                   std::span<const Placeholder> known) {
  Complaint complaint;
  complaint.found = std::string(where) + " " + std::move(found);
  complaint.expected = names_of(known);
  complaint.mend = "correct it, or write {{ and }} for braces";
  return tl::unexpected(std::move(complaint));
}

// Enough of what follows a brace to find it again.
std::string beginning(std::string_view text) {
  constexpr std::size_t letters_max = 20;
  text = text.substr(0, text.find_first_of("\r\n"));
  if (text.size() <= letters_max) {
    return std::string(text);
  }
  std::size_t end = letters_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return std::string(text.substr(0, end)) + "…";
}

void append_literal(Pieces& to, std::string_view literal) {
  if (to.empty() || to.back().value != Value::none) {
    to.emplace_back();
  }
  to.back().literal += literal;
}

}  // namespace

bool personal(const Pieces& pieces) {
  return std::any_of(pieces.begin(), pieces.end(),
                     [](const Piece& piece) { return piece.value != Value::none; });
}

Escaped escaped(char letter, Escape escape) {
  switch (escape) {
    case Escape::none:
      return {};
    case Escape::html:
      return for_html(letter);
    case Escape::percent:
      return for_url(letter);
  }
  return {};
}

std::string text_of(std::string_view value, Escape escape) {
  std::string text;
  write_value(value, escape, [&text](std::string_view run) { text += run; });
  return text;
}

void append(Pieces& to, const Pieces& pieces, Escape escape) {
  for (const Piece& piece : pieces) {
    append_literal(to, text_of(piece.literal, escape));
    if (piece.value != Value::none) {
      to.back().value = piece.value;
      to.back().escape = piece.escape == Escape::none ? escape : piece.escape;
    }
  }
}

Result<Pieces, Complaint> read_template(std::string_view text, std::span<const Placeholder> known,
                                        Escape escape, std::string_view where) {
  Pieces pieces;
  while (!text.empty()) {
    const auto brace = text.find_first_of("{}");
    append_literal(pieces, text.substr(0, brace));
    if (brace == std::string_view::npos) {
      break;
    }
    text.remove_prefix(brace);
    if (text.size() > 1 && text[1] == text[0]) {
      append_literal(pieces, text.substr(0, 1));
      text.remove_prefix(2);
      continue;
    }
    if (text[0] == '}') {
      return complain(where, "has a '}' that closes no placeholder: " + beginning(text), known);
    }
    const auto end = text.find_first_of("{}", 1);
    if (end == std::string_view::npos || text[end] == '{') {
      return complain(where, "has a placeholder that is not closed: " + beginning(text), known);
    }
    const auto name = text.substr(1, end - 1);
    const auto* found = std::find_if(known.data(), known.data() + known.size(),
                                     [name](const auto& other) { return other.name == name; });
    if (found == known.data() + known.size()) {
      return complain(where, "has the unknown placeholder {" + std::string(name) + "}", known);
    }
    append(pieces, found->pieces, escape);
    text.remove_prefix(end + 1);
  }
  return pieces;
}

}  // namespace muster::smtp
