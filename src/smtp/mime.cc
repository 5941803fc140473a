#include "smtp/mime.h"

#include <algorithm>
#include <array>

#include "crypto/digest.h"
#include "smtp/characters.h"

namespace muster::smtp {
namespace {

constexpr std::size_t line_max = 78;          // RFC 5322 §2.1.1
constexpr std::size_t encoded_line_max = 76;  // RFC 2047 §2
constexpr std::size_t word_max = 75;
constexpr std::size_t word_around = 12;  // =?UTF-8?B? and ?=
// The longest character: four octets, in Q three letters each.
constexpr std::size_t character_max = 12;

// RFC 2047 §5 (3): what a Q word may hold as it is, wherever it stands.
constexpr std::array<bool, 256> letters_in_q = [] {
  std::array<bool, 256> stands{};
  for (const char letter : std::string_view("0123456789!*+-/ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "abcdefghijklmnopqrstuvwxyz")) {
    stands[static_cast<unsigned char>(letter)] = true;
  }
  return stands;
}();
bool stands_in_q(char letter) {
  return letters_in_q[static_cast<unsigned char>(letter)];
}
// RFC 5322 §3.2.3.
bool is_atext(char letter) {
  return stands_in_q(letter) ||
         std::string_view("#$%&'=?^_`{|}~").find(letter) != std::string_view::npos;
}

std::size_t q_size(std::string_view text) {
  const auto escaped = std::count_if(
      text.begin(), text.end(), [](char letter) { return !stands_in_q(letter) && letter != ' '; });
  return text.size() + 2 * static_cast<std::size_t>(escaped);
}

// A word's.
void add_q(Octets& to, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::array<char, word_max + character_max> word{};
  std::size_t size = 0;
  for (const char letter : text) {
    if (stands_in_q(letter)) {
      word[size++] = letter;
    } else if (letter == ' ') {
      word[size++] = '_';
    } else {
      const auto value = static_cast<unsigned char>(letter);
      word[size++] = '=';
      word[size++] = digits[value >> 4];
      word[size++] = digits[value & 15U];
    }
  }
  add(to, std::string_view(word.data(), size));
}

void add_b(Octets& to, std::string_view text) {
  std::array<char, word_max> digits{};
  const char* end = crypto::write_base64(as_bytes(text), digits.data());
  add(to, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

// As many whole characters from `at` on as take no more than `room` letters; at least one.
std::size_t end_of_word(std::string_view text, std::size_t at, std::size_t room, bool q) {
  std::size_t letters = 0;
  const auto begin = at;
  while (at < text.size()) {
    const auto size = std::max<std::size_t>(character_at(text, at).size, 1);
    if (q) {
      letters += stands_in_q(text[at]) || text[at] == ' ' ? 1 : 3 * size;
    } else {
      letters = crypto::base64_size(at + size - begin);
    }
    if (letters > room && at > begin) {
      break;
    }
    at += size;
  }
  return at;
}

std::size_t fold(Octets& to) {
  add(to, "\r\n ");
  return 1;
}

std::size_t add_encoded(Octets& to, std::size_t column, std::string_view text) {
  const auto in_q = q_size(text);
  const auto in_b = crypto::base64_size(text.size());
  const bool q = in_q <= in_b;
  for (std::size_t at = 0; at < text.size();) {
    if (at > 0 || column + word_around + character_max > encoded_line_max) {
      column = fold(to);
    }
    const auto room = std::min(word_max, encoded_line_max - column) - word_around;
    const bool whole = at == 0 && std::min(in_q, in_b) <= room;
    const auto end = whole ? text.size() : end_of_word(text, at, room, q);
    const auto before = to.size();
    add(to, q ? "=?UTF-8?Q?" : "=?UTF-8?B?");
    (q ? add_q : add_b)(to, text.substr(at, end - at));
    add(to, "?=");
    column += to.size() - before;
    at = end;
  }
  return column;
}

// Readers decode "=?" wherever it stands, in quotes as well.
bool readable_as_it_is(std::string_view text) {
  return is_ascii(text) && text.find("=?") == std::string_view::npos;
}

// Whether plain text can be folded at single blanks: every word fits on a line of its own.
bool foldable(std::string_view text, std::size_t column) {
  std::size_t word = column;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool blank = text[at] == ' ';
    if (blank && at > 0 && text[at - 1] == ' ') {
      return false;
    }
    word = blank ? 1 : word + 1;
    if (word > line_max) {
      return false;
    }
  }
  return true;
}

std::size_t add_folded(Octets& to, std::size_t column, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at + 1), text.size());
    if (at > 0 && column + end - at > line_max) {
      add(to, "\r\n");
      column = 0;
    }
    add(to, text.substr(at, end - at));
    column += end - at;
    at = end;
  }
  return column;
}

// A phrase of atoms: no quotes needed.
bool is_phrase(std::string_view name) {
  char before = ' ';
  for (const char letter : name) {
    if (!is_atext(letter) && (letter != ' ' || before == ' ')) {
      return false;
    }
    before = letter;
  }
  return true;
}

std::size_t quoted_size(std::string_view name) {
  return 2 + name.size() +
         static_cast<std::size_t>(std::count_if(name.begin(), name.end(), [](char letter) {
           return letter == '"' || letter == '\\';
         }));
}

void add_quoted(Octets& to, std::string_view name) {
  add(to, '"');
  for (const char letter : name) {
    if (letter == '"' || letter == '\\') {
      add(to, '\\');
    }
    add(to, letter);
  }
  add(to, '"');
}

std::size_t add_name(Octets& to, std::size_t column, std::string_view name) {
  if (!readable_as_it_is(name) || column + quoted_size(name) > line_max) {
    return add_encoded(to, column, name);
  }
  if (is_phrase(name)) {
    add(to, name);
    return column + name.size();
  }
  add_quoted(to, name);
  return column + quoted_size(name);
}

}  // namespace

std::size_t add_unstructured(Octets& to, std::size_t column, std::string_view text) {
  if (!readable_as_it_is(text) || (column + text.size() > line_max && !foldable(text, column))) {
    return add_encoded(to, column, text);
  }
  if (column + text.size() <= line_max) {
    add(to, text);
    return column + text.size();
  }
  return add_folded(to, column, text);
}

std::size_t add_mailbox(Octets& to, std::size_t column, Mailbox mailbox) {
  const auto& [name, address] = mailbox;
  if (name.empty()) {
    add(to, address);
    return column + address.size();
  }
  column = add_name(to, column, name);
  if (column + address.size() + 3 > line_max) {
    column = fold(to);
  } else {
    add(to, ' ');
    ++column;
  }
  add(to, '<');
  add(to, address);
  add(to, '>');
  return column + address.size() + 2;
}

}  // namespace muster::smtp
