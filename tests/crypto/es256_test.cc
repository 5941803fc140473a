#include "crypto/es256.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>

#include "base/assert.h"
#include "crypto/digest.h"
#include "crypto/openssl.h"
#include "tests/crypto/tls_pair.h"

namespace muster::crypto {
namespace {

using testing::HasSubstr;

class Es256Test : public testing::Test {
 public:
  void write_key(const std::string& pem, mode_t mode = 0600) const {
    std::ofstream(file) << pem;
    ASSERT_EQ(chmod(file.c_str(), mode), 0);
  }
  [[nodiscard]] Complaint complaint() const {
    auto key = Es256Key::read(file);
    EXPECT_FALSE(key.has_value());
    return key.has_value() ? Complaint{} : key.error();
  }

  Folder folder;
  std::string file = folder / "AuthKey_ABC123DEFG.p8";
};

std::string pem_of(EVP_PKEY* key, const char* passphrase = nullptr) {
  const KeyOwner owner(key);
  const BioOwner memory(BIO_new(BIO_s_mem()));
  const auto size = passphrase == nullptr ? 0 : static_cast<int>(std::strlen(passphrase));
  MUSTER_ASSERT(PEM_write_bio_PKCS8PrivateKey(memory.get(), key,
                                              passphrase == nullptr ? nullptr : EVP_aes_256_cbc(),
                                              passphrase, size, nullptr, nullptr) == 1);
  return text_of(memory.get());
}

TEST_F(Es256Test, VerifiesWhatItSigned) {
  const auto key = Es256Key::generate();
  auto signature = key.sign(as_bytes("header.claims"));
  EXPECT_TRUE(key.verify(as_bytes("header.claims"), signature));
  EXPECT_FALSE(key.verify(as_bytes("header.claimz"), signature));
  signature[63] ^= 1;
  EXPECT_FALSE(key.verify(as_bytes("header.claims"), signature));
  EXPECT_FALSE(key.verify(as_bytes("header.claims"), Bytes(signature).first(63)));
  EXPECT_FALSE(key.verify(as_bytes("header.claims"), std::array<Byte, 64>{}));
}

TEST_F(Es256Test, PadsShortNumbers) {
  // One signature in about 128 has an R or S with a leading zero byte.
  const auto key = Es256Key::generate();
  bool padded = false;
  for (std::uint32_t i = 0; i < 4'000 && !padded; ++i) {
    std::array<Byte, 4> message{};
    put(message.data(), i);
    const auto signature = key.sign(message);
    ASSERT_TRUE(key.verify(message, signature));
    padded = signature[0] == 0 || signature[32] == 0;
  }
  EXPECT_TRUE(padded);
}

TEST_F(Es256Test, VerifiesTheExampleOfRfc7515) {
  // Appendix A.3.1: a published example key, wrapped as PKCS #8.
  write_key(
      "-----BEGIN PRIVATE KEY-----\n"
      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"
      "H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n"
      "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n"
      "-----END PRIVATE KEY-----\n");
  const auto key = Es256Key::read(file);
  ASSERT_TRUE(key.has_value());
  std::vector<Byte> signature;
  ASSERT_TRUE(from_base64url(
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
      signature));
  EXPECT_TRUE(key->verify(
      as_bytes("eyJhbGciOiJFUzI1NiJ9."
               "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19y"
               "b290Ijp0cnVlfQ"),
      signature));
}

TEST_F(Es256Test, ReadsTheKeyItWrote) {
  const auto key = Es256Key::generate();
  write_key(key.private_pem());
  const auto read = Es256Key::read(file);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->public_pem(), key.public_pem());
  EXPECT_TRUE(key.verify(as_bytes("text"), read->sign(as_bytes("text"))));
}

TEST_F(Es256Test, RefusesAnRsaKey) {
  write_key(pem_of(EVP_RSA_gen(2048)));
  EXPECT_EQ(complaint().found, "this is a key of type RSA");
}

TEST_F(Es256Test, RefusesAnotherCurve) {
  write_key(pem_of(EVP_EC_gen("P-384")));
  EXPECT_EQ(complaint().found, "this key lies on the curve secp384r1");
}

TEST_F(Es256Test, RefusesAnEncryptedKeyWithoutAsking) {
  write_key(pem_of(EVP_EC_gen("P-256"), "secret"));
  const auto said = complaint();
  EXPECT_EQ(said.found, "this private key is encrypted");
  EXPECT_THAT(said.mend, HasSubstr("openssl pkey"));
}

TEST_F(Es256Test, RefusesAPublicKey) {
  write_key(Es256Key::generate().public_pem());
  EXPECT_EQ(complaint().found, "holds no private key");
}

TEST_F(Es256Test, RefusesGarbage) {
  write_key("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  EXPECT_EQ(complaint().found, "this private key is damaged");
  write_key("hello\n");
  EXPECT_EQ(complaint().found, "holds no private key");
}

TEST_F(Es256Test, RefusesAKeyThatOthersMayRead) {
  write_key(Es256Key::generate().private_pem(), 0644);
  const auto said = complaint();
  EXPECT_THAT(said.found, HasSubstr("can be read by others"));
  EXPECT_EQ(said.mend, "run: chmod 600 " + file);
  EXPECT_EQ(said.cause.code, ErrorCode::not_permitted);
}

TEST_F(Es256Test, ComplainsOfAMissingFile) {
  const auto said = complaint();
  EXPECT_EQ(said.file, file);
  EXPECT_EQ(said.cause.code, ErrorCode::not_found);
}

}  // namespace
}  // namespace muster::crypto
