#include "reactor/epoll_network.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/assert.h"

namespace muster::reactor {
namespace {

constexpr std::size_t receive_bytes = 65'536;
// Reads a connection and turn: others want to be heard as well; epoll reminds us of the rest.
constexpr int receives_max = 4;
constexpr std::uint64_t bell_mark = 0;  // no connection has this id

// The id in the low half, the socket's generation in the high one: an event that was fetched before
// the socket was let go is recognised.
std::uint64_t mark_of(const Connection& connection) {
  return (std::uint64_t{connection.generation} << 32) | connection.id;
}

int milliseconds_of(std::optional<Duration> most) {
  if (!most) {
    return -1;
  }
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(*most).count();
  return static_cast<int>(std::min<std::int64_t>(rounded, std::numeric_limits<int>::max()));
}

}  // namespace

Result<std::unique_ptr<EpollNetwork>, Complaint> EpollNetwork::open(const Clock& clock,
                                                                    LookUp look_up) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) {
    Complaint complaint;
    complaint.cause = error_of_errno(errno);
    complaint.found = "epoll cannot be opened: " + words(complaint.cause);
    complaint.mend = "raise the limit of open files (ulimit -n, LimitNOFILE=)";
    return tl::unexpected(complaint);
  }
  return std::unique_ptr<EpollNetwork>(new EpollNetwork(epoll, clock, std::move(look_up)));
}

EpollNetwork::EpollNetwork(int epoll, const Clock& clock, LookUp look_up)
    : BaseNetwork(clock, std::move(look_up)), epoll_(epoll), received_(receive_bytes) {
  watch_bell(doorbell());
  watch_bell(resolver_bell());
}

EpollNetwork::~EpollNetwork() {
  for (const auto& connection : all()) {
    if (connection->fd >= 0) {
      ::close(connection->fd);
    }
  }
  ::close(epoll_);
}

void EpollNetwork::watch_bell(Doorbell& bell) {
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  wanted.data.u64 = bell_mark;
  const int result = ::epoll_ctl(epoll_, EPOLL_CTL_ADD, bell.fd(), &wanted);
  MUSTER_ASSERT(result == 0);
}

void EpollNetwork::watch(const Connection& connection, int operation, std::uint32_t events) {
  epoll_event wanted{};
  wanted.events = events;
  wanted.data.u64 = mark_of(connection);
  const int result = ::epoll_ctl(epoll_, operation, connection.fd, &wanted);
  MUSTER_ASSERT(result == 0);
}

// ── the six verbs ──

void EpollNetwork::start_connect(Connection& connection) {
  // A refusal that comes at once is an event like any other: the socket reports it as EPOLLERR.
  const auto& address = connection.address();
  const int result = ::connect(connection.fd, &address.any, address.size);
  if (result != 0 && errno != EINPROGRESS && errno != EINTR) {
    on_connected(connection, errno);
    return;
  }
  watch(connection, EPOLL_CTL_ADD, EPOLLOUT);
}

void EpollNetwork::start_receive(Connection& connection) {
  watch(connection, EPOLL_CTL_MOD, EPOLLIN);
}

void EpollNetwork::start_send(Connection& connection) {
  while (true) {
    const auto unsent = connection.pump.unsent();
    const auto sent =
        ::send(connection.fd, unsent.data(), unsent.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      if (!on_sent(connection, static_cast<std::size_t>(sent))) {
        return;
      }
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      return;
    } else if (errno != EINTR) {
      on_send_failed(connection, errno);
      return;
    }
  }
}

void EpollNetwork::let_go(Connection& connection) {
  // A socket whose connect() failed at once was never watched.
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.fd, nullptr);
}

void EpollNetwork::wait(std::optional<Duration> most) {
  const int count =
      ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), milliseconds_of(most));
  MUSTER_ASSERT(count >= 0 || errno == EINTR);
  events_count_ = count > 0 ? static_cast<std::size_t>(count) : 0;
}

void EpollNetwork::collect() {
  for (std::size_t n = 0; n < events_count_; ++n) {
    const auto mark = events_[n].data.u64;
    auto* connection = find(static_cast<wire::ConnectionId>(mark));  // none has the bells' mark
    if (connection != nullptr && mark == mark_of(*connection)) {
      happened(*connection, events_[n].events);
    }
  }
}

// ── what happened ──

void EpollNetwork::happened(Connection& connection, std::uint32_t events) {
  if (connection.stage == Stage::connecting) {
    int os_error = 0;
    socklen_t size = sizeof os_error;
    ::getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &os_error, &size);
    on_connected(connection, os_error);
    return;
  }
  const auto generation = connection.generation;
  if ((events & EPOLLOUT) != 0) {
    watch(connection, EPOLL_CTL_MOD, EPOLLIN);
    if (connection.sending) {
      start_send(connection);
    }
  }
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0 && connection.generation == generation) {
    receive(connection);
  }
}

void EpollNetwork::receive(Connection& connection) {
  const auto generation = connection.generation;
  for (int n = 0; n < receives_max && connection.generation == generation; ++n) {
    const auto count = ::recv(connection.fd, received_.data(), received_.size(), MSG_DONTWAIT);
    if (count > 0) {
      const auto size = static_cast<std::size_t>(count);
      on_received(connection, Bytes(received_).first(size));
      if (size < received_.size()) {
        return;  // most likely all there is; epoll says otherwise
      }
    } else if (count == 0) {
      on_receive_end(connection, 0);
      return;
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      on_receive_end(connection, errno);
      return;
    }
  }
}

}  // namespace muster::reactor
