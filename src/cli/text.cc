#include "cli/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/assert.h"
#include "settings/nearest.h"

namespace muster::cli {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

// The first character of a text that is not empty. Overlong forms and surrogates are not valid.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) {
    return {lead, 1, true};
  }
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) {
    return {};
  }
  char32_t code = lead & (0x7fU >> size);
  for (std::size_t at = 1; at < size; ++at) {
    if ((byte(at) & 0xc0U) != 0x80U) {
      return {};
    }
    code = code << 6 | (byte(at) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < least[size] || code > 0x10ffff || surrogate) {
    return {};
  }
  return {code, size, true};
}

bool within(char32_t code, char32_t first, char32_t last) {
  return code >= first && code <= last;
}

// C0, DEL, C1, line and paragraph separators, and everything that changes the direction of writing.
bool harmful(char32_t code) {
  return code < 0x20 || within(code, 0x7f, 0x9f) || code == 0x061c ||
         within(code, 0x200e, 0x200f) || within(code, 0x2028, 0x202e) ||
         within(code, 0x2066, 0x2069) || code == 0xfeff;
}

// Not the whole of Unicode's table: the ranges that names are written in.
std::size_t width_of(char32_t code) {
  if (within(code, 0x0300, 0x036f) || within(code, 0x200b, 0x200d) ||
      within(code, 0xfe00, 0xfe0f)) {
    return 0;
  }
  const bool wide = within(code, 0x1100, 0x115f) || within(code, 0x2e80, 0xa4cf) ||
                    within(code, 0xac00, 0xd7a3) || within(code, 0xf900, 0xfaff) ||
                    within(code, 0xfe30, 0xfe6f) || within(code, 0xff00, 0xff60) ||
                    within(code, 0xffe0, 0xffe6) || within(code, 0x1f300, 0x1faff) ||
                    within(code, 0x20000, 0x3fffd);
  return wide ? 2 : 1;
}

std::string escaped(char32_t code) {
  switch (code) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\u{%x}", static_cast<unsigned>(code));
  return text.data();
}

}  // namespace

std::string with_separators(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string counted(std::uint64_t number, std::string_view noun, std::string_view plural) {
  std::string text = with_separators(number) + " ";
  if (number != 1 && !plural.empty()) {
    return text.append(plural);
  }
  return text.append(noun).append(number == 1 ? "" : "s");
}

std::string duration_words(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) {
    return "0 s";
  }
  if (seconds < 9.95) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%.1f s", seconds);
    return text.data();
  }
  // A century bounds what the conversion below may be given.
  const auto whole = static_cast<std::uint64_t>(std::min(seconds + 0.5, 3.2e9));
  const auto two = [](std::uint64_t large, const char* name, std::uint64_t small,
                      const char* rest) {
    return with_separators(large) + name + (small == 0 ? "" : " " + std::to_string(small) + rest);
  };
  if (whole < 60) {
    return std::to_string(whole) + " s";
  }
  if (whole < 3600) {
    return two(whole / 60, " min", whole % 60, " s");
  }
  if (whole < 86'400) {
    return two(whole / 3600, " h", whole % 3600 / 60, " min");
  }
  return two(whole / 86'400, " d", whole % 86'400 / 3600, " h");
}

unsigned percent(std::uint64_t part, std::uint64_t whole) {
  if (part >= whole) {
    return 100;
  }
  return static_cast<unsigned>(part * 100 / whole);
}

std::string shown(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto character = first_character(text);
    if (!character.valid) {
      std::array<char, 8> byte{};
      std::snprintf(byte.data(), byte.size(), "\\x%02x", static_cast<unsigned char>(text[0]));
      out += byte.data();
    } else if (harmful(character.code)) {
      out += escaped(character.code);
    } else {
      out += text.substr(0, character.bytes);
    }
    text.remove_prefix(character.bytes);
  }
  return out;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const auto character = first_character(text);
    columns += width_of(character.code);
    text.remove_prefix(character.bytes);
  }
  return columns;
}

std::string cut(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) {
    return std::string(text);
  }
  std::size_t taken = 0;
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const auto character = first_character(text.substr(bytes));
    if (taken + width_of(character.code) + 1 > columns) {
      break;
    }
    taken += width_of(character.code);
    bytes += character.bytes;
  }
  return std::string(text.substr(0, bytes)) + (columns == 0 ? "" : "…");
}

std::string shell_word(std::string_view word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+:,@%").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) {
    return std::string(word);
  }
  std::string quoted = "'";
  for (const char c : word) {
    quoted += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return quoted + "'";
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = 0;
  for (const auto& candidate : known) {
    const std::size_t far = settings::edit_distance(word, candidate);
    const std::size_t allowed =
        std::max<std::size_t>(1, std::min(word.size(), candidate.size()) / 3);
    if (far <= allowed && (best.empty() || far < best_distance)) {
      best = candidate;
      best_distance = far;
    }
  }
  return best;
}

std::string any_of(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t at = 0; at < words.size(); ++at) {
    text += at == 0 ? "" : at + 1 == words.size() ? " or " : ", ";
    text += words[at];
  }
  return text;
}

void Table::row(std::vector<std::string> cells) {
  MUSTER_ASSERT(cells.size() <= columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::text(std::string_view indent) const {
  std::vector<std::size_t> widths(columns_.size());
  for (const auto& row : rows_) {
    for (std::size_t at = 0; at < row.size(); ++at) {
      widths[at] = std::max(widths[at], columns_of(row[at]));
    }
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line(indent);
    for (std::size_t at = 0; at < row.size(); ++at) {
      const std::string padding(widths[at] - columns_of(row[at]), ' ');
      line += at == 0 ? "" : "  ";
      line += columns_[at] == Align::right ? padding + row[at] : row[at] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace muster::cli
