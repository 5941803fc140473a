#include "registrar/invitation_url.h"

#include <gtest/gtest.h>

#include "model/limits.h"

namespace muster::registrar {
namespace {

TEST(InvitationUrl, HasTheCodeInPlaceOfEitherPlaceholder) {
  EXPECT_EQ(invitation_url("https://buy.example/a?inviteCode=%25inviteCode%25&mt=8", "46bc"),
            "https://buy.example/a?inviteCode=46bc&mt=8");
  EXPECT_EQ(invitation_url("https://buy.example/a?cc=us&inviteCode=%inviteCode%", "46bc"),
            "https://buy.example/a?cc=us&inviteCode=46bc");
  EXPECT_EQ(code_of(invitation_url(invitation_template_default, "46bc")), "46bc");
}

TEST(InvitationUrl, KeepsACodeFromChangingTheAddress) {
  EXPECT_EQ(invitation_url("https://b.example/?inviteCode=%25inviteCode%25", "a&b=c#d\n"),
            "https://b.example/?inviteCode=a%26b%3dc%23d%0a");
}

TEST(InvitationUrl, IsEmptyWhereTheTemplateIsOfNoUse) {
  EXPECT_EQ(invitation_url("https://buy.example/a?inviteCode=", "46bc"), "");
  EXPECT_EQ(invitation_url("javascript:%inviteCode%", "46bc"), "");
  EXPECT_EQ(invitation_url("", "46bc"), "");
}

TEST(InvitationUrl, IsAcceptedFromElsewhereOnlyAsAnAddress) {
  EXPECT_TRUE(acceptable_url("https://buy.example/?inviteCode=1"));
  EXPECT_TRUE(acceptable_url("http://127.0.0.1:8080/?inviteCode=1"));
  const std::string longest =
      "https://h/" + std::string(limits::invitation_url_bytes_max - 10, 'a');
  EXPECT_TRUE(acceptable_url(longest));
  EXPECT_FALSE(acceptable_url(longest + "a"));
  for (const std::string url :
       {"", "https://", "https:///path", "ftp://h/?inviteCode=1", "HTTPS//h/", "https://h/ x",
        "https://h/\nx", "https://h/\x7f", "https://h/\xc3\xa4", "file:///etc/passwd"}) {
    EXPECT_FALSE(acceptable_url(url)) << url;
  }
  EXPECT_FALSE(acceptable_url(std::string("https://h/\0", 11)));
}

TEST(InvitationUrl, HoldsItsCodeInTheQuery) {
  EXPECT_EQ(code_of("https://h/a?inviteCode=46bc&mt=8"), "46bc");
  EXPECT_EQ(code_of("https://h/a?cc=us&inviteCode=46bc#top"), "46bc");
  EXPECT_FALSE(code_of("https://h/a?cc=us"));
  EXPECT_FALSE(code_of("https://h/a?inviteCode="));
  EXPECT_FALSE(code_of("https://h/a?xinviteCode=1"));
  EXPECT_FALSE(code_of("https://h/inviteCode=1"));
  EXPECT_FALSE(code_of("https://h/a#?inviteCode=1&"));
  EXPECT_FALSE(code_of("ftp://h/a?inviteCode=1"));
}

}  // namespace
}  // namespace muster::registrar
