#include "reactor/mail_host_rules.h"

#include <cstdint>
#include <cstring>

#include "base/ascii.h"

namespace muster::reactor {
namespace {

constexpr std::size_t name_max = 253;
constexpr std::size_t label_max = 63;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string host_name_of(std::string_view text) {
  if (text.ends_with('.')) {
    text.remove_suffix(1);
  }
  if (text.empty() || text.size() > name_max) {
    return {};
  }
  std::string name;
  name.reserve(text.size());
  std::size_t label = 0;
  for (const char raw : text) {
    const char c = ascii_lower(raw);
    if (c == '.' ? label == 0 : !is_lower_or_digit(c) && c != '-' && c != '_') {
      return {};
    }
    label = c == '.' ? 0 : label + 1;
    if (label > label_max) {
      return {};
    }
    name += c;
  }
  return label == 0 ? std::string{} : name;
}

bool counts(const in_addr& address, bool allow_loopback) {
  const std::uint32_t bits = ntohl(address.s_addr);
  const std::uint32_t first = bits >> 24;
  if (first == 127) {
    return allow_loopback;
  }
  const bool link_local = bits >> 16 == (169U << 8 | 254U);
  // From 224 on: multicast, then what is reserved (240.0.0.0/4), broadcast at its end.
  return first != 0 && !link_local && first < 224;
}

bool counts(const in6_addr& address, bool allow_loopback) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    in_addr inner{};
    std::memcpy(&inner, &address.s6_addr[12], sizeof inner);
    return counts(inner, allow_loopback);
  }
  if (IN6_IS_ADDR_LOOPBACK(&address)) {
    return allow_loopback;
  }
  // A link-local address says nothing without an interface, which DNS cannot give.
  return !IN6_IS_ADDR_UNSPECIFIED(&address) && !IN6_IS_ADDR_LINKLOCAL(&address) &&
         !IN6_IS_ADDR_MULTICAST(&address);
}

}  // namespace muster::reactor
