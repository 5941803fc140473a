// A mail server as a host: strict or fast conversations, TLS at once or by STARTTLS, faults of new
// connections, how many there may be at once, the journal.
#pragma once

#include <memory>
#include <unordered_set>

#include "loadgen/server.h"
#include "loadgen/smtp_peer.h"

namespace muster::loadgen {

class SmtpHost final : public Host {
 public:
  struct Ways {
    const crypto::TlsContext* tls = nullptr;  // nullptr: none at all; outlives the host
    bool implicit = false;  // from the first byte; otherwise by STARTTLS, as the rules say
    bool fast = false;      // FastSmtp, without journal and faults
  };
  // `peer` outlives the host.
  SmtpHost(SmtpPeer& peer, const Ways& ways) : peer_(peer), ways_(ways) {}

  [[nodiscard]] Welcome welcome(std::uint32_t number, Instant now) override;
  [[nodiscard]] Result<void, Complaint> flush() override;
  void tls_failed() override { ++peer_.stats.tls_failures; }
  void gone(std::uint32_t number) override { granted_.erase(number); }
  void ended() override { peer_.stats.faults_struck = peer_.faults.struck(); }

 private:
  SmtpPeer& peer_;
  Ways ways_;
  // Connections that are open; those that were one too many are not among them.
  std::unordered_set<std::uint32_t> granted_;
};

}  // namespace muster::loadgen
