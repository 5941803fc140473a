#include "roster/fields.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "model/limits.h"
#include "roster/address.h"
#include "roster/nearest.h"

namespace muster::roster {
namespace {

constexpr bool hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr auto letters_and_digits = [] {
  std::array<bool, 256> among{};
  for (unsigned c = 0; c < among.size(); ++c) {
    among[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
  return among;
}();
bool letter_or_digit(char c) {
  return letters_and_digits[static_cast<unsigned char>(c)];
}

// What a complaint shows of a value: enough to find it.
std::string shown(std::string_view text) {
  constexpr std::size_t shown_bytes_max = 64;
  return "'" + std::string(text.substr(0, shown_bytes_max)) +
         (text.size() > shown_bytes_max ? "…'" : "'");
}

constexpr std::string_view token_expected = "a push token in hexadecimal";

}  // namespace

void Fields::refuse(Column column, std::string found, std::string expected, std::string mend) {
  if (!good_) {
    return;
  }
  const auto& value = row_.at(column);
  good_ = false;
  complaint_ = std::make_unique<const Complaint>(Complaint{file_,
                                                           value.line != 0 ? value.line : row_.line,
                                                           value.column,
                                                           std::move(found),
                                                           std::move(expected),
                                                           std::move(mend),
                                                           {}});
}

void Fields::text(Column column, std::string& into) {
  const auto& value = row_.at(column);
  if (!good_ || !value.present) {
    return;
  }
  if (value.text.size() > limits::name_bytes_max) {
    refuse(
        column,
        "a " + std::string(name_of(column)) + " of " + std::to_string(value.text.size()) + " bytes",
        "at most " + std::to_string(limits::name_bytes_max), "");
    return;
  }
  if (const auto at = first_control(value.text); at != value.text.size()) {
    refuse(column, words_of_control(value.text, at) + " in " + std::string(name_of(column)),
           "a name without control characters", "remove it");
    return;
  }
  into = value.text;
}

void Fields::id(Column column, std::string& into) {
  text(column, into);
  if (good_ && into.empty()) {
    refuse(column, std::string(name_of(column)) + " is empty", "an id", "");
  }
}

void Fields::email(std::string& into) {
  text(Column::email, into);
  if (!good_ || into.empty() || !row_.at(Column::email).present) {
    return;
  }
  if (const auto fault = fault_of_address(into); !fault.empty()) {
    refuse(Column::email, shown(into) + " is not a mail address: " + fault, "name@example.org",
           "correct it, or leave it empty");
  }
}

void Fields::magic(Column column, std::string& into) {
  text(column, into);
  if (good_ && into.size() > limits::push_magic_bytes_max) {
    refuse(column,
           "a " + std::string(name_of(column)) + " of " + std::to_string(into.size()) + " bytes",
           "at most " + std::to_string(limits::push_magic_bytes_max), "");
  }
}

void Fields::imei(std::string& into) {
  set_apart(Column::imei, "an IMEI: digits", [](char c) { return c >= '0' && c <= '9'; }, into);
}
void Fields::meid(std::string& into) {
  set_apart(Column::meid, "an MEID: hexadecimal digits", hex_digit, into);
}

// "35 209900 176148 1" and "A0-0000009B2C3D" carry nothing but their digits.
void Fields::set_apart(Column column, const char* expected, bool (*is_digit)(char),
                       std::string& into) {
  const auto& value = row_.at(column);
  if (!good_ || !value.present) {
    return;
  }
  constexpr std::size_t digits_max = 20;
  std::string digits;
  for (const char c : value.text) {
    if (is_digit(c)) {
      digits += c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    } else if (c != ' ' && c != '-') {
      digits.resize(digits_max + 1);
    }
    if (digits.size() > digits_max) {
      refuse(column, std::string(name_of(column)) + " " + shown(value.text), expected, "");
      return;
    }
  }
  into = std::move(digits);
}

// Tools print tokens as <0a1b 2c3d …>: brackets and spaces carry nothing.
void Fields::token(Column column, std::vector<Byte>& into) {
  const auto& value = row_.at(column);
  if (!good_ || !value.present) {
    return;
  }
  into.clear();
  const auto length = value.text.size();
  if (length >= 2 * limits::push_token_bytes_min && length <= 2 * limits::push_token_bytes_max &&
      from_hex(value.text, into)) {
    return;  // as nearly all are
  }
  std::string digits;
  for (std::size_t i = 0; i < value.text.size(); ++i) {
    const char c = value.text[i];
    const bool bracket = (i == 0 && c == '<') || (i + 1 == value.text.size() && c == '>');
    if (hex_digit(c)) {
      digits += c;
    } else if (c != ' ' && !bracket) {
      refuse(column, "a push token that is not hexadecimal (byte " + std::to_string(i + 1) + ")",
             std::string(token_expected), "if it is base64, convert it");
      return;
    }
  }
  if (digits.size() % 2 != 0) {
    refuse(column,
           "a push token with an odd number of digits (" + std::to_string(digits.size()) + ")",
           std::string(token_expected), "a digit is missing");
    return;
  }
  const auto size = digits.size() / 2;
  if (size != 0 && (size < limits::push_token_bytes_min || size > limits::push_token_bytes_max)) {
    refuse(column, "a push token of " + std::to_string(size) + " bytes",
           std::to_string(limits::push_token_bytes_min) + " to " +
               std::to_string(limits::push_token_bytes_max) + " bytes",
           "");
    return;
  }
  static_cast<void>(from_hex(digits, into));  // digits only, an even number
}

void Fields::on_or_off(store::Switch& into) {
  static constexpr std::array<std::string_view, 2> names = {"on", "off"};
  auto choice_made = static_cast<std::uint8_t>(into);
  choice(Column::managed_distribution, names, choice_made);
  into = static_cast<store::Switch>(choice_made);
}

void Fields::choice(Column column, std::span<const std::string_view> names, std::uint8_t& into) {
  const auto& value = row_.at(column);
  if (!good_ || !value.present) {
    return;
  }
  if (value.text.empty()) {
    into = 0;
    return;
  }
  const auto found = std::ranges::find(names, value.text);
  if (found == names.end()) {
    refuse(column, std::string(name_of(column)) + " " + shown(value.text), list_of(names),
           did_you_mean(nearest(value.text, names), ""));
    return;
  }
  into = static_cast<std::uint8_t>(found - names.begin() + 1);
}

void Fields::word(Column column, std::string_view others, std::size_t limit, std::string& into) {
  const auto& value = row_.at(column);
  if (!good_ || !value.present) {
    return;
  }
  const bool good = value.text.size() <= limit && std::ranges::all_of(value.text, [&](char c) {
                      return letter_or_digit(c) || others.find(c) != std::string_view::npos;
                    });
  if (!good) {
    refuse(column, std::string(name_of(column)) + " " + shown(value.text),
           "letters, digits and '" + std::string(others) + "', at most " + std::to_string(limit),
           "");
    return;
  }
  into = value.text;
}

}  // namespace muster::roster
