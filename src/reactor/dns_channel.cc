#include "reactor/dns_channel.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>

#include "base/assert.h"

namespace muster::reactor {
namespace {

// Once a process and before everything else; c-ares leaves it to its users that threads do not meet
// in it, as they do not in the making of a static.
void begin_library() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  MUSTER_ASSERT(status == ARES_SUCCESS);
}

int in_milliseconds(Duration patience) {
  const auto count = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  return static_cast<int>(std::clamp<std::int64_t>(count, 1, most));
}

// "192.0.2.53:53", "[2001:db8::53]:53"
bool read_resolver(std::string_view text, ares_addr_port_node& server) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return false;
  }
  const auto digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size() || port == 0) {
    return false;
  }
  server.udp_port = port;
  server.tcp_port = port;
  auto host = text.substr(0, colon);
  if (!host.starts_with('[') || !host.ends_with(']')) {
    server.family = AF_INET;
    return ::inet_pton(AF_INET, std::string(host).c_str(), &server.addr.addr4) == 1;
  }
  host = host.substr(1, host.size() - 2);
  server.family = AF_INET6;
  return ::inet_pton(AF_INET6, std::string(host).c_str(), &server.addr.addr6) == 1;
}

}  // namespace

Result<std::unique_ptr<DnsChannel>> DnsChannel::open(const std::string& resolver, Duration patience,
                                                     int tries) {
  begin_library();
  std::unique_ptr<DnsChannel> made(new DnsChannel);
  ares_options options{};
  options.timeout = in_milliseconds(patience);
  options.tries = std::max(tries, 1);
  options.sock_state_cb = on_socket;
  options.sock_state_cb_data = made.get();
  const int status = ares_init_options(
      &made->channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  // It fails for want of memory alone: what it cannot read of the system's settings it leaves out.
  MUSTER_ASSERT(status == ARES_SUCCESS);
  if (!resolver.empty() && !made->use(resolver)) {
    return trouble(ErrorCode::name_not_found);
  }
  return made;
}

DnsChannel::~DnsChannel() {
  ares_destroy(channel_);
}

bool DnsChannel::use(const std::string& resolver) {
  ares_addr_port_node server{};
  if (!read_resolver(resolver, server)) {
    return false;
  }
  const int status = ares_set_servers_ports(channel_, &server);  // copies it
  MUSTER_ASSERT(status == ARES_SUCCESS);
  return true;
}

void DnsChannel::on_socket(void* channel, ares_socket_t socket, int readable, int writable) {
  const int events = (readable != 0 ? POLLIN : 0) | (writable != 0 ? POLLOUT : 0);
  static_cast<DnsChannel*>(channel)->watch(socket, static_cast<short>(events));
}

void DnsChannel::watch(ares_socket_t socket, short events) {
  const auto same = [socket](const pollfd& one) { return one.fd == socket; };
  if (events == 0) {  // c-ares is about to close it
    std::erase_if(sockets_, same);
    return;
  }
  const auto known = std::find_if(sockets_.begin(), sockets_.end(), same);
  if (known == sockets_.end()) {
    sockets_.push_back(pollfd{socket, events, 0});
  } else {
    known->events = events;
  }
}

void DnsChannel::turn(int doorbell) {
  polled_.assign(1, pollfd{doorbell, POLLIN, 0});
  polled_.insert(polled_.end(), sockets_.begin(), sockets_.end());
  timeval room{};
  const timeval* left = ares_timeout(channel_, nullptr, &room);
  timespec limit{};
  if (left != nullptr) {
    // c-ares rounds down to milliseconds: without one more we would turn idly through the last.
    const auto most = std::chrono::seconds(left->tv_sec) +
                      std::chrono::microseconds(left->tv_usec) + std::chrono::milliseconds(1);
    limit.tv_sec = std::chrono::floor<std::chrono::seconds>(most).count();
    limit.tv_nsec = std::chrono::nanoseconds(most % std::chrono::seconds(1)).count();
  }
  ::ppoll(polled_.data(), polled_.size(), left != nullptr ? &limit : nullptr, nullptr);
  for (std::size_t n = 1; n < polled_.size(); ++n) {
    // A socket that an earlier one's answer has closed, and another opened in its place, may be
    // read in vain: none of them blocks.
    const auto [socket, _, came] = polled_[n];
    const bool readable = (came & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool writable = (came & (POLLOUT | POLLERR | POLLHUP)) != 0;
    if (readable || writable) {
      ares_process_fd(channel_, readable ? socket : ARES_SOCKET_BAD,
                      writable ? socket : ARES_SOCKET_BAD);
    }
  }
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // whose time is over
}

}  // namespace muster::reactor
