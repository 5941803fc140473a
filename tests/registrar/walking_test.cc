// Reading back: pages, lists that move, versions that Apple forgets.
#include <gmock/gmock.h>

#include "tests/registrar/school.h"

namespace muster::registrar {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class WalkingTest : public School {};

TEST_F(WalkingTest, ReadsEveryPageFiveAtATime) {
  books_.page_size = 7;
  install();
  want(1, 101);
  run();
  EXPECT_EQ(count(1, 101, Standing::registered), 100U);
  expect_no_breach();
}

TEST_F(WalkingTest, AsksOnlyForWhatHasChanged) {
  install();
  want(1, 101);
  run();
  books_.page_size = 1;
  const auto asked = books_.asked("GET /v2/users");
  run(minutes(1));
  EXPECT_EQ(books_.asked("GET /v2/users"), asked + 1);  // an empty page
  books_.accept(email_of(1), "a");
  books_.accept(email_of(2), "b");
  run(minutes(1));
  EXPECT_EQ(books_.asked("GET /v2/users"), asked + 3);
  EXPECT_EQ(count(1, 101, Standing::associated), 2U);
}

TEST_F(WalkingTest, BeginsAgainWhileTheListMovesAndKeepsNoVersionOfAWalkThatNeverStoodStill) {
  books_.page_size = 10;
  install();
  want(1, 51);
  run();
  books_.moving = true;
  for (UserNumber user = 1; user < 51; ++user) {
    books_.accept(email_of(user), "h" + std::to_string(user));
  }
  const auto asked = books_.asked("GET /v2/users");
  run(minutes(1), 1000);
  EXPECT_EQ(count(1, 51, Standing::associated), 50U);
  // Four times over five pages: it began again three times, and then was content with what it saw.
  EXPECT_EQ(books_.asked("GET /v2/users") - asked, 20U);
  want(51, 52);
  books_.moving = false;
  run();
  EXPECT_GE(books_.asked("GET /v2/users") - asked, 26U);  // the same ground once more
  EXPECT_EQ(at(51).standing, Standing::registered);
}

TEST_F(WalkingTest, WalksOverAllWhereAppleHasForgottenTheVersion) {
  install();
  want(1, 4);
  run();
  books_.version = 1;  // restored at Apple's: versions begin anew
  for (auto& [id, records] : books_.users) {
    records.front().changed = 1;
  }
  books_.accept(email_of(2), "hash");
  run(minutes(2));
  EXPECT_EQ(at(2).standing, Standing::associated);
}

TEST_F(WalkingTest, AppliesWhatItReadBeforeAPageWasLost) {
  books_.page_size = 10;
  install();
  want(1, 101);
  run();
  for (UserNumber user = 1; user < 101; ++user) {
    books_.accept(email_of(user), "h" + std::to_string(user));
  }
  books_.faults.lost_before = 0.5;
  run(minutes(30));
  EXPECT_EQ(count(1, 101, Standing::associated), 100U);
  expect_no_breach();
}

TEST_F(WalkingTest, KeepsToTheRetryAfterOfAPageBehindTheOneThatWasLost) {
  books_.page_size = 10;
  install();
  want(1, 101);
  run();
  for (UserNumber user = 1; user < 101; ++user) {
    books_.accept(email_of(user), "h" + std::to_string(user));
  }
  std::size_t pages = 0;
  books_.retry_after = "100";
  books_.before = [&](const http::Request& request) {
    const bool page = request.url.find("pageIndex=0") == std::string::npos;
    pages += page ? 1 : 0;
    books_.faults.too_many = pages == 1 ? 1 : 0;
    books_.faults.unavailable = pages == 2 ? 1 : 0;
  };
  run(minutes(10));
  EXPECT_GT(pages, 2U);
  EXPECT_EQ(count(1, 101, Standing::associated), 100U);
  expect_no_breach();
}

TEST_F(WalkingTest, IsContentWithWhatItReadWhereTheListShrinksUnderIt) {
  books_.page_size = 1;
  install();
  want(1, 21);
  run();
  for (UserNumber user = 1; user < 21; ++user) {
    books_.accept(email_of(user), "h" + std::to_string(user));
  }
  std::size_t asked = 0;
  books_.before = [&](const http::Request& request) {
    const bool first = request.url.find("pageIndex=0") != std::string::npos;
    books_.page_size = first ? 1 : 2;  // behind the first page there are half as many
    ++asked;
  };
  run(minutes(1), 1000);
  EXPECT_GT(asked, 11U);
  EXPECT_LT(asked, 100U);
  books_.before = nullptr;
  run(minutes(1), 1000);
  EXPECT_EQ(count(1, 21, Standing::associated), 20U);
}

TEST_F(WalkingTest, LeavesUsersOfOthersAlone) {
  FakeUser other;
  other.id = "client-101";  // not of our form
  other.email = "x@elsewhere.example";
  other.status = "Registered";
  other.code = "c";
  other.changed = 1;
  books_.users["client-101"].push_back(other);
  other.id = "01234567-89ab-4def-8123-456789abcdef";
  other.email = "y@elsewhere.example";
  books_.users[other.id].push_back(other);
  install();
  want(1, 2);
  run();
  EXPECT_EQ(facts().registered, 1U);
}

TEST_F(WalkingTest, ReadsBackABatchThatIsPendingForEver) {
  books_.pending_asks = 1'000'000;
  install();
  want(1, 3);
  run(minutes(20));
  EXPECT_EQ(count(1, 3, Standing::registered), 2U);
  EXPECT_EQ(books_.asked("POST /v2/users/create"), 1U);
}

TEST_F(WalkingTest, WalksOverAllWhereTooManyWouldHaveToBeLookedUp) {
  constexpr UserNumber users = 1500;
  books_.users_max = 1000;
  books_.pending_asks = 0;
  books_.faults.event_forgets = 1;  // Apple says that they are done, and has none of them
  install();
  want(1, users);
  run(milliseconds(500));
  clock_.turn_to(clock_.now() + seconds(3));  // the fate of both batches is asked for at once
  run(seconds(8));
  books_.faults = {};
  run(minutes(10));
  EXPECT_EQ(count(1, users, Standing::registered), users - 1);
  EXPECT_LT(books_.asked("GET /v2/users"), 100U);  // pages: none of them was asked for by name
  expect_no_breach();
}

// Whoever is stopped in mid-request leaves hundreds of whom nobody knows whether Apple has them.
TEST_F(WalkingTest, AsksAnewForThoseWhoseAnswerWasLostInPlaceOfLookingEachUp) {
  constexpr UserNumber users = 501;
  install();
  run();
  want(1, users);
  books_.faults.lost_before = 1;
  registrar_->turn();  // five requests, and no answer
  books_.faults = {};
  books_.always = 9625;  // and the content token is revoked
  run(seconds(10));
  EXPECT_EQ(facts().condition, LocationFacts::Condition::refused);

  books_.always = 0;
  open();
  install();
  books_.faults.internal = 0.1;
  const auto asked = books_.asked("GET /v2/users");
  run(seconds(30));
  EXPECT_EQ(count(1, users, Standing::registered), users - 1);
  EXPECT_LT(books_.asked("GET /v2/users") - asked, 50U);
}

TEST_F(WalkingTest, LooksUpInTurnsWithNewBatches) {
  books_.pending_asks = 0;
  books_.faults.event_forgets = 1;
  install();
  want(1, 301);
  run(milliseconds(500));
  clock_.turn_to(clock_.now() + seconds(3));
  // All are done, says Apple; nobody is on the page, and the first are asked for by name.
  const auto looked_up = [this] { return books_.asked("GET /v2/users"); };
  while (looked_up() < 2) {
    registrar_->turn();
  }
  books_.faults = {};
  want(301, 601);
  while (books_.asked("POST /v2/users/create") < 6) {
    clock_.turn_to(std::max(clock_.now(), registrar_->next()));
    registrar_->turn();
  }
  EXPECT_LT(looked_up(), 30U);  // of three hundred
}

}  // namespace
}  // namespace muster::registrar
