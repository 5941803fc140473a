#include "crypto/signature.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <utility>
#include <vector>

#include "base/assert.h"
#include "crypto/digest.h"
#include "crypto/openssl.h"
#include "crypto/pem_file.h"

namespace muster::crypto {
namespace {

constexpr int rsa_bits_min = 1024;  // RFC 8301 §3.2
constexpr int rsa_bits_max = 4096;
static_assert(rsa_bits_max / 8 == SigningKey::signature_size_max);

tl::unexpected<Complaint> complain(const std::string& file, std::string found) {
  Complaint complaint;
  complaint.file = file;
  complaint.found = std::move(found);
  complaint.expected = "an RSA key of 1024 to 4096 bits, or an Ed25519 key";
  complaint.mend = "make one: openssl genrsa -out KEY 2048, then chmod 600 KEY";
  return tl::unexpected(std::move(complaint));
}

}  // namespace

struct SigningKey::Implementation {
  KeyOwner key;
  Kind kind = Kind::rsa;
  std::size_t size = 0;

  void adopt(KeyOwner owner) {
    key = std::move(owner);
    kind = EVP_PKEY_is_a(key.get(), "RSA") == 1 ? Kind::rsa : Kind::ed25519;
    size = static_cast<std::size_t>(EVP_PKEY_get_size(key.get()));
    MUSTER_ASSERT(size > 0 && size <= signature_size_max);
  }
};

SigningKey::SigningKey() : implementation_(std::make_unique<Implementation>()) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

Result<SigningKey, Complaint> SigningKey::read(const std::string& file) {
  auto key = read_private_key(file);
  if (!key) {
    return tl::unexpected(key.error());
  }
  if (EVP_PKEY_is_a(key->get(), "RSA") == 1) {
    const int bits = EVP_PKEY_get_bits(key->get());
    if (bits < rsa_bits_min || bits > rsa_bits_max) {
      return complain(file, "this RSA key has " + std::to_string(bits) + " bits");
    }
  } else if (EVP_PKEY_is_a(key->get(), "ED25519") != 1) {
    return complain(file,
                    std::string("this is a key of type ") + EVP_PKEY_get0_type_name(key->get()));
  }
  SigningKey made;
  made.implementation_->adopt(std::move(*key));
  return made;
}

SigningKey SigningKey::generate(Kind kind, unsigned bits) {
  SigningKey made;
  made.implementation_->adopt(KeyOwner(
      kind == Kind::rsa ? EVP_RSA_gen(bits) : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")));
  return made;
}

std::string SigningKey::private_pem() const {
  const BioOwner memory(BIO_new(BIO_s_mem()));
  MUSTER_ASSERT(PEM_write_bio_PKCS8PrivateKey(memory.get(), implementation_->key.get(), nullptr,
                                              nullptr, 0, nullptr, nullptr) == 1);
  return text_of(memory.get());
}

std::string SigningKey::public_text() const {
  EVP_PKEY* key = implementation_->key.get();
  if (implementation_->kind == Kind::ed25519) {
    std::array<Byte, 32> raw{};
    std::size_t size = raw.size();
    MUSTER_ASSERT(EVP_PKEY_get_raw_public_key(key, raw.data(), &size) == 1);
    return base64(raw);
  }
  std::vector<Byte> der(static_cast<std::size_t>(i2d_PUBKEY(key, nullptr)));
  Byte* at = der.data();
  i2d_PUBKEY(key, &at);
  return base64(der);
}

SigningKey::Kind SigningKey::kind() const {
  return implementation_->kind;
}

std::size_t SigningKey::signature_size() const {
  return implementation_->size;
}

void SigningKey::sign(const std::array<Byte, 32>& digest, MutableBytes out) const {
  EVP_PKEY* key = implementation_->key.get();
  std::size_t size = out.size();
  MUSTER_ASSERT(size >= implementation_->size);
  if (implementation_->kind == Kind::ed25519) {
    const DigestContextOwner context(EVP_MD_CTX_new());
    MUSTER_ASSERT(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) == 1);
    MUSTER_ASSERT(EVP_DigestSign(context.get(), out.data(), &size, digest.data(), digest.size()) ==
                  1);
  } else {
    const KeyContextOwner context(EVP_PKEY_CTX_new(key, nullptr));
    MUSTER_ASSERT(context != nullptr && EVP_PKEY_sign_init(context.get()) == 1);
    MUSTER_ASSERT(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1);
    MUSTER_ASSERT(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1);
    MUSTER_ASSERT(EVP_PKEY_sign(context.get(), out.data(), &size, digest.data(), digest.size()) ==
                  1);
  }
  MUSTER_ASSERT(size == implementation_->size);
}

}  // namespace muster::crypto
