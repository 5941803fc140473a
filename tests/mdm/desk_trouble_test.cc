#include <gtest/gtest.h>
#include <sys/stat.h>

#include "store/database.h"
#include "tests/mdm/desk_fixture.h"

namespace muster::mdm {
namespace {

class DeskTrouble : public DeskFixture {
 protected:
  // Somebody else writes to control.db for longer than we wait.
  void lock() {
    lock_ = std::make_unique<store::Database>(
        std::move(*store::Database::open(dir_ + "/control.db", store::OpenMode::write, 2, "")));
    ASSERT_TRUE(lock_->begin());
  }
  void unlock() {
    lock_->rollback();
    lock_.reset();
  }
  std::unique_ptr<store::Database> lock_;
};

TEST_F(DeskTrouble, OfTheStoreMakesEverybodyComeAgain) {
  let_wait(enrol("U1"), 1);
  static_cast<void>(desk().take_events());
  lock();
  std::vector<Call> calls{of(Call::Kind::command, idle("U1")),
                          of(Call::Kind::check_in, authenticate("U2")),
                          of(Call::Kind::check_in, "no plist")};
  desk().answer(calls, now_);
  EXPECT_EQ(calls[0].status, 503);
  EXPECT_EQ(calls[0].answer, "");
  EXPECT_EQ(calls[0].content_type, "");
  EXPECT_EQ(calls[1].status, 503);
  EXPECT_EQ(calls[2].status, 400);
  EXPECT_TRUE(events().empty());
  unlock();
  EXPECT_FALSE(say(idle("U1")).answer.empty());
  EXPECT_EQ(row_of(1).handed, 1U);
}

TEST_F(DeskTrouble, OfTheStoreInTheMiddleOfABatchTakesAllOfItBack) {
  const auto first = enrol("U1");
  const auto second = enrol("U2");
  let_wait(first, 1);
  let_wait(second, 2);
  {
    auto database =
        std::move(*store::Database::open(dir_ + "/control.db", store::OpenMode::write, 2, ""));
    ASSERT_TRUE(database.execute("CREATE TRIGGER no BEFORE INSERT ON command WHEN new.device=" +
                                 std::to_string(second) + " BEGIN SELECT RAISE(ABORT,'no'); END"));
  }
  std::vector<Call> calls{of(Call::Kind::command, idle("U1")), of(Call::Kind::command, idle("U2"))};
  desk().answer(calls, now_);
  EXPECT_EQ(calls[0].status, 503);
  EXPECT_EQ(calls[1].status, 503);
  EXPECT_EQ(calls[0].answer, "");
  EXPECT_TRUE(events().empty());
  EXPECT_FALSE(say(idle("U1")).answer.empty());
  EXPECT_EQ(row_of(1).handed, 1U);
}

TEST_F(DeskTrouble, OfTheRosterMakesADeviceCheckInAgain) {
  static_cast<void>(enrol("U1"));
  house_.refuses = true;
  std::vector<Call> calls{of(Call::Kind::check_in, authenticate("U2")),
                          of(Call::Kind::command, report("U1", "Idle", ""))};
  desk().answer(calls, now_);
  EXPECT_EQ(calls[0].status, 503);
  EXPECT_FALSE(enrolment("U2"));
  house_.refuses = false;
  EXPECT_EQ(check_in(authenticate("U2")).status, 200);
}

TEST_F(DeskTrouble, WithWhatWaitsKeepsWhatWasReported) {
  let_wait(enrol("U1"), 1);
  static_cast<void>(say(idle("U1")));
  house_.refuses = true;
  EXPECT_EQ(say(report("U1", "Acknowledged", uuid_of(1))).status, 503);
  EXPECT_EQ(row_of(1).result, 1);
  house_.refuses = false;
  EXPECT_EQ(say(report("U1", "Acknowledged", uuid_of(1))).status, 200);
  EXPECT_EQ(events().size(), 2U);
}

TEST_F(DeskTrouble, OfTheStoreIsSaidToWhoeverHeardOfADevice) {
  static_cast<void>(desk());
  lock();
  const Heard heard{Heard::Kind::check_in, "U1", authenticate("U1")};
  EXPECT_FALSE(desk().hear({&heard, 1}, now_));
  const Handed handed{task_of(1), 5, 10};
  EXPECT_FALSE(desk().handed({&handed, 1}, now_));
  unlock();
  house_.refuses = true;
  EXPECT_FALSE(desk().hear({&heard, 1}, now_));
  EXPECT_TRUE(events().empty());
}

TEST_F(DeskTrouble, OfTheDirectoryIsSaidAtOnce) {
  const auto opened = Desk::open(dir_ + "/nowhere", settings_, house_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().file, dir_ + "/nowhere/control.db");
}

TEST_F(DeskTrouble, IsLoggedWithoutSecrets) {
  const auto device = enrol("U1");
  let_wait(device, 1);
  ::testing::internal::CaptureStderr();
  static_cast<void>(say(idle("U1")));
  house_.wait[device] = {{task_of(1), 5, url_of(1) + "\n"}};
  static_cast<void>(say(idle("U1")));
  lock();
  static_cast<void>(say(idle("U1")));
  unlock();
  const auto logged = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(logged.find("cannot be stored"), std::string::npos) << logged;
  EXPECT_NE(logged.find("no URL"), std::string::npos) << logged;
  EXPECT_EQ(logged.find("secret"), std::string::npos);
  EXPECT_EQ(logged.find("inviteCode"), std::string::npos);
  EXPECT_EQ(logged.find("magic"), std::string::npos);
}

}  // namespace
}  // namespace muster::mdm
