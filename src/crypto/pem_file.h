// Certificates and private keys out of PEM files, with complaints a person can act on.
//
// A key that others may read is refused before it is used: a leaked push key lets anybody wake
// every device. Never asks for a passphrase; an encrypted key is a complaint.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/openssl.h"

namespace muster::crypto {

// All certificates of a file, the owner's own first. Never empty.
[[nodiscard]] Result<std::vector<CertificateOwner>, Complaint> read_certificates(
    const std::string& file);

// The private key of a file, which only its owner may read (systemd's credentials directory
// excepted).
[[nodiscard]] Result<KeyOwner, Complaint> read_private_key(const std::string& file);

}  // namespace muster::crypto
