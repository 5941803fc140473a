// The fleet's own record of what its devices and users did: one line of JSON a fact, in order.
//
//   line := {"at":NANOSECONDS,"fact":FACT, …}       CLOCK_BOOTTIME, as in the push server's journal
//
// FACT is a name of fleet_fact.h. A device's line has device (its id in the roster) and channel
// ("device" or "user"); a user's has user. handed and answered have command (CommandUUID), handed
// url (SHA-256 of the invitation's URL) and code (of the code in it), answered status and, where
// there is one, result; violation has kind. Neither URLs, nor codes, nor PushMagic stand here.
// Lines are handed to the kernel before the devices send what they say, so that whatever a server
// has heard is in the journal even if the fleet is killed right after.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "loadgen/fleet_fact.h"

namespace muster::loadgen {

class FleetJournal {
 public:
  // Goes nowhere: for whoever wants no record.
  FleetJournal() = default;
  // Refused: a file that holds something already, since two fleets in one journal prove nothing.
  [[nodiscard]] static Result<FleetJournal, Complaint> open(const std::string& file);
  ~FleetJournal();
  FleetJournal(FleetJournal&& other) noexcept;
  FleetJournal& operator=(FleetJournal&& other) noexcept;

  void add(const Fact& fact, const FleetRoster& roster);
  // Hands everything to the kernel.
  [[nodiscard]] Result<void, Complaint> flush();

 private:
  std::string file_;
  int fd_ = -1;
  std::string buffer_;
};

// One line, without its end.
[[nodiscard]] std::string line_of(const Fact& fact, const FleetRoster& roster);

}  // namespace muster::loadgen
