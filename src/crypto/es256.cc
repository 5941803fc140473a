#include "crypto/es256.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <vector>

#include "base/assert.h"
#include "crypto/openssl.h"
#include "crypto/pem_file.h"

namespace muster::crypto {
namespace {

constexpr int half = 32;  // bytes of R and of S

std::string curve_of(const EVP_PKEY* key) {
  char name[64] = {};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name, sizeof name, &size) != 1) {
    ERR_clear_error();
    return "an unnamed curve";
  }
  return {name, size};
}

Result<void, Complaint> check_is_p256(const EVP_PKEY* key, const std::string& file) {
  Complaint complaint;
  complaint.file = file;
  complaint.expected = "an EC private key on the curve P-256 (ES256)";
  complaint.mend = "use the AuthKey_….p8 file as it was downloaded from Apple";
  if (EVP_PKEY_is_a(key, "EC") != 1) {
    complaint.found = std::string("this is a key of type ") + EVP_PKEY_get0_type_name(key);
    return tl::unexpected(std::move(complaint));
  }
  if (const auto curve = curve_of(key); curve != "prime256v1") {
    complaint.found = "this key lies on the curve " + curve;
    return tl::unexpected(std::move(complaint));
  }
  return {};
}

}  // namespace

struct Es256Key::Implementation {
  KeyOwner key;
};

Es256Key::Es256Key() : implementation_(std::make_unique<Implementation>()) {}
Es256Key::Es256Key(Es256Key&&) noexcept = default;
Es256Key& Es256Key::operator=(Es256Key&&) noexcept = default;
Es256Key::~Es256Key() = default;

Result<Es256Key, Complaint> Es256Key::read(const std::string& file) {
  auto key = read_private_key(file);
  if (!key) {
    return tl::unexpected(key.error());
  }
  if (auto fits = check_is_p256(key->get(), file); !fits) {
    return tl::unexpected(fits.error());
  }
  Es256Key made;
  made.implementation_->key = std::move(*key);
  return made;
}

Result<Es256Key, Complaint> Es256Key::read_public(const std::string& file) {
  const BioOwner source(BIO_new_file(file.c_str(), "r"));
  KeyOwner key(source ? PEM_read_bio_PUBKEY(source.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!key) {
    ERR_clear_error();
    Complaint complaint;
    complaint.file = file;
    complaint.found = source ? "this is no public key" : "cannot be read";
    complaint.expected = "a PEM file that begins with -----BEGIN PUBLIC KEY-----";
    return tl::unexpected(std::move(complaint));
  }
  if (auto fits = check_is_p256(key.get(), file); !fits) {
    return tl::unexpected(fits.error());
  }
  Es256Key made;
  made.implementation_->key = std::move(key);
  return made;
}

Es256Key Es256Key::generate() {
  Es256Key made;
  made.implementation_->key.reset(EVP_EC_gen("P-256"));
  MUSTER_ASSERT(made.implementation_->key != nullptr);
  return made;
}

std::string Es256Key::private_pem() const {
  const BioOwner memory(BIO_new(BIO_s_mem()));
  MUSTER_ASSERT(PEM_write_bio_PKCS8PrivateKey(memory.get(), implementation_->key.get(), nullptr,
                                              nullptr, 0, nullptr, nullptr) == 1);
  return text_of(memory.get());
}

std::string Es256Key::public_pem() const {
  const BioOwner memory(BIO_new(BIO_s_mem()));
  MUSTER_ASSERT(PEM_write_bio_PUBKEY(memory.get(), implementation_->key.get()) == 1);
  return text_of(memory.get());
}

// OpenSSL signs in DER, JOSE wants the two numbers in fixed width (RFC 7518 §3.4).
std::array<Byte, 64> Es256Key::sign(Bytes message) const {
  const DigestContextOwner context(EVP_MD_CTX_new());
  MUSTER_ASSERT(context != nullptr);
  MUSTER_ASSERT(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr,
                                   implementation_->key.get()) == 1);
  std::array<Byte, 128> der{};
  std::size_t der_size = der.size();
  MUSTER_ASSERT(
      EVP_DigestSign(context.get(), der.data(), &der_size, message.data(), message.size()) == 1);
  const Byte* at = der.data();
  const SignatureOwner parts(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der_size)));
  MUSTER_ASSERT(parts != nullptr);
  std::array<Byte, 64> signature{};
  MUSTER_ASSERT(BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), signature.data(), half) == half);
  MUSTER_ASSERT(BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), signature.data() + half, half) == half);
  return signature;
}

bool Es256Key::verify(Bytes message, Bytes signature) const {
  if (signature.size() != 64) {
    return false;
  }
  const SignatureOwner parts(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(signature.data(), half, nullptr);
  BIGNUM* s = BN_bin2bn(signature.data() + half, half, nullptr);
  MUSTER_ASSERT(r != nullptr && s != nullptr);
  MUSTER_ASSERT(ECDSA_SIG_set0(parts.get(), r, s) == 1);  // owns both from here
  std::vector<Byte> der(static_cast<std::size_t>(i2d_ECDSA_SIG(parts.get(), nullptr)));
  Byte* at = der.data();
  i2d_ECDSA_SIG(parts.get(), &at);
  const DigestContextOwner context(EVP_MD_CTX_new());
  MUSTER_ASSERT(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr,
                                     implementation_->key.get()) == 1);
  const int result =
      EVP_DigestVerify(context.get(), der.data(), der.size(), message.data(), message.size());
  ERR_clear_error();
  return result == 1;
}

}  // namespace muster::crypto
