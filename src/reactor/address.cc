#include "reactor/address.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace muster::reactor {
namespace {

Result<std::vector<Address>> ask(const std::string& host, std::uint16_t port, int flags) {
  // No AI_ADDRCONFIG: it hides ::1 and 127.0.0.1 on machines without a network, and an address that
  // cannot be reached costs no time, since connect() says so at once.
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* first = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first);
  if (failure != 0) {
    return trouble(ErrorCode::name_not_found, failure == EAI_SYSTEM ? errno : 0);
  }
  std::vector<Address> found;
  for (const addrinfo* at = first; at != nullptr && found.size() < addresses_max;
       at = at->ai_next) {
    if (at->ai_family != AF_INET && at->ai_family != AF_INET6) {
      continue;
    }
    auto& address = found.emplace_back();
    std::memcpy(&address.v6, at->ai_addr,
                at->ai_addrlen);  // sockaddr_in6 is the largest of the union
    address.size = at->ai_addrlen;
  }
  ::freeaddrinfo(first);
  if (found.empty()) {
    return trouble(ErrorCode::name_not_found);
  }
  return found;
}

}  // namespace

Result<std::vector<Address>> look_up(const std::string& host, std::uint16_t port) {
  return ask(host, port, 0);
}

std::vector<Address> literal_address(const std::string& host, std::uint16_t port) {
  auto found = ask(host, port, AI_NUMERICHOST);
  return found ? std::move(*found) : std::vector<Address>{};
}

std::string to_text(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.any.sa_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &address.v6.sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(address.v6.sin6_port));
  }
  ::inet_ntop(AF_INET, &address.v4.sin_addr, text.data(), text.size());
  return std::string(text.data()) + ":" + std::to_string(ntohs(address.v4.sin_port));
}

}  // namespace muster::reactor
