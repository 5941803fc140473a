#include "registrar/registrar.h"

#include <gmock/gmock.h>

#include <thread>

#include "tests/registrar/school.h"

namespace muster::registrar {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Condition = LocationFacts::Condition;

class RegistrarTest : public School {};

TEST_F(RegistrarTest, RegistersWhoIsWantedAndKnowsTheirInvitations) {
  install();
  EXPECT_EQ(facts().condition, Condition::unproved);
  want(1, 251);
  EXPECT_EQ(at(1).standing, Standing::waiting);
  EXPECT_EQ(facts().waiting, 250U);
  run();
  EXPECT_EQ(count(1, 251, Standing::registered), 250U);
  EXPECT_EQ(at(251).standing, Standing::unknown);
  EXPECT_EQ(facts().condition, Condition::ok);
  EXPECT_EQ(facts().words, "");
  EXPECT_EQ(facts().name, "North");
  EXPECT_EQ(facts().registered, 250U);
  EXPECT_EQ(facts().waiting, 0U);
  EXPECT_EQ(books_.asked("POST /v2/users/create"), 3U);
  EXPECT_EQ(url_of(7), "https://buy.example/associate?inviteCode=" +
                           books_.active(email_of(7))->code + "&mt=8");
  EXPECT_EQ(url_of(999), "");
  EXPECT_TRUE(registrar_->take_associated().empty());
  expect_no_breach();
}

TEST_F(RegistrarTest, AsksInTheOrderThatWasWanted) {
  books_.users_max = 2;
  install();
  ASSERT_TRUE(registrar_->want(std::vector<Person>{{9, "default", email_of(9), ""},
                                                   {3, "default", email_of(3), ""},
                                                   {5, "default", email_of(5), ""}}));
  run();
  EXPECT_EQ(books_.active(email_of(9))->code, "code1");
  EXPECT_EQ(books_.active(email_of(3))->code, "code2");
}

TEST_F(RegistrarTest, LearnsByWalkingWhoHasAccepted) {
  install();
  want(1, 4);
  run();
  books_.accept(email_of(2), "hash");
  run(minutes(2));
  EXPECT_EQ(at(2).standing, Standing::associated);
  EXPECT_THAT(registrar_->take_associated(), ::testing::ElementsAre(2U));
  EXPECT_TRUE(registrar_->take_associated().empty());
  EXPECT_EQ(url_of(2), "");
  EXPECT_EQ(facts().associated, 1U);
  EXPECT_EQ(facts().registered, 2U);
}

TEST_F(RegistrarTest, AsksForNothingOnceEverybodyHasAccepted) {
  install();
  want(1, 2);
  run();
  books_.accept(email_of(1), "hash");
  run(minutes(2));
  EXPECT_EQ(registrar_->next(), Instant::never());
}

TEST_F(RegistrarTest, AssociatesAManagedAppleAccountAtOnce) {
  books_.accounts = {"mia@managed.example"};
  install();
  ASSERT_TRUE(
      registrar_->want(std::vector<Person>{{1, "default", email_of(1), "mia@managed.example"},
                                           {2, "default", email_of(2), "tom@elsewhere.example"}}));
  run();
  EXPECT_EQ(at(1).standing, Standing::associated);
  EXPECT_EQ(at(2), (Standings::Seen{Standing::refused, Reason::account_refused}));
  EXPECT_EQ(facts().refused_users, 1U);
}

TEST_F(RegistrarTest, TriesOneWhoWasRefusedAnewWhenHeIsWantedAgain) {
  books_.bad_emails[email_of(1)] = 9717;
  install();
  want(1, 3);
  run();
  EXPECT_EQ(at(1), (Standings::Seen{Standing::refused, Reason::registration_refused}));
  EXPECT_EQ(at(2).standing, Standing::registered);
  books_.bad_emails.clear();
  want(1, 3);
  EXPECT_EQ(at(1).standing, Standing::waiting);
  run();
  EXPECT_EQ(at(1).standing, Standing::registered);
  EXPECT_EQ(books_.asked("POST /v2/users/create"), 2U);
  expect_no_breach();
}

TEST_F(RegistrarTest, RefusesUsersOfALocationWithoutAToken) {
  ASSERT_TRUE(registrar_->want(std::vector<Person>{{1, "south", "a@b.example", ""}}));
  EXPECT_EQ(at(1), (Standings::Seen{Standing::refused, Reason::no_content_token}));
  EXPECT_EQ(registrar_->next(), Instant::never());
  ASSERT_TRUE(registrar_->install("south", content_token()));
  ASSERT_TRUE(registrar_->want(std::vector<Person>{{1, "south", "a@b.example", ""}}));
  run();
  EXPECT_EQ(at(1).standing, Standing::registered);
}

TEST_F(RegistrarTest, ReadsBackWhatAppleSaysIsThereAlready) {
  install();
  want(1, 4);
  run();
  // The data directory as it was before Apple was asked: restored from a backup.
  for (auto& [id, records] : books_.users) {
    records.front().changed = 1;  // an old version: no walk since shows it
  }
  registrar_.reset();
  {
    auto store = store::RegistrationStore::open(dir_, store::OpenMode::write);
    for (const UserNumber user : {1U, 2U, 3U}) {
      auto row = store->registration(user)->value_or(store::RegistrationRow{});
      row.state = 1;
      row.code.clear();
      row.url.clear();
      ASSERT_TRUE(store->put_registration(row));
    }
  }
  open();
  EXPECT_EQ(count(1, 4, Standing::waiting), 3U);
  run();
  EXPECT_EQ(count(1, 4, Standing::registered), 3U);
  expect_no_breach();
}

TEST_F(RegistrarTest, TriesAFewTimesAndGivesUpOnOneWhomAppleNeverHas) {
  books_.faults.event_forgets = 1;
  install();
  want(1, 2);
  run(minutes(60));
  EXPECT_EQ(at(1), (Standings::Seen{Standing::refused, Reason::registration_refused}));
  EXPECT_EQ(books_.asked("POST /v2/users/create"), 6U);
}

TEST_F(RegistrarTest, FindsTheOneForWhomAWholeBatchIsRefused) {
  books_.bad_requests[email_of(37)] = 9717;
  install();
  want(1, 101);
  run();
  EXPECT_EQ(at(37), (Standings::Seen{Standing::refused, Reason::registration_refused}));
  EXPECT_EQ(count(1, 101, Standing::registered), 99U);
  expect_no_breach();
}

TEST_F(RegistrarTest, BelievesTheRefusalThatNamesTheOne) {
  books_.bad_requests[email_of(37)] = 9717;
  books_.name_the_bad = true;
  install();
  want(1, 101);
  run();
  EXPECT_EQ(count(1, 101, Standing::registered), 99U);
  EXPECT_EQ(books_.asked("POST /v2/users/create"), 2U);
}

TEST_F(RegistrarTest, ObeysALimitThatHasBecomeSmaller) {
  install();
  want(1, 2);
  run();
  books_.users_max = 10;
  want(2, 102);
  run();
  EXPECT_EQ(count(1, 102, Standing::registered), 101U);
  EXPECT_EQ(books_.breaches.size(), 1U);  // the one that told us
}

TEST_F(RegistrarTest, AsksNothingMoreOfALocationThatAnotherServerHolds) {
  books_.mdm_id = "other";
  books_.mdm_name = "Other MDM";
  install();
  want(1, 2);
  run(minutes(30));
  EXPECT_EQ(facts().condition, Condition::foreign);
  EXPECT_EQ(at(1), (Standings::Seen{Standing::stopped, Reason::content_token_foreign}));
  EXPECT_THAT(facts().words, ::testing::HasSubstr("Other MDM"));
  EXPECT_THAT(books_.log,
              ::testing::ElementsAre("GET /v2/service/config", "GET /v2/client/config"));
  open();
  EXPECT_EQ(registrar_->next(), Instant::never());
  EXPECT_EQ(at(1), (Standings::Seen{Standing::stopped, Reason::content_token_foreign}));
  ASSERT_TRUE(registrar_->take_over("default"));
  EXPECT_EQ(at(1).standing, Standing::waiting);
  open();  // what was wished outlives the process
  run();
  EXPECT_EQ(at(1).standing, Standing::registered);
  EXPECT_EQ(facts().condition, Condition::ok);
  EXPECT_EQ(facts().words, "");
  EXPECT_EQ(books_.mdm_name, "Muster");
}

TEST_F(RegistrarTest, StopsWhenTheTokenIsTakenFromIt) {
  install();
  want(1, 2);
  run();
  books_.mdm_id = "other";
  run(minutes(2));
  EXPECT_EQ(facts().condition, Condition::foreign);
  const auto asked = books_.log.size();
  want(2, 3);
  run(minutes(30));
  EXPECT_EQ(books_.log.size(), asked);
  EXPECT_EQ(at(2).standing, Standing::stopped);
  EXPECT_EQ(at(1).standing, Standing::registered) << "he has a code, and can be invited";
}

TEST_F(RegistrarTest, StopsAtATokenThatAppleDoesNotTakeUntilANewOneIsInstalled) {
  install();
  books_.always = 9625;  // 200 with an error body
  want(1, 2);
  run(minutes(30));
  EXPECT_EQ(facts().condition, Condition::refused);
  EXPECT_EQ(at(1), (Standings::Seen{Standing::stopped, Reason::content_token_refused}));
  EXPECT_THAT(facts().words, ::testing::HasSubstr("revoked"));
  EXPECT_EQ(books_.asked("GET /v2/client/config"), 1U);
  books_.always = 0;
  install();
  run();
  EXPECT_EQ(at(1).standing, Standing::registered);
  EXPECT_EQ(facts().condition, Condition::ok);
}

TEST_F(RegistrarTest, RefusesATokenThatHasExpiredOrIsOfAnotherOrganisation) {
  auto expired = content_token();
  expired.expires_at = WallTime{1};
  const auto refused = registrar_->install("default", expired);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().line_of_text(), ::testing::HasSubstr("expired on 1970-01-01"));
  install();
  ASSERT_TRUE(registrar_->install("default", content_token("Other School")));  // nobody is there
  install();
  want(1, 2);
  run();
  const auto other = registrar_->install("default", content_token("Other School"));
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().line_of_text(), ::testing::HasSubstr("Other School"));
  EXPECT_FALSE(registrar_->install("", content_token()));
  EXPECT_FALSE(registrar_->install("a\nb", content_token()));
  EXPECT_FALSE(registrar_->take_over("south"));
}

TEST_F(RegistrarTest, KeepsToRetryAfterAlsoInANewProcess) {
  install();
  want(1, 2);
  books_.faults.unavailable = 1;
  books_.retry_after = "120";
  registrar_->turn();
  ASSERT_EQ(books_.log.size(), 1U);
  EXPECT_GE(registrar_->next() - clock_.now(), seconds(120));
  open();
  EXPECT_GE(registrar_->next() - clock_.now(), seconds(120));
  books_.faults = {};
  run(minutes(5));
  EXPECT_EQ(at(1).standing, Standing::registered);
  expect_no_breach();
}

TEST_F(RegistrarTest, LeavesAppleAloneForLongerAndLonger) {
  install();
  books_.faults.too_many = 1;
  std::vector<Duration> waits;
  for (int i = 0; i < 12; ++i) {
    registrar_->turn();
    waits.push_back(registrar_->next() - clock_.now());
    clock_.turn_to(registrar_->next());
  }
  EXPECT_EQ(books_.log.size(), 12U);
  EXPECT_THAT(facts().words, ::testing::HasSubstr("too many requests"));
  for (std::size_t i = 0; i < waits.size(); ++i) {
    const auto nominal =
        std::min<Duration>(minutes(10), seconds(2) * (1 << std::min<std::size_t>(i, 10)));
    EXPECT_GE(waits[i], nominal * 3 / 4) << i;
    EXPECT_LE(waits[i], nominal * 5 / 4) << i;
  }
}

TEST_F(RegistrarTest, CountsSeveralTroublesOfOneRoundAsOne) {
  books_.users_max = 10;
  install();
  want(1, 51);
  for (int i = 0; i < 3; ++i) {
    registrar_->turn();  // limits, ownership and claim, walk; then the batches
  }
  books_.log.clear();
  books_.faults.too_many = 1;
  registrar_->turn();
  EXPECT_EQ(books_.asked("POST /v2/users/create"), 5U);
  EXPECT_LE(registrar_->next() - clock_.now(), std::chrono::milliseconds(2500));
}

TEST_F(RegistrarTest, ClaimsATokenThatIsNobodysAndAsksToBeNotified) {
  settings_.notification_url = "https://muster.example/hooks/books";
  open();
  std::uint16_t status = 0;
  books_.notify = [&](std::string_view authorization, const std::string& body) {
    std::thread([&] { status = registrar_->deliver(authorization, body); }).join();
  };
  install();
  run();
  EXPECT_EQ(status, 200);
  EXPECT_EQ(books_.notification_url, settings_.notification_url);
  EXPECT_EQ(books_.mdm_name, "Muster");
  EXPECT_EQ(books_.asked("POST /v2/client/config"), 1U);
  EXPECT_FALSE(registrar_->wanted());
}

TEST_F(RegistrarTest, GoesOnWithoutNotificationsWhereAppleCannotReachIt) {
  settings_.notification_url = "https://muster.example/hooks/books";
  open();
  install();
  want(1, 2);
  run();
  EXPECT_EQ(at(1).standing, Standing::registered);
  EXPECT_EQ(facts().condition, Condition::ok);
  EXPECT_THAT(facts().words, ::testing::HasSubstr("notification_url"));
}

TEST_F(RegistrarTest, RegistersOneByOneWhereItIsTold) {
  settings_.one_by_one = true;
  books_.accounts = {"mia@managed.example"};
  open();
  install();
  want(1, 13);
  books_.bad_emails[email_of(13)] = 9717;
  ASSERT_TRUE(registrar_->want(
      std::vector<Person>{{13, "default", email_of(13), ""},
                          {14, "default", email_of(14), "mia@managed.example"},
                          {15, "default", email_of(15), "tom@elsewhere.example"}}));
  run();
  EXPECT_EQ(count(1, 13, Standing::registered), 12U);
  EXPECT_EQ(at(13).reason, Reason::registration_refused);
  EXPECT_EQ(at(14).standing, Standing::associated);
  EXPECT_EQ(at(15).reason, Reason::account_refused);
  EXPECT_EQ(books_.asked("POST /registerVPPUserSrv"), 15U);
  EXPECT_EQ(books_.asked("POST /v2/users/create"), 0U);
  EXPECT_THAT(url_of(1), ::testing::StartsWith("https://buy.example/v1?inviteCode="));
  expect_no_breach();
}

TEST_F(RegistrarTest, TakesImportedCodesWithoutAskingAnybody) {
  ASSERT_TRUE(registrar_->take_codes(
      std::vector<ImportedCode>{{1, "south", "https://h.example/?inviteCode=46bc"},
                                {2, "south", "https://h.example/?inviteCode=46bd"}}));
  EXPECT_EQ(at(1).standing, Standing::registered);
  EXPECT_EQ(url_of(2), "https://h.example/?inviteCode=46bd");
  EXPECT_EQ(facts().condition, Condition::codes);
  EXPECT_EQ(facts().registered, 2U);
  EXPECT_EQ(registrar_->next(), Instant::never());
  EXPECT_FALSE(registrar_->take_codes(std::vector<ImportedCode>{
      {3, "south", "https://h.example/?inviteCode=1"}, {4, "south", "javascript:1"}}));
  EXPECT_EQ(at(3).standing, Standing::unknown);
  open();
  EXPECT_EQ(at(1).standing, Standing::registered);
}

TEST_F(RegistrarTest, WarnsOfOneAccountThatAcceptedForSeveralUsers) {
  install();
  want(1, 5);
  run();
  books_.accept(email_of(1), "same");
  books_.accept(email_of(2), "same");
  books_.accept(email_of(3), "own");
  run(minutes(2));
  EXPECT_THAT(facts().words, ::testing::StartsWith("1 Apple Accounts have accepted for more"));
  books_.accept(email_of(4), "same");
  run(minutes(2));
  EXPECT_THAT(facts().words, ::testing::StartsWith("1 Apple"));
  open();
  EXPECT_THAT(facts().words, ::testing::StartsWith("1 Apple"));
}

TEST_F(RegistrarTest, SeesThatAUserWasRemovedAtApples) {
  install();
  want(1, 3);
  run();
  books_.retire(email_of(1));
  run(minutes(2));
  EXPECT_EQ(at(1).standing, Standing::retired);
  EXPECT_EQ(url_of(1), "");
  want(1, 2);
  run();
  EXPECT_EQ(at(1).standing, Standing::registered);
  expect_no_breach();
}

TEST_F(RegistrarTest, KeepsEveryUserAfterOpeningAnew) {
  books_.bad_emails[email_of(2)] = 9717;
  install();
  want(1, 4);
  run();
  books_.accept(email_of(3), "hash");
  run(minutes(2));
  static_cast<void>(registrar_->take_associated());
  open();
  EXPECT_EQ(at(1).standing, Standing::registered);
  EXPECT_EQ(at(2), (Standings::Seen{Standing::refused, Reason::registration_refused}));
  EXPECT_EQ(at(3).standing, Standing::associated);
  EXPECT_THAT(registrar_->take_associated(), ::testing::ElementsAre(3U));
  EXPECT_EQ(facts().registered, 1U);
  EXPECT_EQ(facts().associated, 1U);
}

TEST_F(RegistrarTest, ServesSeveralLocationsInTurn) {
  ASSERT_TRUE(registrar_->install("default", content_token()));
  ASSERT_TRUE(
      registrar_->install("south", {"wrong", "Example School", WallTime{4'000'000'000'000}}));
  want(1, 300);
  ASSERT_TRUE(registrar_->want(std::vector<Person>{{500, "south", email_of(500), ""}}));
  run();
  EXPECT_EQ(count(1, 300, Standing::registered), 299U);
  EXPECT_EQ(at(500), (Standings::Seen{Standing::stopped, Reason::content_token_refused}));
  EXPECT_EQ(registrar_->locations().at(1).condition, Condition::refused);
}

TEST_F(RegistrarTest, KeepsToApplesPace) {
  books_.requests_per_second = 2;
  books_.users_max = 1;
  std::vector<Instant> at;
  books_.before = [&](const http::Request&) { at.push_back(clock_.now()); };
  install();
  want(1, 6);
  run();
  EXPECT_EQ(count(1, 6, Standing::registered), 5U);
  for (std::size_t i = 4; i < at.size(); ++i) {
    EXPECT_GE(at[i] - at[i - 4], seconds(1)) << i;
  }
}

}  // namespace
}  // namespace muster::registrar
