#include "service/credentials.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "apns/session.h"
#include "crypto/certificate.h"
#include "crypto/es256.h"
#include "model/job.h"

namespace muster::service {
namespace {

// Diminishing returns set in beyond some sixteen connections (reference apns.md §1.1).
constexpr std::uint32_t connections_planned = 16;

Result<void, Complaint> check_topic(const ApnsCredential& credential) {
  if (push_type_of(credential.topic) != PushType::mdm) {
    return {};
  }
  const auto facts = crypto::read_certificate(credential.certificate_file);
  if (!facts) {
    return tl::unexpected<Complaint>(facts.error());
  }
  if (!facts->user_id.empty() && facts->user_id != credential.topic) {
    return tl::unexpected<Complaint>(
        Complaint{credential.certificate_file,
                  0,
                  0,
                  "the push certificate is for topic " + facts->user_id,
                  credential.topic,
                  "set topic in [[apns.credential]] to the certificate's",
                  {}});
  }
  return {};
}

}  // namespace

Result<Credentials, Complaint> Credentials::open(const ApnsSettings& settings, const Clock& clock) {
  if (settings.framing != "muster" && settings.framing != "nghttp2") {
    return tl::unexpected<Complaint>(Complaint{"",
                                               0,
                                               0,
                                               "apns.framing is \"" + settings.framing + "\"",
                                               "\"muster\" or \"nghttp2\"",
                                               "leave apns.framing out",
                                               {}});
  }
  Credentials opened;
  opened.settings_ = settings;
  std::map<std::tuple<std::string, std::string, std::string>, std::shared_ptr<apns::ProviderToken>>
      tokens;
  for (const auto& credential : settings.credentials) {
    Credential ready;
    ready.settings = credential;
    crypto::TlsClientSettings tls;
    tls.trust_file = settings.trust_file;
    if (!credential.certificate_file.empty()) {
      tls.certificate_file = credential.certificate_file;
      tls.key_file = credential.key_file;
      if (auto fits = check_topic(credential); !fits) {
        return tl::unexpected<Complaint>(fits.error());
      }
    } else {
      auto& token = tokens[{credential.key_file, credential.key_id, credential.team_id}];
      if (token == nullptr) {
        auto key = crypto::Es256Key::read(credential.key_file);
        if (!key) {
          return tl::unexpected<Complaint>(key.error());
        }
        token = std::make_shared<apns::ProviderToken>(
            std::move(*key), apns::ProviderToken::Identity{credential.key_id, credential.team_id},
            clock);
      }
      ready.token = token;
    }
    auto context = crypto::TlsContext::client(tls);
    if (!context) {
      return tl::unexpected<Complaint>(context.error());
    }
    ready.tls = std::move(*context);
    opened.credentials_.push_back(std::move(ready));
  }
  return opened;
}

std::vector<pipeline::PoolSettings> Credentials::pools(std::uint32_t shards) const {
  const auto connections = settings_.connections == 0 ? connections_planned : settings_.connections;
  std::vector<pipeline::PoolSettings> pools;
  for (const auto& credential : credentials_) {
    pipeline::PoolSettings pool;
    pool.endpoint.host = settings_.host;
    pool.endpoint.port = settings_.port;
    pool.endpoint.tls = credential.tls.get();
    pool.connections_max = std::max(1U, connections / shards);
    apns::SessionSettings session;
    session.authority = settings_.host + ":" + std::to_string(settings_.port);
    session.topic = credential.settings.topic;
    session.push_type = push_type_of(credential.settings.topic);
    session.token = credential.token.get();
    session.framing =
        settings_.framing == "nghttp2" ? apns::Framing::nghttp2 : apns::Framing::muster;
    pool.open_session = [session](const auto&) { return apns::open_session(session); };
    if (auto* token = credential.token.get(); token != nullptr) {
      pool.renew_credential = [token] { (void)token->renew(token->version()); };
    }
    pools.push_back(std::move(pool));
  }
  return pools;
}

}  // namespace muster::service
