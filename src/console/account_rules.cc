#include "console/account_rules.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/utf8.h"
#include "model/limits.h"

namespace muster::console {
namespace {

constexpr std::size_t password_characters_min = 12;
constexpr std::size_t password_characters_max = 128;

// What is tried first of what is long enough; compared without regard to case, and to digits and
// signs at the end ("Password2026!!" is one of them).
constexpr std::array<std::string_view, 24> common{
    "password",         "passwordpassword", "passw0rd",        "administrator",
    "adminadmin",       "adminadminadmin",  "qwertyuiop",      "qwertyuiopasdfgh",
    "asdfghjkl",        "asdfghjklzxcvbnm", "zxcvbnm",         "1q2w3e4r5t6y",
    "1qaz2wsx3edc",     "qwerty",           "iloveyou",        "letmein",
    "letmeinletmein",   "welcome",          "welcometoschool", "changeme",
    "changemechangeme", "muster",           "mustermuster",    "correcthorsebatterystaple"};

std::string small_letters(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(), ascii_lower);
  return small;
}

bool letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Without the digits and signs behind it.
std::string_view stem_of(std::string_view text) {
  while (!text.empty() && !(text.back() >= 'a' && text.back() <= 'z') &&
         static_cast<unsigned char>(text.back()) < 0x80) {
    text.remove_suffix(1);
  }
  return text;
}

// 123456789012, aaaaaaaaaaaa, zyxwvutsrqpo: each character follows from the one before.
bool one_step_throughout(std::string_view text) {
  for (const int step : {0, 1, -1}) {
    bool throughout = true;
    for (std::size_t i = 1; i < text.size() && throughout; ++i) {
      const bool wraps = step == 1 && text[i - 1] == '9' && text[i] == '0';
      throughout = text[i] - text[i - 1] == step || wraps;
    }
    if (throughout) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string kept_name(std::string_view name) {
  return small_letters(name);
}

std::optional<std::string> name_trouble(std::string_view name) {
  const bool fits =
      !name.empty() && name.size() <= limits::account_name_bytes_max &&
      letter_or_digit(name.front()) && std::ranges::all_of(name, [](char c) {
        return letter_or_digit(c) || std::string_view("._-@+").find(c) != std::string_view::npos;
      });
  if (fits) {
    return std::nullopt;
  }
  return "a name has 1 to 64 letters a-z, digits and . _ - @ +, and begins with a letter or digit; "
         "choose another";
}

std::optional<std::string> password_trouble(std::string_view password, std::string_view name) {
  if (password.size() > limits::account_password_bytes_max ||
      first_not_text(password) != password.size()) {
    return "the password is not text, or longer than 128 characters; choose another";
  }
  const auto characters = static_cast<std::size_t>(std::ranges::count_if(
      password, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  if (characters < password_characters_min || characters > password_characters_max) {
    return "a password has 12 to 128 characters; choose a longer one, as four words in a row";
  }
  const std::string small = small_letters(password);
  const auto stem = stem_of(small);
  if (one_step_throughout(small) || stem == name ||
      std::ranges::find(common, stem) != common.end() ||
      std::ranges::find(common, std::string_view(small)) != common.end()) {
    return "this password is among the first that anybody tries; choose another, as four words in "
           "a row";
  }
  return std::nullopt;
}

}  // namespace muster::console
