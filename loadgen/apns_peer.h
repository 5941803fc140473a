// What all connections of one simulated APNs server share: its rules, faults, journal and counters.
//
// Owned by the server, used from its one thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "loadgen/apns_request.h"
#include "loadgen/faults.h"
#include "loadgen/journal.h"
#include "loadgen/provider_token.h"

namespace muster::loadgen {

struct ApnsStats {
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;                     // complete ones
  std::map<std::string, std::uint64_t> answered;  // "200", "410 Unregistered"
  std::uint64_t withheld = 0;                     // acted on, but never answered
  std::uint64_t not_acted_on = 0;                 // complete, but refused or above a GOAWAY
  std::uint64_t goaways = 0;                      // sent
  std::uint64_t resets = 0;                       // RST_STREAM sent by a fault
  std::uint64_t tls_failures = 0;                 // handshakes that came to nothing
  std::uint64_t streams_refused = 0;              // opened before the client could know the limit
  std::uint64_t without_push_type = 0;
  std::uint64_t without_expiration = 0;
  // What a client must not do.
  struct Violations {
    std::uint64_t streams_beyond_limit = 0;
    std::uint64_t priority = 0;      // PRIORITY frames, or priority inside HEADERS
    std::uint64_t push_enabled = 0;  // no ENABLE_PUSH = 0 in the first SETTINGS
    std::uint64_t authorization_indexed = 0;
    std::uint64_t path_indexed = 0;
    std::uint64_t protocol = 0;  // anything else that nghttp2 refuses
    [[nodiscard]] std::uint64_t sum() const {
      return streams_beyond_limit + priority + push_enabled + authorization_indexed + path_indexed +
             protocol;
    }
  } violations;
  std::vector<std::uint64_t> faults_struck;  // in the fault file's order

  // One line of JSON, without the newline.
  [[nodiscard]] std::string json() const;
};

// Who else decides about pushes, and hears what became of them: a fleet of simulated devices. The
// strict conversation alone asks and tells; called on the server's thread.
class WakeObserver {
 public:
  using Token = std::array<Byte, 32>;
  virtual ~WakeObserver() = default;
  // A push to this token is as it should be; a status other than 200 is answered instead.
  [[nodiscard]] virtual ApnsAnswer answer_for(const Token& token) = 0;
  // The push was acted on, with this answer: 200 means that the device is reached, whether or not
  // the sender hears the answer.
  virtual void acted_on(const Token& token, const std::string& payload,
                        const ApnsAnswer& answer) = 0;
};

struct ApnsPeer {
  ApnsRules rules;
  // Token mode: requests need a provider token, and a connection has one stream until the first
  // good one.
  bool token_mode = false;
  // Certificate mode: provider tokens are not looked at.
  bool certificate_mode = false;
  SignatureCheck check_signature;
  std::uint32_t streams = 1000;
  std::uint32_t window = 65'535;  // of streams and of connections
  Duration delay{0};
  const Clock* clock = nullptr;
  FaultPlan faults;
  Journal* journal = nullptr;                // nullptr: none is kept
  WakeObserver* observer = nullptr;          // nullptr: nobody
  std::vector<Instant>* arrivals = nullptr;  // of the fast sink's requests; nullptr: none are kept
  ApnsStats stats;
};

}  // namespace muster::loadgen
