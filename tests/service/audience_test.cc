#include "service/audience.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Payloads = std::vector<std::pair<std::string, std::string>>;

TEST(ServiceAudience, ALanguageFindsItsTextOrThatOfItsPrimaryTag) {
  const Payloads payloads{{"en", "E"}, {"de", "D"}, {"de-CH", "C"}, {"pt-BR", "P"}};
  EXPECT_THAT(payloads_by_language({"", "en", "de", "de-CH", "de-AT", "de_AT", "pt-BR", "pt", "fr"},
                                   payloads),
              ElementsAre(0, 0, 1, 2, 1, 1, 3, 0, 0));
}

TEST(ServiceAudience, TheFirstTextIsTheFallback) {
  EXPECT_THAT(payloads_by_language({"", "ja"}, {{"fr", "F"}, {"de", "D"}}), ElementsAre(0, 0));
  EXPECT_THAT(payloads_by_language({"", "ja"}, {}), ElementsAre(0, 0));
  EXPECT_THAT(payloads_by_language({}, {{"fr", "F"}}), IsEmpty());
}

TEST(ServiceAudience, ATopicFindsItsCredential) {
  Settings settings;
  settings.apns.credentials = {{"a", "", "", "", ""}, {"b", "", "", "", ""}};
  EXPECT_THAT(credentials_by_topic({"b", "c", "a"}, settings), ElementsAre(1, 0xffff, 0));
  EXPECT_THAT(credentials_by_topic({"b"}, {}), ElementsAre(0xffff));
}

TEST(ServiceAudience, OnlyAlertsNeedPayloads) {
  Settings settings;
  Chosen chosen;
  chosen.topics = {"com.apple.mgmt.External.1", "com.example.app"};
  chosen.topics_wanted = {0};
  const auto none = alert_payloads(settings, chosen);
  ASSERT_TRUE(none);
  EXPECT_THAT(*none, IsEmpty());
  chosen.topics_wanted = {0, 1};
  EXPECT_FALSE(alert_payloads(settings, chosen));
  settings.invitations = {{"en", "Title", "Body", "https://a.example"}, {"de", "Titel", "", ""}};
  const auto both = alert_payloads(settings, chosen);
  ASSERT_TRUE(both);
  ASSERT_EQ(both->size(), 2U);
  EXPECT_EQ((*both)[0].first, "en");
  EXPECT_THAT((*both)[0].second, testing::HasSubstr("https://a.example"));
}

}  // namespace
}  // namespace muster::service
