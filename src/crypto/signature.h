// Signatures for DKIM: RSA with SHA-256 (PKCS #1 v1.5, RFC 8017 §8.2) and Ed25519 (RFC 8032), with
// a key out of a PEM file that only its owner may read.
//
// Both sign a SHA-256 digest: RSA wraps it, Ed25519 takes its 32 bytes for the message (RFC 8463
// §3).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace muster::crypto {

class SigningKey {
 public:
  enum class Kind : std::uint8_t { rsa, ed25519 };

  // The complaint says what is wrong: not a key, encrypted, readable by others, of another kind, an
  // RSA key under 1,024 or over 4,096 bits.
  [[nodiscard]] static Result<SigningKey, Complaint> read(const std::string& file);
  // For tests; `bits` of an RSA key.
  [[nodiscard]] static SigningKey generate(Kind kind, unsigned bits = 2048);
  [[nodiscard]] std::string private_pem() const;
  // DKIM's p=: of RSA the SubjectPublicKeyInfo, of Ed25519 the bare 32 bytes, in base64.
  [[nodiscard]] std::string public_text() const;

  [[nodiscard]] Kind kind() const;
  [[nodiscard]] std::size_t signature_size() const;
  static constexpr std::size_t signature_size_max = 512;
  // signature_size() bytes to `out`. By any number of threads at once.
  void sign(const std::array<Byte, 32>& digest, MutableBytes out) const;

  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

 private:
  SigningKey();
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::crypto
