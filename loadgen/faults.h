// Faults as data: which request or connection meets which misfortune.
//
// A plan is a list of faults from a TOML file (fault_file.h); for each complete request, and for
// each new connection, the first fault that is due is chosen (fault_timing.h says when one is).
//
// Per device are the faults that last (400, 404, 405, 410, 413: the same device gets the same
// answer every time) and those that strike once.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "loadgen/apns_request.h"
#include "loadgen/fault_timing.h"

namespace muster::loadgen {

struct Fault : FaultTiming {
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
  [[nodiscard]] std::vector<std::uint64_t> struck() const { return schedule_.struck(); }

 private:
  [[nodiscard]] const Fault* choose(bool connection, std::uint64_t ordinal, std::uint64_t token);

  std::vector<Fault> faults_;
  FaultSchedule schedule_;
  std::uint64_t requests_ = 0;
  std::uint64_t connections_ = 0;
};

}  // namespace muster::loadgen
