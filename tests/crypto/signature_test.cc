#include "crypto/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <fstream>

#include "crypto/digest.h"
#include "crypto/openssl.h"
#include "tests/crypto/tls_pair.h"

namespace muster::crypto {
namespace {

constexpr auto kinds = {SigningKey::Kind::rsa, SigningKey::Kind::ed25519};

class SigningKeyTest : public testing::Test {
 public:
  void write_key(const std::string& pem, mode_t mode = 0600) const {
    std::ofstream(file) << pem;
    ASSERT_EQ(chmod(file.c_str(), mode), 0);
  }
  [[nodiscard]] Complaint complaint() const {
    auto key = SigningKey::read(file);
    EXPECT_FALSE(key.has_value());
    return key.has_value() ? Complaint{} : key.error();
  }

  Folder folder;
  std::string file = folder / "dkim.pem";
};

// By OpenSSL's other end, with the private file's own public half.
bool verifies(const std::string& pem, const std::array<Byte, 32>& digest, Bytes signature) {
  const BioOwner source(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const KeyOwner key(PEM_read_bio_PrivateKey(source.get(), nullptr, nullptr, nullptr));
  if (EVP_PKEY_is_a(key.get(), "ED25519") == 1) {
    const DigestContextOwner context(EVP_MD_CTX_new());
    EXPECT_EQ(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()), 1);
    return EVP_DigestVerify(context.get(), signature.data(), signature.size(), digest.data(),
                            digest.size()) == 1;
  }
  const KeyContextOwner context(EVP_PKEY_CTX_new(key.get(), nullptr));
  EXPECT_EQ(EVP_PKEY_verify_init(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()), 1);
  return EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.data(),
                         digest.size()) == 1;
}

TEST_F(SigningKeyTest, SignsWhatOpenSslVerifies) {
  const auto digest = sha256(as_bytes("text"));
  for (const auto kind : kinds) {
    const auto key = SigningKey::generate(kind);
    std::vector<Byte> signature(key.signature_size());
    key.sign(digest, signature);
    EXPECT_TRUE(verifies(key.private_pem(), digest, signature));
    signature[10] ^= 1;
    EXPECT_FALSE(verifies(key.private_pem(), digest, signature));
  }
}

TEST_F(SigningKeyTest, ReadsTheKeyItWrote) {
  for (const auto kind : kinds) {
    const auto key = SigningKey::generate(kind, 1024);
    write_key(key.private_pem());
    const auto read = SigningKey::read(file);
    ASSERT_TRUE(read.has_value()) << read.error().line_of_text();
    EXPECT_EQ(read->public_text(), key.public_text());
    EXPECT_EQ(read->kind(), kind);
  }
}

TEST_F(SigningKeyTest, KnowsTheSizeOfASignature) {
  EXPECT_EQ(SigningKey::generate(SigningKey::Kind::ed25519).signature_size(), 64U);
  EXPECT_EQ(SigningKey::generate(SigningKey::Kind::rsa, 2048).signature_size(), 256U);
  EXPECT_EQ(SigningKey::generate(SigningKey::Kind::rsa, 4096).signature_size(), 512U);
}

TEST_F(SigningKeyTest, RefusesAnRsaKeyOfAnotherSize) {
  write_key(SigningKey::generate(SigningKey::Kind::rsa, 768).private_pem());
  EXPECT_EQ(complaint().line_of_text(),
            file +
                ": this RSA key has 768 bits; expected an RSA key of 1024 to 4096 bits, or an "
                "Ed25519 key; make one: openssl genrsa -out KEY 2048, then chmod 600 KEY");
}

TEST_F(SigningKeyTest, RefusesAKeyOfAnotherKind) {
  const KeyOwner key(EVP_EC_gen("P-256"));
  const BioOwner memory(BIO_new(BIO_s_mem()));
  ASSERT_EQ(
      PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
      1);
  write_key(text_of(memory.get()));
  EXPECT_EQ(complaint().found, "this is a key of type EC");
}

TEST_F(SigningKeyTest, RefusesAKeyThatOthersMayRead) {
  write_key(SigningKey::generate(SigningKey::Kind::ed25519).private_pem(), 0644);
  EXPECT_EQ(complaint().mend, "run: chmod 600 " + file);
}

TEST_F(SigningKeyTest, ComplainsOfAMissingFile) {
  EXPECT_EQ(complaint().cause.code, ErrorCode::not_found);
}

}  // namespace
}  // namespace muster::crypto
