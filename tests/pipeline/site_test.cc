#include "pipeline/site.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <set>

namespace muster::pipeline {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t seed = 20261122;

wire::MailHost host(const std::string& name, std::uint16_t preference, int number) {
  return {name, "192.0.2." + std::to_string(number), preference};
}

std::vector<wire::MailHost> one_host() {
  return {host("mx.example", 10, 1)};
}
std::vector<wire::MailHost> with_backup() {
  return {host("mx.example", 10, 1), host("backup.example", 20, 2)};
}
std::vector<wire::MailHost> two_alike() {
  return {host("mx1.example", 10, 1), host("mx2.example", 10, 2)};
}

// ── where to ──

TEST(Site, PrefersTheLowestPreferenceWhateverTheOrder) {
  const FakeClock clock;
  Site site({host("backup.example", 20, 2), host("mx.example", 10, 1)}, seed);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(site.choose(clock.now()), 1U);
  }
}

TEST(Site, SharesTheLoadAmongEqualPreferencesByChance) {
  const FakeClock clock;
  std::cout << "seed " << seed << '\n';
  Site site({host("mx1.example", 10, 1), host("mx2.example", 10, 2), host("mx3.example", 10, 3),
             host("backup.example", 20, 4)},
            seed);
  std::array<int, 4> chosen{};
  for (int i = 0; i < 3000; ++i) {
    ++chosen.at(site.choose(clock.now()).value_or(chosen.size()));
  }
  // 1000 each, with a standard deviation of 26.
  EXPECT_NEAR(chosen[0], 1000, 130);
  EXPECT_NEAR(chosen[1], 1000, 130);
  EXPECT_NEAR(chosen[2], 1000, 130);
  EXPECT_EQ(chosen[3], 0);
}

TEST(Site, ChoosesTheBackupOnlyWhileTheFirstIsDown) {
  FakeClock clock;
  Site site(with_backup(), seed);
  site.failed(0, Reason::no_mail_host, false, clock.now());
  EXPECT_EQ(site.choose(clock.now()), 1U);
  EXPECT_FALSE(site.down(clock.now()));
  clock.turn_to(site.target(0).down_until);
  EXPECT_EQ(site.choose(clock.now()), 0U);
  EXPECT_EQ(site.choose(clock.now()), 1U);  // until it is known to be back
  site.stood(0);
  EXPECT_EQ(site.choose(clock.now()), 0U);
}

TEST(Site, IsDownOnceNoTargetIsLeft) {
  FakeClock clock;
  Site site(with_backup(), seed);
  site.failed(0, Reason::no_mail_host, false, clock.now());
  clock.turn(seconds(1));
  site.failed(1, Reason::server_busy, false, clock.now());
  EXPECT_TRUE(site.down(clock.now()));
  EXPECT_EQ(site.choose(clock.now()), std::nullopt);
  EXPECT_EQ(site.trouble(), Reason::server_busy);
  EXPECT_EQ(site.up_again_at(), std::min(site.target(0).down_until, site.target(1).down_until));
  clock.turn_to(site.up_again_at());
  EXPECT_FALSE(site.down(clock.now()));
}

TEST(Site, TriesATargetThatWasDownWithOneConnection) {
  FakeClock clock;
  Site site(one_host(), seed);
  site.failed(0, Reason::no_mail_host, false, clock.now());
  clock.turn_to(site.up_again_at());
  EXPECT_EQ(site.choose(clock.now()), 0U);
  EXPECT_EQ(site.choose(clock.now()), std::nullopt);
  EXPECT_FALSE(site.down(clock.now()));  // letters may wait for what comes of it
  site.stood(0);
  EXPECT_EQ(site.choose(clock.now()), 0U);
  EXPECT_EQ(site.choose(clock.now()), 0U);
  EXPECT_EQ(site.trouble(), Reason::none);
}

TEST(Site, TriesAgainWhereNobodySaysWhatBecameOfATrial) {
  FakeClock clock;
  Site site(one_host(), seed);
  site.failed(0, Reason::no_mail_host, false, clock.now());
  clock.turn_to(site.up_again_at());
  ASSERT_EQ(site.choose(clock.now()), 0U);
  clock.turn(minutes(5));
  EXPECT_EQ(site.choose(clock.now()), 0U);
}

TEST(Site, LeavesATargetAloneForAMinuteThenTwoAtMostThirty) {
  FakeClock clock;
  Site site(one_host(), seed);
  for (const int pause : {1, 2, 4, 8, 16, 30, 30, 30}) {
    site.failed(0, Reason::no_mail_host, false, clock.now());
    EXPECT_GE(site.up_again_at() - clock.now(), minutes(pause));
    EXPECT_LE(site.up_again_at() - clock.now(), seconds(pause * 72));
    clock.turn_to(site.up_again_at());
    ASSERT_EQ(site.choose(clock.now()), 0U);
  }
}

TEST(Site, BeginsWithAMinuteAgainOnceATargetStood) {
  FakeClock clock;
  Site site(one_host(), seed);
  for (int i = 0; i < 4; ++i) {
    site.failed(0, Reason::no_mail_host, false, clock.now());
    clock.turn_to(site.up_again_at());
  }
  site.stood(0);
  site.failed(0, Reason::no_mail_host, false, clock.now());
  EXPECT_LE(site.up_again_at() - clock.now(), seconds(72));
}

TEST(Site, CountsConnectionsThatFailTogetherAsOneFailure) {
  FakeClock clock;
  Site site(one_host(), seed);
  site.failed(0, Reason::no_mail_host, false, clock.now());
  clock.turn(seconds(1));
  site.failed(0, Reason::server_busy, false, clock.now());
  EXPECT_EQ(site.target(0).failures, 1U);
  EXPECT_EQ(site.trouble(), Reason::server_busy);
}

TEST(Site, DoesNotPutATargetDownThatHasOthersStanding) {
  const FakeClock clock;
  Site site(one_host(), seed);
  site.failed(0, Reason::server_busy, true, clock.now());
  EXPECT_FALSE(site.down(clock.now()));
  EXPECT_EQ(site.target(0).failures, 0U);
  EXPECT_EQ(site.connections_max(), 1U);
}

// ── DNS again ──

TEST(Site, KeepsWhatItKnowsOfATargetAndItsIndexOverARefresh) {
  const FakeClock clock;
  Site site(with_backup(), seed);
  site.failed(1, Reason::no_mail_host, false, clock.now());
  site.tls_failed(0, clock.now());
  const auto down_until = site.target(1).down_until;
  site.refresh(
      {host("new.example", 5, 3), host("backup.example", 20, 2), host("mx.example", 30, 1)});
  EXPECT_EQ(site.target(0).host, host("mx.example", 30, 1));  // with the new preference
  EXPECT_GT(site.target(0).in_clear_until, clock.now());
  EXPECT_EQ(site.target(1).down_until, down_until);
  EXPECT_EQ(site.target(2).host, host("new.example", 5, 3));
  EXPECT_EQ(site.choose(clock.now()), 2U);
}

TEST(Site, DoesNotChooseATargetThatIsGone) {
  const FakeClock clock;
  Site site(with_backup(), seed);
  site.refresh({host("backup.example", 20, 2)});
  EXPECT_TRUE(site.target(0).gone);
  EXPECT_EQ(site.choose(clock.now()), 1U);
  site.failed(1, Reason::no_mail_host, false, clock.now());
  EXPECT_TRUE(site.down(clock.now()));
  EXPECT_EQ(site.up_again_at(), site.target(1).down_until);
  site.refresh(with_backup());
  EXPECT_EQ(site.choose(clock.now()), 0U);
}

TEST(Site, RemembersTheLastTargetsOfDnsThatNamesOthersEachTime) {
  const FakeClock clock;
  Site site(with_backup(), seed);
  site.tls_failed(1, clock.now());
  for (int i = 3; i < 200; ++i) {
    site.refresh({host("mx.example", 10, i), host("backup.example", 20, 2)});
    constexpr auto remembered = 4 * wire::mail_hosts_max;
    const auto chosen = site.choose(clock.now()).value_or(remembered);
    ASSERT_LT(chosen, remembered);
    ASSERT_EQ(site.target(chosen).host, host("mx.example", 10, i));
  }
  EXPECT_EQ(site.target(1).host, host("backup.example", 20, 2));
  EXPECT_GT(site.target(1).in_clear_until, clock.now());
}

TEST(Site, HasTheSameKeyForDomainsOfTheSameHosts) {
  const std::vector<wire::MailHost> hosts = {{"mx1.example", "2001:db8::1", 10},
                                             {"mx1.example", "192.0.2.1", 10},
                                             {"mx2.example", "192.0.2.2", 20}};
  auto elsewhere = hosts;
  elsewhere[1].address = "192.0.2.99";
  auto turned = hosts;
  turned[2].preference = 5;
  EXPECT_EQ(Site::key_of(hosts), Site::key_of(elsewhere));
  EXPECT_NE(Site::key_of(hosts), Site::key_of(turned));
  EXPECT_NE(Site::key_of(hosts), Site::key_of(one_host()));
  EXPECT_NE(Site::key_of(hosts), Site::key_of({hosts[0], hosts[1]}));
}

// ── TLS ──

TEST(Site, SpeaksInClearForThreeDaysWhereTlsFailed) {
  const FakeClock clock;
  Site site(two_alike(), seed);
  site.tls_failed(1, clock.now());
  EXPECT_EQ(site.target(1).in_clear_until, clock.now() + hours(72));
  EXPECT_LE(site.target(0).in_clear_until, clock.now());
  EXPECT_EQ(site.target(1).failures, 0U);
}

TEST(Site, ReconnectsATrialWithWhichTlsFailedAtOnce) {
  FakeClock clock;
  Site site(one_host(), seed);
  site.failed(0, Reason::no_mail_host, false, clock.now());
  clock.turn_to(site.up_again_at());
  ASSERT_EQ(site.choose(clock.now()), 0U);
  site.tls_failed(0, clock.now());
  EXPECT_EQ(site.choose(clock.now()), 0U);
  EXPECT_EQ(site.choose(clock.now()), std::nullopt);
}

TEST(Site, TriesTlsAgainWhereNothingGoesWithoutIt) {
  const FakeClock clock;
  Site site(one_host(), seed);
  site.tls_failed(0, clock.now());
  site.failed(0, Reason::tls_refused, false, clock.now());
  EXPECT_LE(site.target(0).in_clear_until, clock.now());
}

// ── how many ──

TEST(Site, BeginsWithTwoConnectionsAndGrowsByOneAWidthOfLetters) {
  const FakeClock clock;
  Site site(one_host(), seed);
  EXPECT_EQ(site.connections_max(), 2U);
  site.answered(2, clock.now());
  EXPECT_EQ(site.connections_max(), 2U);  // 2 + 1/2 + 1/2.5
  site.answered(1, clock.now());
  EXPECT_EQ(site.connections_max(), 3U);
  site.answered(1'000'000, clock.now());
  EXPECT_EQ(site.connections_max(), SiteLimits{}.connections);
}

TEST(Site, NeverTakesMoreThanTheProviderNorLessThanOne) {
  const FakeClock clock;
  Site site({host("mx1.mail.yahoo.co.jp", 10, 1)}, seed);
  site.answered(1000, clock.now());
  EXPECT_EQ(site.connections_max(), 2U);
  for (int i = 0; i < 10; ++i) {
    site.failed(0, Reason::server_busy, true, clock.now());
  }
  EXPECT_EQ(site.connections_max(), 1U);
}

TEST(Site, TakesTheNarrowestOfItsProviders) {
  const FakeClock clock;
  Site site({host("mx.example", 10, 1), host("aspmx.l.google.com", 20, 2)}, seed);
  site.answered(1000, clock.now());
  EXPECT_EQ(site.connections_max(), 5U);
  EXPECT_EQ(site.letters_per_connection(clock.now()), 50U);
  site.refresh(one_host());
  site.answered(1000, clock.now());
  EXPECT_EQ(site.connections_max(), 10U);
  EXPECT_EQ(site.letters_per_connection(clock.now()), 100U);
}

TEST(Site, BeginsAnewWithOneConnectionAfterItWasDown) {
  FakeClock clock;
  Site site(one_host(), seed);
  site.answered(1000, clock.now());
  site.failed(0, Reason::no_mail_host, false, clock.now());
  EXPECT_EQ(site.connections_max(), 1U);
  clock.turn_to(site.up_again_at());
  site.stood(0);
  site.answered(1, clock.now());
  EXPECT_EQ(site.connections_max(), 2U);
}

// A server that answers 421 to every connection beyond `most`, and a letter a connection every
// 100 ms.
struct Limiter {
  std::uint32_t most = 5;
  std::uint32_t standing = 0;
  std::uint64_t letters = 0;
  std::uint64_t refused = 0;

  void run(Site& site, FakeClock& clock, Duration how_long) {
    for (const auto end = clock.now() + how_long; clock.now() < end;
         clock.turn(milliseconds(100))) {
      site.answered(standing, clock.now());
      letters += standing;
      for (auto open = standing; open < site.connections_max();) {
        if (standing < most) {
          open = ++standing;
        } else {
          site.failed(0, Reason::server_busy, true, clock.now());
          ++refused;
        }
      }
    }
  }
};

TEST(Site, SettlesAtWhatAServerTakesWithFewConnectionsRefused) {
  FakeClock clock;
  Site site(one_host(), seed);
  Limiter limiter;
  limiter.run(site, clock, minutes(10));
  EXPECT_EQ(limiter.standing, 5U);
  EXPECT_GE(limiter.letters, 29'000U);  // of 30,000 with five connections from the first moment
  EXPECT_FALSE(site.down(clock.now()));
  // One in ten seconds; at 1/N alone it would be one in every five letters.
  std::cout << limiter.refused << " connections refused, " << limiter.letters << " letters\n";
  EXPECT_LE(limiter.refused, 60U);
  EXPECT_GE(limiter.refused, 50U);
}

TEST(Site, GrowsAgainOnceAServerTakesMore) {
  FakeClock clock;
  Site site(one_host(), seed);
  Limiter limiter;
  limiter.run(site, clock, minutes(1));
  limiter.most = 100;
  limiter.run(site, clock, seconds(15));
  EXPECT_EQ(limiter.standing, SiteLimits{}.connections);
}

// ── how much ──

TEST(Site, LearnsHowManyLettersAConnectionTakesForTenMinutes) {
  FakeClock clock;
  Site site({host("aspmx.l.google.com", 10, 1)}, seed);
  EXPECT_EQ(site.letters_per_connection(clock.now()), 50U);
  site.ended_after(20, clock.now());
  EXPECT_EQ(site.letters_per_connection(clock.now()), 20U);
  clock.turn(minutes(10) - milliseconds(1));
  EXPECT_EQ(site.letters_per_connection(clock.now()), 20U);
  clock.turn(milliseconds(1));
  EXPECT_EQ(site.letters_per_connection(clock.now()), 50U);
  site.ended_after(30, clock.now());  // what was forgotten counts no more
  EXPECT_EQ(site.letters_per_connection(clock.now()), 30U);
}

TEST(Site, BelievesTheFewestLettersWhileItRemembersThem) {
  const FakeClock clock;
  Site site(one_host(), seed);
  site.ended_after(7, clock.now());
  site.ended_after(20, clock.now());  // opened before the seven were known
  EXPECT_EQ(site.letters_per_connection(clock.now()), 7U);
  site.ended_after(0, clock.now());
  EXPECT_EQ(site.letters_per_connection(clock.now()), 1U);
}

TEST(Site, NeverLearnsMoreLettersThanTheProviderSays) {
  const FakeClock clock;
  Site site({host("mx1.mail.icloud.com", 10, 1)}, seed);
  site.ended_after(40, clock.now());
  EXPECT_EQ(site.letters_per_connection(clock.now()), 5U);
}

// ── when ──

// How many of a second's turns are given, and that none is given twice.
std::size_t turns_within_a_second(Site& site, Instant now) {
  std::set<Instant> turns;
  for (int i = 0; i < 5000; ++i) {
    EXPECT_TRUE(turns.insert(site.give_turn(now)).second);
  }
  const auto first = *turns.begin();
  return static_cast<std::size_t>(
      std::distance(turns.begin(), turns.lower_bound(first + seconds(1))));
}

TEST(Site, GivesTurnsOneBehindTheOtherASecondFromNow) {
  const FakeClock clock;
  Site site(one_host(), seed);
  const auto first = site.give_turn(clock.now());
  EXPECT_EQ(first, clock.now() + seconds(1));
  EXPECT_EQ(site.give_turn(clock.now()), first + milliseconds(50));
  EXPECT_EQ(site.give_turn(clock.now()), first + milliseconds(100));
}

TEST(Site, GivesAtLeastTwentyTurnsASecond) {
  const FakeClock clock;
  Site site(one_host(), seed);
  site.answered(3, clock.now());
  EXPECT_EQ(turns_within_a_second(site, clock.now()), 20U);
}

TEST(Site, GivesTurnsAtHalfAsMuchAgainAsItAnswers) {
  FakeClock clock;
  Site site(one_host(), seed);
  for (int i = 0; i < 10; ++i) {
    site.answered(100, clock.now());
    clock.turn(milliseconds(1000));
  }
  EXPECT_NEAR(static_cast<double>(turns_within_a_second(site, clock.now())), 150, 1);
}

TEST(Site, ForgetsARateAfterTwoSeconds) {
  FakeClock clock;
  Site site(one_host(), seed);
  site.answered(1000, clock.now());
  clock.turn(milliseconds(1900));
  EXPECT_NEAR(static_cast<double>(turns_within_a_second(site, clock.now())), 1500, 1);
  clock.turn(seconds(5));
  EXPECT_EQ(turns_within_a_second(site, clock.now()), 20U);
}

TEST(Site, GivesNoTurnBeforeASiteThatIsDownMayBeTried) {
  FakeClock clock;
  Site site(one_host(), seed);
  site.failed(0, Reason::no_mail_host, false, clock.now());
  EXPECT_EQ(site.give_turn(clock.now()), site.up_again_at());
  clock.turn(seconds(10));
  EXPECT_EQ(site.give_turn(clock.now()), site.up_again_at() + milliseconds(50));
}

}  // namespace
}  // namespace muster::pipeline
