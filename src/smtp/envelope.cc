#include "smtp/envelope.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/limits.h"
#include "smtp/characters.h"

namespace muster::smtp {
namespace {

constexpr std::size_t envelope_id_max = 100;  // RFC 3461 §4.4, before it is encoded

bool fits_into_command(std::string_view address, bool utf8) {
  return !address.empty() && address.size() <= limits::address_bytes_max &&
         (is_printable(address) ||
          (utf8 && std::none_of(address.begin(), address.end(), [](char c) {
             return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
           })));
}

void write_number(std::uint64_t number, std::string& to) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  to.append(digits.begin(), end);
}

}  // namespace

Reason hindrance(const EnvelopeRules& rules, const Letter& letter) {
  if (!fits_into_command(letter.sender, letter.utf8) ||
      !fits_into_command(letter.recipient, letter.utf8)) {
    return Reason::address_refused;
  }
  if (letter.utf8 && !rules.offered.utf8) {
    return Reason::needs_utf8;
  }
  if (rules.offered.size_max != 0 && letter.octets() > rules.offered.size_max) {
    return Reason::message_too_large;
  }
  return Reason::none;
}

void write_mail(const EnvelopeRules& rules, const Letter& letter, std::string& to) {
  to += "MAIL FROM:<";
  to += letter.sender;
  to += '>';
  if (rules.offered.size) {
    to += " SIZE=";
    write_number(letter.octets(), to);
  }
  if (letter.utf8) {
    to += " SMTPUTF8";
    if (rules.offered.eight_bit) {
      to += " BODY=8BITMIME";  // RFC 6531 §3.4: its header fields are not ASCII
    }
  }
  if (rules.delivery_status && rules.offered.delivery_status) {
    to += " RET=HDRS";
    if (!letter.id.empty() && letter.id.size() <= envelope_id_max) {
      to += " ENVID=";
      write_xtext(letter.id, to);
    }
  }
  to += "\r\n";
}

void write_rcpt(const EnvelopeRules& rules, const Letter& letter, std::string& to) {
  to += "RCPT TO:<";
  to += letter.recipient;
  to += '>';
  if (rules.delivery_status && rules.offered.delivery_status) {
    to += " NOTIFY=FAILURE";
    if (!letter.utf8) {  // other characters want the type of RFC 6533
      to += " ORCPT=rfc822;";
      write_xtext(letter.recipient, to);
    }
  }
  to += "\r\n";
}

void write_xtext(std::string_view text, std::string& to) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '+' && c != '=') {
      to += c;
    } else {
      to += '+';
      to += digits[byte >> 4];
      to += digits[byte & 15U];
    }
  }
}

}  // namespace muster::smtp
