#include "smtp/address.h"

#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>

#include "model/limits.h"
#include "smtp/characters.h"
#include "smtp/composer.h"

namespace muster::smtp {
namespace {

constexpr std::size_t local_bytes_max = 64;  // RFC 5321 §4.5.3.1
constexpr std::size_t domain_bytes_max = 255;
constexpr std::size_t label_bytes_max = 63;

bool is_letter_or_digit(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= 'a' && letter <= 'z');
}
// What a local part may hold without quotes (RFC 5321 atext; RFC 6531 adds all beyond ASCII).
bool stands_bare(char letter) {
  return is_letter_or_digit(letter) || static_cast<unsigned char>(letter) >= 0x80 ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(letter) != std::string_view::npos;
}
std::string shown(char letter) {
  return letter == ' ' ? "a blank" : std::string("'") + letter + "'";
}

std::string hindrance_of_quoted(std::string_view local) {
  if (local.size() < 2 || local.back() != '"') {
    return "has a quote in front of the @ that is not closed";
  }
  const auto inner = local.substr(1, local.size() - 2);
  for (std::size_t at = 0; at < inner.size(); ++at) {
    if (inner[at] == '\\') {
      if (++at == inner.size()) {
        return "has a quote in front of the @ that is not closed";
      }
    } else if (inner[at] == '"') {
      return "has a bare quote between quotes";
    }
  }
  return {};
}

std::string hindrance_of_label(std::string_view label) {
  if (label.empty()) {
    return "has an empty label in its domain";
  }
  if (label.size() > label_bytes_max) {
    return "has a label of " + std::to_string(label.size()) +
           " bytes in its domain; at most 63 are";
  }
  if (label.front() == '-' || label.back() == '-') {
    return "has a label in its domain that begins or ends with a hyphen";
  }
  const auto odd = std::find_if(label.begin(), label.end(), [](char letter) {
    return !is_letter_or_digit(letter) && letter != '-' && letter != '_';
  });
  return odd == label.end() ? std::string() : "has " + shown(*odd) + " in its domain";
}

// [192.0.2.1] or [IPv6:2001:db8::1]
std::string hindrance_of_literal(std::string_view domain) {
  constexpr std::string_view prefix = "IPv6:";
  const std::string inner(domain.substr(1, domain.size() - 2));
  const bool six = inner.starts_with(prefix);
  in6_addr binary{};
  const bool good =
      domain.back() == ']' &&
      inet_pton(six ? AF_INET6 : AF_INET, inner.c_str() + (six ? prefix.size() : 0), &binary) == 1;
  return good ? std::string() : "has no IP address between the brackets";
}

tl::unexpected<Complaint> complain(std::string_view setting, std::string found) {
  Complaint complaint;
  complaint.found = std::string(setting) + " " + std::move(found);
  complaint.expected = "an address such as it@school.example or Example School <it@school.example>";
  return tl::unexpected(std::move(complaint));
}

// What stands in front of '<': bare, or in quotes.
std::string name_of(std::string_view text) {
  std::string room;
  text = harmless(text, room);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') {
    return std::string(text);
  }
  std::string name;
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    if (text[at] == '\\' && at + 2 < text.size()) {
      ++at;
    }
    name += text[at];
  }
  return name;
}

}  // namespace

AddressParts parts_of(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) {
    return {address, {}};
  }
  return {address.substr(0, at), address.substr(at + 1)};
}

std::string hindrance_of_local_part(std::string_view local) {
  if (local.empty()) {
    return "has nothing in front of the @";
  }
  if (local.size() > local_bytes_max) {
    return "has " + std::to_string(local.size()) +
           " bytes in front of the @; at most 64 are allowed";
  }
  if (local.front() == '"') {
    return hindrance_of_quoted(local);
  }
  if (local.front() == '.' || local.back() == '.') {
    return "begins or ends with a dot in front of the @";
  }
  if (local.find("..") != std::string_view::npos) {
    return "has two dots side by side in front of the @";
  }
  const auto odd = std::find_if(local.begin(), local.end(),
                                [](char letter) { return !stands_bare(letter) && letter != '.'; });
  return odd == local.end() ? std::string() : "has " + shown(*odd) + " in front of the @";
}

std::string hindrance_of_domain(std::string_view domain) {
  if (domain.empty()) {
    return "has no domain";
  }
  if (domain.front() == '[') {
    return hindrance_of_literal(domain);
  }
  std::string ascii;
  if (!append_ascii_domain(domain, ascii)) {
    return "has a domain that is no internationalised domain name";
  }
  if (ascii.size() > domain_bytes_max) {
    return "has a domain of " + std::to_string(ascii.size()) + " bytes; at most 255 are allowed";
  }
  std::string_view rest = ascii;
  while (true) {
    const auto dot = rest.find('.');
    if (auto hindrance = hindrance_of_label(rest.substr(0, dot)); !hindrance.empty()) {
      return hindrance;
    }
    if (dot == std::string_view::npos) {
      return {};
    }
    rest.remove_prefix(dot + 1);
  }
}

std::string hindrance_of_address(std::string_view address) {
  if (address.empty()) {
    return "is empty";
  }
  if (const auto unfit = words_of_unfit(address, Lines::one); !unfit.empty()) {
    return "holds " + unfit;
  }
  if (address.find('@') == std::string_view::npos) {
    return "has no @";
  }
  if (address.size() > limits::address_bytes_max) {
    return "has " + std::to_string(address.size()) + " bytes; at most 254 are allowed";
  }
  const auto parts = parts_of(address);
  if (auto hindrance = hindrance_of_local_part(parts.local); !hindrance.empty()) {
    return hindrance;
  }
  if (auto hindrance = hindrance_of_domain(parts.domain); !hindrance.empty()) {
    return hindrance;
  }
  std::string wire;
  write_address(address, wire);
  return wire.size() <= limits::address_bytes_max
             ? std::string()
             : "has " + std::to_string(wire.size()) +
                   " bytes with its domain in ASCII; at most 254 are";
}

bool append_ascii_domain(std::string_view domain, std::string& to) {
  if (is_ascii(domain)) {
    to += domain;
    return true;
  }
  const std::string terminated(domain);
  std::uint8_t* ascii = nullptr;
  const int result = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(terminated.c_str()),
                                    &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (result != IDN2_OK) {
    return false;
  }
  to += reinterpret_cast<const char*>(ascii);
  idn2_free(ascii);
  return true;
}

bool write_address(std::string_view address, std::string& wire) {
  wire.clear();
  const auto parts = parts_of(address);
  wire += parts.local;
  wire += '@';
  if (!append_ascii_domain(parts.domain, wire)) {
    wire += parts.domain;
  }
  // Blanks and brackets have a place between quotes alone.
  const bool quoted = wire.starts_with('"');
  std::erase_if(wire, [quoted](char letter) {
    const auto value = static_cast<unsigned char>(letter);
    return value < 0x20 || value == 0x7F ||
           (!quoted && (letter == ' ' || letter == '<' || letter == '>'));
  });
  return !is_ascii(wire);
}

Result<NamedAddress, Complaint> read_named_address(std::string_view text,
                                                   std::string_view setting) {
  if (const auto unfit = words_of_unfit(text, Lines::one); !unfit.empty()) {
    return complain(setting, "holds " + unfit);
  }
  NamedAddress named;
  std::string room;
  auto address = harmless(text, room);
  if (address.ends_with('>')) {
    const auto open = address.rfind('<');
    if (open == std::string_view::npos) {
      return complain(setting, "has a '>' without a '<'");
    }
    named.name = name_of(address.substr(0, open));
    address = address.substr(open + 1, address.size() - open - 2);
  }
  if (const auto hindrance = hindrance_of_address(address); !hindrance.empty()) {
    return complain(setting, hindrance);
  }
  named.utf8 = write_address(address, named.address);
  return named;
}

}  // namespace muster::smtp
