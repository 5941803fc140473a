// `muster-loadgen devices`: a fleet of simulated devices, and the push server that wakes them, in
// one process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "loadgen/behaviour.h"
#include "loadgen/command_apns.h"

namespace muster::loadgen {

struct DevicesWishes {
  ApnsWishes apns;  // the push server, as of `muster-loadgen apns`
  std::string roster;
  std::string mdm;    // URL of the MDM endpoint, without /checkin and /command
  std::string books;  // URL of the Apps and Books simulator; empty: as invitations say
  std::string behaviour_file;
  std::optional<std::uint64_t> seed;
  std::optional<double> accept_share;
  std::uint32_t accept_delay_ms = 1000;
  std::string identity = "signature";  // or none
  std::uint32_t devices_per_identity = 1;
  std::string identity_authority;  // file to write the devices' authority to
  std::uint32_t connections = 64;
  std::string trust_file;
  std::string journal_file;  // the fleet's
  std::string enrolled_file;
};

// Runs until SIGTERM, SIGINT or until the push server is idle, then prints the counts of both as
// one line of JSON. To be called from the program's first thread.
[[nodiscard]] Result<void, Complaint> serve_devices(const DevicesWishes& wishes);

// What the wishes make of the behaviour's file; without a file, everybody is quick and obedient.
[[nodiscard]] Result<Behaviour, Complaint> behaviour_of(const DevicesWishes& wishes);

}  // namespace muster::loadgen
