// What the reactor's tests share: a session that does as it is told, a listening peer made of plain
// sockets, and the fixture that runs each test on both kernel interfaces.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "reactor/epoll_network.h"
#include "reactor/reactor.h"
#include "reactor/uring_network.h"
#include "wire/network.h"

namespace muster::reactor {

// Says `out`, hears into `in`, and writes down what it is told.
class TestSession final : public wire::Session {
 public:
  std::string out;
  std::size_t said = 0;
  std::size_t piece = 1 << 20;  // at most so many bytes a transmit()
  bool echoes = false;
  bool closes = false;  // wants_close()
  Instant wake_at = Instant::never();

  std::string in;
  int connects = 0;
  int expiries = 0;
  int losses = 0;
  mutable int asked_to_close = 0;  // and answered yes
  Error error;
  Instant last_now;

  void connected(Instant now) override {
    EXPECT_EQ(connects++, 0);
    EXPECT_EQ(losses, 0);
    last_now = now;
  }
  void receive(Bytes bytes, Instant now) override {
    EXPECT_EQ(connects, 1);
    EXPECT_EQ(losses, 0);
    in += as_text(bytes);
    if (echoes) {
      out += as_text(bytes);
    }
    last_now = now;
  }
  std::size_t transmit(MutableBytes room, Instant /*now*/) override {
    EXPECT_EQ(connects, 1);
    EXPECT_EQ(losses, 0);
    const auto count = std::min({room.size(), out.size() - said, piece});
    std::copy_n(out.data() + said, count, room.data());
    said += count;
    return count;
  }
  Instant deadline() const override { return wake_at; }
  void expire(Instant now) override {
    ++expiries;
    wake_at = Instant::never();
    last_now = now;
  }
  bool wants_close() const override {
    asked_to_close += closes ? 1 : 0;
    return closes;
  }
  void lost(Error why, Instant now) override {
    EXPECT_EQ(losses++, 0);
    error = why;
    last_now = now;
  }
  bool is_lost() const { return losses > 0; }
};

// A socket that closes itself.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() { close(); }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  int fd() const { return fd_; }

  void close() {
    if (fd_ >= 0) {
      ::close(std::exchange(fd_, -1));
    }
  }
  // A close that sends a reset instead of an end.
  void reset() {
    const linger abortive{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive);
    close();
  }
  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ASSERT_GT(count, 0);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  // Up to `most` bytes; fewer only at the end of the stream.
  std::string read(std::size_t most) const {
    std::string all;
    std::array<char, 65536> part{};
    while (all.size() < most) {
      const auto count = ::recv(fd_, part.data(), std::min(part.size(), most - all.size()), 0);
      if (count <= 0) {
        break;
      }
      all.append(part.data(), static_cast<std::size_t>(count));
    }
    return all;
  }
  bool readable() const {
    pollfd waiting{fd_, POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1;
  }

 private:
  int fd_;
};

// Listens on a loopback port of the kernel's choice.
class Listener {
 public:
  explicit Listener(int backlog = 256, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer != 0) {
      ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_.fd(), any, size), 0);
    EXPECT_EQ(::listen(socket_.fd(), backlog), 0);
    EXPECT_EQ(::getsockname(socket_.fd(), any, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  std::uint16_t port() const { return port_; }
  wire::Endpoint endpoint() const { return {"127.0.0.1", port_, nullptr, 0}; }
  Socket accept() const { return Socket(::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC)); }
  void close() { socket_.close(); }

 private:
  Socket socket_;
  std::uint16_t port_ = 0;
};

// A port that nobody listens on, at least a moment ago.
inline std::uint16_t deserted_port() {
  return Listener().port();
}

template <class Made>
std::unique_ptr<BaseNetwork> checked(Made made) {
  if (!made) {
    ADD_FAILURE() << made.error().line_of_text();
    return nullptr;
  }
  return std::move(*made);
}

// Where io_uring is forbidden, its half of the tests fails with the complaint's words.
inline std::unique_ptr<BaseNetwork> network_of(Kind kind, const Clock& clock,
                                               LookUp look_up = reactor::look_up) {
  return kind == Kind::io_uring ? checked(UringNetwork::open(clock, std::move(look_up)))
                                : checked(EpollNetwork::open(clock, std::move(look_up)));
}

// Turns until `done`, in real time however the network's clock goes; false after 30 seconds.
template <class Done>
bool turn_until(wire::Network& network, Done done) {
  const SystemClock clock;
  const auto end = clock.now() + std::chrono::seconds(30);
  while (!done()) {
    if (clock.now() > end) {
      return false;
    }
    network.turn(network.now() + std::chrono::milliseconds(1));
  }
  return true;
}

class BothKinds : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    network = network_of(GetParam(), clock);
    ASSERT_NE(network, nullptr);
  }
  template <class Done>
  bool turn_until(Done done) {
    return reactor::turn_until(*network, done);
  }
  // Opens, and gives the peer's end once both are up.
  Socket connect(const Listener& listener, TestSession& session) {
    id = network->open(listener.endpoint(), session);
    EXPECT_TRUE(turn_until([&] { return session.connects == 1; }));
    return listener.accept();
  }

  SystemClock clock;
  std::unique_ptr<BaseNetwork> network;
  wire::ConnectionId id = 0;
};

// The same by a clock that the test turns.
class BothKindsByFakeClock : public BothKinds {
 protected:
  void SetUp() override {
    network = network_of(GetParam(), fake_clock);
    ASSERT_NE(network, nullptr);
  }
  // A few turns that do not wait.
  void turn(int times = 3) {
    for (int n = 0; n < times; ++n) {
      network->turn(network->now());
    }
  }
  FakeClock fake_clock;
};

inline std::string kind_in_words(const testing::TestParamInfo<Kind>& kind) {
  return name_of(kind.param);
}

}  // namespace muster::reactor

#define MUSTER_ON_BOTH_KINDS(suite) \
  INSTANTIATE_TEST_SUITE_P(On, suite, testing::Values(Kind::io_uring, Kind::epoll), kind_in_words)
