#include "crypto/cms.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "crypto/certificate.h"
#include "crypto/device_identity.h"
#include "crypto/digest.h"

namespace muster::crypto {
namespace {

class Cms : public ::testing::Test {
 protected:
  Cms() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-cms-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    std::ofstream(file()) << authority_.certificate_pem();
  }
  ~Cms() override { std::filesystem::remove_all(dir_); }

  std::string file() const { return dir_ + "/ca.pem"; }
  SignatureAuthority opened() const { return std::move(*SignatureAuthority::open(file())); }
  std::optional<Fingerprint> signer_of(std::string_view body, std::string_view signature) const {
    return opened().signer_of(as_bytes(body), signature, now_);
  }

  std::string dir_;
  DeviceAuthority authority_;
  DeviceIdentity identity_ = authority_.issue("a device");
  WallTime now_ = SystemClock().wall();
};

TEST_F(Cms, TellsWhoSignedABody) {
  const std::string body("a body\nwith \r\n and \0 in it", 26);
  EXPECT_EQ(signer_of(body, identity_.sign(body)), fingerprint_of(identity_.certificate()));
  EXPECT_EQ(signer_of("", identity_.sign("")), fingerprint_of(identity_.certificate()));
}

TEST_F(Cms, KnowsACertificateByTheDigestOfItsBytes) {
  const auto der = identity_.certificate();
  EXPECT_EQ(fingerprint_of(der), sha256(der));
  EXPECT_NE(fingerprint_of(der), fingerprint_of(authority_.issue("a device").certificate()));
}

TEST_F(Cms, RefusesAnotherBody) {
  EXPECT_FALSE(signer_of("another", identity_.sign("one")));
  EXPECT_FALSE(signer_of("one\r\n", identity_.sign("one\n")));
}

TEST_F(Cms, RefusesWhomItsAuthorityDoesNotKnow) {
  const DeviceAuthority others;
  EXPECT_FALSE(signer_of("body", others.issue("a device").sign("body")));
}

TEST_F(Cms, RefusesACertificateOutsideItsTime) {
  EXPECT_FALSE(signer_of("body", authority_.issue("old", -1).sign("body")));
  const auto authority = opened();
  const auto signature = identity_.sign("body");
  EXPECT_TRUE(authority.signer_of(as_bytes("body"), signature, now_));
  EXPECT_FALSE(
      authority.signer_of(as_bytes("body"), signature, WallTime{now_.milliseconds + 90'000'000}));
  EXPECT_FALSE(
      authority.signer_of(as_bytes("body"), signature, WallTime{now_.milliseconds - 90'000'000}));
}

TEST_F(Cms, RefusesWhatIsNoSignature) {
  const auto good = identity_.sign("body");
  ASSERT_TRUE(signer_of("body", good));
  EXPECT_FALSE(signer_of("body", ""));
  EXPECT_FALSE(signer_of("body", "AAAA"));
  EXPECT_FALSE(signer_of("body", "not base64!"));
  EXPECT_FALSE(signer_of("body", good.substr(0, good.size() / 8 * 4)));
  std::vector<Byte> der;
  ASSERT_TRUE(from_base64(good, der));
  der.push_back(0);
  EXPECT_FALSE(signer_of("body", base64(der)));  // more than a signature
  EXPECT_FALSE(signer_of("body", std::string(SignatureAuthority::signature_bytes_max + 4, 'A')));
}

TEST_F(Cms, RefusesEveryBitThatIsTurned) {
  std::vector<Byte> der;
  ASSERT_TRUE(from_base64(identity_.sign("body"), der));
  const auto authority = opened();
  // The last bytes are the signature's own; what comes before is certificate and attributes.
  for (std::size_t at = der.size() - 64; at < der.size(); ++at) {
    auto turned = der;
    turned[at] ^= 1;
    EXPECT_FALSE(authority.signer_of(as_bytes("body"), base64(turned), now_)) << at;
  }
}

TEST_F(Cms, TrustsAnAuthorityInBetweenWithoutItsRoot) {
  // The file of a server: its own certificate, which nobody but its root vouches for.
  ASSERT_TRUE(make_authority({.dir = dir_ + "/other", .topic = ""}));
  const auto authority = SignatureAuthority::open(dir_ + "/other/server.pem");
  ASSERT_TRUE(authority);
  EXPECT_FALSE(authority->signer_of(as_bytes("body"), identity_.sign("body"), now_));
  std::ofstream(file(), std::ios::app) << "\n" << identity_.certificate_pem();
  EXPECT_TRUE(signer_of("body", identity_.sign("body")));
}

TEST_F(Cms, NeedsAFileOfCertificates) {
  const auto missing = SignatureAuthority::open(dir_ + "/nobody.pem");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().file, dir_ + "/nobody.pem");
  std::ofstream(dir_ + "/key.pem") << identity_.private_key_pem();
  EXPECT_FALSE(SignatureAuthority::open(dir_ + "/key.pem"));
}

}  // namespace
}  // namespace muster::crypto
