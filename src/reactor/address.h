// Where a peer can be reached: an IPv4 or IPv6 address with its port.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace muster::reactor {

struct Address {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  socklen_t size = 0;
  Address() : v6{} {}
};

// A name may have very many addresses; more than this are not tried.
inline constexpr std::size_t addresses_max = 32;

// The addresses of `host`; blocks while DNS is asked. Error name_not_found where there is none.
[[nodiscard]] Result<std::vector<Address>> look_up(const std::string& host, std::uint16_t port);
// The same for a literal address, which blocks nowhere; empty where `host` is a name.
[[nodiscard]] std::vector<Address> literal_address(const std::string& host, std::uint16_t port);

// "127.0.0.1:8443", "[::1]:8443"
[[nodiscard]] std::string to_text(const Address& address);

}  // namespace muster::reactor
