// The MDM desk at work: its thread, its queue, and what it asks of the rest of the house.
//
// Requests of devices come from the HTTP server's thread, wait in a bounded queue, and are answered
// in batches, one commit a batch: a herd costs no more commits than there is time for. A command is
// handed out only if its task runs at that moment; stopped() returns when every reply that was
// decided before it is with the kernel or given up: what was not handed out by then never is.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/number_set.h"
#include "base/time.h"
#include "http/server.h"
#include "ledger/reader.h"
#include "mdm/desk.h"
#include "muster/settings.h"
#include "service/registering.h"

namespace muster::service {

// How the desk reaches what others own. Called on the desk's thread.
struct DevicesHouse {
  // The roster's writer, under whatever lock it has.
  std::function<Result<std::vector<roster::CheckedIn>>(std::span<const roster::CheckIn>)> check_in;
  const Registering* registering = nullptr;  // outlives the room
};

class DevicesRoom final : private mdm::House {
 public:
  // The complaint names mdm.device_trust_file or the data directory.
  [[nodiscard]] static Result<std::unique_ptr<DevicesRoom>, Complaint> open(
      const std::string& dir, const MdmSettings& settings, const Clock& clock, DevicesHouse house);
  ~DevicesRoom() override;

  // ── any thread ──
  // A request to /mdm/checkin or /mdm/command. 503 where too many wait.
  void take(http::ServerRequest request, http::Answer answer);
  // A task was stopped, durably: waits, at most two seconds, for replies decided before.
  void stopped();
  [[nodiscard]] std::vector<mdm::Event> take_events();

 private:
  struct Visit {
    mdm::Call call;
    http::Answer answer;
  };
  DevicesRoom(const std::string& dir, const Clock& clock, DevicesHouse house)
      : dir_(dir), clock_(clock), house_(std::move(house)) {}

  void run();
  void answer(std::vector<Visit>& visits);
  [[nodiscard]] Result<void> look_at_tasks();
  [[nodiscard]] Result<std::vector<roster::CheckedIn>> check_in(
      std::span<const roster::CheckIn> devices) override;
  [[nodiscard]] Result<std::vector<mdm::Waiting>> waiting(DeviceNumber device) override;

  const std::string dir_;
  const Clock& clock_;
  const DevicesHouse house_;

  // ── the desk's thread alone ──
  std::unique_ptr<mdm::Desk> desk_;
  std::unique_ptr<ledger::LedgerReader> ledger_;
  std::unique_ptr<roster::RosterReader> roster_;
  std::unique_ptr<registrar::InvitationUrls> urls_;
  std::vector<TaskId> open_;                // whose invitations may be handed out, newest first
  std::map<TaskId, NumberSet> devices_of_;  // of those: frozen, so read once
  bool looked_ = false;                     // these count for this batch

  std::mutex mutex_;  // guards what follows
  std::condition_variable woken_;
  std::condition_variable quiet_;
  std::vector<Visit> queue_;
  std::vector<mdm::Event> events_;
  std::uint64_t decided_ = 0;  // replies that were, or are being, decided
  std::uint64_t written_ = 0;  // of those: with the kernel, or given up
  bool ending_ = false;

  std::thread thread_;
};

}  // namespace muster::service
