// How connections come and go: BaseNetwork's walk through the stages of connection.h.
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "base/log.h"
#include "reactor/base_network.h"

namespace muster::reactor {
namespace {

using std::chrono::seconds;

constexpr Duration attempt_max = seconds(2);  // one address, while others are left
constexpr Duration linger_max = seconds(1);   // for the peer to close as well
// The kernel's limit for bytes that the peer does not acknowledge.
constexpr int unacknowledged_max_ms = 20'000;

void set_option(int fd, int option, int value) {
  const int result = ::setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
  MUSTER_ASSERT(result == 0);
}

}  // namespace

// ── coming ──

void BaseNetwork::begin_attempt(Connection& connection) {
  MUSTER_ASSERT(connection.fd < 0);
  MUSTER_ASSERT(connection.in_kernel == 0);
  const auto& address = connection.address();
  const int fd = ::socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | socket_flags(), 0);
  if (fd < 0) {
    lose(connection, error_of_errno(errno));
    return;
  }
  set_option(fd, TCP_NODELAY, 1);
  set_option(fd, TCP_USER_TIMEOUT, unacknowledged_max_ms);
  connection.fd = fd;
  connection.stage = Stage::connecting;
  connection.limit = connection.opening_until;
  if (connection.attempts + 1 < connection.addresses.size()) {
    connection.limit = std::min(connection.limit, now_ + attempt_max);
  }
  start_connect(connection);
}

void BaseNetwork::on_connected(Connection& connection, int os_error) {
  MUSTER_ASSERT(connection.stage == Stage::connecting);
  if (os_error != 0) {
    next_address(connection, error_of_errno(os_error));
    return;
  }
  connection.peer = to_text(connection.address());
  const auto* tls = connection.endpoint.tls_later ? nullptr : connection.endpoint.tls;
  const bool plain = tls == nullptr;
  connection.stage = plain ? Stage::open : Stage::securing;
  connection.limit = plain ? Instant::never() : now_ + secure_max;
  const auto started = connection.pump.start(tls, connection.tls_name(), now_);
  if (!started) {
    lose(connection, started.error());
    return;
  }
  if (plain) {
    log::info("reactor", "connected", {{"peer", connection.peer}, {"tls", "no"}});
  }
  start_receive(connection);
  mark(connection);
}

void BaseNetwork::next_address(Connection& connection, Error error) {
  ++connection.attempts;
  if (connection.attempts < connection.addresses.size() && now_ < connection.opening_until) {
    leave(connection, Stage::turning);
  } else {
    lose(connection, error);
  }
}

// ── going ──

void BaseNetwork::time_out(Connection& connection) {
  switch (connection.stage) {
    case Stage::resolving:
      lose(connection, Error{ErrorCode::connect_timeout, 0});
      return;
    case Stage::connecting:
      next_address(connection, Error{ErrorCode::connect_timeout, 0});
      return;
    case Stage::lingering:
      leave(connection, Stage::gone);
      return;
    case Stage::securing:
    case Stage::open:
    case Stage::closing:
      break;
    case Stage::turning:
    case Stage::gone:
      MUSTER_ASSERT(false);  // these wait for our own kernel only
      return;
  }
  if (connection.failure.code != ErrorCode::none) {
    lose(connection, connection.failure);
    return;
  }
  MUSTER_ASSERT(connection.stage != Stage::open);  // a session's silence is the session's business
  lose(connection, Error{connection.stage == Stage::securing ? ErrorCode::connect_timeout
                                                             : ErrorCode::connection_silent,
                         0});
}

// Everything is sent. A socket that is closed with unread bytes resets, and a reset destroys what
// the peer has not read yet: so we read on, for nobody, until the peer has closed as well.
void BaseNetwork::finish(Connection& connection) {
  ::shutdown(connection.fd, SHUT_WR);
  connection.stage = Stage::lingering;
  connection.limit = now_ + linger_max;
  connection.session_deadline = Instant::never();
  log::info("reactor", "closed", {{"peer", connection.peer}});
  std::exchange(connection.session, nullptr)->lost(Error{}, now_);
}

void BaseNetwork::lose(Connection& connection, Error error) {
  MUSTER_ASSERT(connection.session != nullptr);
  if (connection.stage == Stage::securing && !connection.sending && connection.pump.load()) {
    // Most likely the alert that says why. Later than the handshake it would stand behind requests
    // that are about to be called unsent, so only here.
    const auto alert = connection.pump.unsent();
    (void)::send(connection.fd, alert.data(), alert.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  leave(connection, Stage::gone);
  log::info("reactor", "lost",
            {{"host", connection.endpoint.host}, {"peer", connection.peer}, {"why", words(error)}});
  std::exchange(connection.session, nullptr)->lost(error, now_);
}

void BaseNetwork::leave(Connection& connection, Stage to) {
  MUSTER_ASSERT(connection.stage != Stage::gone);
  const bool already_leaving = connection.stage == Stage::turning;
  connection.stage = to;
  connection.sending = false;
  connection.limit = Instant::never();
  connection.session_deadline = Instant::never();
  if (already_leaving) {
    return;
  }
  if (connection.fd >= 0) {
    let_go(connection);
  }
  ++connection.generation;
  leaving_.push_back(connection.id);
}

}  // namespace muster::reactor
