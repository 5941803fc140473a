// What a name and an address must be to count as a mail host's.
//
// Both come from whoever runs the domain, so both may be anything: a name ends in logs, in TLS and
// in the ledger, an address is where we connect to.
#pragma once

#include <netinet/in.h>

#include <string>
#include <string_view>

namespace muster::reactor {

// In lower case, without the dot at the end; empty where it cannot be a host's name (RFC 1035
// §2.3.4's lengths; letters, digits, hyphens, and underscores since some hosts have them).
[[nodiscard]] std::string host_name_of(std::string_view text);

// Not where it leads to this machine or nowhere: loopback (unless that is allowed), unspecified and
// "this network", link-local, multicast, reserved and broadcast, and IPv4-mapped forms of these.
[[nodiscard]] bool counts(const in_addr& address, bool allow_loopback);
[[nodiscard]] bool counts(const in6_addr& address, bool allow_loopback);

}  // namespace muster::reactor
