// The server under every simulated peer: one thread, one epoll loop, many connections.
//
// A turn: wait, read and push the bytes into conversations, let what is due expire, hand the
// journal to the kernel, and only then send what the conversations answered. What is spoken is the
// host's business: Apple's protocol (apns_host.h) or a mail server's (smtp_host.h). TLS is crypto's
// engine in server mode, at once or in the midst of a conversation. A connection's trouble ends
// that connection; trouble with the journal ends the server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "loadgen/connection.h"

namespace muster::loadgen {

// What the server asks of the protocol it serves; called from its one thread.
class Host {
 public:
  virtual ~Host() = default;
  // A connection was accepted; numbers count from 1.
  [[nodiscard]] virtual Welcome welcome(std::uint32_t number, Instant now) = 0;
  // Hands the journal to the kernel: the answers go out next.
  [[nodiscard]] virtual Result<void, Complaint> flush() = 0;
  // A connection ended before its TLS stood.
  virtual void tls_failed() = 0;
  // A connection is over, however it ended.
  virtual void gone(std::uint32_t /*number*/) {}
  // The last connection is gone and the server ends; flush() follows.
  virtual void ended() = 0;
};

struct ServerSettings {
  std::string listen = "127.0.0.1:0";  // a literal address and a port; 0: any free one
  const Clock* clock = nullptr;        // borrowed
  Duration idle_max{0};                // end after so long without connections; 0: never
  // The server ends when this descriptor becomes readable (a signalfd, an eventfd). Borrowed; -1:
  // none.
  int stop_fd = -1;
};

class Server {
 public:
  // Listens at once; `host` outlives the server.
  [[nodiscard]] static Result<std::unique_ptr<Server>, Complaint> open(
      const ServerSettings& settings, Host& host);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // Until stopped or idle. What still waits for an answer then is journaled as withheld.
  [[nodiscard]] Result<void, Complaint> run();

 private:
  struct Implementation;
  explicit Server(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::loadgen
