// Many simulated devices and their users: whose turn it is, what they ask for, what they did.
//
// Drives devices (device.h) by a heap of times; keeps what a single device cannot know: which user
// was shown which invitation, who taps, whether one invitation went to two users. No socket and no
// thread: requests are pulled where the asker has room, outcomes are pushed back by ticket.
// Everything that happened is in the journal before it can be pulled.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "loadgen/device.h"
#include "loadgen/fleet_journal.h"
#include "loadgen/invitation_url.h"
#include "loadgen/wake_gate.h"
#include "loadgen/web_line.h"

namespace muster::loadgen {

struct FleetSettings {
  WebAddress mdm;                   // commands at its target + "/command", check-ins at "/checkin"
  std::optional<WebAddress> books;  // taps go there; nothing: where the invitation's URL says
};

// Mdm-Signature of a device's body; empty function: none is sent.
using BodySigner = std::function<std::string(std::uint32_t device, std::string_view body)>;

struct FleetStats {
  std::array<std::uint64_t, fact_kinds_count> facts{};
  std::map<std::string, std::uint64_t, std::less<>> said;     // "NotNow", "Acknowledged", …
  std::map<std::string, std::uint64_t, std::less<>> accused;  // violations by name
  std::map<std::uint16_t, std::uint64_t> statuses;            // of the MDM endpoint's answers
  std::uint64_t devices = 0;
  std::uint64_t enrolled = 0;       // devices, with all their channels
  std::uint64_t requests = 0;       // to the MDM endpoint
  std::uint64_t unanswered = 0;     // of those
  std::uint64_t taps_withheld = 0;  // an invitation's URL led away from this machine

  [[nodiscard]] std::uint64_t violations() const {
    return facts[static_cast<std::size_t>(Fact::Kind::violation)];
  }
  // One line of JSON, without the newline.
  [[nodiscard]] std::string json() const;
};

struct FleetRequest {
  WebAddress to;
  WebRequest request;
};

class Fleet {
 public:
  // Everything borrowed outlives it. `gate` learns the devices' tokens.
  struct Surroundings {
    const FleetRoster& roster;
    WakeGate& gate;
    FleetJournal& journal;
    BodySigner sign = {};
  };
  Fleet(const Surroundings& around, const FleetSettings& settings, const Behaviour& behaviour);

  // Every device enrols.
  void begin(Instant now);
  void woken(const Wake& wake, Instant now);
  // Whose time has come gets ready.
  void advance(Instant now);
  [[nodiscard]] Instant deadline() const;
  // The next request to the MDM endpoint, or of a user who taps.
  [[nodiscard]] std::optional<FleetRequest> next_request(Instant now);
  [[nodiscard]] std::optional<FleetRequest> next_tap(Instant now);
  // Trouble too: an outcome that did not come.
  void answered(const WebOutcome& outcome, Instant now);

  [[nodiscard]] bool all_enrolled() const { return stats_.enrolled == devices_.size(); }
  [[nodiscard]] const FleetStats& stats() const { return stats_; }

 private:
  struct User {
    UserPlan plan;
    bool decided = false;  // taps, or closed the dialog
    std::string url;       // to be tapped; a secret
  };
  using Timer = std::pair<Instant, std::uint32_t>;
  using Timers = std::priority_queue<Timer, std::vector<Timer>, std::greater<>>;

  void settle(std::uint32_t device, Instant now);
  void schedule(std::uint32_t device, Instant now);
  void record(const Fact& fact);
  void look_for_mixing(const Fact& fact);
  void shown(std::uint32_t device, const std::string& url, Instant now);
  void tap_answered(std::uint32_t user, const WebOutcome& outcome, Instant now);

  Surroundings around_;
  FleetSettings settings_;
  std::vector<Device> devices_;
  std::vector<User> users_;
  std::vector<Instant> scheduled_;  // of each device: its earliest place in timers_
  std::vector<bool> queued_;        // stands in ready_
  std::vector<bool> counted_;       // as enrolled
  std::deque<std::uint32_t> ready_;
  Timers timers_;
  Timers taps_;                        // by user
  std::deque<std::uint32_t> tapping_;  // whose time has come
  std::unordered_map<std::string, std::uint32_t> user_of_command_;
  std::unordered_map<std::string, std::uint32_t> user_of_url_;
  Deeds deeds_;
  FleetStats stats_;
};

}  // namespace muster::loadgen
