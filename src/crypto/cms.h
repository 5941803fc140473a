// Who signed a message: detached CMS signatures (RFC 5652) against an authority of ours, and the
// digest by which a certificate is known again.
//
// Apple's devices sign the body of what they send with the identity of their enrolment
// (Mdm-Signature). Any use a certificate names for itself is good enough, since identities are
// issued for many: who issued it is what counts, and that it has not expired.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace muster::crypto {

using Fingerprint = std::array<Byte, 32>;  // SHA-256 of a certificate's DER form

[[nodiscard]] Fingerprint fingerprint_of(Bytes certificate_der);

// Owned and used by one thread.
class SignatureAuthority {
 public:
  // Every certificate of the file is trusted to issue identities. The complaint names the file.
  [[nodiscard]] static Result<SignatureAuthority, Complaint> open(const std::string& trust_file);
  SignatureAuthority(SignatureAuthority&&) noexcept;
  SignatureAuthority& operator=(SignatureAuthority&&) noexcept;
  ~SignatureAuthority();

  static constexpr std::size_t signature_bytes_max = 16UL * 1024;  // in base64

  // Whose signature over `body` this is: base64 of a SignedData with one signer and his
  // certificate. Nothing: not that, not over this body, not by one whom the authority vouches for
  // `now`.
  [[nodiscard]] std::optional<Fingerprint> signer_of(Bytes body, std::string_view signature,
                                                     WallTime now) const;

 private:
  struct Implementation;
  explicit SignatureAuthority(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::crypto
