// Commands in the queue of NanoMDM before their pushes: its API is a small server of our own, the
// desk is real.
#include "service/enqueuing.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <deque>

#include "http/server.h"
#include "store/command_store.h"
#include "tests/mdm/desk_fixture.h"
#include "tests/service/house.h"

namespace muster::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Word = pipeline::Clearance::Word;

// Answers PUTs as it is told, 200 otherwise.
class Queue {
 public:
  Queue() {
    http::ServerSettings settings;
    settings.listen = "127.0.0.1:0";
    auto opened = http::Server::open(settings, [this](http::ServerRequest request, auto answer) {
      http::Reply reply;
      {
        const std::lock_guard guard(mutex_);
        reply.status = 200;
        reply.body = "{}";
        if (!answers_.empty()) {
          std::tie(reply.status, reply.body) = answers_.front();
          answers_.pop_front();
        }
        asked_.push_back(std::move(request));
      }
      answer.send(std::move(reply));
    });
    EXPECT_TRUE(opened);
    server_ = std::move(*opened);
  }
  void answer_next(std::uint16_t status, const std::string& body) {
    const std::lock_guard guard(mutex_);
    answers_.emplace_back(status, body);
  }
  std::vector<std::string> paths() {
    const std::lock_guard guard(mutex_);
    std::vector<std::string> paths;
    for (const auto& request : asked_) {
      paths.push_back(request.method + " " + request.path + "?" + request.query);
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  std::string body(std::size_t number) {
    const std::lock_guard guard(mutex_);
    return asked_.at(number).body;
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

 private:
  std::mutex mutex_;
  std::deque<std::pair<std::uint16_t, std::string>> answers_;
  std::vector<http::ServerRequest> asked_;
  std::unique_ptr<http::Server> server_;  // ends first
};

class EnqueuingTest : public testing::Test {
 protected:
  EnqueuingTest() {
    clock_.turn(std::chrono::hours(1));
    settings_.nanomdm_key_file = folder_ / "key";
    std::ofstream(settings_.nanomdm_key_file) << "the-key\n";
    ::chmod(settings_.nanomdm_key_file.c_str(), 0600);
    settings_.nanomdm_url = "http://127.0.0.1:" + std::to_string(queue_.port());
    auto desk = mdm::Desk::open(folder_.path(), {"", false}, house_);
    EXPECT_TRUE(desk);
    desk_ = std::move(*desk);
    auto opened = Enqueuing::open(settings_, clock_);
    EXPECT_TRUE(opened);
    enqueuing_ = std::move(*opened);
    enqueuing_->on_wanted([this] { ++wanted_; });
    enqueuing_->on_change([this] { ++changed_; });
  }
  // Device n is enrolled as UDID-n, and invitation n of the task waits for it.
  void device(DeviceNumber number, bool enrolled = true) {
    if (enrolled) {
      auto store = store::CommandStore::open(folder_.path(), store::OpenMode::write);
      ASSERT_TRUE(store);
      store::EnrolmentRow row;
      row.id = "UDID-" + std::to_string(number);
      row.device = number;
      row.state = 2;  // enrolled
      ASSERT_TRUE(store->begin());
      ASSERT_TRUE(store->put_enrolment(row));
      ASSERT_TRUE(store->commit());
    }
    house_.wait[number] = {{task_, number, "https://buy.example/?inviteCode=x"}};
  }
  Word prepared(DeviceNumber number) { return enqueuing_->prepared(task_, number, number).word; }
  void turn() { enqueuing_->turn(*desk_, house_, clock_.wall()); }

  Folder folder_;
  FakeClock clock_;
  Queue queue_;
  MdmSettings settings_;
  mdm::FakeHouse house_;
  std::unique_ptr<mdm::Desk> desk_;
  std::unique_ptr<Enqueuing> enqueuing_;
  const TaskId task_ = mdm::task_of(7);
  int wanted_ = 0;
  int changed_ = 0;
};

TEST_F(EnqueuingTest, LetsAPushGoOnceItsCommandIsInTheQueue) {
  device(1);
  EXPECT_EQ(enqueuing_->next(), Instant::never());
  EXPECT_EQ(prepared(1), Word::wait);
  EXPECT_EQ(wanted_, 1);
  EXPECT_LE(enqueuing_->next(), clock_.now());
  const auto changes = enqueuing_->changes();
  turn();
  EXPECT_THAT(queue_.paths(), ElementsAre("PUT /v1/enqueue/UDID-1?nopush=1"));
  EXPECT_THAT(queue_.body(0), HasSubstr("InviteToProgram"));
  EXPECT_THAT(queue_.body(0), HasSubstr(mdm::command_uuid(task_, 1)));
  EXPECT_GT(enqueuing_->changes(), changes);
  EXPECT_EQ(changed_, 1);
  EXPECT_EQ(prepared(1), Word::go);
  const auto handed = desk_->was_handed(task_, 1);
  ASSERT_TRUE(handed);
  EXPECT_TRUE(*handed);
}

TEST_F(EnqueuingTest, EnqueuesNothingTwice) {
  device(1);
  (void)prepared(1);
  turn();
  EXPECT_EQ(prepared(1), Word::go);
  EXPECT_EQ(prepared(1), Word::wait) << "a retry, or a new process: it looks again";
  turn();
  EXPECT_EQ(prepared(1), Word::go);
  EXPECT_THAT(queue_.paths(), SizeIs(1));
}

TEST_F(EnqueuingTest, TakesForEnqueuedWhatTheQueueHasAlready) {
  device(1);
  queue_.answer_next(500, R"({"command_error":"UNIQUE constraint failed: commands.uuid"})");
  (void)prepared(1);
  turn();
  EXPECT_EQ(prepared(1), Word::go);
}

TEST_F(EnqueuingTest, RefusesADeviceThatNanoMdmDoesNotKnow) {
  device(1);
  device(2, false);
  queue_.answer_next(500, R"({"command_error":"FOREIGN KEY constraint failed"})");
  (void)prepared(1);
  (void)prepared(2);
  turn();
  for (const DeviceNumber number : {1, 2}) {
    const auto said = enqueuing_->prepared(task_, number, number);
    EXPECT_EQ(said.word, Word::refused);
    EXPECT_EQ(said.reason, Reason::unenrolled);
  }
  EXPECT_THAT(queue_.paths(), SizeIs(1));
}

TEST_F(EnqueuingTest, TriesAgainLaterWhereItIsRefusedForTheTimeBeing) {
  device(1);
  queue_.answer_next(401, "");
  (void)prepared(1);
  turn();
  EXPECT_EQ(prepared(1), Word::wait);
  EXPECT_GT(enqueuing_->next(), clock_.now());
  turn();
  EXPECT_THAT(queue_.paths(), SizeIs(1)) << "not at once";
  clock_.turn(std::chrono::seconds(6));
  turn();
  EXPECT_EQ(prepared(1), Word::go);
}

TEST_F(EnqueuingTest, EnqueuesNothingOfATaskThatWasStopped) {
  device(1);
  (void)prepared(1);
  house_.wait.clear();
  turn();
  EXPECT_THAT(queue_.paths(), IsEmpty());
  EXPECT_EQ(enqueuing_->next(), Instant::never());
}

TEST_F(EnqueuingTest, AsksNobodyTwiceWhereANewerTaskInvitesHimToo) {
  device(1);
  house_.wait[1].insert(house_.wait[1].begin(), {mdm::task_of(8), 4, "https://buy.example/"});
  (void)prepared(1);
  turn();
  EXPECT_EQ(prepared(1), Word::go);
  EXPECT_THAT(queue_.paths(), IsEmpty());
}

TEST_F(EnqueuingTest, WaitsWhereTheHouseCannotBeAsked) {
  device(1);
  (void)prepared(1);
  house_.refuses = true;
  turn();
  EXPECT_EQ(prepared(1), Word::wait);
  house_.refuses = false;
  clock_.turn(std::chrono::seconds(6));
  turn();
  EXPECT_EQ(prepared(1), Word::go);
}

TEST_F(EnqueuingTest, KeepsNoMoreThanItsShareAheadAndComesToAllOfThem) {
  for (DeviceNumber number = 0; number < 5000; ++number) {
    EXPECT_EQ(prepared(number), Word::wait);
  }
  for (int i = 0; i < 64; ++i) {
    turn();  // nothing waits for any of them
  }
  EXPECT_EQ(enqueuing_->next(), Instant::never());
  device(4999);
  EXPECT_EQ(prepared(4999), Word::wait);
  turn();
  EXPECT_EQ(prepared(4999), Word::go);
}

TEST_F(EnqueuingTest, NeedsAKeyThatOnlyItsOwnerMayRead) {
  ::chmod(settings_.nanomdm_key_file.c_str(), 0644);
  const auto opened = Enqueuing::open(settings_, clock_);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().line_of_text(), HasSubstr("chmod 600"));
}

}  // namespace
}  // namespace muster::service
