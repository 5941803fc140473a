#include "tests/http/raw_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace muster::http {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int or_none(int fd, const sockaddr* address, socklen_t size) {
  if (::connect(fd, address, size) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

}  // namespace

RawSocket::RawSocket(int fd) : fd_(fd) {
  const timeval patience{patience_s, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

RawSocket RawSocket::to_port(std::uint16_t port) {
  return to_port_by(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), port);
}

RawSocket RawSocket::to_port_by(int fd, std::uint16_t port) {
  const auto address = loopback(port);
  return RawSocket(or_none(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

RawSocket RawSocket::to_file(const std::string& file) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  file.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return RawSocket(or_none(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

RawSocket::~RawSocket() {
  close();
}

RawSocket::RawSocket(RawSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

void RawSocket::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string RawSocket::read_all() const {
  return read_until({});
}

std::string RawSocket::read_until(std::string_view end) const {
  std::string all;
  std::array<char, 16384> part{};
  while (end.empty() || all.find(end) == std::string::npos) {
    const auto count = ::recv(fd_, part.data(), end.empty() ? part.size() : 1, 0);
    if (count < 0) {
      EXPECT_NE(errno, EAGAIN) << "nothing came any more after: " << all;
    }
    if (count <= 0) {
      break;
    }
    all.append(part.data(), static_cast<std::size_t>(count));
  }
  return all;
}

std::string RawSocket::read_response() const {
  auto all = read_until("\r\n\r\n");
  const auto length = value_of(all, "Content-Length");
  auto left = length.empty() ? 0 : std::stoul(length);
  std::array<char, 16384> part{};
  while (left > 0) {
    const auto count = ::recv(fd_, part.data(), std::min(part.size(), left), 0);
    if (count <= 0) {
      ADD_FAILURE() << "the body ended early, after: " << all;
      break;
    }
    all.append(part.data(), static_cast<std::size_t>(count));
    left -= static_cast<std::size_t>(count);
  }
  return all;
}

bool RawSocket::readable() const {
  pollfd waiting{fd_, POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 1;
}

void RawSocket::end() const {
  ::shutdown(fd_, SHUT_WR);
}

void RawSocket::close() {
  if (fd_ >= 0) {
    ::close(std::exchange(fd_, -1));
  }
}

void RawSocket::reset() {
  const linger abortive{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive);
  close();
}

RawListener::RawListener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto address = loopback(0);
  socklen_t size = sizeof address;
  auto* bare = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(fd_, bare, size), 0);
  EXPECT_EQ(::listen(fd_, 64), 0);
  EXPECT_EQ(::getsockname(fd_, bare, &size), 0);
  port_ = ntohs(address.sin_port);
}

RawListener::~RawListener() {
  ::close(fd_);
}

RawSocket RawListener::accept() const {
  return RawSocket(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
}

std::uint16_t deserted_port() {
  return RawListener().port();
}

std::string value_of(const std::string& response, const std::string& name) {
  const auto head = response.substr(0, response.find("\r\n\r\n") + 2);
  const auto at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) {
    return {};
  }
  const auto begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

int status_of(const std::string& response) {
  return response.starts_with("HTTP/1.1 ") ? std::atoi(response.c_str() + 9) : 0;
}

std::string body_of(const std::string& response) {
  const auto at = response.find("\r\n\r\n");
  return at == std::string::npos ? std::string() : response.substr(at + 4);
}

}  // namespace muster::http
