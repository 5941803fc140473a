#include "reactor/uring_network.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "reactor/uring_probe.h"

namespace muster::reactor {
namespace {

constexpr std::uint16_t buffer_group = 0;
constexpr unsigned completions_a_look = 256;

// The mark of an operation: the connection's id in the low half, above it 8 bits of operation and
// 24 of the socket's generation.
constexpr std::uint32_t generation_mask = 0xff'ffff;

std::uint64_t mark_of(wire::ConnectionId id, std::uint8_t operation, std::uint32_t generation) {
  return (std::uint64_t{generation & generation_mask} << 40) | (std::uint64_t{operation} << 32) |
         id;
}

}  // namespace

// ── set-up and end ──

Result<std::unique_ptr<UringNetwork>, Complaint> UringNetwork::open(const Clock& clock,
                                                                    LookUp look_up,
                                                                    UringSizes sizes) {
  if (const int os_error = probe_uring(); os_error != 0) {
    return tl::unexpected(complaint_about_uring(os_error, uring_disabled()));
  }
  std::unique_ptr<UringNetwork> network(new UringNetwork(clock, std::move(look_up), sizes));
  if (const int os_error = network->set_up(); os_error != 0) {
    return tl::unexpected(complaint_about_uring(os_error, uring_disabled()));
  }
  return network;
}

UringNetwork::UringNetwork(const Clock& clock, LookUp look_up, UringSizes sizes)
    : BaseNetwork(clock, std::move(look_up)), sizes_(sizes) {}

int UringNetwork::set_up() {
  io_uring_params wanted{};
  wanted.flags = uring_flags | IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE;
  wanted.cq_entries = sizes_.completions;
  if (const int result = io_uring_queue_init_params(sizes_.submissions, &ring_, &wanted);
      result != 0) {
    return -result;
  }
  made_ = true;
  if (const int os_error = lend_buffers(); os_error != 0) {
    return os_error;
  }
  return restrict_uring(ring_);
}

int UringNetwork::lend_buffers() {
  buffer_ring_.resize((sizes_.buffers * sizeof(io_uring_buf) + sizeof(Page) - 1) / sizeof(Page));
  buffers_.reset(new Byte[std::size_t{sizes_.buffers} * sizes_.buffer_bytes]);
  io_uring_buf_reg lent{};
  lent.ring_addr = reinterpret_cast<std::uintptr_t>(buffer_ring_.data());
  lent.ring_entries = sizes_.buffers;
  lent.bgid = buffer_group;
  if (const int result = io_uring_register_buf_ring(&ring_, &lent, 0); result != 0) {
    return -result;
  }
  io_uring_buf_ring_init(reinterpret_cast<io_uring_buf_ring*>(buffer_ring_.data()));
  for (unsigned buffer = 0; buffer < sizes_.buffers; ++buffer) {
    give_back(buffer);
  }
  return 0;
}

// The network may have been made by one thread for another: the first turn decides.
void UringNetwork::bind_to_thread() {
  if (issuer_ != std::thread::id()) {
    MUSTER_ASSERT(issuer_ == std::this_thread::get_id());
    return;
  }
  issuer_ = std::this_thread::get_id();
  const int result = enable_uring(ring_);
  MUSTER_ASSERT(result == 0);
  poll_bell(Operation::doorbell);
  poll_bell(Operation::resolver_bell);
}

// The ring's end cancels what it has in hand; with their sockets shut down, receives have nothing
// to write.
UringNetwork::~UringNetwork() {
  for (const auto& connection : all()) {
    if (connection->fd >= 0) {
      ::shutdown(connection->fd, SHUT_RDWR);
      ::close(connection->fd);
    }
  }
  if (made_) {
    io_uring_queue_exit(&ring_);
  }
}

// ── the six verbs ──

io_uring_sqe& UringNetwork::next_submission() {
  io_uring_sqe* submission = io_uring_get_sqe(&ring_);
  while (submission == nullptr) {
    bind_to_thread();
    check(io_uring_submit(&ring_));
    submission = io_uring_get_sqe(&ring_);
  }
  return *submission;
}

void UringNetwork::submit(io_uring_sqe& submission, Connection& connection, Operation operation) {
  io_uring_sqe_set_data64(&submission, mark_of(connection.id, static_cast<std::uint8_t>(operation),
                                               connection.generation));
  ++connection.in_kernel;
}

void UringNetwork::start_connect(Connection& connection) {
  auto& submission = next_submission();
  const auto& address = connection.address();
  io_uring_prep_connect(&submission, connection.fd, &address.any, address.size);
  submit(submission, connection, Operation::connect);
}

void UringNetwork::start_receive(Connection& connection) {
  auto& submission = next_submission();
  io_uring_prep_recv_multishot(&submission, connection.fd, nullptr, 0, 0);
  submission.flags |= IOSQE_BUFFER_SELECT;
  submission.buf_group = buffer_group;
  submit(submission, connection, Operation::receive);
}

void UringNetwork::start_send(Connection& connection) {
  auto& submission = next_submission();
  const auto unsent = connection.pump.unsent();
  io_uring_prep_send(&submission, connection.fd, unsent.data(), unsent.size(),
                     MSG_NOSIGNAL | MSG_DONTWAIT);
  submit(submission, connection, Operation::send);
  ++sends_started_;
}

void UringNetwork::wait_until_writable(Connection& connection) {
  auto& submission = next_submission();
  io_uring_prep_poll_add(&submission, connection.fd, POLLOUT);
  submit(submission, connection, Operation::writable);
}

void UringNetwork::let_go(Connection& connection) {
  if (connection.in_kernel == 0) {
    return;
  }
  auto& submission = next_submission();
  io_uring_prep_cancel_fd(&submission, connection.fd, IORING_ASYNC_CANCEL_ALL);
  submit(submission, connection, Operation::cancel);
}

void UringNetwork::poll_bell(Operation operation) {
  auto& submission = next_submission();
  const auto& bell = operation == Operation::doorbell ? doorbell() : resolver_bell();
  io_uring_prep_poll_multishot(&submission, bell.fd(), POLLIN);
  io_uring_sqe_set_data64(&submission, mark_of(0, static_cast<std::uint8_t>(operation), 0));
}

void UringNetwork::wait(std::optional<Duration> most) {
  bind_to_thread();
  const unsigned wanted = 1 + std::exchange(sends_started_, 0);
  if (most == Duration{0}) {
    check(io_uring_submit_and_get_events(&ring_));
    return;
  }
  __kernel_timespec limit{};
  if (most) {
    limit.tv_sec = most->count() / 1'000'000'000;
    limit.tv_nsec = most->count() % 1'000'000'000;
  }
  io_uring_cqe* first = nullptr;
  check(io_uring_submit_and_wait_timeout(&ring_, &first, wanted, most ? &limit : nullptr, nullptr));
}

// The limit passed, a signal came, or the kernel wants completions to be taken first: the turn goes
// on and the next one submits what is left. Anything else is a request that we made wrongly, or
// (EBADR) the kernel had no memory for a completion: then no count would be right any more.
void UringNetwork::check(int result) const {
  MUSTER_ASSERT(result >= 0 || result == -ETIME || result == -EINTR || result == -EAGAIN ||
                result == -EBUSY);
}

void UringNetwork::collect() {
  std::array<io_uring_cqe*, completions_a_look> seen{};
  while (const auto count = io_uring_peek_batch_cqe(&ring_, seen.data(), completions_a_look)) {
    for (unsigned n = 0; n < count; ++n) {
      completed(seen[n]->user_data, seen[n]->res, seen[n]->flags);
    }
    io_uring_cq_advance(&ring_, count);
  }
}

// ── completions ──

void UringNetwork::completed(std::uint64_t mark, int result, unsigned flags) {
  const auto operation = static_cast<Operation>(mark >> 32);
  const bool ended = (flags & IORING_CQE_F_MORE) == 0;
  if (operation == Operation::doorbell || operation == Operation::resolver_bell) {
    if (ended) {
      poll_bell(operation);
    }
    return;
  }
  auto* connection = find(static_cast<wire::ConnectionId>(mark));
  MUSTER_ASSERT(connection != nullptr);  // freed with something in the kernel
  if (ended) {
    MUSTER_ASSERT(connection->in_kernel > 0);
    --connection->in_kernel;
  }
  const bool late = (mark >> 40) != (connection->generation & generation_mask);
  if (operation == Operation::receive) {
    received(late ? nullptr : connection, result, flags);
    return;
  }
  if (late || operation == Operation::cancel) {
    return;
  }
  if (operation == Operation::connect) {
    on_connected(*connection, -result);
    return;
  }
  if (operation == Operation::writable) {
    start_send(*connection);  // which also finds out what is wrong, if anything is
    return;
  }
  MUSTER_ASSERT(operation == Operation::send);
  sent(*connection, result);
}

void UringNetwork::sent(Connection& connection, int result) {
  if (result == -EAGAIN) {
    wait_until_writable(connection);
  } else if (result < 0 && result != -EINTR) {
    on_send_failed(connection, -result);
  } else if (result < 0 || on_sent(connection, static_cast<std::size_t>(result))) {
    start_send(connection);
  }
}

// `connection` is null where the socket was let go: then only the buffer matters.
void UringNetwork::received(Connection* connection, int result, unsigned flags) {
  const bool has_buffer = (flags & IORING_CQE_F_BUFFER) != 0;
  const unsigned buffer = flags >> IORING_CQE_BUFFER_SHIFT;
  const auto generation = connection == nullptr ? 0 : connection->generation;
  if (connection != nullptr && result > 0) {
    MUSTER_ASSERT(has_buffer);
    on_received(*connection, Bytes(buffers_.get() + std::size_t{buffer} * sizes_.buffer_bytes,
                                   static_cast<std::size_t>(result)));
  }
  if (has_buffer) {
    give_back(buffer);
  }
  if (connection == nullptr || connection->generation != generation ||
      (flags & IORING_CQE_F_MORE) != 0) {
    return;
  }
  if (result > 0 || result == -ENOBUFS || result == -EINTR || result == -EAGAIN) {
    start_receive(*connection);
  } else {
    on_receive_end(*connection, -result);
  }
}

void UringNetwork::give_back(unsigned buffer) {
  auto* ring = reinterpret_cast<io_uring_buf_ring*>(buffer_ring_.data());
  io_uring_buf_ring_add(ring, buffers_.get() + std::size_t{buffer} * sizes_.buffer_bytes,
                        sizes_.buffer_bytes, static_cast<std::uint16_t>(buffer),
                        io_uring_buf_ring_mask(sizes_.buffers), 0);
  io_uring_buf_ring_advance(ring, 1);
}

}  // namespace muster::reactor
