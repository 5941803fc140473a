#include "pipeline/providers.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::pipeline {
namespace {

struct Row {
  std::string host;
  SiteLimits limits;
};

class Providers : public ::testing::TestWithParam<Row> {};

TEST_P(Providers, AreKnownByTheNamesOfTheirMailHosts) {
  const auto& [host, limits] = GetParam();
  EXPECT_EQ(shipped_limits(host), limits) << host;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Providers,
    ::testing::Values(Row{"aspmx.l.google.com", {50, 5}},
                      Row{"gmail-smtp-in.l.google.com", {50, 5}}, Row{"smtp.google.com", {50, 5}},
                      Row{"aspmx2.googlemail.com", {50, 5}}, Row{"mta5.am0.yahoodns.net", {20, 10}},
                      Row{"outlook-com.olc.protection.outlook.com", {50, 5}},
                      Row{"school-example.mail.protection.outlook.com", {50, 5}},
                      Row{"school-example.a-v1.mx.microsoft", {50, 5}},
                      Row{"mx1.mail.icloud.com", {5, 10}}, Row{"mx1.mxge.comcast.net", {1000, 25}},
                      Row{"eu-smtp-inbound-1.mimecast.com", {100, 10}},
                      Row{"za-smtp-inbound-1.mimecast.co.za", {100, 10}},
                      Row{"je-smtp-inbound-1.mimecast-offshore.com", {100, 10}},
                      Row{"smtp-in.orange.fr", {100, 2}}, Row{"mx00.gmx.net", {20, 4}},
                      Row{"mx00.emig.gmx.net", {20, 4}}, Row{"mx-ha.web.de", {20, 4}},
                      Row{"d1.ess.barracudanetworks.com", {15, 10}}, Row{"mx1.qq.com", {8, 4}},
                      Row{"163mx01.mxmail.netease.com", {7, 4}}, Row{"mx.163.com", {7, 4}},
                      Row{"mx1.mail.yahoo.co.jp", {20, 2}}));

class Strangers : public ::testing::TestWithParam<std::string> {};

TEST_P(Strangers, GetTheDefault) {
  EXPECT_EQ(shipped_limits(GetParam()), (SiteLimits{100, 10}));
}

// Names that end, begin or are spelt like a provider's without being below it.
INSTANTIATE_TEST_SUITE_P(Names, Strangers,
                         ::testing::Values("mx.school.example", "notgoogle.com", "mx.notgoogle.com",
                                           "google.com.school.example", "mx.google.com.au",
                                           "notqq.com", "qq.com.example", "xweb.de", "com", "",
                                           "outlook.com", "microsoft", "notmx.microsoft",
                                           "mail.yahoo.com"));

TEST(ProvidersTable, KnowsTheProvidersOwnNameToo) {
  EXPECT_EQ(shipped_limits("qq.com"), (SiteLimits{8, 4}));
}

}  // namespace
}  // namespace muster::pipeline
