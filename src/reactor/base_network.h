// wire::Network without the kernel interface: connections and their stages, TLS, timers, addresses.
//
// A subclass carries the six verbs of the kernel (start_connect, start_receive, start_send, let_go,
// wait, collect) and reports by the on_…() functions, from start_send() and collect() only, and
// only for the socket's present generation. Whatever it does with a socket it counts in
// Connection::in_kernel; once it was told to let go and the count is 0, the base closes the
// descriptor.
//
// A turn: settle sockets that were let go; take addresses; flush woken connections (transmit,
// encrypt, start to send); wait; ask the clock; collect; take addresses; expire. Nothing allocates
// in a turn once buffers have grown to their size.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/thread.h"
#include "reactor/connection.h"
#include "reactor/reactor.h"
#include "reactor/resolver.h"

namespace muster::reactor {

class BaseNetwork : public wire::Network {
 public:
  [[nodiscard]] wire::ConnectionId open(const wire::Endpoint& endpoint,
                                        wire::Session& session) final;
  void wake(wire::ConnectionId connection) final;
  void close(wire::ConnectionId connection) final;
  void turn(Instant until) final;
  [[nodiscard]] Instant now() const final { return now_; }
  [[nodiscard]] Doorbell& doorbell() final { return doorbell_; }
  [[nodiscard]] std::string peer(wire::ConnectionId connection) const final;

  [[nodiscard]] virtual Kind kind() const = 0;
  // Connections that are not freed yet, lingering ones included.
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

 protected:
  BaseNetwork(const Clock& clock, LookUp look_up);

  // ── what a kernel interface does ──
  // Flags for socket(): SOCK_NONBLOCK where the interface wants it.
  [[nodiscard]] virtual int socket_flags() const = 0;
  virtual void start_connect(Connection& connection) = 0;
  virtual void start_receive(Connection& connection) = 0;
  // Sends of connection.pump.unsent().
  virtual void start_send(Connection& connection) = 0;
  // Ends every operation on the socket; their count in in_kernel falls to 0 now or in later turns.
  virtual void let_go(Connection& connection) = 0;
  // Submits what was started, then waits until something happens, the doorbells ring or `most` has
  // passed (empty: for ever; 0: not at all).
  virtual void wait(std::optional<Duration> most) = 0;
  // Reports what has happened.
  virtual void collect() = 0;

  // ── what it reports ──
  void on_connected(Connection& connection, int os_error);  // 0: it is
  void on_received(Connection& connection, Bytes bytes);
  void on_receive_end(Connection& connection, int os_error);  // 0: end of file
  // True: more bytes stand ready; go on sending.
  [[nodiscard]] bool on_sent(Connection& connection, std::size_t bytes);
  void on_send_failed(Connection& connection, int os_error);

  // Null where the connection is freed.
  [[nodiscard]] Connection* find(wire::ConnectionId id) const;
  [[nodiscard]] Doorbell& resolver_bell() { return resolver_.bell(); }
  [[nodiscard]] const std::vector<std::unique_ptr<Connection>>& all() const { return connections_; }

 private:
  // A turn's parts.
  void settle();
  void take_addresses();
  void flush_woken();
  [[nodiscard]] std::optional<Duration> wait_at_most(Instant until);
  void expire();

  void mark(Connection& connection);
  void flush(Connection& connection);
  void speak(Connection& connection);
  void secure(Connection& connection);
  void send(Connection& connection);
  void begin_attempt(Connection& connection);
  void next_address(Connection& connection, Error error);
  void time_out(Connection& connection);
  // The end: in good order, for a reason, or of what lingers.
  void finish(Connection& connection);
  void lose(Connection& connection, Error error);
  void leave(Connection& connection, Stage to);

  const Clock& clock_;
  Instant now_;
  Doorbell doorbell_;
  Resolver resolver_;
  wire::ConnectionId last_id_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;  // ascending ids
  std::vector<wire::ConnectionId> woken_;
  std::vector<wire::ConnectionId> leaving_;  // told to let go of their sockets
  std::vector<wire::ConnectionId> in_hand_;  // the one of both lists that is being worked through
  std::vector<Resolved> resolved_;
  std::vector<Byte> scratch_;
};

}  // namespace muster::reactor
