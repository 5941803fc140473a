// A server of the simulation, as its network sees it: bytes in, bytes out, and its leave.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::sim {

class Server {
 public:
  virtual ~Server() = default;
  virtual void receive(Bytes bytes, Instant now) = 0;
  // What it wants to say now.
  [[nodiscard]] virtual std::vector<Byte> transmit(Instant now) = 0;
  [[nodiscard]] virtual Instant next() const = 0;
  // It took its leave and said everything: ends the connection.
  [[nodiscard]] virtual bool finished(Instant now) const = 0;
};

}  // namespace muster::sim
