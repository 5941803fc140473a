#include "pipeline/push_pool.h"

#include <gtest/gtest.h>

#include "tests/pipeline/fakes.h"

namespace muster::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeNetwork;
using testing::Sessions;

class PushPoolTest : public ::testing::Test {
 protected:
  PushPoolTest() { clock_.turn(seconds(100)); }
  ~PushPoolTest() override {
    pool_.abandon();
    network_.turn(clock_.now());
    pool_.bury(clock_.now());
  }
  // As a shard's turn does.
  void turn(bool waiting) {
    pool_.open_wanted(clock_.now(), {waiting ? 100'000U : 0U, busy_, 0});
    network_.turn(clock_.now());
    take_answers();
    pool_.bury(clock_.now());
  }
  void take_answers() {
    std::vector<wire::Answer> answers;
    for (auto& connection : pool_.connections()) {
      const auto before = answers.size();
      connection.session->take_answers(answers);
      connection.answered += answers.size() - before;
    }
    if (!answers.empty()) {
      pool_.note_answers(answers.size(), round_trip);
    }
  }
  // Every open connection carries what it may.
  void fill() {
    for (auto* session : sessions_.all) {
      while (session != nullptr && session->room() != 0) {
        session->submit(next_slot_++, Job{}, Content{}, clock_.now());
      }
    }
  }
  // A peer that answers everything after one round trip; work waits all the time.
  void work(Duration most) {
    for (const auto until = clock_.now() + most; clock_.now() < until;) {
      turn(true);
      fill();
      clock_.turn(round_trip);
      accept_all();
      turn(true);
      fill();
    }
  }
  void accept_all() {
    for (auto* session : sessions_.all) {
      if (session != nullptr) {
        session->accept_all();
      }
    }
  }
  std::size_t opened() const { return network_.opened_at.size(); }

  FakeClock clock_;
  FakeNetwork network_{clock_};
  Sessions sessions_;
  PushPool pool_{testing::pool_settings(sessions_, 8), network_, 0, 1};
  static constexpr Duration round_trip = milliseconds(20);
  double busy_ = 0;
  Slot next_slot_ = 0;
};

TEST_F(PushPoolTest, OpensNothingWithoutWork) {
  turn(false);
  EXPECT_EQ(opened(), 0U);
}

TEST_F(PushPoolTest, OpensItsFirstConnectionWhenWorkWaits) {
  turn(true);
  EXPECT_EQ(opened(), 1U);
  EXPECT_EQ(pool_.room(), 100U);
}

TEST_F(PushPoolTest, DoublesWhileEveryConnectionIsFullUpToItsMost) {
  work(seconds(2));
  ASSERT_EQ(opened(), 8U) << "connections_max";
  EXPECT_EQ(pool_.bound(), Bound::streams);
  const auto& at = network_.opened_at;
  EXPECT_GE(at[1] - at[0], milliseconds(100));
  EXPECT_EQ(at[3], at[2]) << "two at once, where there were two";
  EXPECT_GE(at[2] - at[1], milliseconds(100));
  EXPECT_EQ(at[7], at[4]);
  EXPECT_GE(at[4] - at[3], milliseconds(100));
}

TEST_F(PushPoolTest, GrowsAlsoWhereAnswersAreTakenBeforeAnybodyLooks) {
  for (const auto until = clock_.now() + seconds(2); clock_.now() < until;) {
    turn(true);  // looks while there is room
    fill();
    pool_.note_drawn(100'000);
    clock_.turn(round_trip);
    accept_all();
    take_answers();
  }
  EXPECT_EQ(opened(), 8U);
  EXPECT_EQ(pool_.bound(), Bound::streams);
}

TEST_F(PushPoolTest, DoesNotGrowWhereTheThreadIsBusy) {
  busy_ = 0.9;
  work(seconds(2));
  EXPECT_EQ(opened(), 1U);
  EXPECT_EQ(pool_.bound(), Bound::cpu);
}

TEST_F(PushPoolTest, DoesNotGrowWhereAnswersQueueAtThePeer) {
  pool_.note_answers(0, milliseconds(1));
  work(seconds(2));
  EXPECT_EQ(opened(), 1U);
  EXPECT_EQ(pool_.bound(), Bound::peer);
}

TEST_F(PushPoolTest, DoesNotGrowWhileThereIsRoom) {
  for (int i = 0; i < 20; ++i) {
    turn(true);
    clock_.turn(milliseconds(100));
  }
  EXPECT_EQ(opened(), 1U);
}

TEST_F(PushPoolTest, ReplacesAtOnceAConnectionThatTakesItsLeave) {
  turn(true);
  sessions_.all[0]->go_away();
  pool_.open_wanted(clock_.now(), {1});
  EXPECT_EQ(opened(), 2U);
}

TEST_F(PushPoolTest, ReplacesAtOnceAConnectionThatDiedAfterItHadWorked) {
  turn(true);
  pool_.connections()[0].answered = 7;
  network_.cut = true;
  turn(true);
  turn(true);
  EXPECT_EQ(opened(), 2U);
}

TEST_F(PushPoolTest, TriesAgainNeverMoreThanOnceASecondAndBacksOff) {
  turn(true);
  pool_.connections()[0].answered = 1;  // it got through once: patience
  network_.cut = true;
  turn(true);
  network_.failure = ErrorCode::connect_refused;
  const auto before = opened();
  for (int i = 0; i < 12'000; ++i) {
    turn(true);
    clock_.turn(milliseconds(5));
  }
  ASSERT_GE(opened(), before + 4);
  EXPECT_LE(opened(), before + 8) << "in a minute: 1 + 2 + 4 + 8 + 16 + 32 s";
  for (auto i = before + 1; i < opened(); ++i) {
    EXPECT_GE(network_.opened_at[i] - network_.opened_at[i - 1], seconds(1));
  }
}

TEST_F(PushPoolTest, GivesUpAfterThreeFailuresWhereNothingEverWentThrough) {
  network_.failure = ErrorCode::connect_refused;
  for (int i = 0; i < 10'000; ++i) {
    turn(true);
    clock_.turn(milliseconds(10));
  }
  EXPECT_EQ(opened(), 3U);
  EXPECT_FALSE(pool_.refusal().credential);
  EXPECT_TRUE(pool_.refusal().words.starts_with("peer:443: ")) << pool_.refusal().words;
}

TEST_F(PushPoolTest, GivesUpAtOnceWhereTryingAgainWillNotMend) {
  network_.failure = ErrorCode::tls_certificate_untrusted;
  turn(true);
  EXPECT_FALSE(pool_.refusal().words.empty());
  clock_.turn(seconds(100));
  turn(true);
  EXPECT_EQ(opened(), 1U);
}

TEST_F(PushPoolTest, GivesUpWhereThePeerRefusesTheCredential) {
  turn(true);
  sessions_.all[0]->state.refusal = Reason::bad_certificate;
  turn(true);
  EXPECT_TRUE(pool_.refusal().credential);
  EXPECT_TRUE(pool_.refusal().words.starts_with("BadCertificate")) << pool_.refusal().words;
  EXPECT_EQ(pool_.room(), 0U);
}

TEST_F(PushPoolTest, GoesOnAfterAGoawayForAReasonThatIsNotTheCredentials) {
  turn(true);
  sessions_.all[0]->state.refusal = Reason::idle_timeout;
  turn(true);
  EXPECT_TRUE(pool_.refusal().words.empty());
}

TEST_F(PushPoolTest, RenewsTheCredentialOnAnotherConnection) {
  int renewed = 0;
  auto settings = testing::pool_settings(sessions_);
  settings.renew_credential = [&] { ++renewed; };
  PushPool pool(settings, network_, 0, 1);
  pool.open_wanted(clock_.now(), {1});
  network_.turn(clock_.now());
  pool.renew_credential();
  pool.retire(pool.connections()[0], clock_.now());
  EXPECT_EQ(renewed, 1);
  EXPECT_EQ(pool.room(), 0U);
  pool.open_wanted(clock_.now(), {1});
  EXPECT_EQ(opened(), 2U);
  pool.abandon();
  network_.turn(clock_.now());
  pool.bury(clock_.now());
}

TEST_F(PushPoolTest, OpensNothingAfterDrain) {
  pool_.drain(clock_.now());
  turn(true);
  EXPECT_EQ(opened(), 0U);
}

}  // namespace
}  // namespace muster::pipeline
