// Issues throw-away certificates, P-256, for authority.cc and device_identity.cc: one self-signed
// authority, and leaves that it signs.
#pragma once

#include <cstdint>
#include <string>

#include "crypto/openssl.h"

namespace muster::crypto {

inline constexpr std::int64_t day_s = 86'400;

struct Issued {
  CertificateOwner certificate;
  KeyOwner key;
};

struct CertificateRequest {
  std::string common_name;
  std::string user_id;            // empty: none
  std::string alternative_names;  // in OpenSSL's configuration syntax; empty: none
  std::string usage;              // extended key usage; empty: an authority
  std::int64_t valid_s = day_s;
};

// `issuer` null: self-signed. Nothing where the alternative names are no names.
[[nodiscard]] Issued issue_certificate(const CertificateRequest& wanted, const Issued* issuer);
[[nodiscard]] std::string certificate_pem(const X509* certificate);

}  // namespace muster::crypto
