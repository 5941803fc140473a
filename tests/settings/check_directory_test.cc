// [directory]: what is read, what is refused, and where a complaint points.
#include "settings/check_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::settings {
namespace {

using testing::HasSubstr;

std::string line_about(const std::string& toml) {
  const auto settings = read_settings_text("[directory]\n" + toml, "muster.toml");
  EXPECT_FALSE(settings.has_value()) << toml;
  return settings.has_value() ? "" : settings.error().line_of_text();
}

TEST(DirectorySettings, AreReadWithTheirAttributes) {
  const auto settings = read_settings_text(R"([directory]
url = "ldaps://ad.school.example:636"
kind = "active-directory"
bind_dn = "cn=reader"
password_file = "password"
start_tls = false
nesting = "in-chain"
sync_every = "1h"
[directory.attributes]
location = "departmentNumber"
)",
                                           "/etc/muster/muster.toml");
  ASSERT_TRUE(settings) << settings.error().line_of_text();
  EXPECT_EQ(settings->directory.kind, "active-directory");
  EXPECT_EQ(settings->directory.password_file, "/etc/muster/password");
  EXPECT_EQ(settings->directory.sync_every, std::chrono::hours(1));
  EXPECT_EQ(settings->directory.page_size, 500U);
  EXPECT_EQ(settings->directory.attributes.location, "departmentNumber");
}

TEST(DirectorySettings, ThatMakeNoSenseTogetherAreRefused) {
  const std::string url = "url = \"ldap://od.school.example/\"\n";
  EXPECT_THAT(line_about(url + "bind_dn = \"cn=x\"\npassword_file = \"p\"\nstart_tls = false"),
              HasSubstr("muster.toml:5:13: directory.bind_dn's password would be sent in clear"));
  EXPECT_THAT(line_about(url + "bind_dn = \"cn=x\""), HasSubstr("has no password"));
  EXPECT_THAT(line_about(url + "password_file = \"p\""), HasSubstr("nobody's password"));
  EXPECT_THAT(line_about("bind_dn = \"cn=x\"\npassword_file = \"p\""),
              HasSubstr("without directory.url"));
  EXPECT_THAT(line_about(url + "nesting = \"in-chain\""), HasSubstr("in-chain"));
  EXPECT_THAT(line_about("sync_every = \"1h\""), HasSubstr("without directory.url"));
  EXPECT_THAT(line_about(url + "sync_every = \"59s\""), HasSubstr("less than a minute"));
}

TEST(DirectorySettings, AnAddressIsASchemeAndAHost) {
  for (const auto* url : {"http://host", "ldap://", "ldap://host/dc=x", "host", "ldap://a b"}) {
    EXPECT_THAT(line_about("url = \"" + std::string(url) + "\""), HasSubstr("ldaps://")) << url;
  }
}

}  // namespace
}  // namespace muster::settings
