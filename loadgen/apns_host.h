// Apple's push server as a host: strict or fast conversations, faults of new connections, the
// journal.
#pragma once

#include <memory>
#include <string>

#include "loadgen/apns_peer.h"
#include "loadgen/server.h"

namespace muster::loadgen {

class ApnsHost final : public Host {
 public:
  struct Ways {
    const crypto::TlsContext* tls = nullptr;  // nullptr: plain; outlives the host
    bool fast = false;                        // FastConversation, without journal and faults
  };
  // `peer` outlives the host.
  ApnsHost(ApnsPeer& peer, const Ways& ways) : peer_(peer), ways_(ways) {}

  [[nodiscard]] Welcome welcome(std::uint32_t number, Instant now) override;
  [[nodiscard]] Result<void, Complaint> flush() override;
  void tls_failed() override { ++peer_.stats.tls_failures; }
  void ended() override { peer_.stats.faults_struck = peer_.faults.struck(); }

 private:
  [[nodiscard]] std::unique_ptr<Conversation> converse(std::uint32_t number,
                                                       const std::string& subject,
                                                       const Fault* fault, Instant now);
  ApnsPeer& peer_;
  Ways ways_;
};

}  // namespace muster::loadgen
