// What a domain's records come to, by a resolver that says what the test tells it.
#include "reactor/mail_host_finder.h"

#include <gmock/gmock.h>

#include "tests/reactor/dns_server.h"

namespace muster::reactor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using wire::MailHost;
using wire::MailHosts;

constexpr auto long_enough = std::chrono::seconds(30);

class MailHostFinding : public testing::Test {
 protected:
  void SetUp() override {
    settings.resolver = server.resolver();
    settings.patience = long_enough;
    settings.tries = 1;
  }
  std::unique_ptr<wire::MailHostFinder> open() {
    auto made = open_mail_host_finder(settings, bell);
    EXPECT_TRUE(made);
    return made ? std::move(*made) : nullptr;
  }
  // Sleeps by the doorbell until so many answers are there, at most 30 seconds.
  std::vector<MailHosts> wait(wire::MailHostFinder& from, std::size_t count) {
    const SystemClock clock;
    const auto end = clock.now() + long_enough;
    std::vector<MailHosts> answers;
    while (answers.size() < count && clock.now() < end) {
      bell.doze();
      const auto before = answers.size();
      from.take(answers);
      if (answers.size() == before) {
        bell.wait(end - clock.now());
      }
      bell.awake();
    }
    EXPECT_EQ(answers.size(), count);
    answers.resize(count);
    return answers;
  }
  MailHosts find(const std::string& domain) {
    const auto finder = open();
    finder->ask(domain);
    return wait(*finder, 1)[0];
  }
  Reason trouble_of(const std::string& domain) {
    const auto found = find(domain);
    EXPECT_THAT(found.hosts, IsEmpty());
    return found.trouble;
  }
  void say_host(const std::string& domain, std::uint16_t preference, const std::string& host,
                const std::string& address) {
    server.say(domain, mx(preference, host));
    server.say(host, a(address));
  }

  DnsServer server;
  MailHostFinderSettings settings;
  Doorbell bell;
};

// ── hosts ──

TEST_F(MailHostFinding, GivesTheAddressesByPreferenceThenNameWithTheFamiliesInTurns) {
  server.say("school.example", mx(20, "spare.school.example"));
  server.say("school.example", mx(10, "MX2.school.example"));
  server.say("school.example", mx(10, "mx1.school.example"));
  server.say("mx1.school.example", a("192.0.2.1"));
  server.say("mx1.school.example", a("192.0.2.2"));
  server.say("mx1.school.example", a("192.0.2.3"));
  server.say("mx1.school.example", aaaa("2001:db8::1"));
  server.say("mx1.school.example", aaaa("2001:db8::2"));
  server.say("mx2.school.example", aaaa("2001:db8::3"));
  server.say("spare.school.example", a("192.0.2.4"));
  const auto found = find("school.example");
  EXPECT_EQ(found.domain, "school.example");
  EXPECT_EQ(found.trouble, Reason::none);
  EXPECT_THAT(found.hosts, ElementsAre(MailHost{"mx1.school.example", "2001:db8::1", 10},
                                       MailHost{"mx1.school.example", "192.0.2.1", 10},
                                       MailHost{"mx1.school.example", "2001:db8::2", 10},
                                       MailHost{"mx1.school.example", "192.0.2.2", 10},
                                       MailHost{"mx1.school.example", "192.0.2.3", 10},
                                       MailHost{"mx2.school.example", "2001:db8::3", 10},
                                       MailHost{"spare.school.example", "192.0.2.4", 20}));
}

TEST_F(MailHostFinding, TakesADomainWithoutMxAsItsOwnHost) {
  server.say("small.example", a("192.0.2.1"));
  server.say("small.example", aaaa("2001:db8::1"));
  EXPECT_THAT(find("small.example").hosts, ElementsAre(MailHost{"small.example", "2001:db8::1", 0},
                                                       MailHost{"small.example", "192.0.2.1", 0}));
}

TEST_F(MailHostFinding, FollowsAnAliasToTheRecordsBehindIt) {
  auto behind = mx(10, "mx.other.example");
  behind.name = "other.example";
  server.say("alias.example", ns_t_mx, {{alias("other.example"), behind}});
  auto address = a("192.0.2.1");
  address.name = "real.other.example";
  server.say("mx.other.example", ns_t_a, {{alias("real.other.example"), address}});
  EXPECT_THAT(find("alias.example").hosts,
              ElementsAre(MailHost{"mx.other.example", "192.0.2.1", 10}));
}

TEST_F(MailHostFinding, TakesAnAliasWithoutMxBehindItAsItsOwnHost) {
  server.say("alias.example", ns_t_mx, {{alias("other.example")}});
  auto address = a("192.0.2.1");
  address.name = "other.example";
  server.say("alias.example", ns_t_a, {{alias("other.example"), address}});
  EXPECT_THAT(find("alias.example").hosts, ElementsAre(MailHost{"alias.example", "192.0.2.1", 0}));
}

TEST_F(MailHostFinding, LeavesOutHostsWithoutAddressAndNamesThatCannotBe) {
  server.say("school.example", mx(0, "."));
  server.say("school.example", mx(1, "not a name.example"));
  server.say("school.example", mx(2, "gone.example"));
  say_host("school.example", 3, "mx.example", "192.0.2.1");
  EXPECT_THAT(find("school.example").hosts, ElementsAre(MailHost{"mx.example", "192.0.2.1", 3}));
}

TEST_F(MailHostFinding, AsksAHostThatIsNamedTwiceOnceByItsBetterPreference) {
  server.say("school.example", mx(20, "mx.example"));
  server.say("school.example", mx(10, "MX.example"));
  server.say("mx.example", a("192.0.2.1"));
  server.say("mx.example", a("192.0.2.1"));
  EXPECT_THAT(find("school.example").hosts, ElementsAre(MailHost{"mx.example", "192.0.2.1", 10}));
  EXPECT_EQ(server.asked("mx.example", ns_t_a), 1);
}

TEST_F(MailHostFinding, KeepsTheOthersWhereDnsFailsForOneHost) {
  server.say("school.example", mx(5, "broken.example"));
  server.say("broken.example", ns_t_a, {.code = ns_r_servfail});
  server.say("broken.example", ns_t_aaaa, {.code = ns_r_servfail});
  say_host("school.example", 10, "mx.example", "192.0.2.1");
  const auto found = find("school.example");
  EXPECT_EQ(found.trouble, Reason::none);
  EXPECT_THAT(found.hosts, ElementsAre(MailHost{"mx.example", "192.0.2.1", 10}));
}

TEST_F(MailHostFinding, AsksOverTcpWhereAnAnswerWasCutShort) {
  server.say("school.example", ns_t_mx, {.records = {mx(10, "mx.example")}, .cut_short = true});
  server.say("mx.example", ns_t_a, {.records = {a("192.0.2.1")}, .cut_short = true});
  EXPECT_THAT(find("school.example").hosts, ElementsAre(MailHost{"mx.example", "192.0.2.1", 10}));
  EXPECT_EQ(server.asked("school.example", ns_t_mx, Over::tcp), 1);
  EXPECT_EQ(server.asked("mx.example", ns_t_a, Over::tcp), 1);
  EXPECT_EQ(server.asked("mx.example", ns_t_aaaa, Over::tcp), 0);
}

TEST_F(MailHostFinding, PassesOverPacketsThatAnswerNothing) {
  server.say(
      "school.example", ns_t_mx,
      {.records = {mx(10, "mx.example")}, .ahead = [](const auto&) { return Packet("rubbish"); }});
  server.say("mx.example", ns_t_a,
             {.records = {a("192.0.2.1")}, .ahead = [](Packet packet) {
                packet[0] = static_cast<char>(packet[0] ^ 1);  // another question's number
                packet.back() = 99;
                return packet;
              }});
  EXPECT_THAT(find("school.example").hosts, ElementsAre(MailHost{"mx.example", "192.0.2.1", 10}));
}

// ── addresses that lead here or nowhere ──

TEST_F(MailHostFinding, TakesNoAddressThatLeadsToThisMachine) {
  say_host("school.example", 10, "mx.example", "127.0.0.1");
  server.say("mx.example", aaaa("::1"));
  EXPECT_EQ(trouble_of("school.example"), Reason::domain_without_mail);
}

TEST_F(MailHostFinding, TakesLoopbackWhereItIsAllowed) {
  settings.allow_loopback = true;
  say_host("school.example", 10, "mx.example", "127.0.0.1");
  server.say("mx.example", aaaa("::1"));
  server.say("mx.example", a("0.0.0.0"));
  server.say("mx.example", aaaa("ff02::1"));
  EXPECT_THAT(find("school.example").hosts, ElementsAre(MailHost{"mx.example", "::1", 10},
                                                        MailHost{"mx.example", "127.0.0.1", 10}));
}

TEST_F(MailHostFinding, TakesTheOtherAddressesOfAHostThatNamesThisMachineToo) {
  say_host("school.example", 10, "mx.example", "127.0.0.1");
  server.say("mx.example", a("192.0.2.1"));
  EXPECT_THAT(find("school.example").hosts, ElementsAre(MailHost{"mx.example", "192.0.2.1", 10}));
}

// ── verdicts ──

TEST_F(MailHostFinding, TellsADomainThatDoesNotExist) {
  EXPECT_EQ(trouble_of("nobody.example"), Reason::no_such_domain);
}

TEST_F(MailHostFinding, TellsANameThatDnsCannotBeAskedFor) {
  EXPECT_EQ(trouble_of("[192.0.2.1]"), Reason::no_such_domain);
  EXPECT_EQ(trouble_of(std::string(64, 'a') + ".example"), Reason::no_such_domain);
}

TEST_F(MailHostFinding, TellsADomainThatTakesNoMail) {
  server.say("quiet.example", mx(0, "."));
  server.say("quiet.example", a("192.0.2.1"));
  EXPECT_EQ(trouble_of("quiet.example"), Reason::null_mx);
  EXPECT_EQ(server.asked("quiet.example", ns_t_a), 0);
}

TEST_F(MailHostFinding, TellsADomainWithoutHostAndAddress) {
  server.say("bare.example", ns_t_txt, {});
  EXPECT_EQ(trouble_of("bare.example"), Reason::domain_without_mail);
}

TEST_F(MailHostFinding, TakesNoAddressOfTheDomainWhereItNamesHosts) {
  server.say("school.example", mx(10, "gone.example"));
  server.say("school.example", a("192.0.2.1"));
  EXPECT_EQ(trouble_of("school.example"), Reason::domain_without_mail);
  EXPECT_EQ(server.asked("school.example", ns_t_a), 0);
}

TEST_F(MailHostFinding, TellsThatDnsFailedWhereItDidForTheOnlyHost) {
  server.say("school.example", mx(10, "gone.example"));
  server.say("school.example", mx(10, "broken.example"));
  server.say("broken.example", ns_t_aaaa, {.code = ns_r_refused});
  EXPECT_EQ(trouble_of("school.example"), Reason::dns_failed);
}

class MailHostFailing : public MailHostFinding, public testing::WithParamInterface<int> {};

TEST_P(MailHostFailing, TellsThatDnsFailedByItsCode) {
  server.say("school.example", ns_t_mx, {.code = GetParam()});
  server.say("school.example", a("192.0.2.1"));
  EXPECT_EQ(trouble_of("school.example"), Reason::dns_failed);
}

INSTANTIATE_TEST_SUITE_P(With, MailHostFailing,
                         testing::Values(ns_r_formerr, ns_r_servfail, ns_r_notimpl, ns_r_refused,
                                         ns_r_notauth));

TEST_F(MailHostFinding, TellsThatDnsFailedWhereAnAnswerCannotBeRead) {
  const auto cut = [](Packet packet) {
    packet.pop_back();
    return packet;
  };
  server.say("cut.example", ns_t_mx, {.records = {mx(10, "mx.example")}, .spoil = cut});
  server.say("half.example", mx(10, "cut.half.example"));
  server.say("cut.half.example", ns_t_a, {.records = {a("192.0.2.1")}, .spoil = cut});
  server.say("cut.half.example", ns_t_aaaa, {.records = {aaaa("2001:db8::1")}, .spoil = cut});
  EXPECT_EQ(trouble_of("cut.example"), Reason::dns_failed);
  EXPECT_EQ(trouble_of("half.example"), Reason::dns_failed);
}

TEST_F(MailHostFinding, TellsThatDnsFailedWhereTheResolverIsSilentAsOftenAsItIsAsked) {
  settings.patience = std::chrono::milliseconds(10);
  settings.tries = 3;
  server.say("school.example", ns_t_mx, {.silent = true});
  EXPECT_EQ(trouble_of("school.example"), Reason::dns_failed);
  ASSERT_TRUE(server.wait_for("school.example", ns_t_mx, 3));
  EXPECT_EQ(server.asked("school.example", ns_t_mx), 3);
}

TEST_F(MailHostFinding, TellsThatDnsFailedWhereTheResolverIsSilentOverTcp) {
  settings.patience = std::chrono::milliseconds(10);
  server.say("school.example", ns_t_mx, {.cut_short = true, .silent = true});
  EXPECT_EQ(trouble_of("school.example"), Reason::dns_failed);
}

TEST_F(MailHostFinding, TellsThatDnsFailedWhereNobodyListens) {
  settings.resolver = "127.0.0.1:" + std::to_string(deserted_port());
  EXPECT_EQ(trouble_of("school.example"), Reason::dns_failed);
}

// ── bounds ──

TEST_F(MailHostFinding, AsksSixteenOfAHundredHostsAndKeepsSixteenAddresses) {
  for (int n = 100; n < 200; ++n) {
    const auto host = "mx" + std::to_string(n) + ".example";
    say_host("school.example", static_cast<std::uint16_t>(300 - n), host,
             "192.0.2." + std::to_string(n));
    server.say(host, aaaa("2001:db8::" + std::to_string(n)));
  }
  const auto found = find("school.example");
  ASSERT_EQ(found.hosts.size(), wire::mail_hosts_max);
  EXPECT_EQ(found.hosts.front(), (MailHost{"mx199.example", "2001:db8::199", 101}));
  EXPECT_EQ(found.hosts.back(), (MailHost{"mx192.example", "192.0.2.192", 108}));
  EXPECT_EQ(server.asked("mx184.example", ns_t_a), 1);
  EXPECT_EQ(server.asked("mx183.example", ns_t_a), 0);
}

TEST_F(MailHostFinding, KeepsSixteenAddressesOfOneHost) {
  server.say("school.example", mx(10, "mx.example"));
  for (int n = 1; n <= 40; ++n) {
    server.say("mx.example", a("192.0.2." + std::to_string(n)));
  }
  EXPECT_EQ(find("school.example").hosts.size(), wire::mail_hosts_max);
}

TEST_F(MailHostFinding, HasAtMostSoManyDomainsInHandAndAnswersAll) {
  server.hold({ns_t_mx}, questions_at_once);
  const auto finder = open();
  for (int n = 0; n < 150; ++n) {
    const auto domain = "d" + std::to_string(n) + ".example";
    say_host(domain, 10, "mx." + domain, "192.0.2.1");
    finder->ask(domain);
  }
  for (const auto& found : wait(*finder, 150)) {
    EXPECT_THAT(found.hosts, ElementsAre(MailHost{"mx." + found.domain, "192.0.2.1", 10}));
  }
  EXPECT_EQ(server.held_most(), questions_at_once);
}

TEST_F(MailHostFinding, HasAtMostSoManyQuestionsOpenAndAnswersAll) {
  server.hold({ns_t_a, ns_t_aaaa}, packets_at_once);
  settings.tries = 3;
  const auto finder = open();
  for (int n = 0; n < 320; ++n) {
    server.say("d" + std::to_string(n / 16) + ".example",
               mx(10, "mx" + std::to_string(n) + ".example"));
    server.say("mx" + std::to_string(n) + ".example", a("192.0.2.1"));
  }
  for (int n = 0; n < 20; ++n) {
    finder->ask("d" + std::to_string(n) + ".example");
  }
  for (const auto& found : wait(*finder, 20)) {
    EXPECT_EQ(found.hosts.size(), 16U) << found.domain;
  }
  EXPECT_EQ(server.held_most(), packets_at_once);
}

// ── the finder ──

TEST_F(MailHostFinding, AnswersADomainAgainWhenItIsAskedAgain) {
  const auto finder = open();
  finder->ask("school.example");
  EXPECT_EQ(wait(*finder, 1)[0].trouble, Reason::no_such_domain);
  say_host("school.example", 10, "mx.example", "192.0.2.1");
  finder->ask("school.example");
  EXPECT_EQ(wait(*finder, 1)[0].hosts.size(), 1U);
}

TEST_F(MailHostFinding, EndsAtOnceWithQuestionsOpenAndWaiting) {
  server.say("slow.example", ns_t_mx, {.silent = true});
  server.say("tcp.example", ns_t_mx, {.cut_short = true, .silent = true});
  server.say("half.example", mx(10, "slow.half.example"));
  server.say("slow.half.example", ns_t_a, {.silent = true});
  auto finder = open();
  finder->ask("slow.example");
  finder->ask("tcp.example");
  finder->ask("half.example");
  ASSERT_TRUE(server.wait_for("slow.example", ns_t_mx));
  ASSERT_TRUE(server.wait_for("tcp.example", ns_t_mx, 1, Over::tcp));
  ASSERT_TRUE(server.wait_for("slow.half.example", ns_t_a));
  for (int n = 0; n < 100; ++n) {
    finder->ask("d" + std::to_string(n) + ".example");
  }
  const SystemClock clock;
  const auto before = clock.now();
  finder.reset();
  EXPECT_LT(clock.now() - before, long_enough / 3);
}

TEST_F(MailHostFinding, StopsWhereADomainIsAskedForTwice) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  server.say("school.example", ns_t_mx, {.silent = true});
  const auto finder = open();
  finder->ask("school.example");
  EXPECT_DEATH(finder->ask("school.example"), "is_new");
}

TEST(MailHostFinder, TakesAResolversAddressOfBothFamiliesAndTheSystems) {
  Doorbell bell;
  for (const auto* resolver : {"", "192.0.2.53:53", "[2001:db8::53]:65535"}) {
    EXPECT_TRUE(open_mail_host_finder({.resolver = resolver}, bell)) << resolver;
  }
}

TEST(MailHostFinder, RefusesAResolverThatIsNoAddressWithAPort) {
  Doorbell bell;
  for (const auto* resolver :
       {"192.0.2.53", "dns.example:53", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:65536",
        "192.0.2.53:5x", "2001:db8::53:53", "[2001:db8::53]", "[192.0.2.53]:53", ":53", "[:53",
        "192.0.2.53:53,192.0.2.54:53"}) {
    const auto made = open_mail_host_finder({.resolver = resolver}, bell);
    ASSERT_FALSE(made) << resolver;
    EXPECT_EQ(made.error().code, ErrorCode::name_not_found) << resolver;
  }
}

}  // namespace
}  // namespace muster::reactor
