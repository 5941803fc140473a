// What all connections of one simulated mail server share: what it offers, its faults, journal and
// counters.
//
// Owned by the command, used from the server's one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "loadgen/journal.h"
#include "loadgen/smtp_faults.h"

namespace muster::loadgen {

struct SmtpRules {
  bool pipelining = true;  // false: any byte ahead of its turn ends the connection
  bool chunking = true;
  bool starttls = false;  // offered while in clear
  bool login_only_over_tls = false;
  std::string user;  // not empty: mail without a login is refused
  std::string password;
  std::uint64_t size_max = 10'485'760;  // octets of a message
  std::uint32_t connections = 0;        // at once; the next is greeted with 421; 0: any number
  std::uint32_t messages_per_connection = 0;  // then 421; 0: any number
  bool limits = true;                         // tells it in EHLO (RFC 9422)
};

struct SmtpStats {
  std::uint64_t connections = 0;       // accepted, whatever the greeting
  std::uint64_t connections_most = 0;  // at once, without those that were one too many
  std::uint64_t logins = 0;
  std::uint64_t logins_refused = 0;
  std::uint64_t secured = 0;       // by STARTTLS
  std::uint64_t tls_failures = 0;  // handshakes that came to nothing
  std::uint64_t messages = 0;      // accepted, answered or not
  std::uint64_t in_clear = 0;      // of those: not over TLS
  std::uint64_t recipients = 0;    // of those
  std::uint64_t octets = 0;        // of those
  std::uint64_t withheld = 0;      // accepted, but never answered
  std::uint64_t not_acted_on = 0;  // complete, but lost on purpose before the reply
  std::uint64_t resets = 0;        // RSET
  std::uint64_t ended_without_quit = 0;
  std::map<std::string, std::uint64_t> refused;  // "rcpt 550": by fault or by rule
  // What a client must not do, by kind, with the first example of each.
  struct Slip {
    std::uint64_t count = 0;
    std::string example;
  };
  std::map<std::string, Slip, std::less<>> misspoken;
  std::vector<std::uint64_t> faults_struck;  // in the fault file's order

  void slip(std::string_view kind, std::string_view example);
  [[nodiscard]] std::uint64_t slips() const;
  // One line of JSON, without the newline.
  [[nodiscard]] std::string json() const;
};

struct SmtpPeer {
  SmtpRules rules;
  Duration delay{0};
  const Clock* clock = nullptr;
  SmtpFaultPlan faults;
  Journal* journal = nullptr;  // nullptr: none is kept
  SmtpStats stats;
};

}  // namespace muster::loadgen
