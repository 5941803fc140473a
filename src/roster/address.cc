#include "roster/address.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "model/limits.h"

namespace muster::roster {
namespace {

constexpr std::size_t local_bytes_max = 64;  // RFC 5321 §4.5.3.1
constexpr std::size_t domain_bytes_max = 255;

// Characters that nobody sees: marks that turn the text around them, separators, the byte order
// mark. Directories carry them along from pasted text.
struct Invisible {
  std::string_view bytes;
  const char* words;
};
constexpr std::array<Invisible, 16> invisible{{{"\u061c", "U+061C"},
                                               {"\u200b", "U+200B"},
                                               {"\u200e", "U+200E"},
                                               {"\u200f", "U+200F"},
                                               {"\u2028", "U+2028"},
                                               {"\u2029", "U+2029"},
                                               {"\u202a", "U+202A"},
                                               {"\u202b", "U+202B"},
                                               {"\u202c", "U+202C"},
                                               {"\u202d", "U+202D"},
                                               {"\u202e", "U+202E"},
                                               {"\u2066", "U+2066"},
                                               {"\u2067", "U+2067"},
                                               {"\u2068", "U+2068"},
                                               {"\u2069", "U+2069"},
                                               {"\ufeff", "U+FEFF"}}};

std::string words_of_invisible(std::string_view text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<Byte>(c) < 0x80; });
  if (plain) {
    return {};  // as nearly all are, and an import has a million
  }
  for (const auto& [bytes, words] : invisible) {
    if (text.find(bytes) != std::string_view::npos) {
      return std::string("an invisible character (") + words + ") is in it";
    }
  }
  return {};
}

// How long the quoted local part is that `text` begins with, its quotes included; npos where the
// quote never closes.
std::size_t end_of_quoted(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

// A blank, or what begins and ends an address in an envelope or a header field.
bool stands_bare(char c) {
  return std::string_view(" <>()\",;:\\").find(c) == std::string_view::npos;
}

std::string fault_of_bare(std::string_view text, const char* where) {
  const auto found = std::find_if_not(text.begin(), text.end(), stands_bare);
  if (found == text.end()) {
    return {};
  }
  return (*found == ' ' ? std::string("a space") : std::string("'") + *found + "'") + " is " +
         where;
}

std::string fault_of_local(std::string_view local) {
  if (local.empty()) {
    return "nothing is in front of the '@'";
  }
  if (local.size() > local_bytes_max) {
    return std::to_string(local.size()) + " bytes are in front of the '@', at most " +
           std::to_string(local_bytes_max) + " may be";
  }
  return local.front() == '"' ? "" : fault_of_bare(local, "in front of the '@'");
}

std::string fault_of_domain(std::string_view domain) {
  if (domain.empty()) {
    return "nothing is behind the '@'";
  }
  if (domain.size() > domain_bytes_max) {
    return std::to_string(domain.size()) + " bytes are behind the '@', at most " +
           std::to_string(domain_bytes_max) + " may be";
  }
  if (domain.find('@') != std::string_view::npos) {
    return "it has more than one '@'";
  }
  if (domain.front() == '[') {
    return domain.back() == ']' ? "" : "its '[' is not closed";
  }
  return fault_of_bare(domain, "behind the '@'");
}

}  // namespace

std::string fault_of_address(std::string_view text) {
  if (auto unseen = words_of_invisible(text); !unseen.empty()) {
    return unseen;
  }
  const bool quoted = text.starts_with('"');
  const auto at = quoted ? end_of_quoted(text) : text.find('@');
  if (at == std::string_view::npos) {
    return quoted ? "its quote is not closed" : "it has no '@'";
  }
  if (at >= text.size() || text[at] != '@') {
    return "no '@' follows its quotes";
  }
  auto fault = fault_of_local(text.substr(0, at));
  if (fault.empty()) {
    fault = fault_of_domain(text.substr(at + 1));
  }
  if (fault.empty() && text.size() > limits::address_bytes_max) {
    fault = "it has " + std::to_string(text.size()) + " bytes, at most " +
            std::to_string(limits::address_bytes_max) + " may be";
  }
  return fault;
}

}  // namespace muster::roster
