// The kernel interface of choice: io_uring, one submit-and-wait a turn.
//
// How it is used
// clang-format off
//   - SINGLE_ISSUER and DEFER_TASKRUN: completions come when we ask, on our thread. The ring is
//     made disabled and bound to the thread of the first turn.
//   - One multishot receive a connection; the kernel picks 64 KiB buffers from a ring of 64 that
//     all connections share, and gets each back as soon as the session has seen it. Where none was
//     left (ENOBUFS), or a multishot ended for any other reason of the kernel's, it is started
//     again.
//   - One send in flight a connection, of everything that was gathered meanwhile; short sends go
//     on. Sends do not wait (MSG_DONTWAIT), so each completes while it is submitted, and a turn can
//     wait for those and one event more: with few streams that is one system call a push, not two.
//     A full socket (EAGAIN) is polled until it takes bytes again.
//   - Multishot polls on both doorbells.
//   - A completion names connection, operation and generation of the socket, so that one that comes
//     late is recognised; it only counts down in_kernel. To let go of a socket is to cancel by
//     descriptor.
//   - Every kind of operation that we use is on a list, and the ring refuses all others.
// clang-format on
#pragma once

#include <liburing.h>

#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "reactor/base_network.h"

namespace muster::reactor {

struct UringSizes {
  unsigned submissions = 1024;
  unsigned completions = 8192;
  unsigned buffers = 64;  // a power of two
  unsigned buffer_bytes = 64 * 1024;
};

class UringNetwork final : public BaseNetwork {
 public:
  // Probes first. The complaint says why io_uring cannot be had.
  [[nodiscard]] static Result<std::unique_ptr<UringNetwork>, Complaint> open(
      const Clock& clock, LookUp look_up = reactor::look_up, UringSizes sizes = {});
  ~UringNetwork() override;

  using BaseNetwork::open;
  [[nodiscard]] Kind kind() const override { return Kind::io_uring; }

 protected:
  [[nodiscard]] int socket_flags() const override { return 0; }  // io_uring waits by itself
  void start_connect(Connection& connection) override;
  void start_receive(Connection& connection) override;
  void start_send(Connection& connection) override;
  void let_go(Connection& connection) override;
  void wait(std::optional<Duration> most) override;
  void collect() override;

 private:
  enum class Operation : std::uint8_t {
    connect,
    receive,
    send,
    writable,
    cancel,
    doorbell,
    resolver_bell
  };
  struct alignas(4096) Page {
    std::array<Byte, 4096> bytes;
  };

  UringNetwork(const Clock& clock, LookUp look_up, UringSizes sizes);
  [[nodiscard]] int set_up();  // 0 or an errno
  [[nodiscard]] int lend_buffers();
  void bind_to_thread();

  [[nodiscard]] io_uring_sqe& next_submission();
  void submit(io_uring_sqe& submission, Connection& connection, Operation operation);
  void poll_bell(Operation operation);
  void wait_until_writable(Connection& connection);
  void sent(Connection& connection, int result);
  void check(int result) const;

  void completed(std::uint64_t mark, int result, unsigned flags);
  void received(Connection* connection, int result, unsigned flags);
  void give_back(unsigned buffer);

  const UringSizes sizes_;
  unsigned sends_started_ = 0;  // since the last wait: each completes while it is submitted
  io_uring ring_{};
  bool made_ = false;
  std::thread::id issuer_;           // none before the first turn
  std::vector<Page> buffer_ring_;    // shared with the kernel, which wants it aligned to a page
  std::unique_ptr<Byte[]> buffers_;  // not zeroed: memory only once the kernel has used it
};

}  // namespace muster::reactor
