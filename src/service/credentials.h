// Credentials made ready to use: files read and checked, TLS contexts and provider tokens built.
//
// One pool a (host, credential); teams that sign with the same key share one provider token, since
// Apple counts tokens by team. Everything here outlives the pipeline that was built from it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apns/provider_token.h"
#include "base/result.h"
#include "crypto/tls.h"
#include "muster/settings.h"
#include "pipeline/pool.h"

namespace muster::service {

class Credentials {
 public:
  // The complaint names the file and the mend: unreadable, wrong key, expired, of another topic.
  [[nodiscard]] static Result<Credentials, Complaint> open(const ApnsSettings& settings,
                                                           const Clock& clock);
  // One a credential, in the settings' order. Each shard's share of the connections.
  [[nodiscard]] std::vector<pipeline::PoolSettings> pools(std::uint32_t shards) const;

 private:
  struct Credential {
    ApnsCredential settings;
    std::unique_ptr<crypto::TlsContext> tls;
    std::shared_ptr<apns::ProviderToken> token;  // null: the certificate speaks
  };
  ApnsSettings settings_;
  std::vector<Credential> credentials_;
};

}  // namespace muster::service
