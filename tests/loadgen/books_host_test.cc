#include "loadgen/books_host.h"

#include <sys/stat.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "books_fixture.h"

namespace muster::loadgen {
namespace {

using ::testing::HasSubstr;

// Whoever takes notifications: a server that keeps their bodies.
class Listener {
 public:
  Listener() {
    http::ServerSettings settings;
    settings.listen = "127.0.0.1:0";
    auto server =
        http::Server::open(settings, [this](http::ServerRequest request, http::Answer answer) {
          const std::lock_guard lock(mutex_);
          taken_.push_back(std::move(request));
          came_.notify_all();
          answer.send({status_, {}, ""});
        });
    EXPECT_TRUE(server.has_value());
    server_ = std::move(*server);
  }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + "/hooks/books";
  }
  void answer_with(std::uint16_t status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  http::ServerRequest take() {
    std::unique_lock lock(mutex_);
    if (!came_.wait_for(lock, std::chrono::seconds(20), [this] { return !taken_.empty(); })) {
      ADD_FAILURE() << "no notification came";
      return {};
    }
    auto request = std::move(taken_.front());
    taken_.pop_front();
    return request;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<http::ServerRequest> taken_;
  std::uint16_t status_ = 200;
  std::unique_ptr<http::Server> server_;
};

class BooksHostTest : public BooksTest {
 protected:
  void serve(const std::string& faults = "") {
    rules_.event_delay = std::chrono::milliseconds(20);
    rules_.started = system_.now();
    rules_.started_wall = system_.wall();
    open(faults);
    auto opened = BooksHost::open(settings(), *books_, system_);
    ASSERT_TRUE(opened.has_value()) << opened.error().line_of_text();
    host_ = std::move(*opened);
    http::ClientSettings many;
    many.parallel_max = 8;
    auto client = http::Client::open(many);
    ASSERT_TRUE(client.has_value());
    client_ = std::move(*client);
  }
  [[nodiscard]] BooksHost::Settings settings() const {
    BooksHost::Settings settings;
    settings.server.listen = "127.0.0.1:0";
    settings.token_file = scratch_ / "token";
    return settings;
  }
  http::Request request(const std::string& path, const std::string& body = "") {
    http::Request request;
    request.method = body.empty() ? "GET" : "POST";
    request.url = "http://127.0.0.1:" + std::to_string(host_->port()) + path;
    request.fields = {{"Authorization", "Bearer " + token_}, {"Content-Type", "application/json"}};
    request.body = body;
    request.patience = std::chrono::seconds(20);
    return request;
  }
  Result<http::Response> say(const std::string& path, const std::string& body = "") {
    const std::vector<http::Request> one{request(path, body)};
    return client_->exchange(one).front();
  }
  // The status of an event once it is over.
  std::string over(const std::string& event) {
    for (;;) {
      const auto response = say("/mdm/v2/status?eventId=" + event);
      if (!response || text_at(response->body, {"eventStatus"}) != "PENDING") {
        return response ? response->body : "";
      }
    }
  }

  SystemClock system_;
  std::unique_ptr<BooksHost> host_;
  std::unique_ptr<http::Client> client_;
};

const char* const one_user = R"({"users":[{"clientUserId":"mia","email":"mia@a.example"}]})";

TEST_F(BooksHostTest, RegistersInvitesAndTellsWhoHasAccepted) {
  Listener listener;
  serve();
  const auto claimed = say("/mdm/v2/client/config",
                           R"({"mdmInfo":{"id":"i","name":"n","metadata":""},)"
                           R"("notificationUrl":")" +
                               listener.url() +
                               R"(","notificationAuthToken":"secret",)"
                               R"("notificationTypes":["USER_MANAGEMENT","USER_ASSOCIATED"]})");
  ASSERT_TRUE(claimed.has_value());
  EXPECT_EQ(claimed->status, 200) << claimed->body;
  const auto test = listener.take();
  EXPECT_EQ(text_at(test.body, {"notificationType"}), "TEST_NOTIFICATION");
  EXPECT_EQ(http::field(test.fields, "Authorization"), "Bearer secret");

  const auto event = text_at(say("/mdm/v2/users/create", one_user)->body, {"eventId"});
  EXPECT_EQ(text_at(over(event), {"eventStatus"}), "COMPLETE");
  EXPECT_EQ(text_at(listener.take().body, {"notification", "eventId"}), event);
  const auto users = list_at(say("/mdm/v2/users")->body, "users");
  ASSERT_EQ(users.size(), 1U);
  auto url = text_at(say("/mdm/v2/service/config")->body, {"urls", "invitationEmail"});
  const std::string placeholder = "%25inviteCode%25";
  url.replace(url.find(placeholder), placeholder.size(), text_at(users.front(), {"inviteCode"}));
  auto tap = request("/");
  tap.url = url + "&account=mia";
  const std::vector<http::Request> taps{tap};
  EXPECT_EQ(client_->exchange(taps).front()->status, 200);
  EXPECT_EQ(text_at(listener.take().body, {"notificationType"}), "USER_ASSOCIATED");
}

TEST_F(BooksHostTest, RefusesAListenerThatRefusesTheTest) {
  Listener listener;
  listener.answer_with(401);
  serve();
  const auto refused = say("/mdm/v2/client/config", R"({"notificationUrl":")" + listener.url() +
                                                        R"(","notificationAuthToken":"x"})");
  EXPECT_EQ(refused->status, 400);
  EXPECT_EQ(json_at(refused->body, {"errorNumber"}), "9728");
}

TEST_F(BooksHostTest, RefusesAListenerThatIsNotThere) {
  std::string gone;
  {
    const Listener listener;
    gone = listener.url();
  }
  serve();
  const auto refused = say("/mdm/v2/client/config",
                           R"({"notificationUrl":")" + gone + R"(","notificationAuthToken":"x"})");
  EXPECT_EQ(json_at(refused->body, {"errorNumber"}), "9728");
}

TEST_F(BooksHostTest, WritesTheTokenForItsOwnerAndTheNextWhereItIsRevoked) {
  serve("[[fault]]\nkind='revoke'\non='users'\nevery=1\ncount=1\n");
  EXPECT_EQ(scratch_.read("token"), token_ + "\n");
  struct stat facts{};
  ASSERT_EQ(::stat((scratch_ / "token").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  EXPECT_EQ(say("/mdm/v2/users")->status, 401);
  auto renewed = scratch_.read("token");
  renewed.pop_back();
  EXPECT_NE(renewed, token_);
  token_ = renewed;
  EXPECT_EQ(say("/mdm/v2/client/config")->status, 200);
}

TEST_F(BooksHostTest, HangsUpAfterItHasActed) {
  serve("[[fault]]\nkind='close'\non='create'\nevery=1\ncount=1\nacted=true\n");
  EXPECT_FALSE(say("/mdm/v2/users/create", one_user).has_value());
  EXPECT_FALSE(text_at(say("/mdm/v2/users/create", one_user)->body, {"eventId"}).empty());
}

TEST_F(BooksHostTest, SeesSixListsAtOnceWhileTheirAnswersAreLate) {
  serve("[[fault]]\nkind='slow'\non='users'\nevery=1\ndelay_ms=1500\n");
  const auto started = system_.now();
  const std::vector<http::Request> lists(6, request("/mdm/v2/users"));
  for (const auto& response : client_->exchange(lists)) {
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, 200);
  }
  EXPECT_GE(system_.now() - started, std::chrono::milliseconds(1500));
  EXPECT_THAT(host_->stats(), HasSubstr("\"lists_in_parallel\":1"));
  EXPECT_FALSE(host_->trouble().has_value());
  EXPECT_GT(host_->connections(), 0U);
}

TEST_F(BooksHostTest, SaysWhatItCannotOpen) {
  open();
  auto wrong = settings();
  wrong.token_file = "/nowhere/at/all";
  EXPECT_THAT(BooksHost::open(wrong, *books_, system_).error().line_of_text(),
              HasSubstr("/nowhere/at/all: cannot write the token"));
  wrong = settings();
  wrong.client.trust_file = "/nowhere/ca.pem";
  EXPECT_THAT(BooksHost::open(wrong, *books_, system_).error().line_of_text(),
              HasSubstr("/nowhere/ca.pem"));
  wrong = settings();
  wrong.server.listen = "nonsense";
  EXPECT_FALSE(BooksHost::open(wrong, *books_, system_).has_value());
}

TEST_F(BooksHostTest, AnswersNothingOnceTheJournalIsFull) {
  serve();
  auto full = BooksJournal::open("/dev/full");
  ASSERT_TRUE(full.has_value());
  host_.reset();
  books_ = std::make_unique<Books>(rules_, BooksFaultPlan(), std::move(*full));
  auto opened = BooksHost::open(settings(), *books_, system_);
  ASSERT_TRUE(opened.has_value());
  host_ = std::move(*opened);
  EXPECT_EQ(say("/mdm/v2/users")->status, 500);
  ASSERT_TRUE(host_->trouble().has_value());
  EXPECT_EQ(host_->trouble()->file, "/dev/full");
}

}  // namespace
}  // namespace muster::loadgen
