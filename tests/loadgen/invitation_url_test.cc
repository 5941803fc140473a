#include "loadgen/invitation_url.h"

#include <gtest/gtest.h>

namespace muster::loadgen {
namespace {

TEST(InvitationUrl, IsTakenApart) {
  const auto address = read_web_address("http://127.0.0.1:8480/accept?inviteCode=a#top");
  ASSERT_TRUE(address);
  EXPECT_FALSE(address->tls);
  EXPECT_EQ(address->host, "127.0.0.1");
  EXPECT_EQ(address->port, 8480);
  EXPECT_EQ(address->target, "/accept?inviteCode=a");
  EXPECT_EQ(address->authority(), "127.0.0.1:8480");
}

TEST(InvitationUrl, HasThePortAndPathOfItsScheme) {
  const auto secure = read_web_address("https://buy.example?x=1");
  ASSERT_TRUE(secure);
  EXPECT_TRUE(secure->tls);
  EXPECT_EQ(secure->port, 443);
  EXPECT_EQ(secure->target, "/?x=1");
  EXPECT_EQ(secure->authority(), "buy.example");
  EXPECT_EQ(read_web_address("http://[::1]:81/")->authority(), "[::1]:81");
  EXPECT_EQ(read_web_address("http://a")->port, 80);
}

TEST(InvitationUrl, IsRefusedWhereItIsNone) {
  for (const auto* wrong :
       {"", "ftp://a/", "http://", "http://:80/", "http://a:0/", "http://a:x/", "http://a:99999/",
        "http://me@a/", "http://[::1/", "http://a/ b", "http://[::1]x/"}) {
    EXPECT_FALSE(read_web_address(wrong)) << wrong;
  }
}

TEST(InvitationUrl, KnowsWhetherItStaysOnThisMachine) {
  EXPECT_TRUE(read_web_address("http://127.1.2.3/")->loopback());
  EXPECT_TRUE(read_web_address("http://localhost/")->loopback());
  EXPECT_TRUE(read_web_address("http://[::1]/")->loopback());
  EXPECT_FALSE(read_web_address("https://buy.itunes.apple.com/")->loopback());
  EXPECT_FALSE(read_web_address("http://127.evil.example/")->loopback());
}

TEST(InvitationUrl, HoldsACode) {
  EXPECT_EQ(invitation_code("https://a/b?inviteCode=46bc&mt=8"), "46bc");
  EXPECT_EQ(invitation_code("https://a/b?mt=8&inviteCode=46bc"), "46bc");
  EXPECT_EQ(invitation_code("https://a/b?mt=8"), "");
  EXPECT_EQ(invitation_code("https://a/b?xinviteCode=1"), "");
  EXPECT_EQ(invitation_code("https://a/b?inviteCode=&mt=8"), "");
  EXPECT_EQ(invitation_code("https://a/b?inviteCode=%25inviteCode%25&mt=8"), "");
  EXPECT_EQ(invitation_code("https://a/b?inviteCode=%inviteCode%"), "");
  EXPECT_EQ(invitation_code("mailto:inviteCode=1"), "");
}

TEST(InvitationUrl, EscapesWhatAQueryCannotHold) {
  EXPECT_EQ(query_escaped("mia-1_2.x~@a b&"), "mia-1_2.x~%40a%20b%26");
}

}  // namespace
}  // namespace muster::loadgen
