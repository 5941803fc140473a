// What reaches us over HTTP: devices (/mdm/checkin, /mdm/command), NanoMDM's webhooks
// (/hooks/nanomdm), and Apple's notifications (/hooks/books). Only routes; who answers is
// elsewhere.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/server.h"
#include "muster/settings.h"

namespace muster::service {

class DevicesRoom;
class Registering;

class Endpoint {
 public:
  struct Rooms {
    DevicesRoom* devices = nullptr;      // nullptr: 404
    Registering* registering = nullptr;  // likewise
    http::Handler others;                // what is none of theirs; empty: 404
  };
  // Listens as server.listen says. The complaint names the address, or the certificate's file and
  // the mend. The rooms outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Endpoint>, Complaint> open(const Settings& settings,
                                                                         Rooms rooms);
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  // Reads its certificate anew (http/server.h).
  [[nodiscard]] Result<void, Complaint> reload() { return server_->reload(); }

 private:
  Endpoint(Rooms rooms, bool nanomdm) : rooms_(std::move(rooms)), nanomdm_(nanomdm) {}
  void route(http::ServerRequest request, http::Answer answer);
  void hear_nanomdm(const http::ServerRequest& request, http::Answer answer);
  void hear_books(const http::ServerRequest& request, http::Answer answer);

  const Rooms rooms_;
  const bool nanomdm_;                    // it speaks of devices; else they speak for themselves
  std::unique_ptr<http::Server> server_;  // ends first
};

}  // namespace muster::service
