#include "loadgen/server.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <queue>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "base/log.h"
#include "loadgen/connection.h"

namespace muster::loadgen {
namespace {

constexpr std::size_t read_bytes = 256UL * 1024;
constexpr int listen_backlog = 1024;
constexpr std::size_t events_max = 256;
// epoll's data: a connection's number (from 1), or one of these.
constexpr std::uint64_t listener_mark = 0;
constexpr std::uint64_t stop_mark = ~std::uint64_t{0};

Complaint cannot_listen(const std::string& address, const std::string& why, int os_error = 0) {
  Complaint complaint;
  complaint.found = "cannot listen on '" + address + "': " + why;
  if (os_error != 0) {
    complaint.cause = error_of_errno(os_error);
  }
  return complaint;
}

// "127.0.0.1:2197", "[::1]:0"
Result<int, Complaint> listen_on(const std::string& address) {
  const auto colon = address.rfind(':');
  auto host = address.substr(0, colon);
  if (colon == std::string::npos || host.empty()) {
    auto complaint = cannot_listen(address, "not an address");
    complaint.expected = "ADDRESS:PORT, such as 127.0.0.1:2197 or [::1]:0";
    return tl::unexpected(std::move(complaint));
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int refused =
      ::getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &found);
  if (refused != 0) {
    return tl::unexpected(cannot_listen(address, ::gai_strerror(refused)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int yes = 1;
  if (fd < 0 || ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      ::bind(fd, found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd, listen_backlog) != 0) {
    const int os_error = errno;
    if (fd >= 0) {
      ::close(fd);
    }
    return tl::unexpected(
        cannot_listen(address, std::generic_category().message(os_error), os_error));
  }
  return fd;
}

}  // namespace

struct Server::Implementation {
  ServerSettings settings;
  Host& host;
  int listener = -1;
  int epoll = -1;
  bool accepting = true;
  std::uint32_t last_number = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections;
  std::vector<std::uint64_t> dirty;
  using Timer = std::pair<Instant, std::uint64_t>;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers;
  std::vector<Byte> scratch = std::vector<Byte>(read_bytes);
  std::vector<Byte> plaintext = std::vector<Byte>(read_bytes);
  Instant busy_at{};  // when a connection was last open

  Implementation(const ServerSettings& wanted, Host& served) : settings(wanted), host(served) {}
  ~Implementation() {
    for (const int fd : {listener, epoll}) {
      if (fd >= 0) {
        ::close(fd);
      }
    }
  }

  void watch(int fd, std::uint64_t mark, std::uint32_t events, int how) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = mark;
    (void)::epoll_ctl(epoll, how, fd, &event);
  }

  [[nodiscard]] int patience(Instant now) const;
  void accept_all(Instant now);
  void begin(int fd, Instant now);
  void take(const epoll_event& event, Instant now);
  void expire(Instant now);
  void touch(std::uint64_t number, Connection& connection);
  void send_all(Instant now);
  void settle(std::uint64_t number, Connection& connection, Instant now);
  [[nodiscard]] bool idle_too_long(Instant now) const;
  [[nodiscard]] Result<void, Complaint> end(Instant now);
};

Server::Server(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>, Complaint> Server::open(const ServerSettings& settings,
                                                        Host& host) {
  auto made = std::make_unique<Implementation>(settings, host);
  const auto listener = listen_on(settings.listen);
  if (!listener) {
    return tl::unexpected(listener.error());
  }
  made->listener = *listener;
  made->epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (made->epoll < 0) {
    const int os_error = errno;
    return tl::unexpected(
        cannot_listen(settings.listen, std::generic_category().message(os_error), os_error));
  }
  made->watch(made->listener, listener_mark, EPOLLIN, EPOLL_CTL_ADD);
  if (settings.stop_fd >= 0) {
    made->watch(settings.stop_fd, stop_mark, EPOLLIN, EPOLL_CTL_ADD);
  }
  return std::unique_ptr<Server>(new Server(std::move(made)));
}

std::uint16_t Server::port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  (void)::getsockname(implementation_->listener, reinterpret_cast<sockaddr*>(&address), &size);
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

Result<void, Complaint> Server::run() {
  auto& me = *implementation_;
  auto now = me.settings.clock->now();
  me.busy_at = now;
  std::array<epoll_event, events_max> events{};
  for (;;) {
    const int count =
        ::epoll_wait(me.epoll, events.data(), static_cast<int>(events.size()), me.patience(now));
    now = me.settings.clock->now();
    bool stopped = false;
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      if (event.data.u64 == stop_mark) {
        stopped = true;
      } else if (event.data.u64 == listener_mark) {
        me.accept_all(now);
      } else {
        me.take(event, now);
      }
    }
    me.expire(now);
    // What a client will have read must be in the journal first.
    if (auto flushed = me.host.flush(); !flushed) {
      return flushed;
    }
    me.send_all(now);
    if (stopped || me.idle_too_long(now)) {
      return me.end(now);
    }
  }
}

int Server::Implementation::patience(Instant now) const {
  auto until = timers.empty() ? Instant::never() : timers.top().first;
  if (settings.idle_max != Duration{0} && connections.empty()) {
    until = std::min(until, busy_at + settings.idle_max);
  }
  if (until == Instant::never()) {
    return -1;
  }
  const auto left = (until - now).count();
  // Rounded up, so that a timer is due when epoll returns.
  return left <= 0 ? 0 : static_cast<int>(std::min<std::int64_t>(left / 1'000'000 + 1, 60'000));
}

bool Server::Implementation::idle_too_long(Instant now) const {
  return settings.idle_max != Duration{0} && connections.empty() &&
         now >= busy_at + settings.idle_max;
}

void Server::Implementation::accept_all(Instant now) {
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      begin(fd, now);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE) {
      // No descriptor left: wait until a connection ends rather than spin.
      log::warning("loadgen", "no descriptors left; not accepting until a connection ends");
      watch(listener, listener_mark, 0, EPOLL_CTL_MOD);
      accepting = false;
    }
    if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

void Server::Implementation::begin(int fd, Instant now) {
  const int yes = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const auto number = ++last_number;
  auto connection = std::make_unique<Connection>(fd, host.welcome(number, now));
  connection->interest = EPOLLIN | EPOLLRDHUP;
  watch(fd, number, connection->interest, EPOLL_CTL_ADD);
  touch(number, *connection);
  connections.emplace(number, std::move(connection));
}

void Server::Implementation::take(const epoll_event& event, Instant now) {
  const auto found = connections.find(event.data.u64);
  if (found == connections.end()) {
    return;
  }
  auto& connection = *found->second;
  touch(event.data.u64, connection);
  if (!connection.wants_to_read()) {
    // Half-open on purpose: only the client's own end is noticed.
    if ((event.events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) {
      settle(event.data.u64, connection, now);
    }
    return;
  }
  if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) {
    connection.read(scratch, plaintext, now);
  }
}

void Server::Implementation::touch(std::uint64_t number, Connection& connection) {
  if (!std::exchange(connection.dirty, true)) {
    dirty.push_back(number);
  }
}

void Server::Implementation::expire(Instant now) {
  while (!timers.empty() && timers.top().first <= now) {
    const auto [at, number] = timers.top();
    timers.pop();
    const auto found = connections.find(number);
    if (found == connections.end() || found->second->timer != at) {
      continue;
    }
    found->second->timer = Instant::never();
    found->second->expire(now);
    touch(number, *found->second);
  }
}

void Server::Implementation::send_all(Instant now) {
  for (const auto number : std::exchange(dirty, {})) {
    const auto found = connections.find(number);
    if (found == connections.end()) {
      continue;
    }
    auto& connection = *found->second;
    connection.dirty = false;
    connection.write(now);
    if (connection.over()) {
      settle(number, connection, now);
      continue;
    }
    const std::uint32_t wanted = (connection.wants_to_read() ? EPOLLIN | EPOLLRDHUP : EPOLLRDHUP) |
                                 (connection.wants_to_write() ? EPOLLOUT : 0U);
    if (wanted != connection.interest) {
      connection.interest = wanted;
      watch(connection.fd(), number, wanted, EPOLL_CTL_MOD);
    }
    const auto deadline = connection.deadline();
    if (deadline < connection.timer) {
      connection.timer = deadline;
      timers.emplace(deadline, number);
    }
  }
  if (!connections.empty()) {
    busy_at = now;
  }
}

// The connection is over: journal what it still owed, and forget it.
void Server::Implementation::settle(std::uint64_t number, Connection& connection, Instant now) {
  if (!connection.established()) {
    host.tls_failed();
  }
  connection.lost(now);
  connections.erase(number);
  host.gone(static_cast<std::uint32_t>(number));
  busy_at = now;
  if (!std::exchange(accepting, true)) {
    watch(listener, listener_mark, EPOLLIN, EPOLL_CTL_MOD);
  }
}

Result<void, Complaint> Server::Implementation::end(Instant now) {
  while (!connections.empty()) {
    const auto number = connections.begin()->first;
    settle(number, *connections.begin()->second, now);
  }
  host.ended();
  return host.flush();
}

}  // namespace muster::loadgen
