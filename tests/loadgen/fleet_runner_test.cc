#include "loadgen/fleet_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "http/server.h"
#include "loadgen/behaviour_file.h"
#include "tests/loadgen/device_stage.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

// An MDM endpoint and an Apps and Books server in one: everybody who asks is invited once.
class Endpoint {
 public:
  Endpoint() {
    http::ServerSettings settings;
    settings.listen = "127.0.0.1:0";
    auto opened =
        http::Server::open(settings, [this](http::ServerRequest request, http::Answer answer) {
          answer.send(reply_to(request));
        });
    EXPECT_TRUE(opened) << opened.error().line_of_text();
    server_ = std::move(*opened);
  }
  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + path;
  }
  // Until so many reports of this status (taps: "tap", check-ins: their type) came; false: they did
  // not for long.
  [[nodiscard]] bool await(const std::string& what, std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30),
                             [this, &what, count] { return heard_[what] >= count; });
  }
  [[nodiscard]] std::size_t heard(const std::string& what) {
    const std::lock_guard lock(mutex_);
    return heard_[what];
  }

 private:
  http::Reply reply_to(const http::ServerRequest& request) {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
    http::Reply reply;
    if (request.path == "/accept") {
      ++heard_["tap"];
      return reply;
    }
    auto words = words_of_plist(request.body);
    if (request.path == "/mdm/checkin") {
      ++heard_[words["MessageType"]];
      return reply;
    }
    ++heard_[words["Status"]];
    if (words["Status"] == "Idle" || words["Status"] == "NotNow") {
      const auto who = words["UDID"] + words["UserShortName"];
      // Not again as the answer to NotNow.
      if (words["Status"] == "Idle" && results_[who] == 0) {
        reply.body = invite_command("U-" + who, url("/accept?inviteCode=" + words["UDID"]));
      }
    } else {
      ++results_[words["UDID"] + words["UserShortName"]];
    }
    return reply;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::size_t> heard_;
  std::map<std::string, std::size_t> results_;
  std::unique_ptr<http::Server> server_;
};

class AFleetRunner : public ::testing::Test {
 protected:
  AFleetRunner() {
    roster_ = small_school();
    settings_.fleet.mdm = *read_web_address(endpoint_.url("/mdm"));
    settings_.journal_file = scratch_ / "devices";
    settings_.enrolled_file = scratch_ / "enrolled";
    settings_.connections = 3;
  }
  void start(const std::string& behaviour) {
    const auto read = read_behaviour(behaviour, "b.toml");
    ASSERT_TRUE(read) << read.error().line_of_text();
    auto opened = FleetRunner::open(settings_, roster_, *read, clock_, {});
    ASSERT_TRUE(opened) << opened.error().line_of_text();
    runner_ = std::move(*opened);
    runner_->start();
    ASSERT_TRUE(endpoint_.await("TokenUpdate", 8));
  }
  void push(const PushToken& token, const std::string& magic) {
    ASSERT_EQ(runner_->observer().answer_for(token).status, 200);
    runner_->observer().acted_on(token, R"({"mdm":")" + magic + "\"}", {});
  }

  Endpoint endpoint_;
  Scratch scratch_;
  SystemClock clock_;
  FleetRoster roster_;
  FleetRunnerSettings settings_;
  std::unique_ptr<FleetRunner> runner_;
};

TEST_F(AFleetRunner, EnrolsIsWokenShowsAndAccepts) {
  start("[[behaviour]]\nkind = \"accept\"\nshare = 1.0\n");
  push(token_of(1), "MAGIC-d-phone");
  push(token_of(102), "USER-MAGIC-d-mac");
  ASSERT_TRUE(endpoint_.await("Acknowledged", 2));
  ASSERT_TRUE(endpoint_.await("tap", 2));
  ASSERT_TRUE(runner_->stop());

  const auto& stats = runner_->stats();
  EXPECT_EQ(stats.enrolled, 6U);
  EXPECT_EQ(stats.violations(), 0U) << stats.json();
  EXPECT_EQ(scratch_.read("enrolled"), "6\n");
  const auto journal = scratch_.read("devices");
  EXPECT_THAT(journal, HasSubstr("\"fact\":\"tapped\",\"user\":\"mia\""));
  EXPECT_THAT(journal, HasSubstr("\"fact\":\"tapped\",\"user\":\"tom\""));
}

TEST_F(AFleetRunner, ReportsAgainOnANewConnectionWhenTheAnswerWasLost) {
  start("[[behaviour]]\nkind = \"lost\"\nshare = 1.0\n");
  push(token_of(1), "MAGIC-d-phone");
  ASSERT_TRUE(endpoint_.await("Acknowledged", 2));
  ASSERT_TRUE(runner_->stop());
  EXPECT_EQ(runner_->stats().unanswered, 1U);
}

TEST_F(AFleetRunner, AsksAgainAfterNotNow) {
  start("[[behaviour]]\nkind = \"not_now\"\nshare = 1.0\ntimes = 2\npause_ms = 5\n");
  push(token_of(1), "MAGIC-d-phone");
  ASSERT_TRUE(endpoint_.await("Acknowledged", 1));
  ASSERT_TRUE(runner_->stop());
  EXPECT_EQ(endpoint_.heard("NotNow"), 2U);
  EXPECT_EQ(endpoint_.heard("Idle"), 3U);
}

TEST_F(AFleetRunner, IgnoresAPushWithAWrongMagic) {
  start("");
  push(token_of(1), "MAGIC-d-mac");
  push(token_of(102), "USER-MAGIC-d-mac");
  ASSERT_TRUE(endpoint_.await("Acknowledged", 1));
  ASSERT_TRUE(runner_->stop());
  EXPECT_EQ(endpoint_.heard("Idle"), 1U);
  EXPECT_EQ(runner_->stats().accused.at("wrong_magic"), 1U);
}

TEST_F(AFleetRunner, ComesToAServerThatIsNotThereUntilItIsStopped) {
  settings_.fleet.mdm.port = 1;
  auto opened = FleetRunner::open(settings_, roster_, {}, clock_, {});
  ASSERT_TRUE(opened);
  (*opened)->start();
  ASSERT_TRUE((*opened)->stop());
  EXPECT_EQ((*opened)->stats().enrolled, 0U);
}

TEST_F(AFleetRunner, EndsWhereItsJournalCannotBeWritten) {
  settings_.journal_file = "/dev/full";
  settings_.end_process_on_trouble = false;
  auto opened = FleetRunner::open(settings_, roster_, {}, clock_, {});
  ASSERT_TRUE(opened);
  (*opened)->observer().acted_on(token_of(1), "{}", {});
  (*opened)->start();
  const auto ended = (*opened)->stop();
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().line_of_text(), HasSubstr("/dev/full"));
}

TEST_F(AFleetRunner, SaysWhatItCannotOpen) {
  settings_.trust_file = scratch_ / "nothing.pem";
  EXPECT_THAT(FleetRunner::open(settings_, roster_, {}, clock_, {}).error().line_of_text(),
              HasSubstr("nothing.pem"));
  settings_.trust_file.clear();
  settings_.journal_file = scratch_ / "no/where";
  EXPECT_THAT(FleetRunner::open(settings_, roster_, {}, clock_, {}).error().line_of_text(),
              HasSubstr("cannot open the journal"));
}

}  // namespace
}  // namespace muster::loadgen
