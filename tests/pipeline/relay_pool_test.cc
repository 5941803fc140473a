#include "pipeline/relay_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pipeline/fakes.h"

namespace muster::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeNetwork;
using testing::Sessions;

// To a mail server: a connection carries two letters.
class RelayPoolTest : public ::testing::Test {
 protected:
  RelayPoolTest() {
    clock_.turn(seconds(100));
    sessions_.streams = 2;
  }
  ~RelayPoolTest() override {
    mail_.abandon();
    network_.turn(clock_.now());
    mail_.bury(clock_.now());
  }
  void turn(std::uint64_t waiting) {
    mail_.open_wanted(clock_.now(), {waiting, 0, 0});
    network_.turn(clock_.now());
    for (auto& connection : mail_.connections()) {
      std::vector<wire::Answer> answers;
      connection.session->take_answers(answers);
      connection.answered += answers.size();
    }
    mail_.bury(clock_.now());
  }
  // Each connection sends a letter and is closed by the server.
  void answer_one_each() {
    for (auto& connection : mail_.connections()) {
      connection.used = true;
      auto& session = dynamic_cast<testing::FakeSession&>(*connection.session);
      if (session.room() != 0) {
        session.submit(next_slot_, Job{}, Content{}, clock_.now());
        session.answer(next_slot_++, 250);
        session.go_away();
      }
    }
  }

  [[nodiscard]] std::size_t opened() const { return network_.opened_at.size(); }

  FakeClock clock_;
  FakeNetwork network_{clock_};
  Sessions sessions_;
  Slot next_slot_ = 0;
  RelayPool mail_{testing::pool_settings(sessions_, 4), network_, 0, 1};
};

TEST_F(RelayPoolTest, OpensNoMoreConnectionsThanLettersWant) {
  turn(2);
  turn(2);
  clock_.turn(milliseconds(150));
  turn(2);
  EXPECT_EQ(sessions_.alive(), 1U);
}

TEST_F(RelayPoolTest, GrowsToAllConnectionsWhileLettersWait) {
  for (int i = 0; i < 6; ++i) {
    turn(100);
    turn(100);
    clock_.turn(milliseconds(100));
  }
  EXPECT_EQ(sessions_.alive(), 4U);
}

TEST_F(RelayPoolTest, GoesOnAtOnceWhereAServerTakesOneLetterAConnection) {
  for (int i = 0; i < 200; ++i) {
    turn(1000);
    answer_one_each();
    clock_.turn(milliseconds(5));
  }
  EXPECT_GT(next_slot_, 250U) << "in a second";
  EXPECT_TRUE(mail_.refusal().words.empty());
}

TEST_F(RelayPoolTest, TakesLeaveOfIdleConnectionsForNoFailure) {
  for (int i = 0; i < 40; ++i) {
    turn(100);
    turn(100);
    for (auto* session : sessions_.all) {
      if (session != nullptr) {
        session->go_away();  // nothing to say for too long
      }
    }
    turn(0);
    turn(0);
  }
  EXPECT_GE(opened(), 40U) << "each time at once";
  EXPECT_TRUE(mail_.refusal().words.empty());
}

TEST_F(RelayPoolTest, BelievesAServerThatTakesNoFurtherConnection) {
  turn(100);
  turn(100);
  auto& first = mail_.connections().front();
  first.used = true;
  first.answered = 1;
  clock_.turn(milliseconds(150));
  network_.failure = ErrorCode::connection_closed;
  turn(100);
  network_.failure = ErrorCode::none;
  const auto then = opened();
  clock_.turn(seconds(4));
  turn(100);
  EXPECT_EQ(opened(), then) << "one is what it takes";
  clock_.turn(seconds(2));
  turn(100);
  EXPECT_GT(opened(), then);
}

TEST_F(RelayPoolTest, GoesOnInClearAtOnceWhereTlsFailsAndIsOnlyWelcome) {
  std::vector<bool> in_clear;
  auto settings = testing::pool_settings(sessions_, 4);
  settings.open_session = [&](const SessionWishes& wishes) {
    in_clear.push_back(wishes.in_clear);
    auto session = std::make_unique<testing::FakeSession>(sessions_);
    session->state.refusal = wishes.in_clear ? Reason::none : Reason::tls_failed;
    return session;
  };
  RelayPool pool(settings, network_, 0, 1);
  const auto turn = [&] {
    pool.open_wanted(clock_.now(), {1, 0, 0});
    network_.turn(clock_.now());
    pool.bury(clock_.now());
  };
  network_.failure = ErrorCode::tls_protocol;
  turn();
  network_.failure = ErrorCode::none;
  turn();
  EXPECT_THAT(in_clear, ::testing::ElementsAre(false, true)) << "no back-off";
  EXPECT_TRUE(pool.refusal().words.empty());
  pool.abandon();
  network_.turn(clock_.now());
  pool.bury(clock_.now());
  clock_.turn(std::chrono::hours(25));
  turn();
  EXPECT_THAT(in_clear, ::testing::ElementsAre(false, true, false)) << "it may be mended";
  pool.abandon();
  network_.turn(clock_.now());
  pool.bury(clock_.now());
}

TEST_F(RelayPoolTest, SaysInWordsThatTheRelayCannotBeReached) {
  network_.failure = ErrorCode::connect_refused;
  for (int i = 0; i < 4; ++i) {
    turn(1);
    turn(1);
    clock_.turn(seconds(10));
  }
  EXPECT_EQ(mail_.refusal().words.find("relay peer:443: "), 0U) << mail_.refusal().words;
  const auto then = opened();
  turn(1);
  EXPECT_EQ(opened(), then);
  network_.failure = ErrorCode::none;
  mail_.forgive(clock_.now());
  turn(1);
  EXPECT_EQ(opened(), then + 1);
}

TEST_F(RelayPoolTest, SaysInTheServersWordsWhyTheLoginIsRefused) {
  turn(1);
  auto& state = sessions_.all.at(0)->state;
  state.refusal = Reason::login_refused;
  state.said = "535 5.7.8 authentication failed";
  turn(1);
  EXPECT_EQ(mail_.refusal().words,
            "relay peer: 535 5.7.8 authentication failed: the relay refuses the login: check "
            "mail.relay.user and its password_file");
}

}  // namespace
}  // namespace muster::pipeline
