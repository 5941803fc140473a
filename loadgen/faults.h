// Faults as data: which request or connection meets which misfortune.
//
// A plan is a list of faults from a TOML file (fault_file.h); for each complete request, and for
// each new connection, the first fault that is due is chosen. Three ways to choose, none of which
// looks at a clock:
//
//   every = n            each n-th request (or connection), by order of arrival
//   share = p            a share of the requests, by the seed and the order of arrival
//   share, per device    a share of the *devices*, by the seed and the token's hash: order does not
//   matter
//
// Per device are the faults that last (400, 404, 405, 410, 413: the same device gets the same
// answer every time) and those that strike once (`once`: a device meets the fault at its first
// attempt only, so that a retry succeeds). `after` leaves the first requests alone, `count` ends
// the fault after so many. Deterministic for a seed; memory grows with the devices struck once.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "loadgen/apns_request.h"

namespace muster::loadgen {

struct Fault {
  enum class Kind : std::uint8_t {
    goaway,
    status,
    reset,            // RST_STREAM
    settings,         // another stream limit, for a while
    withhold_window,  // no WINDOW_UPDATE, for a while
    silence,          // a stream, or every stream of the connection from now on, is never answered
    half_open,        // nothing is read or written any more, and nothing closed
    trickle,          // one byte at a time
    tls_alert,        // a fatal alert on the wire, then the end
    close,            // the hard way (RST)
  };
  Kind kind = Kind::status;
  bool on_connection = false;  // strikes a new connection rather than a request

  // when
  double share = 0;
  std::uint64_t every = 0;  // 0: by share
  std::uint64_t after = 0;  // requests (connections) that come before
  std::uint64_t count = 0;  // 0: without end
  bool once = false;        // a device at most once
  bool lasting = false;     // a device always

  // what
  ApnsAnswer answer;  // status
  enum class Last : std::uint8_t { all, none, below };
  Last last = Last::all;           // goaway: which streams will still be answered
  std::uint32_t below_newest = 0;  // goaway, below: this many of the newest are not
  std::string text;                // goaway: its JSON's reason
  std::uint32_t code = 0;          // goaway, reset: HTTP/2 error code; tls_alert: the alert
  std::uint32_t streams = 1;       // settings
  std::uint64_t back_after = 0;    // settings: requests until it is as before; 0: by time
  Duration back_after_time{0};     // settings, withhold_window; 0: never
  bool whole_connection = false;   // silence
  bool acted = false;              // reset, close: the request was acted on all the same
  Duration pause{0};               // trickle: between two bytes
};

class FaultPlan {
 public:
  FaultPlan() = default;
  FaultPlan(std::vector<Fault> faults, std::uint64_t seed);

  // Counts a complete request and names its fault; nullptr: none. `token` is zero where it had
  // none.
  [[nodiscard]] const Fault* next_request(const std::array<Byte, 32>& token);
  [[nodiscard]] const Fault* next_connection();
  [[nodiscard]] const std::vector<Fault>& faults() const { return faults_; }
  // How often each fault struck, in the file's order.
  [[nodiscard]] std::vector<std::uint64_t> struck() const;

 private:
  struct Past {
    std::uint64_t struck = 0;
    std::unordered_set<std::uint64_t> devices;  // hashes, of faults that strike once
  };
  [[nodiscard]] const Fault* choose(bool connection, std::uint64_t ordinal, std::uint64_t token);
  [[nodiscard]] bool due(std::size_t index, std::uint64_t ordinal, std::uint64_t token);

  std::vector<Fault> faults_;
  std::vector<Past> past_;
  std::uint64_t seed_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t connections_ = 0;
};

}  // namespace muster::loadgen
