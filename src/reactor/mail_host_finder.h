// Mail hosts by DNS: MX, then A and AAAA of each, asked by c-ares in a thread of its own.
//
// The thread sleeps until there is a question, a packet or a time-out, has at most
// questions_at_once domains in hand, and rings the owner's bell for each answer. No answer is kept:
// whoever asks keeps it for as long as he likes. The destructor drops what is in hand.
//
//   MX says                       answer
//   ────────────────────────────  ────────────────────────────────────────────────────────────────
//   hosts                         their addresses; hosts without any are left out
//   "." alone (RFC 7505)          null_mx
//   nothing (NODATA)              the domain is its own host (RFC 5321 §5.1): its addresses
//   NXDOMAIN                      no_such_domain
//   SERVFAIL, refused, silence    dns_failed
//   hosts, none with an address   domain_without_mail, or dns_failed where DNS failed for one
//
// Addresses that lead to ourselves or nowhere (loopback, unspecified, multicast, broadcast) count
// as none unless settings allow them: whoever publishes them must not make us talk to this machine.
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
  std::string resolver;         // "192.0.2.53:53", "[2001:db8::53]:53"; empty: the system's
  bool allow_loopback = false;  // 127.0.0.0/8 and ::1 count as addresses: for tests and rehearsals
  Duration patience = std::chrono::seconds(5);  // for one answer of the resolver
  int tries = 3;                                // of each question
};

inline constexpr std::size_t questions_at_once = 64;

// `bell` outlives the finder. Error: the resolver is no address, or the system names none.
[[nodiscard]] Result<std::unique_ptr<wire::MailHostFinder>> open_mail_host_finder(
    const MailHostFinderSettings& settings, Doorbell& bell);

}  // namespace muster::reactor
