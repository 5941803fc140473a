#include "crypto/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/assert.h"

namespace muster::crypto {

Digest hmac_sha256(Bytes key, Bytes message) {
  Digest digest{};
  unsigned int size = 0;
  MUSTER_ASSERT(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(),
                     message.size(), digest.data(), &size) != nullptr);
  MUSTER_ASSERT(size == digest.size());
  return digest;
}

Digest pbkdf2_sha256(Bytes password, Bytes salt, std::uint32_t iterations) {
  Digest key{};
  MUSTER_ASSERT(iterations > 0 && iterations <= INT32_MAX);
  MUSTER_ASSERT(PKCS5_PBKDF2_HMAC(as_text(password).data(), static_cast<int>(password.size()),
                                  salt.data(), static_cast<int>(salt.size()),
                                  static_cast<int>(iterations), EVP_sha256(),
                                  static_cast<int>(key.size()), key.data()) == 1);
  return key;
}

bool equal_in_constant_time(Bytes left, Bytes right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace muster::crypto
