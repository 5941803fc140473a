// Mail hosts by DNS: MX, then A and AAAA of each, asked by c-ares in a thread of its own.
//
// The thread sleeps until there is a question, a packet or a time-out, has at most
// questions_at_once domains in hand and packets_at_once questions to DNS, and rings the owner's
// bell where there are answers. No answer is kept: whoever asks keeps it for as long as he likes.
// The destructor drops what is in hand.
//
//   MX says                       answer
//   ────────────────────────────  ────────────────────────────────────────────────────────────────
//   hosts                         the addresses of the preferred 16 (mail_host_lookup.h); hosts
//                                 without any, or with an impossible name, are left out
//   "." alone (RFC 7505)          null_mx
//   nothing (NODATA)              the domain is its own host (RFC 5321 §5.1): its addresses
//   NXDOMAIN, or it is no name    no_such_domain
//   SERVFAIL, refused, silence    dns_failed
//   hosts, none with an address   domain_without_mail, or dns_failed where DNS failed for one
//
// Addresses that lead to ourselves or nowhere (mail_host_rules.h) count as none, unless settings
// allow loopback: whoever publishes them must not make us talk to this machine.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/thread.h"
#include "base/time.h"
#include "wire/mail_hosts.h"

namespace muster::reactor {

struct MailHostFinderSettings {
  // "192.0.2.53:53", "[2001:db8::53]:53"; empty: the system's, or this machine where resolv.conf(5)
  // names none.
  std::string resolver;
  bool allow_loopback = false;  // 127.0.0.0/8 and ::1 count as addresses: for tests and rehearsals
  // For one answer of the resolver; the second try has twice as long, and so on.
  Duration patience = std::chrono::seconds(5);
  int tries = 3;  // of each question
};

inline constexpr std::size_t questions_at_once = 64;
// c-ares takes a full socket for a failure, and what finds one full is lost: Linux' default of 208
// KiB takes some 160 packets of 512 bytes.
inline constexpr std::size_t packets_at_once = 128;

// `bell` outlives the finder. Error name_not_found: the resolver is no address with a port.
[[nodiscard]] Result<std::unique_ptr<wire::MailHostFinder>> open_mail_host_finder(
    const MailHostFinderSettings& settings, Doorbell& bell);

}  // namespace muster::reactor
