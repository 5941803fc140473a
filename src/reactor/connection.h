// One connection, as far as no kernel interface matters.
//
// Theory: a connection owns at most one socket. Before it may take another one (the next address)
// or be freed, everything that the kernel does with the socket must have ended: `in_kernel` counts
// that. A stage says what the connection waits for, `limit` when it has waited too long.
//
//   resolving ──▶ connecting ──▶ securing ──▶ open ──▶ closing ──▶ lingering ──▶ gone
//                  │     ▲           (TLS)              sends the     reads until the
//                  ▼     │                              rest          peer has closed too
//                  turning: to the next address
//
// A session that asks for TLS (STARTTLS) goes back from open to securing. From every stage trouble
// leads to gone; lost() is called on the way to lingering or gone, once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reactor/address.h"
#include "reactor/pump.h"
#include "wire/network.h"

namespace muster::reactor {

inline constexpr Duration secure_max = std::chrono::seconds(10);  // a TLS handshake

enum class Stage : std::uint8_t {
  resolving,
  connecting,
  turning,
  securing,
  open,
  closing,
  lingering,
  gone,
};

// Owned by a BaseNetwork; the network's thread.
struct Connection {
  Connection(wire::ConnectionId number, const wire::Endpoint& where, wire::Session& whose)
      : id(number), endpoint(where), session(&whose), pump(whose) {}

  const wire::ConnectionId id;
  const wire::Endpoint endpoint;
  wire::Session* session;  // null once lost() was called
  Pump pump;

  Stage stage = Stage::resolving;
  bool woken = false;     // stands in the list of connections to flush
  bool closed = false;    // the owner called close()
  bool sending = false;   // a send is in flight; its bytes are pump.unsent()
  bool has_more = false;  // the session was stopped in mid-speech: ask again when there is room
  // A send failed with this. What the peer had said before is read first.
  Error failure;
  Instant limit = Instant::never();             // of the stage
  Instant opening_until = Instant::never();     // of resolving and connecting together
  Instant session_deadline = Instant::never();  // the session's own, as it last said

  std::vector<Address> addresses;
  std::size_t attempts = 0;  // addresses tried before the present one
  std::string peer;          // "127.0.0.1:8443" once there is somebody

  // ── the socket ──
  int fd = -1;
  std::uint32_t generation = 0;  // of the socket; what the kernel says of an older one is ignored
  std::uint32_t in_kernel = 0;   // operations that have not ended

  // Whom TLS names and verifies.
  [[nodiscard]] const std::string& tls_name() const {
    return endpoint.server_name.empty() ? endpoint.host : endpoint.server_name;
  }
  [[nodiscard]] const Address& address() const {
    return addresses[(endpoint.ordinal + attempts) % addresses.size()];
  }
};

}  // namespace muster::reactor
