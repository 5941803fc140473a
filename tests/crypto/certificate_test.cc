#include "crypto/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/crypto/tls_pair.h"

namespace muster::crypto {
namespace {

constexpr std::int64_t day_ms = 86'400'000;

mode_t mode_of(const std::string& file) {
  struct stat facts{};
  EXPECT_EQ(stat(file.c_str(), &facts), 0);
  return facts.st_mode & 0777;
}

ThrowAwayAuthority authority_in(const Folder& folder) {
  ThrowAwayAuthority wanted;
  wanted.dir = folder / "new" + "/authority";
  wanted.topic = "com.apple.mgmt.External.test";
  return wanted;
}

TEST(Certificate, ReadsTheTopicAndTheDates) {
  const Folder folder;
  make(authority_in(folder));
  const auto facts = read_certificate(folder / "new/authority/client.pem");
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->user_id, "com.apple.mgmt.External.test");
  EXPECT_EQ(facts->subject, "CN=Muster throw-away client,UID=com.apple.mgmt.External.test");
  const auto now = SystemClock().wall().milliseconds;
  EXPECT_LT(facts->not_before.milliseconds, now);
  EXPECT_GT(facts->not_after.milliseconds, now);
  EXPECT_LE(facts->not_after.milliseconds, now + day_ms);
}

TEST(Certificate, HasNoUserIdWhereTheSubjectHasNone) {
  const Folder folder;
  make(authority_in(folder));
  const auto facts = read_certificate(folder / "new/authority/server.pem");
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->user_id, "");
  EXPECT_EQ(facts->subject, "CN=localhost");
}

TEST(Certificate, ComplainsOfAFileThatIsNotThere) {
  const auto facts = read_certificate("/nowhere/client.pem");
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().file, "/nowhere/client.pem");
}

TEST(Authority, KeepsKeysPrivate) {
  const Folder folder;
  make(authority_in(folder));
  EXPECT_EQ(mode_of(folder / "new/authority/client.key"), 0600U);
  EXPECT_EQ(mode_of(folder / "new/authority/server.key"), 0600U);
}

TEST(Authority, MakesNoClientCertificateWithoutATopic) {
  const Folder folder;
  auto wanted = authority_in(folder);
  wanted.topic.clear();
  make(wanted);
  EXPECT_FALSE(std::filesystem::exists(wanted.dir + "/client.pem"));
  EXPECT_TRUE(std::filesystem::exists(wanted.dir + "/server.pem"));
}

TEST(Authority, MakesCertificatesThatHaveExpired) {
  const Folder folder;
  auto wanted = authority_in(folder);
  wanted.client_valid_s = -60;
  make(wanted);
  const auto facts = read_certificate(wanted.dir + "/client.pem");
  ASSERT_TRUE(facts.has_value());
  EXPECT_LT(facts->not_after.milliseconds, SystemClock().wall().milliseconds);
  EXPECT_LT(facts->not_before.milliseconds, facts->not_after.milliseconds);
}

TEST(Authority, ServesUnderAnotherName) {
  const Folder folder;
  ThrowAwayAuthority wanted;
  wanted.dir = folder.path();
  wanted.topic = "com.apple.mgmt.External.test";
  wanted.server_name = "api.push.apple.com";
  make(wanted);
  auto settings = PairSettings::mutual(folder);
  settings.host = "api.push.apple.com";
  Pair pair(settings);
  pair.talk();
  EXPECT_TRUE(pair.client->established());
}

TEST(Authority, RefusesANameThatWouldBeAList) {
  const Folder folder;
  auto wanted = authority_in(folder);
  wanted.server_name = "a,DNS:b";
  EXPECT_THAT(make_authority(wanted).error().found, testing::HasSubstr("is no server name"));
}

TEST(Authority, ComplainsWhereItCannotWrite) {
  const Folder folder;
  auto wanted = authority_in(folder);
  wanted.dir = "/proc/muster";
  EXPECT_THAT(make_authority(wanted).error().found, testing::HasSubstr("cannot be written"));
  wanted.dir = folder.path();
  std::filesystem::create_directories(folder / "server.pem" + "/in-the-way");
  EXPECT_EQ(make_authority(wanted).error().file, folder / "server.pem");
}

}  // namespace
}  // namespace muster::crypto
