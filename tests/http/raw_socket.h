// A socket in a test's own hand: says any bytes at any time, and reads what comes. Every read ends
// after `patience_s` at the latest, so that a test fails instead of hanging.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muster::http {

class RawSocket {
 public:
  explicit RawSocket(int fd);
  static RawSocket to_port(std::uint16_t port);  // of 127.0.0.1
  static RawSocket to_port_by(int fd, std::uint16_t port);
  static RawSocket to_file(const std::string& file);  // a Unix socket
  ~RawSocket();
  RawSocket(RawSocket&& other) noexcept;
  RawSocket& operator=(RawSocket&&) = delete;

  // As much as goes out; the peer may have ended.
  void write(std::string_view bytes) const;
  // Until the peer ends, with or without a reset.
  [[nodiscard]] std::string read_all() const;
  // Until `end` has come, or the peer's end.
  [[nodiscard]] std::string read_until(std::string_view end) const;
  // One response: its head, and the body that its Content-Length names.
  [[nodiscard]] std::string read_response() const;
  // Whether something can be read, or the end be seen, at once.
  [[nodiscard]] bool readable() const;
  void end() const;  // of what we say; we go on reading
  void close();
  void reset();  // instead of an end
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool connected() const { return fd_ >= 0; }

 private:
  static constexpr int patience_s = 20;
  int fd_;
};

// Listens on a port of the kernel's choice.
class RawListener {
 public:
  RawListener();
  ~RawListener();
  RawListener(const RawListener&) = delete;
  RawListener& operator=(const RawListener&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] RawSocket accept() const;

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

// A port that nobody listens on, at least a moment ago.
[[nodiscard]] std::uint16_t deserted_port();

// The value of a field of a response's head as it came; empty where there is none.
[[nodiscard]] std::string value_of(const std::string& response, const std::string& name);
[[nodiscard]] int status_of(const std::string& response);
[[nodiscard]] std::string body_of(const std::string& response);

}  // namespace muster::http
