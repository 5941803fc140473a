// The fleet's thread: its network, its connections, and the loop that feeds fleet.h.
//
// A turn: take wakes, let time pass, hand out requests where connections are free, hand the journal
// to the kernel, turn the network, take outcomes. Trouble with the journal ends the loop, for a
// journal with holes would accuse the innocent; the process is then told to end by SIGTERM, which
// its serving thread waits for.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "loadgen/fleet.h"
#include "loadgen/web_client.h"

namespace muster::loadgen {

struct FleetRunnerSettings {
  FleetSettings fleet;
  std::uint32_t connections = 64;  // to the MDM endpoint
  std::uint32_t taps = 16;         // at once
  Duration patience = std::chrono::seconds(60);
  std::string trust_file;     // authority of https servers; empty: the system's
  std::string journal_file;   // empty: none is kept
  std::string enrolled_file;  // written when every device has enrolled; empty: not
  bool end_process_on_trouble = true;
};

class FleetRunner {
 public:
  // `roster` and `clock` outlive it.
  [[nodiscard]] static Result<std::unique_ptr<FleetRunner>, Complaint> open(
      const FleetRunnerSettings& settings, const FleetRoster& roster, const Behaviour& behaviour,
      const Clock& clock, BodySigner sign);
  ~FleetRunner();
  FleetRunner(const FleetRunner&) = delete;
  FleetRunner& operator=(const FleetRunner&) = delete;

  // For the push server.
  [[nodiscard]] WakeObserver& observer() { return gate_; }
  void start();
  // Ends the thread; what it said last may have no answer. Its trouble, if it had any.
  [[nodiscard]] Result<void, Complaint> stop();
  // After stop().
  [[nodiscard]] const FleetStats& stats() const { return fleet_.stats(); }

 private:
  struct Made;  // what can fail
  FleetRunner(const FleetRunnerSettings& settings, const FleetRoster& roster,
              const Behaviour& behaviour, const Clock& clock, Made made);
  void end_thread();
  void run();
  [[nodiscard]] Result<void, Complaint> turn();
  void hand_out(Instant now);
  [[nodiscard]] Result<void, Complaint> tell_enrolled();

  FleetRunnerSettings settings_;
  std::unique_ptr<crypto::TlsContext> tls_;
  FleetJournal journal_;
  std::unique_ptr<wire::Network> network_;
  WakeGate gate_;
  Fleet fleet_;
  WebClient mdm_;
  WebClient taps_;
  const Clock& clock_;
  std::vector<Wake> wakes_;
  std::vector<WebOutcome> outcomes_;
  bool told_ = false;  // that all have enrolled
  // Release in stop(), acquire in run().
  std::atomic<bool> stopping_{false};
  Result<void, Complaint> ran_;
  std::thread thread_;
};

}  // namespace muster::loadgen
