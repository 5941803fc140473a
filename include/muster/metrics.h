// What a dispatcher can be measured by: gauges of this moment, and counts that the ledger keeps, so
// that they go on where an earlier process left them.
// Times and what else is of this process begin anew with it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace muster {

// Invitations of all tasks that are in this state, for this reason.
struct StateCount {
  std::string state;   // "sent"
  std::string reason;  // "BadDeviceToken"; empty where none is kept
  std::uint64_t count = 0;
};

// How long something took, counted by powers of two since this process began.
struct Times {
  // In counts[i] are those that took at most bound(i) seconds and longer than the bound before; the
  // last of them took longer than all bounds.
  static constexpr std::size_t bounds = 18;
  [[nodiscard]] static constexpr double bound(std::size_t i) {
    return 0.00025 * static_cast<double>(std::uint64_t{1} << i);
  }
  std::array<std::uint64_t, bounds + 1> counts{};
  double seconds = 0;  // in all
};

// From the moment that an invitation is given to a connection until its peer has answered.
struct PeerTimes {
  std::string channel;  // "push", "mail"
  std::string peer;     // "api.push.apple.com:443"; "direct": all mail hosts together
  Times times;
};

struct Metrics {
  std::vector<StateCount> invitations;  // not empty ones, each state and reason once
  std::uint64_t repeated = 0;           // sent again because the first attempt's fate was unknown
  std::uint64_t tasks_active = 0;
  std::uint64_t tasks_ended = 0;
  double rate = 0;  // done a second, of the tasks that this process sends
  // ── of this process; 0 before its first send ──
  std::uint64_t in_flight = 0;  // written to a peer, not answered; mail's too
  std::uint64_t unsettled = 0;  // answered, not durable
  std::uint64_t connections = 0;
  std::uint64_t streams = 0;  // of push: allowed by the peers
  std::uint64_t mail_in_flight = 0;
  std::uint64_t mail_connections = 0;
  std::int64_t window_bytes = 0;  // of push: left in the connections' flow-control windows
  std::uint64_t goaways = 0;      // of push: connections that a peer ended by GOAWAY
  std::uint64_t slots_used = 0;   // of push and accounts: jobs on their way through the pipeline
  std::uint64_t slots = 0;
  std::uint64_t mail_slots_used = 0;
  std::uint64_t mail_slots = 0;
  std::vector<PeerTimes> latencies;
  Times commits;  // of the ledger
};

}  // namespace muster
