// What notifications do: taken by any thread, believed as far as they may be.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "model/limits.h"
#include "tests/registrar/school.h"

namespace muster::registrar {
namespace {

using std::chrono::minutes;

class HearingTest : public School {
 protected:
  HearingTest() {
    settings_.notification_url = "https://muster.example/hooks/books";
    settings_.poll_every = std::chrono::hours(10);
    settings_.config_every = std::chrono::hours(10);
    books_.notify = [](std::string_view, const std::string&) {};
    open();
    install();
  }
  std::uint16_t deliver(const std::string& body) {
    return registrar_->deliver("Bearer " + books_.notification_token, body);
  }
  std::string associated(UserNumber user, const std::string& id, const std::string& hash) const {
    return R"({"notificationType":"USER_ASSOCIATED","notificationId":")" + id +
           R"(","notification":{"associatedUsers":[{"clientUserId":")" +
           books_.active(email_of(user))->id + R"(","status":"Associated","idHash":")" + hash +
           R"("}]}})";
  }
};

TEST_F(HearingTest, AssociatesWhomANotificationNames) {
  want(1, 3);
  run();
  const auto next = registrar_->next();
  EXPECT_GT(next, clock_.now());
  EXPECT_EQ(deliver(associated(2, "n1", "hash")), 200);
  EXPECT_TRUE(registrar_->wanted());
  EXPECT_LE(registrar_->next(), clock_.now());
  registrar_->turn();
  EXPECT_FALSE(registrar_->wanted());
  EXPECT_EQ(at(2).standing, Standing::associated);
  EXPECT_EQ(at(1).standing, Standing::registered);
  EXPECT_THAT(registrar_->take_associated(), ::testing::ElementsAre(2U));
  EXPECT_EQ(registrar_->next(), next);
}

TEST_F(HearingTest, TakesANotificationOnceAlsoAfterOpeningAnew) {
  run();
  const std::string said = R"({"notificationType":"USER_MANAGEMENT","notificationId":"n1",
      "notification":{"eventId":"lost","result":"SUCCESS","type":"CREATE"}})";
  EXPECT_EQ(deliver(said), 200);
  run();
  const auto asked = books_.asked("GET /v2/users");
  EXPECT_EQ(deliver(said), 200);
  run();
  open();
  EXPECT_EQ(deliver(said), 200);
  run();
  EXPECT_FALSE(registrar_->wanted());
  EXPECT_EQ(books_.asked("GET /v2/users"), asked);
}

TEST_F(HearingTest, LetsInOnlyWhoShowsTheToken) {
  want(1, 2);
  run();
  const auto said = associated(1, "n1", "hash");
  const std::vector<std::string> wrong{"",
                                       "Bearer",
                                       "Bearer ",
                                       "Bearer wrong",
                                       "Basic " + books_.notification_token,
                                       books_.notification_token,
                                       "Bearer " + books_.notification_token + "x"};
  for (const auto& field : wrong) {
    EXPECT_EQ(registrar_->deliver(field, said), 401) << field;
  }
  EXPECT_EQ(registrar_->deliver("bearer " + books_.notification_token, said), 200);
}

TEST_F(HearingTest, AnswersWhatItCannotReadAndLeavesOutWhatItDoesNotWant) {
  run();
  EXPECT_EQ(deliver(""), 400);
  EXPECT_EQ(deliver("[]"), 400);
  EXPECT_EQ(deliver("{}"), 400);
  EXPECT_EQ(deliver(R"({"notificationType":""})"), 400);
  EXPECT_EQ(deliver(R"({"notificationType":"TEST_NOTIFICATION"})"), 200);
  EXPECT_EQ(deliver(R"({"notificationType":"ASSET_COUNT","notification":[]})"), 200);
  EXPECT_FALSE(registrar_->wanted());
  EXPECT_EQ(deliver(R"({"notificationType":"USER_ASSOCIATED","notification":[1]})"), 200);
  EXPECT_EQ(deliver(R"({"notificationType":"USER_ASSOCIATED",
      "notification":{"associatedUsers":[{"clientUserId":"nobody"}, 1, null]}})"),
            200);
  registrar_->turn();
  EXPECT_EQ(facts().associated, 0U);
}

TEST_F(HearingTest, AsksForTheStatusOfTheBatchThatIsSaidToBeDone) {
  books_.pending_asks = 5;
  want(1, 2);
  for (int i = 0; i < 5; ++i) {
    registrar_->turn();
  }
  ASSERT_EQ(books_.asked("POST /v2/users/create"), 1U);
  const auto asked = books_.asked("GET /v2/status");
  const auto before = clock_.now();
  EXPECT_EQ(deliver(R"({"notificationType":"USER_MANAGEMENT","notificationId":"n1",
      "notification":{"eventId":"event-2","result":"SUCCESS","type":"CREATE"}})"),
            200);
  registrar_->turn();
  EXPECT_EQ(books_.asked("GET /v2/status"), asked + 1);
  EXPECT_EQ(clock_.now(), before);
}

TEST_F(HearingTest, WalksWhereAnEventIsOneItDoesNotKnow) {
  run();
  const auto asked = books_.asked("GET /v2/users");
  EXPECT_EQ(deliver(R"({"notificationType":"USER_MANAGEMENT","notificationId":"n1",
      "notification":{"eventId":"lost","result":"SUCCESS","type":"CREATE"}})"),
            200);
  registrar_->turn();
  EXPECT_EQ(books_.asked("GET /v2/users"), asked + 1);
}

TEST_F(HearingTest, AsksBeforeItBelievesThatSomebodyRemovedHasAccepted) {
  want(1, 2);
  run();
  const auto said = associated(1, "n1", "hash");
  books_.retire(email_of(1));
  EXPECT_EQ(deliver(R"({"notificationType":"USER_MANAGEMENT","notificationId":"n0",
      "notification":{"eventId":"x"}})"),
            200);
  run();
  ASSERT_EQ(at(1).standing, Standing::retired);
  EXPECT_EQ(deliver(said), 200);
  run();
  EXPECT_EQ(at(1).standing, Standing::retired);
}

TEST_F(HearingTest, MakesUpByAWalkForWhatDidNotFit) {
  want(1, 2);
  run();
  for (std::size_t i = 0; i < limits::notifications_waiting_max; ++i) {
    EXPECT_EQ(deliver(R"({"notificationType":"USER_ASSOCIATED","notificationId":")" +
                      std::to_string(i) + R"("})"),
              200);
  }
  const auto said = associated(1, "last", "hash");
  books_.accept(email_of(1), "hash");
  EXPECT_EQ(deliver(said), 200);
  run();
  EXPECT_EQ(at(1).standing, Standing::associated);
}

TEST_F(HearingTest, IsDeliveredByManyThreadsWhileItTurns) {
  constexpr UserNumber users = 60;
  want(0, users);
  run();
  std::vector<std::string> said;
  said.reserve(users);
  for (UserNumber user = 0; user < users; ++user) {
    said.push_back(associated(user, "n" + std::to_string(user), "h" + std::to_string(user)));
  }
  const auto field = "Bearer " + books_.notification_token;
  std::atomic<int> wrong{0};
  std::vector<std::thread> network;
  network.reserve(3);
  for (UserNumber part = 0; part < 3; ++part) {
    network.emplace_back([&, part] {
      for (UserNumber user = part; user < users; user += 3) {
        wrong += registrar_->deliver(field, said[user]) == 200 ? 0 : 1;
        wrong += registrar_->locations().size() == 1 ? 0 : 1;
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    registrar_->turn();
  }
  for (auto& thread : network) {
    thread.join();
  }
  registrar_->turn();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(count(0, users, Standing::associated), users);
}

}  // namespace
}  // namespace muster::registrar
