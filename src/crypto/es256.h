// ES256 (RFC 7518 §3.4): ECDSA on P-256 with SHA-256, signatures as 64 bytes R ‖ S.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace muster::crypto {

class Es256Key {
 public:
  // A .p8 / PEM private key. The complaint says exactly what is wrong: encrypted, RSA, another
  // curve, not a key, unreadable, readable by others than its owner.
  [[nodiscard]] static Result<Es256Key, Complaint> read(const std::string& file);
  // A PEM public key: verifies, but cannot sign. For the load generator, which judges tokens.
  [[nodiscard]] static Result<Es256Key, Complaint> read_public(const std::string& file);
  // A fresh key, for tests and the load generator.
  [[nodiscard]] static Es256Key generate();
  [[nodiscard]] std::string private_pem() const;
  [[nodiscard]] std::string public_pem() const;

  [[nodiscard]] std::array<Byte, 64> sign(Bytes message) const;
  [[nodiscard]] bool verify(Bytes message, Bytes signature) const;

  Es256Key(Es256Key&&) noexcept;
  Es256Key& operator=(Es256Key&&) noexcept;
  ~Es256Key();

 private:
  Es256Key();
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::crypto
