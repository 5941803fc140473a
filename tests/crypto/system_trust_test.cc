// Where the authorities come from when no file of ours names one.
#include <gtest/gtest.h>
#include <openssl/x509.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "crypto/pem_file.h"
#include "tests/crypto/tls_pair.h"

namespace muster::crypto {
namespace {

class SystemTrustTest : public testing::Test {
 public:
  void SetUp() override {
    ThrowAwayAuthority wanted;
    wanted.dir = folder.path();
    wanted.topic = "com.apple.mgmt.External.test";
    make(wanted);
    settings = PairSettings::mutual(folder);
    authority = std::exchange(settings.client.trust_file, "");
    ASSERT_EQ(::setenv("SSL_CERT_DIR", (folder / "certs").c_str(), 1), 0);
    ASSERT_EQ(::unsetenv("SSL_CERT_FILE"), 0);
    std::filesystem::create_directory(folder / "certs");
  }
  void TearDown() override {
    ::unsetenv("SSL_CERT_DIR");
    ::unsetenv("SSL_CERT_FILE");
  }
  ErrorCode talk() {
    Pair pair(settings);
    pair.talk();
    return pair.client_error;
  }

  Folder folder;
  PairSettings settings;
  std::string authority;
};

TEST_F(SystemTrustTest, FindsAnAuthorityByTheHashOfItsName) {
  const auto certificates = read_certificates(authority);
  ASSERT_TRUE(certificates.has_value());
  std::array<char, 16> name{};
  std::snprintf(name.data(), name.size(), "%08lx.0",
                X509_subject_name_hash(certificates->front().get()));
  std::filesystem::copy_file(authority, (folder / "certs") + "/" + name.data());
  EXPECT_EQ(talk(), ErrorCode::none);
}

TEST_F(SystemTrustTest, ReadsTheFileThatTheEnvironmentNames) {
  ASSERT_EQ(::setenv("SSL_CERT_FILE", authority.c_str(), 1), 0);
  EXPECT_EQ(talk(), ErrorCode::none);
}

TEST_F(SystemTrustTest, KnowsNobodyByAnEmptyDirectory) {
  EXPECT_EQ(talk(), ErrorCode::tls_certificate_untrusted);
}

}  // namespace
}  // namespace muster::crypto
