#include "settings/read.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace muster::settings {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Settings read(const std::string& toml) {
  auto settings = read_settings_text(toml, "/etc/muster/muster.toml");
  EXPECT_TRUE(settings.has_value()) << settings.error().line_of_text();
  return settings.has_value() ? *settings : Settings{};
}

Complaint complaint(const std::string& toml) {
  const auto settings = read_settings_text(toml, "muster.toml");
  EXPECT_FALSE(settings.has_value()) << toml;
  return settings.has_value() ? Complaint{} : settings.error();
}

std::string line_about(const std::string& toml) {
  return complaint(toml).line_of_text();
}

TEST(ReadSettings, TakesDefaultsFromAnEmptyFile) {
  const auto settings = read("");
  EXPECT_EQ(settings.apns.host, "api.push.apple.com");
  EXPECT_EQ(settings.apns.port, 443);
  EXPECT_EQ(settings.mdm.wakes_per_second, 200U);
  EXPECT_TRUE(settings.apns.credentials.empty());
}

TEST(ReadSettings, TakesNotificationsOnlyWhereAppleWouldSendThem) {
  EXPECT_EQ(read("[books]\nnotification_url = \"\"\n").books.notification_url, "");
  EXPECT_EQ(read("[books]\nnotification_url = \"https://muster.school.example/hooks/books\"\n")
                .books.notification_url,
            "https://muster.school.example/hooks/books");
  for (const std::string refused :
       {"http://muster.school.example/hooks", "https://muster.school.example",
        "https://muster.school.example:8470/hooks", "https://it@school.example/hooks",
        "https://school.example/hooks?x=1", "muster.school.example/hooks"}) {
    EXPECT_THAT(line_about("[books]\nnotification_url = \"" + refused + "\"\n"),
                HasSubstr("without a port"));
  }
}

TEST(ReadSettings, ReadsEveryKindOfValue) {
  const auto settings = read(R"(
[apns]
host = "127.0.0.1"
port = 8443
expiration = "12h"
retry_after = ["500ms", "1m"]
in_doubt = "hold"
[mail.relay]
tls = "required"
[reactor]
kind = "epoll"
shards = 2
)");
  EXPECT_EQ(settings.apns.host, "127.0.0.1");
  EXPECT_EQ(settings.apns.port, 8443);
  EXPECT_EQ(settings.apns.expiration, 12h);
  EXPECT_EQ(settings.apns.retry_after, (std::vector<std::chrono::milliseconds>{500ms, 1min}));
  EXPECT_EQ(settings.apns.in_doubt, "hold");
  EXPECT_EQ(settings.mail.relay.tls, "required");
  EXPECT_EQ(settings.reactor.kind, "epoll");
  EXPECT_EQ(settings.reactor.shards, 2U);
}

TEST(ReadSettings, ReadsCredentialsOfBothKinds) {
  const auto settings = read(R"(
[[apns.credential]]
topic = "com.apple.mgmt.External.1"
certificate_file = "push.pem"
key_file = "/keys/push.key"
[[apns.credential]]
topic = "com.example.app"
key_file = "AuthKey.p8"
key_id = "ABC123DEFG"
team_id = "DEF123GHIJ"
)");
  ASSERT_EQ(settings.apns.credentials.size(), 2U);
  EXPECT_EQ(settings.apns.credentials[0].certificate_file, "/etc/muster/push.pem");
  EXPECT_EQ(settings.apns.credentials[0].key_file, "/keys/push.key");
  EXPECT_EQ(settings.apns.credentials[1].key_id, "ABC123DEFG");
  EXPECT_EQ(settings.apns.credentials[1].team_id, "DEF123GHIJ");
}

TEST(ReadSettings, ReadsInvitationTextsInTheirOrder) {
  const auto settings = read(R"(
[[invitation]]
language = "en"
title = "You are invited"
body = "line\nline"
url = "https://school.example"
[[invitation]]
language = "de"
title = "Einladung"
)");
  ASSERT_EQ(settings.invitations.size(), 2U);
  EXPECT_EQ(settings.invitations[0].body, "line\nline");
  EXPECT_EQ(settings.invitations[0].url, "https://school.example");
  EXPECT_EQ(settings.invitations[1].language, "de");
}

TEST(ReadSettings, TakesRelativePathsFromTheFoldersOfTheFile) {
  const std::string toml = "[data]\ndir = \"../data\"\n[apns]\ntrust_file = \"ca.pem\"\n";
  EXPECT_EQ(read(toml).apns.trust_file, "/etc/muster/ca.pem");
  EXPECT_EQ(read(toml).data_dir, "/etc/data");
  EXPECT_EQ(read("").apns.trust_file, "");
  const auto here = read_settings_text(toml, "muster.toml");
  ASSERT_TRUE(here.has_value());
  EXPECT_EQ(here->apns.trust_file, "ca.pem");
}

TEST(ReadSettings, NamesTheNearestKeyForAnUnknownOne) {
  const auto said = complaint("[apns]\nport = 1\n  conections = 4\n");
  EXPECT_EQ(said.file, "muster.toml");
  EXPECT_EQ(said.line, 3U);
  EXPECT_EQ(said.column, 3U);
  EXPECT_EQ(said.found, "unknown key 'conections' in [apns]");
  EXPECT_EQ(said.mend, "did you mean 'connections'?");
}

TEST(ReadSettings, NamesTheNearestSection) {
  EXPECT_EQ(complaint("[apsn]\n").mend, "did you mean 'apns'?");
  EXPECT_EQ(complaint("[mail.rely]\n").mend, "did you mean 'relay'?");
  EXPECT_EQ(complaint("[[invitations]]\n").mend, "did you mean 'invitation'?");
  EXPECT_EQ(complaint("[[apns.credentials]]\n").mend, "did you mean 'credential'?");
}

TEST(ReadSettings, NamesTheSectionAKeyBelongsTo) {
  EXPECT_EQ(complaint("[apns]\nshards = 2\n").mend, "'shards' belongs to [reactor]");
  EXPECT_EQ(complaint("[mail]\nport = 25\n").mend, "'port' belongs to [mail.direct]");
  EXPECT_EQ(complaint("listen = \"x\"\n").mend, "'listen' belongs to [server]");
  EXPECT_EQ(complaint("[mail]\nsubject = \"x\"\n").mend, "'subject' belongs to [[mail.template]]");
  EXPECT_EQ(complaint("[mail]\nlanguage = \"x\"\n").mend,
            "'language' belongs to [[mail.template]]");
  EXPECT_EQ(complaint("[[mail.template]]\ntitle = \"x\"\n").mend,
            "'title' belongs to [[invitation]]");
}

TEST(ReadSettings, NamesTheNearestKeyOfACredential) {
  const auto said = complaint("[[apns.credential]]\ntopik = \"x\"\n");
  EXPECT_EQ(said.found, "unknown key 'topik' in [[apns.credential]]");
  EXPECT_EQ(said.mend, "did you mean 'topic'?");
  EXPECT_EQ(complaint("[[invitation]]\ntitel = \"x\"\n").mend, "did you mean 'title'?");
}

TEST(ReadSettings, RefusesWrongTypes) {
  EXPECT_EQ(line_about("[apns]\nport = \"443\"\n"),
            "muster.toml:2:8: apns.port is a text; expected a whole number from 1 to 65535");
  EXPECT_THAT(line_about("[apns]\nport = 443.0\n"), HasSubstr("a number with a fraction"));
  EXPECT_THAT(line_about("[apns]\nhost = 1\n"), HasSubstr("is a whole number; expected a text"));
  EXPECT_THAT(line_about("[apns]\nhost = true\n"), HasSubstr("is true or false"));
  EXPECT_THAT(line_about("[apns]\nhost = 2026-11-22\n"), HasSubstr("is a date or time"));
  EXPECT_THAT(line_about("[apns.port]\n"), HasSubstr("apns.port is a table"));
  EXPECT_THAT(line_about("[reactor]\nkind = []\n"), HasSubstr("is a list; expected one of"));
  EXPECT_THAT(line_about("[apns]\nexpiration = 7\n"), HasSubstr("write the unit, as in \"30s\""));
  EXPECT_THAT(line_about("[apns]\nretry_after = \"30s\"\n"), HasSubstr("a list of 1 to 6 times"));
  EXPECT_THAT(line_about("apns = 1\n"), HasSubstr("write [apns] on a line of its own"));
  EXPECT_THAT(line_about("[apns.credential]\ntopic = \"x\"\n"),
              HasSubstr("write [[apns.credential]] in double brackets"));
  EXPECT_THAT(line_about("invitation = [1]\n"), HasSubstr("expected a list of tables"));
}

TEST(ReadSettings, RefusesValuesOutOfRangeAndNamesTheRange) {
  EXPECT_EQ(line_about("[apns]\nport = 0\n"),
            "muster.toml:2:8: apns.port is 0; expected a whole number from 1 to 65535");
  EXPECT_THAT(line_about("[apns]\nport = 65536\n"), HasSubstr("is 65536"));
  EXPECT_THAT(line_about("[apns]\nconnections = -1\n"), HasSubstr("from 0 to 4096"));
  EXPECT_THAT(line_about("[apns]\nattempts = 7\n"), HasSubstr("from 1 to 6"));
  EXPECT_THAT(line_about("[apns]\nexpiration = \"31d\"\n"), HasSubstr("from \"0s\" to \"30d\""));
  EXPECT_THAT(line_about("[apns]\nexpiration = \"500ms\"\n"), HasSubstr("is \"500ms\""));
  EXPECT_THAT(line_about("[apns]\nretry_after = []\n"), HasSubstr("has 0 entries"));
  EXPECT_THAT(line_about("[apns]\nretry_after = [\"1s\", \"x\"]\n"),
              HasSubstr("apns.retry_after[2] is \"x\""));
  EXPECT_THAT(line_about("[reactor]\nshards = 65\n"), HasSubstr("from 0 to 64"));
  EXPECT_THAT(line_about("[reactor]\nkind = \"kqueue\"\n"),
              HasSubstr("expected one of \"auto\", \"io_uring\", \"epoll\""));
}

TEST(ReadSettings, RefusesTextsOfTheWrongForm) {
  EXPECT_THAT(line_about("[data]\ndir = \"\"\n"), HasSubstr("a text that is not empty"));
  EXPECT_THAT(line_about("[store]\nurl = \"mysql://\"\n"), HasSubstr("postgres://"));
  EXPECT_THAT(line_about("[books]\nurl = \"ftp://\"\n"), HasSubstr("https://"));
  EXPECT_THAT(line_about("[mail]\nfrom = \"a\\r\\nBcc: b\"\n"), HasSubstr("control characters"));
  for (const auto* host : {"", "https://api.push.apple.com", "host:443", "a b"}) {
    EXPECT_THAT(line_about("[apns]\nhost = \"" + std::string(host) + "\"\n"),
                HasSubstr("a host name or address"));
  }
  for (const auto* listen : {"", "8470", "localhost", "a:b", "a:70000", "::1:8470", "[]:1"}) {
    EXPECT_THAT(line_about("[server]\nlisten = \"" + std::string(listen) + "\"\n"),
                HasSubstr("host:port"));
  }
}

TEST(ReadSettings, TakesAddressesOfBothFamilies) {
  EXPECT_EQ(read("[apns]\nhost = \"::1\"\n").apns.host, "::1");
  EXPECT_EQ(read("[server]\nlisten = \"[::1]:80\"\n").server.listen, "[::1]:80");
}

TEST(ReadSettings, RefusesDuplicates) {
  EXPECT_EQ(complaint("[apns]\nport = 1\nport = 2\n").line, 3U);
  EXPECT_EQ(complaint("[apns]\n[apns]\n").line, 2U);
  const auto said = complaint(R"([[apns.credential]]
topic = "a"
certificate_file = "a.pem"
[[apns.credential]]
topic = "a"
certificate_file = "b.pem"
)");
  EXPECT_EQ(said.line, 5U);
  EXPECT_EQ(said.found, "topic 'a' has a credential already, apns.credential[1]");
  EXPECT_THAT(line_about("[[invitation]]\nlanguage = \"en\"\ntitle = \"a\"\n"
                         "[[invitation]]\nlanguage = \"en\"\ntitle = \"b\"\n"),
              HasSubstr("muster.toml:5:12: language 'en' has a text already, invitation[1]"));
}

TEST(ReadSettings, RefusesWhatIsNotToml) {
  const auto said = complaint("[apns]\nport = \n");
  EXPECT_EQ(said.file, "muster.toml");
  EXPECT_EQ(said.line, 2U);
  EXPECT_THAT(said.expected, HasSubstr("TOML"));
  EXPECT_THAT(line_about("a = \"\xff\"\n"), HasSubstr("expected TOML"));
}

TEST(ReadSettings, RefusesIncompleteCredentials) {
  const std::string begin = "[[apns.credential]]\n";
  EXPECT_THAT(line_about(begin + "certificate_file = \"a\"\n"), HasSubstr("has no topic"));
  EXPECT_THAT(line_about(begin + "topic = \"\"\n"), HasSubstr("not empty"));
  EXPECT_THAT(line_about(begin + "topic = \"a\"\n"),
              HasSubstr("muster.toml:1:1: apns.credential[1] has neither"));
  EXPECT_THAT(line_about(begin + "topic = \"a\"\nkey_file = \"k\"\n"), HasSubstr("no key_id"));
  EXPECT_THAT(line_about(begin + "topic = \"a\"\nkey_file = \"k\"\nkey_id = \"i\"\n"),
              HasSubstr("no team_id"));
  EXPECT_THAT(line_about(begin + "topic = \"a\"\ncertificate_file = \"c\"\nkey_id = \"i\"\n"),
              HasSubstr("muster.toml:4:10: apns.credential[1] has both"));
}

TEST(ReadSettings, RefusesIncompleteTexts) {
  EXPECT_THAT(line_about("[[invitation]]\ntitle = \"a\"\n"), HasSubstr("has no language"));
  EXPECT_THAT(line_about("[[invitation]]\nlanguage = \"en\"\n"), HasSubstr("has no title"));
}

TEST(ReadSettings, RefusesMoreEntriesThanThereIsRoomFor) {
  std::string toml;
  for (int i = 0; i < 65; ++i) {
    toml += "[[invitation]]\nlanguage = \"" + std::to_string(i) + "\"\ntitle = \"t\"\n";
  }
  EXPECT_THAT(line_about(toml), HasSubstr("invitation has 65 entries; expected at most 64"));
}

class SettingsFile : public testing::Test {
 public:
  SettingsFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "muster-XXXXXX").string();
    folder = mkdtemp(pattern.data());
    file = folder + "/muster.toml";
  }
  ~SettingsFile() override { std::filesystem::remove_all(folder); }

  std::string folder;
  std::string file;
};

TEST_F(SettingsFile, IsReadFromTheDisk) {
  std::ofstream(file) << "[apns]\ntrust_file = \"ca.pem\"\n";
  Origins origins;
  const auto settings = read_settings(file, &origins);
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->apns.trust_file, folder + "/ca.pem");
  EXPECT_EQ(origins["apns.trust_file"].line, 2U);
}

TEST_F(SettingsFile, MustBeThere) {
  const auto settings = read_settings(file);
  ASSERT_FALSE(settings.has_value());
  EXPECT_EQ(settings.error().file, file);
  EXPECT_THAT(settings.error().found, HasSubstr("No such file"));
  EXPECT_EQ(settings.error().cause.code, ErrorCode::not_found);
}

TEST_F(SettingsFile, IsNoDirectory) {
  const auto settings = read_settings(folder);
  ASSERT_FALSE(settings.has_value());
  EXPECT_THAT(settings.error().found, HasSubstr("Is a directory"));
}

TEST_F(SettingsFile, IsNoLargerThanAMebibyte) {
  std::ofstream(file) << std::string(1024 * 1024 + 1, '#');
  const auto settings = read_settings(file);
  ASSERT_FALSE(settings.has_value());
  EXPECT_THAT(settings.error().found, HasSubstr("larger than 1 MiB"));
}

}  // namespace
}  // namespace muster::settings
