#include "loadgen/smtp_command.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"

namespace muster::loadgen {
namespace {

constexpr std::size_t path_bytes_max = 256;  // brackets included; RFC 5321 §4.5.3.1.3
constexpr std::size_t local_bytes_max = 64;
constexpr std::size_t domain_bytes_max = 255;
constexpr std::size_t label_bytes_max = 63;
constexpr std::size_t envelope_id_bytes_max = 100;  // RFC 3461 §4.4

bool is_upper_alpha(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_alpha(char c) {
  return is_upper_alpha(c) || (c >= 'a' && c <= 'z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_eight_bit(char c) {
  return (static_cast<Byte>(c) & 0x80U) != 0;
}
bool is_atom(char c, bool utf8) {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos ||
         (utf8 && is_eight_bit(c));
}

bool valid_dots(std::string_view text, bool utf8) {
  bool dot = true;  // none at the beginning, no two together, none at the end
  for (const char c : text) {
    if (c == '.' ? dot : !is_atom(c, utf8)) {
      return false;
    }
    dot = c == '.';
  }
  return !dot;
}

bool valid_quoted(std::string_view text, bool utf8) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') {
    return false;
  }
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++i;
      if (i == text.size() || text[i] < ' ' || text[i] > '~') {
        return false;
      }
    } else if (c == '"' || ((c < ' ' || c > '~') && !(utf8 && is_eight_bit(c)))) {
      return false;
    }
  }
  return true;
}

bool valid_label(std::string_view label, bool utf8) {
  return !label.empty() && label.size() <= label_bytes_max && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [utf8](char c) {
           return is_alpha(c) || is_digit(c) || c == '-' || (utf8 && is_eight_bit(c));
         });
}

bool valid_domain(std::string_view domain, bool utf8) {
  if (domain.empty() || domain.size() > domain_bytes_max) {
    return false;
  }
  if (domain.front() == '[') {
    return domain.size() > 2 && domain.back() == ']' &&
           std::all_of(domain.begin() + 1, domain.end() - 1, [](char c) {
             return is_alpha(c) || is_digit(c) || c == '.' || c == ':' || c == '-';
           });
  }
  for (;;) {
    const auto dot = domain.find('.');
    if (!valid_label(domain.substr(0, dot), utf8)) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    domain.remove_prefix(dot + 1);
  }
}

std::string upper_case(std::string_view text) {
  std::string made(text);
  std::transform(made.begin(), made.end(), made.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return made;
}

std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, value);
  if (digits.empty() || digits.size() > 20 || error != std::errc{} || end != last) {
    return std::nullopt;
  }
  return value;
}

// RFC 3461 §4: printable ASCII without + and =, and +XX.
bool valid_xtext(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      const auto digits = text.substr(i + 1, 2);
      if (digits.size() != 2 || digits.find_first_not_of("0123456789ABCDEF") != digits.npos) {
        return false;
      }
      i += 2;
    } else if (text[i] < '!' || text[i] > '~' || text[i] == '=') {
      return false;
    }
  }
  return !text.empty();
}

// "<path>" and the parameters behind it; `prefix` is "FROM:" or "TO:".
struct Path {
  std::string_view mailbox;
  std::string_view parameters;
};
Result<Path, std::string> read_path(std::string_view argument, std::string_view prefix) {
  if (upper_case(argument.substr(0, prefix.size())) != prefix) {
    return tl::unexpected(std::string("no ") + std::string(prefix));
  }
  argument.remove_prefix(prefix.size());
  if (argument.empty() || argument.front() != '<') {
    return tl::unexpected(std::string("no angle bracket behind the colon"));
  }
  // A quoted local part may hold a bracket.
  bool quoted = false;
  std::size_t end = 1;
  for (; end < argument.size() && (quoted || argument[end] != '>'); ++end) {
    if (quoted && argument[end] == '\\') {
      ++end;
    } else if (argument[end] == '"') {
      quoted = !quoted;
    }
  }
  if (end >= argument.size()) {
    return tl::unexpected(std::string("an angle bracket that does not close"));
  }
  if (end + 1 > path_bytes_max) {
    return tl::unexpected(std::string("a path of more than 256 octets"));
  }
  Path path{argument.substr(1, end - 1), argument.substr(end + 1)};
  if (!path.parameters.empty() && path.parameters.front() != ' ') {
    return tl::unexpected(std::string("no space behind the path"));
  }
  return path;
}

// Calls `take(keyword in upper case, value)` for each parameter until one is refused.
template <class Take>
std::string each_parameter(std::string_view parameters, const Take& take) {
  while (!parameters.empty()) {
    parameters.remove_prefix(1);  // the space
    const auto word = parameters.substr(0, parameters.find(' '));
    parameters.remove_prefix(word.size());
    const auto equals = word.find('=');
    const auto value =
        equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
    if (word.empty() || (equals != std::string_view::npos && value.empty())) {
      return "an empty parameter";
    }
    if (!take(upper_case(word.substr(0, equals)), value)) {
      return "parameter '" + std::string(word) + "'";
    }
  }
  return {};
}

bool take_mail_parameter(const std::string& keyword, std::string_view value, const SmtpOffer& offer,
                         MailCommand& command) {
  if (keyword == "SIZE") {
    const bool first = !command.size;
    command.size = number(value);
    return first && command.size.has_value();
  }
  if (keyword == "BODY") {
    command.eight_bit = upper_case(value) == "8BITMIME";
    return command.eight_bit || upper_case(value) == "7BIT";
  }
  if (keyword == "SMTPUTF8") {
    command.utf8 = true;
    return value.empty();
  }
  if (keyword == "RET") {
    return upper_case(value) == "FULL" || upper_case(value) == "HDRS";
  }
  if (keyword == "ENVID") {
    command.envelope_id = value;
    return valid_xtext(value) && value.size() <= envelope_id_bytes_max;
  }
  return keyword == "AUTH" && offer.auth && valid_xtext(value);
}

bool take_rcpt_parameter(const std::string& keyword, std::string_view value) {
  if (keyword == "NOTIFY") {
    auto rest = upper_case(value);
    if (rest == "NEVER") {
      return true;
    }
    for (;;) {
      const auto comma = rest.find(',');
      const auto word = rest.substr(0, comma);
      if (word != "SUCCESS" && word != "FAILURE" && word != "DELAY") {
        return false;
      }
      if (comma == std::string::npos) {
        return true;
      }
      rest.erase(0, comma + 1);
    }
  }
  const auto type = upper_case(value.substr(0, value.find(';')));
  return keyword == "ORCPT" && value.size() > type.size() &&
         (type == "RFC822" ? valid_xtext(value.substr(type.size() + 1)) : type == "UTF-8");
}

}  // namespace

SmtpCommand read_command(std::string_view line) {
  const auto space = line.find(' ');
  SmtpCommand command{upper_case(line.substr(0, space)), {}};
  if (space != std::string_view::npos) {
    command.argument = line.substr(space + 1);
  }
  return command;
}

Result<MailCommand, std::string> read_mail(std::string_view argument, const SmtpOffer& offer) {
  const auto path = read_path(argument, "FROM:");
  if (!path) {
    return tl::unexpected(path.error());
  }
  MailCommand command;
  auto wrong =
      each_parameter(path->parameters, [&](const std::string& key, std::string_view value) {
        return take_mail_parameter(key, value, offer, command);
      });
  if (wrong.empty() && !path->mailbox.empty()) {
    wrong = fault_of_mailbox(path->mailbox, command.utf8);
  }
  if (!wrong.empty()) {
    return tl::unexpected(std::move(wrong));
  }
  command.sender = path->mailbox;
  return command;
}

Result<RcptCommand, std::string> read_rcpt(std::string_view argument, bool utf8) {
  const auto path = read_path(argument, "TO:");
  if (!path) {
    return tl::unexpected(path.error());
  }
  auto wrong = each_parameter(path->parameters, take_rcpt_parameter);
  // RFC 5321 §4.1.1.3: the one mailbox without a domain.
  if (wrong.empty() && upper_case(path->mailbox) != "POSTMASTER") {
    wrong = fault_of_mailbox(path->mailbox, utf8);
  }
  if (!wrong.empty()) {
    return tl::unexpected(std::move(wrong));
  }
  return RcptCommand{std::string(path->mailbox)};
}

Result<BdatCommand, std::string> read_bdat(std::string_view argument) {
  const auto space = argument.find(' ');
  const auto octets = number(argument.substr(0, space));
  const bool last = space != std::string_view::npos;
  if (!octets || (last && upper_case(argument.substr(space + 1)) != "LAST")) {
    return tl::unexpected(std::string("not a number of octets and LAST"));
  }
  return BdatCommand{*octets, last};
}

std::string fault_of_mailbox(std::string_view mailbox, bool utf8) {
  const auto at = mailbox.rfind('@');
  if (at == std::string_view::npos) {
    return "a mailbox without a domain";
  }
  const auto local = mailbox.substr(0, at);
  if (local.empty() || local.size() > local_bytes_max ||
      !(valid_dots(local, utf8) || valid_quoted(local, utf8))) {
    return "local part '" + std::string(local) + "'";
  }
  if (!valid_domain(mailbox.substr(at + 1), utf8)) {
    return "domain '" + std::string(mailbox.substr(at + 1)) + "'";
  }
  return {};
}

bool valid_host(std::string_view host) {
  return valid_domain(host, false);
}

std::string lower_case(std::string_view text) {
  std::string made(text);
  std::transform(made.begin(), made.end(), made.begin(),
                 [](char c) { return is_upper_alpha(c) ? static_cast<char>(c + 32) : c; });
  return made;
}

}  // namespace muster::loadgen
