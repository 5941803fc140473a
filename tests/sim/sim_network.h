// A wire::Network without sockets: bytes travel between sessions and simulated servers as the clock
// is turned, in pieces of any size, and connections end in every way they can.
//
// turn() never waits: it does what is due now. next() says when more will be. crash() ends
// everything at once, as the death of the process would.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/thread.h"
#include "tests/sim/apns_server.h"
#include "wire/network.h"

namespace muster::sim {

class SimNetwork final : public wire::Network {
 public:
  SimNetwork(FarEnd& far_end, const Clock& clock, std::uint64_t seed)
      : far_end_(far_end), clock_(clock), random_(seed) {}

  wire::ConnectionId open(const wire::Endpoint& endpoint, wire::Session& session) override;
  void wake(wire::ConnectionId) override {}  // every turn looks at everybody
  void close(wire::ConnectionId id) override;
  void turn(Instant until) override;
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] Doorbell& doorbell() override { return doorbell_; }
  [[nodiscard]] std::string peer(wire::ConnectionId) const override { return "simulated"; }

  // No byte more in either direction; every session is lost with the next turn.
  void crash() { crashed_ = true; }
  [[nodiscard]] std::size_t alive() const { return links_.size(); }
  [[nodiscard]] Instant next() const;

 private:
  using Piece = std::pair<Instant, std::vector<Byte>>;  // arrives then
  struct Link {
    wire::ConnectionId id = 0;
    wire::Session* session = nullptr;
    std::unique_ptr<Server> server;  // once connected
    Instant connects_at{};
    ErrorCode refusal = ErrorCode::none;
    std::deque<Piece> out;  // to the server
    std::deque<Piece> in;
    std::uint64_t bytes_left = UINT64_MAX;  // until the reset, either way
    Instant vanishes_at = Instant::never();
    bool closed = false;  // by close()
    bool over = false;
  };

  void connect(Link& link);
  void carry(Link& link);
  void collect(Link& link);
  void deliver(Link& link, bool to_server);
  void lose(Link& link, ErrorCode code);
  [[nodiscard]] Instant arrival(const std::deque<Piece>& line);

  FarEnd& far_end_;
  const Clock& clock_;
  Random random_;
  Doorbell doorbell_;
  std::vector<std::unique_ptr<Link>> links_;
  wire::ConnectionId next_id_ = 1;
  Instant now_{};
  bool crashed_ = false;
};

}  // namespace muster::sim
