// Reads a fault plan from TOML. Anything wrong is one Complaint with file, line and column.
//
//   seed = 7
//   [[fault]]
//   kind = "status"         # goaway status reset settings withhold_window silence half_open
//   trickle
//                           # tls_alert close
//   on = "request"          # or "connection" (tls_alert always, and only, there)
//   share = 0.01            # or: every = 100
//   after = 1000            # requests (connections) left alone first
//   count = 50              # at most so many
//   once = true             # a device at most once (default for 429, 500, 503 and reset)
//   status = 410            # status: with reason, and timestamp_ms for 410
//   reason = "Unregistered" # status, goaway
//   last = "all"            # goaway: "all", "none", or how many of the newest are not answered
//   code = "REFUSED_STREAM" # reset, goaway: HTTP/2's name; tls_alert: the alert's number
//   acted = true            # reset, close: acted on all the same (never with REFUSED_STREAM)
//   streams = 1             # settings; back_after = requests, or back_after_ms
//   scope = "connection"    # silence: or "stream"
//   pause_ms = 20           # trickle: between two bytes
#pragma once

#include <string>

#include "base/result.h"
#include "loadgen/faults.h"

namespace muster::loadgen {

[[nodiscard]] Result<FaultPlan, Complaint> read_fault_file(const std::string& file);
// The same from memory; `name` stands for the file in complaints.
[[nodiscard]] Result<FaultPlan, Complaint> read_faults(const std::string& text,
                                                       const std::string& name);

}  // namespace muster::loadgen
