// Whom to give a domain's letters: the seam between whoever sends mail and DNS.
//
// One finder belongs to one shard and its thread. A question is answered once, later, and the
// doorbell that the finder was given rings then; the answer waits until it is taken.
// Source: RFC 5321 §5.1, RFC 7505 (null MX).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "model/outcome.h"

namespace muster::wire {

// So many addresses of a domain are looked at, the preferred ones first; others are left out.
inline constexpr std::size_t mail_hosts_max = 16;

// One address of a mail host.
struct MailHost {
  std::string name;              // lower case, no dot at the end: whom TLS names
  std::string address;           // literal, "192.0.2.1" or "2001:db8::1"
  std::uint16_t preference = 0;  // lower ones come first; equal ones share the load

  friend bool operator==(const MailHost&, const MailHost&) = default;
};

struct MailHosts {
  std::string domain;  // as it was asked
  // none: there are hosts. For good: no_such_domain, null_mx, domain_without_mail. For now:
  // dns_failed.
  Reason trouble = Reason::none;
  // By preference; at one preference by name, and within a name IPv6 and IPv4 in turns, so that a
  // network without one of them finds the other within the first two. At most mail_hosts_max.
  std::vector<MailHost> hosts;
};

class MailHostFinder {
 public:
  virtual ~MailHostFinder() = default;
  // `domain` is in A-labels and lower case. Asking again before the answer came is a bug.
  virtual void ask(const std::string& domain) = 0;
  // Appends the answers that are there, in any order.
  virtual void take(std::vector<MailHosts>& answers) = 0;
};

}  // namespace muster::wire
