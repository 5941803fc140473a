// Public keys out of PEM files: they judge signatures and make none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <fstream>

#include "base/assert.h"
#include "crypto/es256.h"
#include "crypto/openssl.h"
#include "tests/crypto/tls_pair.h"

namespace muster::crypto {
namespace {

using testing::HasSubstr;

class Es256PublicTest : public testing::Test {
 protected:
  void write(const std::string& text) const { std::ofstream(file) << text; }
  void write(EVP_PKEY* key) const {
    const KeyOwner owner(key);
    const BioOwner memory(BIO_new(BIO_s_mem()));
    MUSTER_ASSERT(PEM_write_bio_PUBKEY(memory.get(), key) == 1);
    write(text_of(memory.get()));
  }
  [[nodiscard]] Complaint complaint() const {
    const auto key = Es256Key::read_public(file);
    EXPECT_FALSE(key.has_value());
    return key.has_value() ? Complaint{} : key.error();
  }

  Folder folder;
  std::string file = folder / "AuthKey.pub";
};

TEST_F(Es256PublicTest, VerifiesWhatThePrivateKeySigned) {
  const auto key = Es256Key::generate();
  write(key.public_pem());
  const auto read = Es256Key::read_public(file);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->public_pem(), key.public_pem());
  auto signature = key.sign(as_bytes("header.claims"));
  EXPECT_TRUE(read->verify(as_bytes("header.claims"), signature));
  EXPECT_FALSE(read->verify(as_bytes("header.claimz"), signature));
  EXPECT_FALSE(Es256Key::generate().verify(as_bytes("header.claims"), signature));
}

TEST_F(Es256PublicTest, ComplainsOfAMissingFile) {
  const auto said = complaint();
  EXPECT_EQ(said.file, file);
  EXPECT_EQ(said.found, "cannot be read");
  EXPECT_THAT(said.expected, HasSubstr("BEGIN PUBLIC KEY"));
}

TEST_F(Es256PublicTest, RefusesWhatIsNoPublicKey) {
  for (const auto& text :
       {std::string(), std::string("hello\n"),
        std::string("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
        Es256Key::generate().private_pem()}) {
    write(text);
    EXPECT_EQ(complaint().found, "this is no public key") << text;
  }
}

TEST_F(Es256PublicTest, RefusesAnRsaKey) {
  write(EVP_RSA_gen(2048));
  EXPECT_EQ(complaint().found, "this is a key of type RSA");
}

TEST_F(Es256PublicTest, RefusesAnotherCurve) {
  write(EVP_EC_gen("P-384"));
  EXPECT_EQ(complaint().found, "this key lies on the curve secp384r1");
}

}  // namespace
}  // namespace muster::crypto
