// A task's life where nobody listens: paused with a reason, resumed, cancelled, retried, and what
// is refused on the way. Delivery itself is tested end to end (tests/e2e).
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "base/time.h"
#include "tests/service/house.h"

namespace muster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr milliseconds at_most = seconds(60);

class ServiceTask : public House, public testing::WithParamInterface<const char*> {
 protected:
  ServiceTask() { settings.reactor.kind = GetParam(); }

  std::string send(Dispatcher& dispatcher, const std::string& to = "all") {
    const auto preview = dispatcher.preview(group(to));
    EXPECT_TRUE(preview);
    const auto task = dispatcher.send(*preview);
    EXPECT_TRUE(task) << task.failure().line;
    return task ? *task : "";
  }
  static Task look(Dispatcher& dispatcher, const std::string& id) {
    const auto task = dispatcher.task(id);
    EXPECT_TRUE(task) << task.failure().line;
    return task ? *task : Task{};
  }
};
INSTANTIATE_TEST_SUITE_P(On, ServiceTask, testing::Values("io_uring", "epoll"),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(ServiceTask, PausesWhereNobodyListensAndSaysWhere) {
  const DeafPeer peer(DeafPeer::Kind::closed);
  settings.apns.port = peer.port();
  const auto dispatcher = open_school();
  EXPECT_EQ(dispatcher->reactor(), "");
  const auto id = send(*dispatcher);
  EXPECT_EQ(dispatcher->reactor(), GetParam());
  ASSERT_TRUE(dispatcher->wait(id, at_most));

  const auto progress = dispatcher->progress(id);
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->state, TaskState::paused);
  EXPECT_THAT(progress->state_reason, HasSubstr(":" + std::to_string(peer.port())));
  EXPECT_EQ(progress->total, 2U);
  EXPECT_EQ(progress->done, 0U);
  EXPECT_EQ(progress->in_flight, 0U);
  const auto task = look(*dispatcher, id.substr(0, 8));
  EXPECT_EQ(task.id, id);
  EXPECT_EQ(task.state, TaskState::paused);
  EXPECT_EQ(task.state_reason, progress->state_reason);
  EXPECT_EQ(task.queued, 2U);
  EXPECT_EQ(task.selector.group, "all");
  EXPECT_EQ(task.target_name, "All of the school");
  EXPECT_TRUE(task.active());
  EXPECT_TRUE(task.ended_at.empty());

  // Invited is whom a task means, from the moment it exists.
  const auto again = dispatcher->preview(group("all"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->invitations, 0U);
}

TEST_P(ServiceTask, IsShownByAReaderAndByTheNextProcess) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  auto dispatcher = open_school();
  const auto id = send(*dispatcher);
  const auto reader = open(Access::read);
  EXPECT_EQ(look(*reader, id).state, TaskState::running);
  dispatcher->drain();
  ASSERT_TRUE(dispatcher->wait(id, at_most));
  const auto drained = dispatcher->progress(id);
  ASSERT_TRUE(drained);
  EXPECT_EQ(drained->state, TaskState::interrupted);
  dispatcher.reset();
  EXPECT_EQ(look(*reader, id).state, TaskState::interrupted);

  const auto next = open();
  EXPECT_EQ(look(*next, id).state, TaskState::interrupted);
  const auto still = next->progress(id);
  ASSERT_TRUE(still);
  EXPECT_EQ(still->state, TaskState::interrupted);
  EXPECT_EQ(still->total, 2U);
  const auto resumed = next->resume();
  ASSERT_TRUE(resumed) << resumed.failure().line;
  EXPECT_THAT(*resumed, testing::ElementsAre(id));
  EXPECT_EQ(look(*next, id).state, TaskState::running);
  const auto listed = next->tasks();
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ((*listed)[0].state, TaskState::running);
}

TEST_P(ServiceTask, SaysThatThePeerHoldsItBackWhereNobodyAnswers) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  const auto dispatcher = open_school();
  const auto id = send(*dispatcher);
  std::string bound_by;
  for (int i = 0; i < 500 && bound_by.empty(); ++i) {
    (void)dispatcher->wait(id, std::chrono::milliseconds(10));  // it never ends: lets time pass
    bound_by = look(*dispatcher, id).bound_by;
  }
  EXPECT_EQ(bound_by, "peer");
}

TEST_P(ServiceTask, PagesItsInvitationsInOrderAndByState) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  const auto dispatcher = open_school();
  const auto id = send(*dispatcher);
  const auto first = dispatcher->invitations(id, 0, 1);
  ASSERT_TRUE(first) << first.failure().line;
  ASSERT_EQ(first->rows.size(), 1U);
  EXPECT_EQ(first->rows[0].number, 0U);
  EXPECT_EQ(first->rows[0].user_id, "ann");
  EXPECT_EQ(first->rows[0].device_id, "d1");
  EXPECT_EQ(first->rows[0].device_name, "Device of ann");
  EXPECT_EQ(first->rows[0].state, "queued");
  EXPECT_EQ(first->rows[0].channel, "push");
  EXPECT_EQ(first->rows[0].apns_id.size(), 36U);
  EXPECT_EQ(first->next, 1U);
  const auto second = dispatcher->invitations(id, first->next, 10);
  ASSERT_TRUE(second);
  ASSERT_EQ(second->rows.size(), 1U);
  EXPECT_EQ(second->rows[0].user_id, "bob");
  EXPECT_NE(second->rows[0].apns_id, first->rows[0].apns_id);
  const auto end = dispatcher->invitations(id, second->next, 10);
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->rows.empty());
  const auto none = dispatcher->invitations(id, 0, 0, "sent");
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->rows.empty());
  const auto queued = dispatcher->invitations(id, 0, 4096, "queued");
  ASSERT_TRUE(queued);
  EXPECT_EQ(queued->rows.size(), 2U);
  EXPECT_THAT(refusal(dispatcher->invitations(id, 0, 10, "blue"), FailureKind::usage),
              HasSubstr("'blue'"));
}

TEST_P(ServiceTask, FindsInvitationsByNamesAndIds) {
  const DeafPeer peer(DeafPeer::Kind::closed);
  settings.apns.port = peer.port();
  const auto dispatcher = open_school();
  const auto id = send(*dispatcher);
  ASSERT_TRUE(dispatcher->wait(id, at_most));
  const auto found = [&](const std::string& search, const std::string& state = "") {
    const auto page = dispatcher->invitations(id, InvitationQuery{0, 10, state, search});
    EXPECT_TRUE(page) << page.failure().line;
    std::string users;
    for (const auto& row : page->rows) {
      users += row.user_id + " ";
    }
    EXPECT_FALSE(page->more);
    return users;
  };
  EXPECT_EQ(found("ann lee"), "ann ");
  EXPECT_EQ(found("DEVICE OF"), "ann bob ");
  EXPECT_EQ(found("d2"), "bob ");
  EXPECT_EQ(found("bob", "sent"), "");
  EXPECT_EQ(found("nobody"), "");
  const auto first = dispatcher->invitations(id, InvitationQuery{0, 1, "", "device"});
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->more);
  EXPECT_EQ(first->rows.size(), 1U);
  const auto rest = dispatcher->invitations(id, InvitationQuery{first->next, 1, "", "device"});
  ASSERT_TRUE(rest);
  ASSERT_EQ(rest->rows.size(), 1U);
  EXPECT_EQ(rest->rows[0].user_id, "bob");
}

TEST_P(ServiceTask, OneKeySendsOnce) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  auto dispatcher = open_school();
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview);
  SendOptions options;
  options.by = "ann";
  options.key = "first";
  const auto task = dispatcher->send(*preview, options);
  ASSERT_TRUE(task) << task.failure().line;
  EXPECT_EQ(look(*dispatcher, *task).by, "ann");
  // Also by another process, and although everybody is invited by now.
  dispatcher.reset();
  dispatcher = open();
  const auto again = dispatcher->send(*preview, options);
  ASSERT_TRUE(again) << again.failure().line;
  EXPECT_EQ(*again, *task);
  const auto other = dispatcher->preview(group("apps"));
  ASSERT_TRUE(other);
  EXPECT_THAT(refusal(dispatcher->send(*other, options), FailureKind::refused),
              HasSubstr("Idempotency-Key"));
  options.key = std::string(1000, 'k');
  EXPECT_THAT(refusal(dispatcher->send(*other, options), FailureKind::usage), HasSubstr("256"));
}

TEST_P(ServiceTask, BeginsAtItsTimeAndNotBefore) {
  const DeafPeer peer(DeafPeer::Kind::closed);
  settings.apns.port = peer.port();
  auto dispatcher = open_school();
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview);
  SendOptions options;
  options.start_at = SystemClock().wall().seconds() + 3600;
  const auto task = dispatcher->send(*preview, options);
  ASSERT_TRUE(task) << task.failure().line;
  const auto waiting = look(*dispatcher, *task);
  EXPECT_EQ(waiting.state, TaskState::paused);
  EXPECT_EQ(waiting.starts_at, to_text(WallTime{options.start_at * 1000}));
  EXPECT_EQ(waiting.queued, 2U);
  // Nor with the interrupted ones; by name it begins at once.
  const auto none = dispatcher->resume();
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
  ASSERT_TRUE(dispatcher->resume(*task));
  ASSERT_TRUE(dispatcher->wait(*task, at_most));
  const auto begun = look(*dispatcher, *task);
  EXPECT_THAT(begun.state_reason, HasSubstr(std::to_string(peer.port())));
  EXPECT_EQ(begun.starts_at, "");
}

TEST_P(ServiceTask, BeginsInTheProcessThatIsThereAtItsTime) {
  const DeafPeer peer(DeafPeer::Kind::closed);
  settings.apns.port = peer.port();
  settings.server.listen = "127.0.0.1:0";
  auto dispatcher = open_school();
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview);
  SendOptions options;
  options.start_at = SystemClock().wall().seconds() + 2;
  const auto task = dispatcher->send(*preview, options);
  ASSERT_TRUE(task) << task.failure().line;
  dispatcher.reset();
  dispatcher = open();
  ASSERT_TRUE(dispatcher->listen());
  const auto deadline = SystemClock().now() + at_most;
  const auto reached = std::to_string(peer.port());
  while (look(*dispatcher, *task).state_reason.find(reached) == std::string::npos) {
    ASSERT_LT(SystemClock().now(), deadline);
    std::this_thread::yield();
  }
}

TEST_P(ServiceTask, IsPausedResumedAndCancelled) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  const auto dispatcher = open_school();
  const auto id = send(*dispatcher);
  EXPECT_FALSE(dispatcher->wait(id, milliseconds(0)));

  ASSERT_TRUE(dispatcher->pause(id));
  EXPECT_EQ(look(*dispatcher, id).state, TaskState::paused);
  EXPECT_THAT(look(*dispatcher, id).state_reason, HasSubstr("by a person"));
  EXPECT_TRUE(dispatcher->wait(id, at_most));
  ASSERT_TRUE(dispatcher->pause(id));  // paused already: nothing changes
  EXPECT_EQ(look(*dispatcher, id).state, TaskState::paused);

  const auto resumed = dispatcher->resume(id);
  ASSERT_TRUE(resumed) << resumed.failure().line;
  EXPECT_THAT(*resumed, testing::ElementsAre(id));
  EXPECT_EQ(look(*dispatcher, id).state, TaskState::running);
  EXPECT_FALSE(dispatcher->wait(id, milliseconds(0)));
  ASSERT_TRUE(dispatcher->resume(id));  // runs already: nothing changes
  EXPECT_EQ(look(*dispatcher, id).state, TaskState::running);

  ASSERT_TRUE(dispatcher->cancel(id));
  const auto cancelled = look(*dispatcher, id);
  EXPECT_EQ(cancelled.state, TaskState::cancelled);
  EXPECT_FALSE(cancelled.ended_at.empty());
  const auto rows = dispatcher->invitations(id, 0, 10, "cancelled");
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->rows.size(), 2U);
  EXPECT_THAT(refusal(dispatcher->cancel(id), FailureKind::refused), HasSubstr("ended"));
  EXPECT_THAT(refusal(dispatcher->pause(id), FailureKind::refused), HasSubstr("ended"));
  EXPECT_THAT(refusal(dispatcher->resume(id), FailureKind::refused), HasSubstr("ended"));
  EXPECT_THAT(refusal(dispatcher->retry(id), FailureKind::refused), HasSubstr("cancelled"));
}

TEST_P(ServiceTask, IsGoneOnWithByTheNextProcessUnlessAPersonPausedIt) {
  const DeafPeer peer(DeafPeer::Kind::closed);
  settings.apns.port = peer.port();
  auto dispatcher = open_school();
  const auto id = send(*dispatcher);
  ASSERT_TRUE(dispatcher->wait(id, at_most));
  ASSERT_EQ(look(*dispatcher, id).state, TaskState::paused) << "nobody listens";
  dispatcher.reset();

  dispatcher = open();
  auto resumed = dispatcher->resume();
  ASSERT_TRUE(resumed) << resumed.failure().line;
  EXPECT_THAT(*resumed, testing::ElementsAre(id));
  ASSERT_TRUE(dispatcher->wait(id, at_most));
  ASSERT_TRUE(dispatcher->pause(id));
  EXPECT_THAT(look(*dispatcher, id).state_reason, HasSubstr("by a person"));
  resumed = dispatcher->resume();
  ASSERT_TRUE(resumed);
  EXPECT_THAT(*resumed, testing::IsEmpty());
  dispatcher.reset();

  dispatcher = open();
  resumed = dispatcher->resume();
  ASSERT_TRUE(resumed);
  EXPECT_THAT(*resumed, testing::IsEmpty());
  EXPECT_EQ(look(*dispatcher, id).state, TaskState::paused);
  resumed = dispatcher->resume(id);
  ASSERT_TRUE(resumed);
  EXPECT_THAT(*resumed, testing::ElementsAre(id));
}

TEST_P(ServiceTask, IsCancelledAlthoughAnotherOneHasItsPlaceByNow) {
  const DeafPeer closed(DeafPeer::Kind::closed);
  settings.apns.port = closed.port();
  settings.apns.credentials.push_back(credential(app_topic));
  settings.invitations = {{"en", "Title", "Body", ""}};
  const auto dispatcher = open_school();
  const auto first = send(*dispatcher);
  ASSERT_TRUE(dispatcher->wait(first, at_most));
  const auto second = send(*dispatcher, "apps");
  ASSERT_TRUE(dispatcher->cancel(first));
  EXPECT_EQ(look(*dispatcher, first).state, TaskState::cancelled);
  EXPECT_THAT(look(*dispatcher, first).state_reason, HasSubstr("by a person"));
  ASSERT_TRUE(dispatcher->wait(second, at_most));
  EXPECT_EQ(look(*dispatcher, second).state, TaskState::paused);
  EXPECT_EQ(dispatcher->progress(first)->total, 2U);
  EXPECT_EQ(dispatcher->progress(second)->total, 1U);
}

TEST_P(ServiceTask, OfAnEarlierProcessIsPausedAndCancelledWithoutSending) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  auto dispatcher = open_school();
  const auto id = send(*dispatcher);
  dispatcher.reset();
  const auto next = open();
  ASSERT_TRUE(next->pause(id));
  EXPECT_EQ(look(*next, id).state, TaskState::paused);
  ASSERT_TRUE(next->cancel(id));
  EXPECT_EQ(look(*next, id).state, TaskState::cancelled);
  EXPECT_EQ(next->reactor(), "");
}

TEST_P(ServiceTask, RetriesOnlyWhatCanBeRetried) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  const auto dispatcher = open_school();
  const auto id = send(*dispatcher);
  for (const std::string state : {"sent", "queued", "blue"}) {
    EXPECT_THAT(refusal(dispatcher->retry(id, state), FailureKind::usage), HasSubstr(state));
  }
  for (const std::string state : {"", "failed", "unreachable", "in_doubt", "expired"}) {
    const auto count = dispatcher->retry(id, state);
    ASSERT_TRUE(count) << count.failure().line;
    EXPECT_EQ(*count, 0U) << state;
  }
}

TEST_P(ServiceTask, SendsOneAgainOnlyWhereItHasFailedAndTheDirectoryIsHeld) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  const auto dispatcher = open_school();
  const auto id = send(*dispatcher);
  EXPECT_THAT(refusal(dispatcher->send_again(id, 0), FailureKind::refused),
              HasSubstr("has not failed"));
  const auto beyond = dispatcher->send_again(id, 4096);
  EXPECT_THAT(refusal(beyond, FailureKind::usage), HasSubstr("no invitation 4096"));
  EXPECT_TRUE(beyond.failure().missing);
  EXPECT_THAT(refusal(dispatcher->send_again("none", 0), FailureKind::usage), HasSubstr("none"));
  const auto reader = open(Access::read);
  EXPECT_THAT(refusal(reader->send_again(id, 0), FailureKind::cannot_start),
              HasSubstr("for reading only"));
}

TEST_P(ServiceTask, EndsQuicklyWithItsDispatcher) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  auto dispatcher = open_school();
  (void)send(*dispatcher);
  const auto begun = std::chrono::steady_clock::now();
  dispatcher.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds(20));
  EXPECT_NE(open(), nullptr);
}

TEST_P(ServiceTask, AlertsNeedNoMoreThanATextAndACredential) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  settings.apns.credentials.push_back(credential(app_topic));
  settings.invitations = {{"en", "Title", "Body", ""},
                          {"de", "Titel", "Text", "https://a.example"}};
  const auto dispatcher = open_school();
  const auto id = send(*dispatcher, "apps");
  EXPECT_EQ(look(*dispatcher, id).invitations, 1U);
}

// Every call at once from several threads, while a task runs, pauses and goes on (for tsan).
TEST_P(ServiceTask, IsLookedAtAndSteeredFromSeveralThreads) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  const auto dispatcher = open_school();
  const auto id = send(*dispatcher);
  std::atomic<bool> ending{false};
  std::atomic<std::uint64_t> looks{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!ending.load(std::memory_order_relaxed)) {
        const auto progress = dispatcher->progress(id);
        const auto tasks = dispatcher->tasks();
        const auto page = dispatcher->invitations(id, 0, 10);
        const auto preview = dispatcher->preview(group("apps"));
        EXPECT_TRUE(progress && tasks && page && preview);
        EXPECT_EQ(dispatcher->reactor(), GetParam());
        (void)dispatcher->wait(id, milliseconds(1));
        looks.fetch_add(1, std::memory_order_relaxed);
      }
    });
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(dispatcher->pause(id));
    EXPECT_TRUE(dispatcher->resume(id));
  }
  while (looks.load(std::memory_order_relaxed) < 10) {
    std::this_thread::yield();
  }
  ending.store(true, std::memory_order_relaxed);
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_TRUE(dispatcher->cancel(id));
}

class ServiceReactor : public House {};

TEST_F(ServiceReactor, IsChosenWhereTheSettingsLeaveItOpen) {
  const DeafPeer peer(DeafPeer::Kind::silent);
  settings.apns.port = peer.port();
  settings.reactor.kind = "auto";
  const auto dispatcher = open_school();
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview);
  ASSERT_TRUE(dispatcher->send(*preview));
  EXPECT_THAT(dispatcher->reactor(), testing::AnyOf("io_uring", "epoll"));
}

}  // namespace
}  // namespace muster
