// The turn, and the bytes of connections that are up. How connections come and go: stages.cc.
#include "reactor/base_network.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "base/log.h"

namespace muster::reactor {
namespace {

using std::chrono::seconds;

constexpr Duration connect_max = seconds(10);  // resolving and connecting together
constexpr Duration closing_max = seconds(10);  // to send what was said before the end
// After a failed send: to read what the peer had said before.
constexpr Duration last_words_max = seconds(1);

// Trouble with a connection that was up. The path's silence is told as its end.
Error error_of_stream(int os_error) {
  return os_error == ETIMEDOUT ? Error{ErrorCode::connection_reset, os_error}
                               : error_of_errno(os_error);
}

}  // namespace

BaseNetwork::BaseNetwork(const Clock& clock, LookUp look_up)
    : clock_(clock), now_(clock.now()), resolver_(std::move(look_up)), scratch_(scratch_bytes) {}

// ── the owner's calls ──

wire::ConnectionId BaseNetwork::open(const wire::Endpoint& endpoint, wire::Session& session) {
  ++last_id_;
  MUSTER_ASSERT(last_id_ != 0);  // four billion connections
  auto& connection =
      *connections_.emplace_back(std::make_unique<Connection>(last_id_, endpoint, session));
  connection.opening_until = now_ + connect_max;
  connection.limit = connection.opening_until;
  connection.addresses = literal_address(endpoint.host, endpoint.port);
  if (connection.addresses.empty()) {
    resolver_.ask(connection.id, endpoint.host, endpoint.port);
  } else {
    mark(connection);
  }
  return connection.id;
}

void BaseNetwork::wake(wire::ConnectionId id) {
  if (auto* connection = find(id)) {
    mark(*connection);
  }
}

void BaseNetwork::close(wire::ConnectionId id) {
  if (auto* connection = find(id)) {
    connection->closed = true;
    mark(*connection);
  }
}

std::string BaseNetwork::peer(wire::ConnectionId id) const {
  const auto* connection = find(id);
  return connection == nullptr ? std::string() : connection->peer;
}

void BaseNetwork::turn(Instant until) {
  settle();
  flush_woken();
  wait(wait_at_most(until));
  now_ = clock_.now();
  doorbell_.awake();
  collect();
  take_addresses();
  expire();
}

Connection* BaseNetwork::find(wire::ConnectionId id) const {
  const auto at = std::lower_bound(connections_.begin(), connections_.end(), id,
                                   [](const auto& one, auto wanted) { return one->id < wanted; });
  return at != connections_.end() && (*at)->id == id ? at->get() : nullptr;
}

// ── a turn's parts ──

void BaseNetwork::mark(Connection& connection) {
  if (!connection.woken) {
    connection.woken = true;
    woken_.push_back(connection.id);
  }
}

void BaseNetwork::settle() {
  MUSTER_ASSERT(in_hand_.empty());
  in_hand_.swap(leaving_);
  for (const auto id : in_hand_) {
    auto* connection = find(id);
    MUSTER_ASSERT(connection != nullptr);
    if (connection->in_kernel > 0) {
      leaving_.push_back(id);
      continue;
    }
    if (connection->fd >= 0) {
      ::close(connection->fd);
      connection->fd = -1;
    }
    if (connection->stage == Stage::turning) {
      begin_attempt(*connection);
      continue;
    }
    MUSTER_ASSERT(connection->stage == Stage::gone);
    MUSTER_ASSERT(connection->session == nullptr);
    std::erase_if(connections_, [id](const auto& one) { return one->id == id; });
  }
  in_hand_.clear();
}

void BaseNetwork::take_addresses() {
  if (resolver_.open() == 0 && resolved_.empty()) {
    return;
  }
  resolver_.bell().awake();
  resolver_.take(resolved_);
  for (auto& answer : resolved_) {
    auto* connection = find(answer.connection);
    if (connection == nullptr || connection->stage != Stage::resolving) {
      continue;  // closed, or too late
    }
    if (!answer.addresses) {
      lose(*connection, answer.addresses.error());
      continue;
    }
    connection->addresses = std::move(*answer.addresses);
    MUSTER_ASSERT(!connection->addresses.empty());
    mark(*connection);
  }
  resolved_.clear();
}

void BaseNetwork::flush_woken() {
  MUSTER_ASSERT(in_hand_.empty());
  in_hand_.swap(woken_);
  for (const auto id : in_hand_) {
    if (auto* connection = find(id)) {
      connection->woken = false;
      flush(*connection);
    }
  }
  in_hand_.clear();
}

std::optional<Duration> BaseNetwork::wait_at_most(Instant until) {
  if (!woken_.empty()) {
    return Duration{0};
  }
  for (const auto id : leaving_) {
    if (find(id)->in_kernel == 0) {
      return Duration{0};
    }
  }
  if (resolver_.open() > 0) {
    // An answer from before doze() rang nobody: look once more, in the order that base/thread.h
    // asks for.
    resolver_.bell().doze();
    resolver_.take(resolved_);
    if (!resolved_.empty()) {
      return Duration{0};
    }
  }
  for (const auto& connection : connections_) {
    until = std::min({until, connection->limit, connection->session_deadline});
  }
  if (until == Instant::never()) {
    return std::nullopt;
  }
  return std::max(Duration{0}, until - now_);
}

void BaseNetwork::expire() {
  for (std::size_t n = 0; n < connections_.size(); ++n) {
    auto& connection = *connections_[n];
    if (connection.limit <= now_) {
      time_out(connection);
    }
    if (connection.session_deadline <= now_ && connection.session != nullptr) {
      connection.session->expire(now_);
      mark(connection);
    }
  }
}

// ── speaking ──

void BaseNetwork::flush(Connection& connection) {
  if (connection.session == nullptr) {
    return;
  }
  if (connection.closed) {
    lose(connection, Error{});
    return;
  }
  switch (connection.stage) {
    case Stage::open:
      speak(connection);
      return;
    case Stage::closing:
      send(connection);
      return;
    case Stage::lingering:
    case Stage::gone:
      MUSTER_ASSERT(false);  // these have no session
      return;
    default:
      break;
  }
  if (connection.session->wants_close()) {
    lose(connection, Error{});
  } else if (connection.stage == Stage::resolving && !connection.addresses.empty()) {
    begin_attempt(connection);
  } else if (connection.stage == Stage::securing) {
    send(connection);
  }
}

void BaseNetwork::speak(Connection& connection) {
  if (connection.failure.code != ErrorCode::none) {
    return;
  }
  const auto gathered = connection.pump.gather(scratch_, now_);
  if (!gathered) {
    lose(connection, gathered.error());
    return;
  }
  connection.has_more = *gathered;
  if (!connection.has_more && connection.pump.wants_tls()) {
    secure(connection);
    return;
  }
  if (!connection.has_more && connection.session->wants_close()) {
    connection.pump.close_notify();
    connection.stage = Stage::closing;
    connection.limit = now_ + closing_max;
    connection.session_deadline = Instant::never();
  } else {
    connection.session_deadline = connection.session->deadline();
  }
  send(connection);
}

// The peer has agreed to STARTTLS. What was said in clear before is out by then: it answered it.
void BaseNetwork::secure(Connection& connection) {
  if (connection.sending || connection.pump.load()) {
    send(connection);  // and again when that is out
    return;
  }
  MUSTER_ASSERT(connection.endpoint.tls != nullptr);
  connection.stage = Stage::securing;
  connection.limit = now_ + secure_max;
  connection.session_deadline = Instant::never();
  if (const auto begun = connection.pump.secure(*connection.endpoint.tls, connection.tls_name());
      !begun) {
    lose(connection, begun.error());
    return;
  }
  send(connection);
}

void BaseNetwork::send(Connection& connection) {
  if (connection.sending || connection.failure.code != ErrorCode::none) {
    return;
  }
  if (connection.pump.load()) {
    connection.sending = true;
    start_send(connection);
  } else if (connection.stage == Stage::closing) {
    finish(connection);
  }
}

bool BaseNetwork::on_sent(Connection& connection, std::size_t bytes) {
  MUSTER_ASSERT(connection.sending);
  connection.pump.sent(bytes);
  if (connection.has_more || connection.pump.wants_tls()) {
    mark(connection);
  }
  if (connection.pump.load()) {
    return true;
  }
  connection.sending = false;
  if (connection.stage == Stage::closing) {
    finish(connection);
  }
  return false;
}

// The peer's last words (a GOAWAY, a 421) may stand in the receive buffer: the receiving side's
// end, or a short limit, tells the loss.
void BaseNetwork::on_send_failed(Connection& connection, int os_error) {
  MUSTER_ASSERT(connection.session != nullptr);  // what lingers has nothing to send
  connection.sending = false;
  connection.session_deadline = Instant::never();
  connection.failure = error_of_stream(os_error);
  connection.limit = std::min(connection.limit, now_ + last_words_max);
}

// ── hearing ──

void BaseNetwork::on_received(Connection& connection, Bytes bytes) {
  if (connection.session == nullptr) {
    return;  // lingering
  }
  MUSTER_ASSERT(connection.stage >= Stage::securing);
  const auto done = connection.pump.take_in(bytes, scratch_, now_);
  if (connection.stage == Stage::securing && connection.pump.ready()) {
    connection.stage = Stage::open;
    connection.limit = Instant::never();
    log::info("reactor", "connected", {{"peer", connection.peer}, {"tls", "yes"}});
  }
  if (!done) {
    lose(connection, done.error());
    return;
  }
  mark(connection);
}

void BaseNetwork::on_receive_end(Connection& connection, int os_error) {
  if (connection.session == nullptr) {
    leave(connection, Stage::gone);
    return;
  }
  if (connection.failure.code != ErrorCode::none) {
    lose(connection, connection.failure);
  } else if (os_error != 0) {
    lose(connection, error_of_stream(os_error));
  } else {
    lose(connection, Error{ErrorCode::connection_closed, 0});
  }
}

}  // namespace muster::reactor
