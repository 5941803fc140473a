// Whom a task means counts as invited, also where that could not be written at once.
#include <gmock/gmock.h>

#include "ledger/ledger.h"
#include "model/id.h"
#include "store/database.h"
#include "tests/service/house.h"

namespace muster {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

class ServiceBooking : public House {
 protected:
  [[nodiscard]] std::uint32_t to_invite(Dispatcher& dispatcher) const {
    const auto preview = dispatcher.preview(group("all"));
    EXPECT_TRUE(preview);
    return preview ? static_cast<std::uint32_t>(preview->invitations) : 0;
  }
};

TEST_F(ServiceBooking, PausesTheTaskWhereTheRosterCannotBeWrittenAndBooksAtTheNextOpening) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  auto dispatcher = open_school();
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview);
  {
    auto other =
        store::Database::open(settings.data_dir + "/roster.db", store::OpenMode::write, 5, "");
    ASSERT_TRUE(other);
    ASSERT_TRUE(other->begin());
    const auto sent = dispatcher->send(*preview);
    ASSERT_FALSE(sent);
    EXPECT_THAT(sent.failure().line, HasSubstr("the task is recorded but paused"));
    other->rollback();
  }
  const auto tasks = dispatcher->tasks();
  ASSERT_TRUE(tasks);
  ASSERT_EQ(tasks->size(), 1U);
  ASSERT_TRUE(dispatcher->wait(tasks->front().id, seconds(60)));
  const auto task = dispatcher->task(tasks->front().id);
  ASSERT_TRUE(task);
  EXPECT_EQ(task->state, TaskState::paused);
  EXPECT_THAT(task->state_reason, HasSubstr("resume it later"));

  dispatcher.reset();
  EXPECT_EQ(to_invite(*open()), 0U);
}

TEST_F(ServiceBooking, GivesBackAtTheNextOpeningWhomACancelledSendDidNotReach) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  auto dispatcher = open_school();
  const auto task = dispatcher->send(*dispatcher->preview(group("all")));
  ASSERT_TRUE(task) << task.failure().line;
  EXPECT_EQ(to_invite(*dispatcher), 0U);
  {
    // The process ends before its keeper could write.
    auto other =
        store::Database::open(settings.data_dir + "/roster.db", store::OpenMode::write, 5, "");
    ASSERT_TRUE(other);
    ASSERT_TRUE(other->begin());
    ASSERT_TRUE(dispatcher->cancel(*task));
    dispatcher.reset();
    other->rollback();
  }
  EXPECT_EQ(to_invite(*open(Access::read)), 0U);
  EXPECT_EQ(to_invite(*open()), 2U);
  EXPECT_EQ(to_invite(*open(Access::read)), 2U);
}

TEST_F(ServiceBooking, LeavesThoseInvitedWhomANewerTaskMeans) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  auto dispatcher = open_school();
  const auto first = dispatcher->send(*dispatcher->preview(group("all")));
  ASSERT_TRUE(first);
  ASSERT_TRUE(dispatcher->cancel(*first));
  dispatcher.reset();
  dispatcher = open();
  const auto second = dispatcher->send(*dispatcher->preview(user("bob")));
  ASSERT_TRUE(second) << second.failure().line;
  dispatcher.reset();
  {
    // As if nobody had come to give back what the first one did not reach.
    auto ledger = ledger::Ledger::open(settings.data_dir);
    ASSERT_TRUE(ledger);
    TaskId id;
    id.bytes = read_uuid(*first).value_or(id.bytes);
    ASSERT_TRUE((*ledger)->record_invited(id, ledger::Invited::added));
  }
  EXPECT_EQ(to_invite(*open()), 1U) << "ann; bob is meant by the second";
}

}  // namespace
}  // namespace muster
