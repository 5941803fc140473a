// The simulated APNs server: one thread, one epoll loop, many connections.
//
// A turn: wait, read and push the bytes into conversations, let what is due expire, hand the
// journal to the kernel, and only then send what the conversations answered. TLS is crypto's engine
// in server mode. A connection's trouble ends that connection; trouble with the journal ends the
// server.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "loadgen/apns_peer.h"

namespace muster::crypto {
class TlsContext;
}

namespace muster::loadgen {

struct ApnsServerSettings {
  std::string listen = "127.0.0.1:0";       // a literal address and a port; 0: any free one
  const crypto::TlsContext* tls = nullptr;  // nullptr: plain; outlives the server
  bool fast = false;                        // FastConversation, without journal and faults
  Duration idle_max{0};                     // end after so long without connections; 0: never
  // The server ends when this descriptor becomes readable (a signalfd, an eventfd). Borrowed; -1:
  // none.
  int stop_fd = -1;
};

class ApnsServer {
 public:
  // Listens at once; `peer` outlives the server.
  [[nodiscard]] static Result<std::unique_ptr<ApnsServer>, Complaint> open(
      const ApnsServerSettings& settings, ApnsPeer& peer);
  ~ApnsServer();
  ApnsServer(const ApnsServer&) = delete;
  ApnsServer& operator=(const ApnsServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // Until stopped or idle. What still waits for an answer then is journaled as withheld.
  [[nodiscard]] Result<void, Complaint> run();

 private:
  struct Implementation;
  explicit ApnsServer(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::loadgen
