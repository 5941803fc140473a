#include "cli/examine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/reactor/dns_server.h"

namespace muster::cli {
namespace {

using testing::HasSubstr;

class Examine : public testing::Test {
 protected:
  Examine() {
    std::string name = (std::filesystem::temp_directory_path() / "muster_examine_XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~Examine() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] std::string file(const char* name, const char* text, mode_t mode) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  [[nodiscard]] static Settings with(const ApnsCredential& credential) {
    Settings settings;
    settings.apns.credentials = {credential};
    return settings;
  }
  std::filesystem::path folder_;
};

constexpr const char* pem = "-----BEGIN CERTIFICATE-----\n";

TEST_F(Examine, FindsThatThereIsNoCredential) {
  const auto findings = examine_credentials(Settings{});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, Grade::bad);
  EXPECT_THAT(findings[0].mend, HasSubstr("[[apns.credential]]"));
  EXPECT_EQ(exit_code_of(findings), 3);
}

TEST_F(Examine, WantsNoCredentialWhereMailIsSetUp) {
  Settings settings;
  settings.mail.mode = "relay";
  const auto findings = examine_credentials(settings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].found, "none: mail alone can be sent");
  EXPECT_EQ(exit_code_of(findings), 0);
}

TEST_F(Examine, AcceptsAPrivatePemFile) {
  const auto findings = examine_credentials(with({.topic = "t",
                                                  .certificate_file = file("a.pem", pem, 0600),
                                                  .key_file = "",
                                                  .key_id = "",
                                                  .team_id = ""}));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, Grade::good) << findings[0].found;
  EXPECT_EQ(exit_code_of(findings), 0);
}

TEST_F(Examine, WarnsOfAKeyThatOthersCanRead) {
  const auto findings = examine_credentials(with({.topic = "t",
                                                  .certificate_file = file("a.pem", pem, 0644),
                                                  .key_file = file("a.key", pem, 0640),
                                                  .key_id = "",
                                                  .team_id = ""}));
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].grade, Grade::good) << "a certificate without its key is no secret";
  EXPECT_EQ(findings[1].grade, Grade::warning);
  EXPECT_THAT(findings[1].mend, HasSubstr("chmod 600 "));
  EXPECT_EQ(exit_code_of(findings), 0);
}

TEST_F(Examine, FindsFilesThatAreMissingForeignOrNoFiles) {
  const auto found = [&](const std::string& path) {
    const auto findings = examine_credentials(with(
        {.topic = "t", .certificate_file = "", .key_file = path, .key_id = "k", .team_id = "t"}));
    EXPECT_EQ(findings.at(0).grade, Grade::bad);
    return findings.at(0).found;
  };
  EXPECT_THAT(found((folder_ / "none").string()), HasSubstr("cannot be read"));
  EXPECT_THAT(found(file("a.p12", "0123", 0600)), HasSubstr("does not look like PEM"));
  EXPECT_THAT(found(folder_.string()), HasSubstr("no ordinary file"));
}

TEST_F(Examine, LooksAtTheExtraAuthorityToo) {
  Settings settings = with({.topic = "t",
                            .certificate_file = file("a.pem", pem, 0600),
                            .key_file = "",
                            .key_id = "",
                            .team_id = ""});
  settings.apns.trust_file = (folder_ / "none").string();
  EXPECT_EQ(examine_credentials(settings).at(1).subject, "apns.trust_file");
  EXPECT_EQ(exit_code_of(examine_credentials(settings)), 3);
}

TEST_F(Examine, WarnsThatDevicesWouldBeWokenForNothing) {
  Settings settings = with({.topic = "com.apple.mgmt.External.x",
                            .certificate_file = "",
                            .key_file = "",
                            .key_id = "",
                            .team_id = ""});
  const auto findings = examine_sending(settings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, Grade::warning);
  EXPECT_EQ(findings[0].subject, "mdm.mode");
  settings.mdm.mode = "builtin";
  EXPECT_TRUE(examine_sending(settings).empty());
}

TEST_F(Examine, FindsThatAlertsHaveNoText) {
  Settings settings = with({.topic = "example.school.app",
                            .certificate_file = "",
                            .key_file = "",
                            .key_id = "",
                            .team_id = ""});
  ASSERT_EQ(examine_sending(settings).size(), 1U);
  EXPECT_EQ(examine_sending(settings)[0].grade, Grade::bad);
  settings.invitations = {{.language = "en", .title = "t", .body = "b", .url = ""}};
  EXPECT_TRUE(examine_sending(settings).empty());
}

TEST_F(Examine, NamesTasksThatWaitForSomebody) {
  Task waiting;
  waiting.id = "01";
  waiting.state = TaskState::paused;
  waiting.state_reason = "the certificate has expired";
  Task interrupted;
  interrupted.id = "02";
  interrupted.state = TaskState::interrupted;
  Task ended;
  ended.state = TaskState::completed;
  const auto findings = examine_tasks({waiting, ended, interrupted}, " --data /d");
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].found, "paused: the certificate has expired");
  EXPECT_EQ(findings[0].mend, "muster resume 01 --data /d");
  EXPECT_EQ(findings[1].found, "interrupted");
}

TEST_F(Examine, LooksAtContentTokens) {
  Location good;
  good.id = "default";
  good.organisation = "Example School";
  good.expires_at = "2099-01-01T00:00:00.000Z";
  good.days_left = 30;
  good.condition = "unproved";
  auto soon = good;
  soon.days_left = 29;
  auto expired = good;
  expired.days_left = -1;
  auto refused = good;
  refused.condition = "refused";
  refused.words = "the content token was revoked";
  auto foreign = good;
  foreign.id = "north side";
  foreign.condition = "foreign";
  foreign.words = "another MDM server, 'Other', holds this content token";
  Location codes;
  codes.condition = "codes";
  const auto findings =
      examine_locations({good, soon, expired, refused, foreign, codes}, " --data /d");
  ASSERT_EQ(findings.size(), 5U);
  EXPECT_EQ(findings[0].grade, Grade::good);
  EXPECT_EQ(findings[0].subject, "content token default");
  EXPECT_EQ(findings[0].found, "of Example School, good until 2099-01-01T00:00:00.000Z");
  EXPECT_EQ(findings[1].grade, Grade::warning);
  EXPECT_NE(findings[1].found.find("expires in 29 days"), std::string::npos);
  EXPECT_EQ(findings[2].grade, Grade::bad);
  EXPECT_NE(findings[2].found.find("expired on 2099"), std::string::npos);
  EXPECT_NE(findings[2].mend.find("--location default --data /d"), std::string::npos);
  EXPECT_EQ(findings[3].grade, Grade::bad);
  EXPECT_NE(findings[3].found.find("was revoked"), std::string::npos);
  EXPECT_EQ(findings[4].grade, Grade::bad);
  EXPECT_NE(findings[4].found.find("'Other'"), std::string::npos);
  EXPECT_NE(findings[4].mend.find("--take-over --location 'north side'"), std::string::npos);
}

TEST_F(Examine, SaysFindingsWithTheirMend) {
  const std::vector<Finding> findings{{Grade::good, "settings", "no file", ""},
                                      {Grade::warning, "b", "x", "y"},
                                      {Grade::bad, "c", "z", ""}};
  EXPECT_EQ(findings_text(findings),
            "ok       settings  no file\nwarning  b         x; y\nerror    c         z\n");
  EXPECT_EQ(findings_json(findings),
            R"({"checks":[{"grade":"ok","subject":"settings","found":"no file","mend":""},)"
            R"({"grade":"warning","subject":"b","found":"x","mend":"y"},)"
            R"({"grade":"error","subject":"c","found":"z","mend":""}]})");
}

TEST_F(Examine, FindsNothingToSayOfMailThatIsOff) {
  EXPECT_TRUE(examine_mail(Settings{}).empty());
}

TEST_F(Examine, FindsWhatMailLacks) {
  Settings settings;
  settings.mail.mode = "relay";
  settings.mail.relay.user = "it";
  settings.mail.relay.password_file = file("open", "secret\n", 0644);
  settings.mail.relay.trust_file = (folder_ / "ca.pem").string();
  settings.mail.dkim = {{"school.example", "one", file("key.pem", pem, 0600)}};
  const auto findings = examine_mail(settings);
  ASSERT_EQ(findings.size(), 4U);
  EXPECT_THAT(findings[0].mend, HasSubstr("chmod 600"));
  EXPECT_THAT(findings[1].found, HasSubstr("cannot be read"));
  EXPECT_EQ(findings[2].grade, Grade::good) << findings[2].found;
  EXPECT_THAT(findings[3].found, HasSubstr("letters have no text"));
}

TEST_F(Examine, AcceptsMailThatHasWhatItNeeds) {
  Settings settings;
  settings.mail.mode = "relay";
  settings.mail.relay.user = "it";
  settings.mail.relay.password_file = file("password", "secret\n", 0600);
  settings.invitations = {{"en", "You are invited", "Sign in.", "https://school.example"}};
  EXPECT_EQ(exit_code_of(examine_mail(settings)), 0);
  settings.mail.templates = {{"en", "Hello", "", "/nowhere/letter.txt", "", "", ""}};
  const auto findings = examine_mail(settings);
  EXPECT_THAT(findings.back().found, HasSubstr("/nowhere/letter.txt"));
}

// Letters to the recipients' mail hosts, with all that these want of a sender.
Settings direct_mail() {
  Settings settings;
  settings.mail.mode = "direct";
  settings.mail.from = "Example School <it@school.example>";
  settings.mail.own_name = "mail.school.example";
  settings.mail.direct.resolver = "192.0.2.53:53";
  settings.invitations = {{"en", "You are invited", "Sign in.", "https://school.example"}};
  return settings;
}

TEST_F(Examine, SaysHowMailGoesDirectly) {
  Settings settings = direct_mail();
  settings.mail.dkim = {{"school.example", "one", file("key.pem", pem, 0600)}};
  const auto findings = examine_mail(settings);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].grade, Grade::good);
  EXPECT_EQ(findings[0].found,
            "letters go to port 25 of the recipients' mail hosts by STARTTLS where it is offered, "
            "as \"mail.school.example\"; DNS is asked at 192.0.2.53:53");
  EXPECT_EQ(findings[1].grade, Grade::good) << findings[1].found;
}

TEST_F(Examine, SaysThatDirectMailIsARehearsal) {
  Settings settings = direct_mail();
  settings.mail.direct = {2525, "", 64, "none", true};
  const auto found = examine_mail(settings).at(0).found;
  EXPECT_THAT(found, HasSubstr("port 2525 of the recipients' mail hosts in clear"));
  EXPECT_THAT(found, HasSubstr("DNS is asked at this machine's servers; mail hosts on this machine "
                               "are used: a rehearsal"));
}

TEST_F(Examine, WarnsOfWhatMailHostsRefuseStrangersFor) {
  Settings settings = direct_mail();
  settings.mail.own_name = "localhost";
  const auto findings = examine_mail(settings);
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[1].grade, Grade::warning);
  EXPECT_EQ(findings[1].subject, "mail.own_name");
  EXPECT_EQ(findings[2].grade, Grade::warning);
  EXPECT_EQ(findings[2].subject, "mail.dkim");
  EXPECT_EQ(exit_code_of(findings), 0);
}

TEST_F(Examine, DoesNotLookAtARelayThatIsNotUsed) {
  Settings settings = direct_mail();
  settings.mail.relay.user = "it";
  settings.mail.relay.trust_file = (folder_ / "none").string();
  EXPECT_EQ(exit_code_of(examine_mail(settings)), 0);
}

TEST_F(Examine, AsksNobodyAboutBouncesToARelay) {
  Settings settings;
  settings.mail.mode = "relay";
  EXPECT_TRUE(examine_bounces(settings).empty());
}

TEST_F(Examine, SaysWhoTakesBounces) {
  reactor::DnsServer dns;
  dns.say("school.example", reactor::mx(10, "mx1.school.example"));
  dns.say("mx1.school.example", reactor::a("192.0.2.1"));
  Settings settings = direct_mail();
  settings.mail.direct.resolver = dns.resolver();
  const auto findings = examine_bounces(settings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, Grade::good);
  EXPECT_EQ(findings[0].subject, "mail.from");
  EXPECT_EQ(findings[0].found, "what comes back to school.example goes to mx1.school.example");
}

TEST_F(Examine, WarnsOfASenderThatNobodyCanAnswer) {
  const reactor::DnsServer dns;
  Settings settings = direct_mail();
  settings.mail.direct.resolver = dns.resolver();
  const auto findings = examine_bounces(settings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].grade, Grade::warning);
  EXPECT_THAT(findings[0].mend, HasSubstr("mail.envelope_from"));
}

}  // namespace
}  // namespace muster::cli
