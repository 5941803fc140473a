// The seam to the world of peers: a reactor in the program, a simulation in tests.
//
// One Network belongs to one shard and its thread; only Doorbell::ring() may come from others. The
// owner's loop is: take work, hand it to sessions, wake() their connections, turn(). One turn
// collects the bytes of all woken sessions, submits once, waits once, and then calls
// receive/expire/lost of every session concerned.
#pragma once

#include <cstdint>
#include <string>

#include "base/thread.h"
#include "base/time.h"
#include "wire/session.h"

namespace muster::crypto {
class TlsContext;
}

namespace muster::wire {

using ConnectionId = std::uint32_t;  // never reused within a Network

struct Endpoint {
  std::string host;  // a name or a literal address; verified against the certificate
  std::uint16_t port = 0;
  const crypto::TlsContext* tls = nullptr;  // nullptr: plain; otherwise outlives the Network
  // Connections of one pool are numbered; resolvers spread the numbers over the host's addresses.
  std::uint32_t ordinal = 0;
  bool tls_later = false;  // begins in clear; the session asks for TLS (wants_tls), or never does
  // Whom TLS names and verifies where it is not `host`: a mail host whose address came from DNS.
  std::string server_name = {};  // initialised here, so that an aggregate may leave it out
};

class Network {
 public:
  virtual ~Network() = default;

  // Begins to resolve and connect. `session` outlives its lost() call, which always comes, but
  // never from within open(). DNS is asked anew for each connection (Apple's advice).
  [[nodiscard]] virtual ConnectionId open(const Endpoint& endpoint, Session& session) = 0;
  // The session may have bytes to transmit or a new deadline.
  virtual void wake(ConnectionId connection) = 0;
  // Ends the transport without ceremony; lost({none}) comes in the next turn.
  virtual void close(ConnectionId connection) = 0;
  // One turn of the loop; returns when something happened, the doorbell rang, or `until` has
  // passed.
  virtual void turn(Instant until) = 0;
  // The time at the last turn's end: asked from the clock once a turn.
  [[nodiscard]] virtual Instant now() const = 0;
  [[nodiscard]] virtual Doorbell& doorbell() = 0;
  // Who answers at the other end, for the log: "127.0.0.1:8443"; empty while connecting.
  [[nodiscard]] virtual std::string peer(ConnectionId connection) const = 0;
};

}  // namespace muster::wire
