#include "directory/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace muster::directory {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

void append_hex(std::string& text, char byte) {
  const auto value = static_cast<unsigned char>(byte);
  text += digits[value >> 4];
  text += digits[value & 15U];
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
  return out;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string guid_text(std::string_view bytes) {
  constexpr std::array<std::size_t, 16> order{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  if (bytes.size() != order.size()) {
    return lower(bytes);
  }
  std::string text;
  for (std::size_t i = 0; i < order.size(); ++i) {
    text += i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";
    append_hex(text, bytes[order[i]]);
  }
  return text;
}

std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '*' || c == '(' || c == ')' || c == '\\' || c == '\0') {
      text += '\\';
      append_hex(text, c);
    } else {
      text += c;
    }
  }
  return text;
}

std::optional<Range> range_of(std::string_view name) {
  constexpr std::string_view mark = ";range=";
  const auto at = lower(name).find(mark);
  if (at == std::string::npos) {
    return std::nullopt;
  }
  const auto numbers = name.substr(at + mark.size());
  const auto dash = numbers.find('-');
  if (dash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto first = number_in(numbers.substr(0, dash));
  const auto end = numbers.substr(dash + 1);
  const auto last = end == "*" ? std::nullopt : number_in(end);
  if (!first || (end != "*" && (!last || *last < *first || *last == UINT64_MAX))) {
    return std::nullopt;
  }
  return Range{std::string(name.substr(0, at)), *first, last};
}

std::string name_behind(const Range& range) {
  return range.name + ";range=" + std::to_string(range.last.value_or(range.first) + 1) + "-*";
}

}  // namespace muster::directory
