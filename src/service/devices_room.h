// The MDM desk at work: its thread, its queue, and what it asks of the rest of the house.
//
// Either devices speak to us, or NanoMDM does of them: then its webhooks are heard here, and what
// it is to hand out is enqueued by the same thread (enqueuing.h).
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
#include "service/enqueuing.h"
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
  // A request to /hooks/nanomdm; likewise. 401 where it is not signed by our secret.
  void take_hook(const http::ServerRequest& request, http::Answer answer);
  // What NanoMDM's queue gets before a device is woken; null: another server than NanoMDM.
  [[nodiscard]] Enqueuing* enqueuing() { return enqueuing_.get(); }
  // Ends its thread; nobody is answered and nothing is enqueued any more.
  void end();
  // A task was stopped, durably: waits, at most two seconds, for replies decided before.
  void stopped();
  [[nodiscard]] std::vector<mdm::Event> take_events();

 private:
  struct Visit {
    mdm::Call call;
    http::Answer answer;
  };
  struct Hook {
    mdm::Heard heard;
    http::Answer answer;
  };
  DevicesRoom(const std::string& dir, const Clock& clock, DevicesHouse house)
      : dir_(dir), clock_(clock), house_(std::move(house)) {}

  [[nodiscard]] Result<void, Complaint> join_nanomdm(const MdmSettings& settings);
  void run();
  void answer(std::vector<Visit>& visits);
  void hear(std::vector<Hook>& hooks);
  void enqueue();
  // Until there is something to do; false: it ends.
  [[nodiscard]] bool wait();
  void keep_events();
  [[nodiscard]] Result<void> look_at_tasks();
  [[nodiscard]] Result<std::vector<roster::CheckedIn>> check_in(
      std::span<const roster::CheckIn> devices) override;
  [[nodiscard]] Result<std::vector<mdm::Waiting>> waiting(DeviceNumber device) override;

  const std::string dir_;
  const Clock& clock_;
  const DevicesHouse house_;
  std::string hook_secret_;  // empty: signatures are not asked for

  // ── the desk's thread alone ──
  std::unique_ptr<mdm::Desk> desk_;
  std::unique_ptr<ledger::LedgerReader> ledger_;
  std::unique_ptr<roster::RosterReader> roster_;
  std::unique_ptr<registrar::InvitationUrls> urls_;
  std::unique_ptr<Enqueuing> enqueuing_;    // its queue is for others as well
  std::vector<mdm::Heard> unheard_;         // could not be stored: NanoMDM will not say it again
  std::vector<TaskId> open_;                // whose invitations may be handed out, newest first
  std::map<TaskId, NumberSet> devices_of_;  // of those: frozen, so read once
  bool looked_ = false;                     // these count for this batch

  std::mutex mutex_;  // guards what follows
  std::condition_variable woken_;
  std::condition_variable quiet_;
  std::vector<Visit> queue_;
  std::vector<Hook> hooks_;
  bool enqueue_wanted_ = false;
  std::vector<mdm::Event> events_;
  std::uint64_t decided_ = 0;  // replies that were, or are being, decided
  std::uint64_t written_ = 0;  // of those: with the kernel, or given up
  bool ending_ = false;

  std::thread thread_;
};

}  // namespace muster::service
