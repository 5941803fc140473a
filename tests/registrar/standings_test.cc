#include "registrar/standings.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "model/limits.h"

namespace muster::registrar {
namespace {

constexpr UserNumber last_user = 0xFFFFFFFFU;

TEST(Standings, KnowNobodyAtFirst) {
  const Standings standings;
  EXPECT_EQ(standings.at(0), Standings::Seen{});
  EXPECT_EQ(standings.at(last_user), Standings::Seen{});
  EXPECT_EQ(standings.changes(), 0U);
}

TEST(Standings, GiveBackWhatWasSetAndNothingElse) {
  Standings standings;
  const Standings::Seen refused{Standing::refused, Reason::account_refused};
  standings.set(70'000, refused);
  standings.set(last_user, {Standing::associated, Reason::none});
  EXPECT_EQ(standings.at(70'000), refused);
  EXPECT_EQ(standings.at(69'999), Standings::Seen{});
  EXPECT_EQ(standings.at(70'001), Standings::Seen{});
  EXPECT_EQ(standings.at(last_user).standing, Standing::associated);
}

TEST(Standings, AreStoppedAndGoOnByLocation) {
  Standings standings;
  standings.set(1, {Standing::waiting, Reason::none}, 7);
  standings.set(2, {Standing::waiting, Reason::none}, limits::locations_max);
  standings.set(3, {Standing::registered, Reason::none}, 7);
  const auto changes = standings.changes();
  standings.stop(7, Reason::content_token_expired);
  EXPECT_EQ(standings.changes(), changes + 1);
  EXPECT_EQ(standings.at(1), (Standings::Seen{Standing::stopped, Reason::content_token_expired}));
  EXPECT_EQ(standings.at(2).standing, Standing::waiting);
  EXPECT_EQ(standings.at(3).standing, Standing::registered);
  standings.stop(7, Reason::content_token_expired);
  EXPECT_EQ(standings.changes(), changes + 1) << "nothing changed";
  standings.stop(7, Reason::none);
  EXPECT_EQ(standings.changes(), changes + 2);
  EXPECT_EQ(standings.at(1), (Standings::Seen{Standing::waiting, Reason::none}));
}

TEST(Standings, ReconsiderOnlyWhoWasRefused) {
  Standings standings;
  standings.reconsider(last_user);
  EXPECT_EQ(standings.at(last_user), Standings::Seen{});
  standings.set(1, {Standing::refused, Reason::account_refused});
  standings.set(2, {Standing::associated, Reason::none});
  standings.reconsider(1);
  standings.reconsider(2);
  EXPECT_EQ(standings.at(1), (Standings::Seen{Standing::waiting, Reason::none}));
  EXPECT_EQ(standings.at(2).standing, Standing::associated);
}

TEST(Standings, CountAChangeOnlyWhereThereIsOne) {
  Standings standings;
  standings.set(1, {Standing::waiting, Reason::none});
  standings.set(1, {Standing::waiting, Reason::none});
  EXPECT_EQ(standings.changes(), 1U);
  standings.set(1, {Standing::registered, Reason::none});
  EXPECT_EQ(standings.changes(), 2U);
  standings.set(2, {Standing::unknown, Reason::none});
  EXPECT_EQ(standings.changes(), 2U);
}

// Whoever sees the count of a change sees the change, also in a chunk that is made meanwhile; and
// the two halves of a word belong together.
TEST(Standings, ShowEveryReaderWhatWasSetBeforeTheChangeThatItSaw) {
  constexpr UserNumber users = 400'000;
  Standings standings;
  std::vector<std::thread> readers;
  readers.reserve(3);
  std::atomic<std::uint64_t> wrong{0};
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      for (std::uint64_t seen = 0; seen < users;) {
        seen = standings.changes();
        if (seen == 0) {
          continue;
        }
        const auto latest = standings.at(static_cast<UserNumber>(seen - 1));
        const bool whole = latest == Standings::Seen{Standing::refused, Reason::account_refused};
        wrong += whole ? 0 : 1;
        const auto ahead = standings.at(static_cast<UserNumber>(seen % users));
        const bool possible = ahead == Standings::Seen{} ||
                              ahead == Standings::Seen{Standing::refused, Reason::account_refused};
        wrong += possible ? 0 : 1;
      }
    });
  }
  for (UserNumber user = 0; user < users; ++user) {
    standings.set(user, {Standing::refused, Reason::account_refused});
  }
  for (auto& reader : readers) {
    reader.join();
  }
  EXPECT_EQ(wrong.load(), 0U);
}

}  // namespace
}  // namespace muster::registrar
