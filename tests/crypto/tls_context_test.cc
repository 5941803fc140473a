// What TlsContext refuses to be made of. Complaints must name the file and the mend.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "crypto/es256.h"
#include "tests/crypto/tls_pair.h"

namespace muster::crypto {
namespace {

using testing::HasSubstr;

void write_text(const std::string& file, const std::string& text, mode_t mode = 0600) {
  std::ofstream(file) << text;
  ASSERT_EQ(chmod(file.c_str(), mode), 0);
}

class TlsContextTest : public testing::Test {
 public:
  void SetUp() override {
    make(authority());
    settings = PairSettings::mutual(folder).client;
  }
  [[nodiscard]] ThrowAwayAuthority authority() const {
    ThrowAwayAuthority wanted;
    wanted.dir = folder.path();
    wanted.topic = "com.apple.mgmt.External.test";
    return wanted;
  }
  // The complaint about `settings`; a failed test where there is none.
  [[nodiscard]] Complaint complaint() const {
    auto made = TlsContext::client(settings);
    EXPECT_FALSE(made.has_value());
    return made.has_value() ? Complaint{} : made.error();
  }

  Folder folder;
  TlsClientSettings settings;
};

TEST_F(TlsContextTest, ComplainsOfAnExpiredClientCertificate) {
  auto wanted = authority();
  wanted.client_valid_s = -86'400;
  make(wanted);
  const auto facts = read_certificate(settings.certificate_file);
  ASSERT_TRUE(facts.has_value());
  const auto said = complaint();
  EXPECT_EQ(said.file, settings.certificate_file);
  EXPECT_THAT(said.found, HasSubstr("expired on " + to_text(facts->not_after)));
  EXPECT_THAT(said.mend, HasSubstr("identity.apple.com/pushcert"));
  EXPECT_EQ(said.cause.code, ErrorCode::tls_certificate_expired);
}

TEST_F(TlsContextTest, ComplainsOfAKeyThatBelongsToAnotherCertificate) {
  settings.key_file = folder / "server.key";
  const auto said = complaint();
  EXPECT_EQ(said.file, settings.key_file);
  EXPECT_THAT(said.found, HasSubstr("does not belong to the certificate"));
}

TEST_F(TlsContextTest, RefusesAKeyThatOthersMayRead) {
  for (const mode_t mode : {0640U, 0604U, 0660U}) {
    ASSERT_EQ(chmod(settings.key_file.c_str(), mode), 0);
    const auto said = complaint();
    EXPECT_EQ(said.file, settings.key_file);
    EXPECT_THAT(said.mend, HasSubstr("chmod 600 " + settings.key_file));
  }
}

TEST_F(TlsContextTest, TakesAGroupReadableKeyFromSystemd) {
  ASSERT_EQ(chmod(settings.key_file.c_str(), 0440), 0);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): a test has one thread
  ASSERT_EQ(setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1), 0);
  const auto made = TlsContext::client(settings);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): as above
  unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_TRUE(made.has_value());
}

TEST_F(TlsContextTest, FindsTheKeyInsideTheCertificateFile) {
  std::ifstream certificate(settings.certificate_file);
  std::ifstream key(settings.key_file);
  const std::string both = std::string(std::istreambuf_iterator<char>(certificate), {}) +
                           std::string(std::istreambuf_iterator<char>(key), {});
  settings.certificate_file = folder / "both.pem";
  settings.key_file.clear();
  write_text(settings.certificate_file, both);
  EXPECT_TRUE(TlsContext::client(settings).has_value());
  write_text(settings.certificate_file, both, 0644);
  EXPECT_THAT(complaint().mend, HasSubstr("chmod 600"));
}

TEST_F(TlsContextTest, ComplainsOfAMissingFile) {
  settings.certificate_file = folder / "nowhere.pem";
  const auto said = complaint();
  EXPECT_EQ(said.file, settings.certificate_file);
  EXPECT_THAT(said.found, HasSubstr("No such file"));
  EXPECT_EQ(said.cause.code, ErrorCode::not_found);
}

TEST_F(TlsContextTest, ComplainsOfADirectory) {
  settings.trust_file = folder.path();
  const auto said = complaint();
  EXPECT_EQ(said.file, folder.path());
  EXPECT_EQ(said.found, "is a directory");
}

TEST_F(TlsContextTest, ComplainsOfAFileWithoutCertificates) {
  settings.trust_file = folder / "notes.txt";
  write_text(settings.trust_file, "not a certificate\n");
  const auto said = complaint();
  EXPECT_EQ(said.file, settings.trust_file);
  EXPECT_THAT(said.found, HasSubstr("holds no certificate"));
}

TEST_F(TlsContextTest, ComplainsOfADamagedCertificate) {
  write_text(settings.certificate_file,
             "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const auto said = complaint();
  EXPECT_THAT(said.found, HasSubstr("certificate 1 is damaged"));
}

TEST_F(TlsContextTest, ComplainsOfAKeyFileWithoutKey) {
  write_text(settings.key_file, "not a key\n");
  EXPECT_THAT(complaint().found, HasSubstr("holds no private key"));
}

TEST_F(TlsContextTest, ComplainsOfServerFilesToo) {
  auto server = PairSettings::mutual(folder).server;
  server.client_trust_file = folder / "nowhere.pem";
  EXPECT_EQ(TlsContext::server(server).error().file, folder / "nowhere.pem");
  server.key_file = folder / "client.key";
  EXPECT_EQ(TlsContext::server(server).error().file, folder / "client.key");
}

TEST_F(TlsContextTest, ServesAnExpiredCertificateSoThatClientsCanBeTested) {
  auto wanted = authority();
  wanted.server_valid_s = -60;
  make(wanted);
  EXPECT_TRUE(TlsContext::server(PairSettings::mutual(folder).server).has_value());
}

}  // namespace
}  // namespace muster::crypto
