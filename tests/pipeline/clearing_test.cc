#include "pipeline/clearing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace muster::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using Word = Clearance::Word;

TEST(Clearing, SaysWhatAClearanceMeans) {
  EXPECT_EQ(outcome_of({Word::go, Reason::none}), Outcome{});
  EXPECT_EQ(outcome_of({Word::wait, Reason::none}), (Outcome{State::registering, Reason::none, 0}));
  EXPECT_EQ(outcome_of({Word::enrolled, Reason::none}),
            (Outcome{State::superseded, Reason::enrolled, 0}));
  EXPECT_EQ(outcome_of({Word::refused, Reason::account_refused}),
            (Outcome{State::failed, Reason::account_refused, 0}));
}

TEST(Clearing, LooksAgainLaterTheMoreWaitAndAtTheExpiryAtTheLatest) {
  TaskEntry entry;
  EXPECT_EQ(look_again_at(entry, 10'000, WallTime{5'000}), WallTime{35'000});
  entry.durable[static_cast<std::size_t>(State::registering)] = 1'000'000;
  EXPECT_EQ(look_again_at(entry, 10'000, WallTime{5'000}), WallTime{1'035'000});
  EXPECT_EQ(look_again_at(entry, 60, WallTime{5'000}), WallTime{60'000});
}

class ClearingPassedOver : public ::testing::Test {
 protected:
  // Who of those passed over went, where `may` go does.
  template <class May>
  std::vector<std::uint32_t> went(Instant now, std::uint64_t changes, std::uint64_t allowed,
                                  May may) {
    std::vector<std::uint32_t> gone;
    passed_.look(now, changes, allowed, [&](const PassedOver::One& one, bool patient) {
      if (patient && !may(one.user)) {
        return false;
      }
      gone.push_back(one.at);
      return true;
    });
    return gone;
  }
  static bool all(UserNumber /*user*/) { return true; }
  static bool none(UserNumber /*user*/) { return false; }

  PassedOver passed_{seconds(10)};
  Instant now_{1'000'000'000};
};

TEST_F(ClearingPassedOver, IsNeverDueWhileNobodyWaits) {
  EXPECT_FALSE(passed_.due(now_ + seconds(100), 7));
  EXPECT_EQ(passed_.next(7), Instant::never());
}

TEST_F(ClearingPassedOver, LooksAgainWhenSomethingChangedButNotTooOften) {
  passed_.add({3, 30}, now_, 7);
  EXPECT_FALSE(passed_.due(now_ + milliseconds(30), 7));
  EXPECT_FALSE(passed_.due(now_ + milliseconds(10), 8));
  EXPECT_EQ(passed_.next(8), now_ + milliseconds(20));
  EXPECT_TRUE(passed_.due(now_ + milliseconds(20), 8));
  EXPECT_THAT(went(now_ + milliseconds(20), 8, 9, none), ElementsAre());
  EXPECT_FALSE(passed_.due(now_ + milliseconds(60), 8));
  EXPECT_THAT(went(now_ + milliseconds(90), 9, 9, all), ElementsAre(3));
  EXPECT_TRUE(passed_.empty());
}

TEST_F(ClearingPassedOver, LosesPatienceWithEachByItself) {
  passed_.add({3, 30}, now_, 7);
  passed_.add({4, 40}, now_ + seconds(1), 7);
  EXPECT_EQ(passed_.next(7), now_ + seconds(10));
  ASSERT_TRUE(passed_.due(now_ + seconds(10), 7));
  EXPECT_THAT(went(now_ + seconds(10), 7, 9, none), ElementsAre(3));
  EXPECT_EQ(passed_.next(7), now_ + seconds(11));
}

TEST_F(ClearingPassedOver, GoesOnWithTheRestOnceThereIsRoom) {
  for (std::uint32_t at = 0; at < 5; ++at) {
    passed_.add({at, at}, now_, 7);
  }
  const auto odd = [](UserNumber user) { return user % 2 == 1; };
  EXPECT_THAT(went(now_, 8, 1, odd), ElementsAre(1));
  EXPECT_TRUE(passed_.due(now_, 7)) << "not all were looked at";
  EXPECT_THAT(went(now_, 8, 9, odd), ElementsAre(3));
  EXPECT_FALSE(passed_.due(now_ + milliseconds(50), 8));
  EXPECT_THAT(went(now_, 9, 9, all), ElementsAre(0, 2, 4));
}

TEST_F(ClearingPassedOver, LooksAtOnceWhereNobodyHasLookedYet) {
  passed_.add({3, 30}, now_, 7);
  passed_.look_soon();
  EXPECT_TRUE(passed_.due(now_, 7));
}

}  // namespace
}  // namespace muster::pipeline
