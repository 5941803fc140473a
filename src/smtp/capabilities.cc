#include "smtp/capabilities.h"

#include <algorithm>
#include <charconv>

#include "smtp/words.h"

namespace muster::smtp {
namespace {

// The next word of a list that blanks part; empty at its end.
std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const auto word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

bool is_limit_name(std::string_view name) {
  const auto letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool is_limit_value(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(),
                                       [](char c) { return c > ' ' && c < 0x7f && c != ';'; });
}

// RFC 9422: a syntax error makes the whole keyword void, a value out of range only itself.
void learn_limits(std::string_view list, Capabilities& offered) {
  Capabilities read = offered;
  for (auto word = next_word(list); !word.empty(); word = next_word(list)) {
    const auto sign = word.find('=');
    const auto name = word.substr(0, sign);
    if (!is_limit_name(name)) {
      return;
    }
    if (sign == std::string_view::npos) {
      continue;
    }
    const auto value = word.substr(sign + 1);
    if (!is_limit_value(value)) {
      return;
    }
    std::uint32_t number = 0;
    if (value.size() > 6 || !read_number(value, number) || number == 0) {
      continue;
    }
    if (same_word(name, "MAILMAX")) {
      read.letters_max = number;
    } else if (same_word(name, "RCPTMAX")) {
      read.recipients_max = number;
    }
  }
  offered = read;
}

void learn_mechanisms(std::string_view list, Capabilities& offered) {
  for (auto word = next_word(list); !word.empty(); word = next_word(list)) {
    offered.auth_plain |= same_word(word, "PLAIN");
    offered.auth_login |= same_word(word, "LOGIN");
    offered.auth_scram_sha_256 |= same_word(word, "SCRAM-SHA-256");
  }
}

}  // namespace

void Capabilities::learn(std::string_view line) {
  // "AUTH=LOGIN" is how some servers of old said it.
  const auto keyword = line.substr(0, line.find_first_of(" ="));
  const auto arguments = line.substr(std::min(keyword.size() + 1, line.size()));
  if (same_word(keyword, "PIPELINING")) {
    pipelining = true;
  } else if (same_word(keyword, "8BITMIME")) {
    eight_bit = true;
  } else if (same_word(keyword, "SMTPUTF8")) {
    utf8 = true;
  } else if (same_word(keyword, "DSN")) {
    delivery_status = true;
  } else if (same_word(keyword, "CHUNKING")) {
    chunking = true;
  } else if (same_word(keyword, "STARTTLS")) {
    starttls = true;
  } else if (same_word(keyword, "ENHANCEDSTATUSCODES")) {
    enhanced_codes = true;
  } else if (same_word(keyword, "SIZE")) {
    size = true;
    if (std::uint64_t most = 0; read_number(arguments, most)) {
      size_max = most;
    }
  } else if (same_word(keyword, "AUTH")) {
    learn_mechanisms(arguments, *this);
  } else if (same_word(keyword, "LIMITS")) {
    learn_limits(arguments, *this);
  }
}

}  // namespace muster::smtp
