// The kernel interface where io_uring may not be used: epoll, level-triggered, on nonblocking
// sockets.
//
// Nothing is ever left in the kernel: each operation is a system call that has returned. What
// cannot be sent at once waits for EPOLLOUT. Waits are rounded up to whole milliseconds.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <memory>
#include <vector>

#include "reactor/base_network.h"

namespace muster::reactor {

class EpollNetwork final : public BaseNetwork {
 public:
  [[nodiscard]] static Result<std::unique_ptr<EpollNetwork>, Complaint> open(
      const Clock& clock, LookUp look_up = reactor::look_up);
  ~EpollNetwork() override;

  using BaseNetwork::open;
  [[nodiscard]] Kind kind() const override { return Kind::epoll; }

 protected:
  [[nodiscard]] int socket_flags() const override { return SOCK_NONBLOCK; }
  void start_connect(Connection& connection) override;
  void start_receive(Connection& connection) override;
  void start_send(Connection& connection) override;
  void let_go(Connection& connection) override;
  void wait(std::optional<Duration> most) override;
  void collect() override;

 private:
  EpollNetwork(int epoll, const Clock& clock, LookUp look_up);

  void watch(const Connection& connection, int operation, std::uint32_t events);
  void watch_bell(Doorbell& bell);
  void receive(Connection& connection);
  void happened(Connection& connection, std::uint32_t events);

  int epoll_ = -1;
  std::array<epoll_event, 256> events_{};
  std::size_t events_count_ = 0;
  std::vector<Byte> received_;
};

}  // namespace muster::reactor
