#include "http/trust.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "crypto/certificate.h"
#include "tests/http/folder.h"

namespace muster::http {
namespace {

class HttpTrust : public testing::Test {
 protected:
  HttpTrust() {
    crypto::ThrowAwayAuthority wanted;
    wanted.dir = folder / "own";
    EXPECT_TRUE(crypto::make_authority(wanted).has_value());
    folder.write("bundle.crt", "the system's");
    std::filesystem::create_directory(folder / "hashed");
    folder.write("hashed/9d04f354.0", "one of the system's");
    std::filesystem::create_directory(folder / "plain");
    folder.write("plain/authority.pem", "one of the system's");
  }
  [[nodiscard]] Trust read(const std::string& file, const std::string& directory) const {
    auto trust = read_trust(file, {folder / directory, folder / "bundle.crt"});
    EXPECT_TRUE(trust.has_value());
    return *trust;
  }
  Folder folder;
};

TEST_F(HttpTrust, AsksTheSystemsHashedDirectoryBesideTheFile) {
  const auto trust = read(folder / "own/ca.pem", "hashed");
  EXPECT_EQ(trust.directory, folder / "hashed");
  EXPECT_NE(trust.blob.find("BEGIN CERTIFICATE"), std::string::npos);
  EXPECT_EQ(trust.blob.find("the system's"), std::string::npos);
}

TEST_F(HttpTrust, NeedsNoBlobWithoutAFile) {
  const auto trust = read("", "hashed");
  EXPECT_EQ(trust.directory, folder / "hashed");
  EXPECT_EQ(trust.blob, "");
}

TEST_F(HttpTrust, ReadsTheSystemsBundleWhereItsDirectoryHasNoHashes) {
  for (const auto* directory : {"plain", "nowhere"}) {
    EXPECT_EQ(read("", directory).blob, "the system's");
    const auto trust = read(folder / "own/ca.pem", directory);
    EXPECT_EQ(trust.directory, "");
    EXPECT_TRUE(trust.blob.starts_with("-----BEGIN CERTIFICATE"));
    EXPECT_TRUE(trust.blob.ends_with("the system's"));
  }
}

TEST_F(HttpTrust, KnowsWhereTheSystemsAre) {
  EXPECT_FALSE(system_trust().directory.empty() && system_trust().bundle.empty());
}

}  // namespace
}  // namespace muster::http
