#include "pipeline/domains.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/limits.h"
#include "tests/pipeline/fakes.h"

namespace muster::pipeline {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeFinder;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DomainsTest : public ::testing::Test {
 protected:
  DomainsTest() { clock_.turn(seconds(100)); }
  void publish(const std::string& domain, const std::string& host) {
    zone_.domains[domain] = {domain, Reason::none, {{host, "192.0.2.1", 10}}};
  }
  Domains::Found find(std::string_view domain) { return domains_.find(domain, clock_.now()); }
  std::vector<std::string> answered() {
    std::vector<std::string> names;
    domains_.take_answers(clock_.now(), names);
    return names;
  }
  Domains::Found look_up(std::string_view domain) {
    (void)find(domain);
    (void)answered();
    return find(domain);
  }

  FakeClock clock_;
  FakeFinder::Zone zone_;
  Domains domains_{std::make_unique<FakeFinder>(zone_), 1};
};

TEST_F(DomainsTest, AsksOnceHoweverManyLettersWait) {
  publish("school.example", "mx.school.example");
  EXPECT_TRUE(find("school.example").asked);
  EXPECT_TRUE(find("school.example").asked);
  EXPECT_THAT(answered(), ElementsAre("school.example"));
  EXPECT_NE(find("school.example").site, nullptr);
  EXPECT_THAT(zone_.asked, SizeIs(1));
}

TEST_F(DomainsTest, TakesDomainsForTheSameWhateverTheirCase) {
  publish("school.example", "mx.school.example");
  EXPECT_EQ(look_up("School.EXAMPLE").site, look_up("school.example").site);
  EXPECT_THAT(zone_.asked, ElementsAre("school.example"));
  EXPECT_EQ(domain_of("Some.One@School.EXAMPLE"), "school.example");
  EXPECT_EQ(domain_of("\"a@b\"@school.example"), "school.example");
}

TEST_F(DomainsTest, GivesDomainsWithTheSameMailHostsOneSite) {
  publish("a.example", "mx.provider.example");
  publish("b.example", "mx.provider.example");
  publish("c.example", "mx.other.example");
  EXPECT_EQ(look_up("a.example").site, look_up("b.example").site);
  EXPECT_NE(look_up("a.example").site, look_up("c.example").site);
}

TEST_F(DomainsTest, SaysWhyThereIsNoSite) {
  zone_.domains["null.example"] = {"null.example", Reason::null_mx, {}};
  EXPECT_EQ(look_up("null.example").trouble, Reason::null_mx);
  EXPECT_EQ(look_up("nowhere.example").trouble, Reason::no_such_domain);
  EXPECT_EQ(look_up("nowhere.example").site, nullptr);
}

TEST_F(DomainsTest, AsksAgainAfterTenMinutesAndSendsByTheOldAnswerMeanwhile) {
  publish("school.example", "mx.school.example");
  auto* const before = look_up("school.example").site;
  clock_.turn(minutes(10) + seconds(1));
  publish("school.example", "mx.elsewhere.example");
  EXPECT_EQ(find("school.example").site, before);
  EXPECT_THAT(zone_.asked, SizeIs(2));
  EXPECT_THAT(answered(), SizeIs(1));
  EXPECT_NE(find("school.example").site, before);
}

TEST_F(DomainsTest, AsksAgainThirtySecondsAfterAFailure) {
  zone_.domains["slow.example"] = {"slow.example", Reason::dns_failed, {}};
  EXPECT_EQ(look_up("slow.example").trouble, Reason::dns_failed);
  clock_.turn(seconds(29));
  EXPECT_EQ(find("slow.example").trouble, Reason::dns_failed);
  EXPECT_THAT(zone_.asked, SizeIs(1));
  clock_.turn(seconds(2));
  publish("slow.example", "mx.slow.example");
  EXPECT_TRUE(find("slow.example").asked) << "whoever comes now waits for the new answer";
  EXPECT_THAT(answered(), SizeIs(1));
  EXPECT_NE(find("slow.example").site, nullptr);
}

TEST_F(DomainsTest, KeepsTheOldAnswerWhereDnsFailsLater) {
  publish("school.example", "mx.school.example");
  auto* const before = look_up("school.example").site;
  clock_.turn(minutes(11));
  zone_.domains["school.example"] = {"school.example", Reason::dns_failed, {}};
  EXPECT_EQ(look_up("school.example").site, before);
}

TEST_F(DomainsTest, ForgetsDomainsThatDnsNoLongerKnows) {
  publish("school.example", "mx.school.example");
  (void)look_up("school.example");
  clock_.turn(minutes(11));
  zone_.domains.erase("school.example");
  EXPECT_EQ(look_up("school.example").trouble, Reason::no_such_domain);
  EXPECT_EQ(look_up("school.example").site, nullptr);
}

TEST_F(DomainsTest, RemembersABoundedNumber) {
  for (std::size_t i = 0; i <= limits::mail_domains_max; ++i) {
    (void)look_up("d" + std::to_string(i) + ".example");
  }
  EXPECT_THAT(zone_.asked, SizeIs(limits::mail_domains_max + 1));
  (void)look_up("d0.example");
  EXPECT_THAT(zone_.asked, SizeIs(limits::mail_domains_max + 2)) << "it was forgotten";
}

}  // namespace
}  // namespace muster::pipeline
