// One connection's conversation on the server side, without a socket and without a clock.
//
// The server (server.h) pushes plaintext and time in and pulls plaintext out; it owns the
// conversation and calls it from its one thread. Besides bytes, a conversation may wish its
// transport ill: faults that only a socket can play.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::loadgen {

struct TransportWish {
  bool dead = false;     // read and write nothing more, but close nothing (half-open)
  bool reset = false;    // end the connection the hard way, now
  bool trickle = false;  // one byte a write
  Duration pause{0};     // between them
  int alert = -1;        // answer the ClientHello that follows with this fatal TLS alert
  // Ends by letting the client read to the end: what it still sends is thrown away for a while,
  // since a socket closed on unread bytes is reset, and a reset destroys replies on their way.
  bool linger = false;
};

class Conversation {
 public:
  virtual ~Conversation() = default;

  virtual void receive(Bytes plaintext, Instant now) = 0;
  // Appends what should go to the client.
  virtual void transmit(std::vector<Byte>& to) = 0;
  [[nodiscard]] virtual Instant deadline() const = 0;
  virtual void expire(Instant now) = 0;
  // True: once everything is out, end the connection in good order.
  [[nodiscard]] virtual bool wants_close() const = 0;
  [[nodiscard]] virtual TransportWish wish() const { return {}; }
  // True: once everything is out, the client's next bytes are its ClientHello; secured() follows.
  [[nodiscard]] virtual bool wants_tls() const { return false; }
  virtual void secured(Instant /*now*/) {}
  // The connection is gone. Last call.
  virtual void lost(Instant now) = 0;
};

}  // namespace muster::loadgen
