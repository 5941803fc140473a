#include "mdm/identities.h"

namespace muster::mdm {
namespace {

std::vector<Byte> kept(const crypto::Fingerprint& fingerprint) {
  return {fingerprint.begin(), fingerprint.end()};
}

}  // namespace

Result<Identities, Complaint> Identities::open(const DeskSettings& settings) {
  Identities identities;
  identities.required_ = settings.identity_required;
  if (!settings.trust_file.empty()) {
    auto authority = crypto::SignatureAuthority::open(settings.trust_file);
    if (!authority) {
      return tl::unexpected(authority.error());
    }
    identities.authority_ = std::move(*authority);
  }
  return identities;
}

// What is shown must be good even where nothing need be shown: a rehearsal with signatures is worth
// nothing if wrong ones pass.
std::optional<std::vector<Byte>> Identities::shown_by(const Call& call, WallTime now) const {
  if (!call.certificate.empty()) {  // the TLS session has verified it
    return kept(crypto::fingerprint_of(call.certificate));
  }
  if (!call.signature.empty() && authority_) {
    const auto signer = authority_->signer_of(as_bytes(call.body), call.signature, now);
    return signer ? std::optional(kept(*signer)) : std::nullopt;
  }
  return required_ ? std::nullopt : std::optional<std::vector<Byte>>(std::in_place);
}

}  // namespace muster::mdm
