#include "loadgen/json_text.h"

#include <charconv>
#include <cstdint>

namespace muster::loadgen {
namespace {

constexpr std::uint32_t high_first = 0xD800;
constexpr std::uint32_t low_first = 0xDC00;
constexpr std::uint32_t low_last = 0xDFFF;

void append_utf8(std::string& text, std::uint32_t point) {
  const auto piece = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (point < 0x80) {
    piece(point);
  } else if (point < 0x800) {
    piece(0xC0U | point >> 6U);
    piece(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    piece(0xE0U | point >> 12U);
    piece(0x80U | (point >> 6U & 0x3FU));
    piece(0x80U | (point & 0x3FU));
  } else {
    piece(0xF0U | point >> 18U);
    piece(0x80U | (point >> 12U & 0x3FU));
    piece(0x80U | (point >> 6U & 0x3FU));
    piece(0x80U | (point & 0x3FU));
  }
}

// The four digits behind "\u" at `at`, which moves behind them.
std::optional<std::uint32_t> take_unit(std::string_view inside, std::size_t& at) {
  std::uint32_t unit = 0;
  const auto digits = inside.substr(at, 4);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
  if (digits.size() != 4 || error != std::errc{} || end != digits.data() + 4) {
    return std::nullopt;
  }
  at += 4;
  return unit;
}

// One character, of one unit or two; `at` stands behind the first "\u".
bool take_point(std::string_view inside, std::size_t& at, std::string& text) {
  auto point = take_unit(inside, at);
  if (!point || *point == 0 || (*point >= low_first && *point <= low_last)) {
    return false;
  }
  if (*point >= high_first && *point < low_first) {
    if (inside.substr(at, 2) != "\\u") {
      return false;
    }
    at += 2;
    const auto low = take_unit(inside, at);
    if (!low || *low < low_first || *low > low_last) {
      return false;
    }
    point = 0x10000 + ((*point - high_first) << 10U) + (*low - low_first);
  }
  append_utf8(text, *point);
  return true;
}

char plain_escape(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;  // a quotation mark, a slash of either kind
  }
}

}  // namespace

std::optional<std::string> json_text(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') {
    return std::nullopt;
  }
  const auto inside = value.substr(1, value.size() - 2);
  std::string text;
  for (std::size_t at = 0; at < inside.size();) {
    const char c = inside[at++];
    if (c != '\\') {
      text += c;
      continue;
    }
    if (at == inside.size()) {
      return std::nullopt;
    }
    const char letter = inside[at++];
    if (letter != 'u') {
      text += plain_escape(letter);
    } else if (!take_point(inside, at, text)) {
      return std::nullopt;
    }
  }
  return text;
}

std::optional<bool> json_flag(std::string_view value) {
  if (value == "true") {
    return true;
  }
  return value == "false" ? std::optional(false) : std::nullopt;
}

}  // namespace muster::loadgen
