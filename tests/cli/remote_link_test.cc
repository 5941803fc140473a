// Against a server of our own that says what a test wants: what the link makes of each answer.
#include "cli/remote_link.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>

#include "http/server.h"

namespace muster::cli {
namespace {

using testing::HasSubstr;

class RemoteLinkTest : public testing::Test {
 protected:
  RemoteLinkTest() {
    std::string pattern = testing::TempDir() + "muster-link-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
  }
  ~RemoteLinkTest() override {
    server_.reset();
    std::filesystem::remove_all(dir_);
  }
  [[nodiscard]] std::string socket() const { return dir_ + "/muster.sock"; }

  void serve(const std::string& listen) {
    http::ServerSettings settings;
    settings.listen = listen;
    auto opened =
        http::Server::open(settings, [this](http::ServerRequest request, http::Answer answer) {
          const std::lock_guard guard(mutex_);
          asked_ = std::move(request);
          answer.send(reply_);
        });
    ASSERT_TRUE(opened.has_value()) << opened.error().line_of_text();
    server_ = std::move(*opened);
  }
  std::unique_ptr<RemoteLink> by_socket() {
    serve("unix:" + socket());
    auto link = RemoteLink::open({"http://localhost", socket(), "", ""});
    EXPECT_TRUE(link);
    return std::move(*link);
  }
  Failure refused(std::uint16_t status, const std::string& body) {
    const auto link = by_socket();
    reply_ = {.status = status, .fields = {}, .body = body};
    const auto answer = link->get("/api/v1/tasks");
    server_.reset();
    EXPECT_FALSE(answer);
    return answer ? Failure{} : answer.failure();
  }

  std::string dir_;
  std::mutex mutex_;  // guards what follows, between the server's thread and ours
  http::ServerRequest asked_;
  http::Reply reply_;
  std::unique_ptr<http::Server> server_;
};

TEST_F(RemoteLinkTest, AsksByTheSocketOfTheDataDirectory) {
  EXPECT_FALSE(answers(socket()));
  const auto link = by_socket();
  EXPECT_TRUE(answers(socket()));
  reply_ = {.status = 200, .fields = {}, .body = R"({"tasks":[]})"};
  const auto answer = link->ask("POST", "/api/v1/tasks?state=active", "{}", "application/json",
                                {{"Idempotency-Key", "k"}});
  ASSERT_TRUE(answer) << answer.failure().line;
  EXPECT_TRUE(answer->root().is_object());
  EXPECT_EQ(asked_.method, "POST");
  EXPECT_EQ(asked_.path, "/api/v1/tasks");
  EXPECT_EQ(asked_.query, "state=active");
  EXPECT_EQ(asked_.body, "{}");
  EXPECT_EQ(http::field(asked_.fields, "Idempotency-Key"), "k");
  EXPECT_EQ(http::field(asked_.fields, "Content-Type"), "application/json");
  EXPECT_EQ(http::field(asked_.fields, "Authorization"), std::nullopt);
}

TEST_F(RemoteLinkTest, AsksByTheNetworkWithItsToken) {
  serve("127.0.0.1:0");
  reply_ = {.status = 204, .fields = {}, .body = ""};
  auto link =
      RemoteLink::open({"http://127.0.0.1:" + std::to_string(server_->port()), "", "sesame", ""});
  ASSERT_TRUE(link);
  const auto answer = (*link)->ask("DELETE", "/api/v1/users/a%2Fb", "");
  ASSERT_TRUE(answer) << answer.failure().line;
  EXPECT_TRUE(answer->root().absent());
  EXPECT_EQ(http::field(asked_.fields, "Authorization"), "Bearer sesame");
  EXPECT_EQ(asked_.path, "/api/v1/users/a/b");
}

TEST_F(RemoteLinkTest, SaysWhatTheServerSaidOfARefusal) {
  const auto usage = refused(422, R"({"detail":"there is no state 'blue'","kind":"usage"})");
  EXPECT_EQ(usage.kind, FailureKind::usage);
  EXPECT_EQ(usage.line, "there is no state 'blue'");
  EXPECT_EQ(refused(409, R"({"detail":"x","kind":"unfinished"})").kind, FailureKind::unfinished);
  EXPECT_EQ(refused(409, R"({"detail":"x","kind":"refused"})").kind, FailureKind::refused);
  EXPECT_EQ(refused(503, R"({"detail":"x","kind":"cannot_start"})").kind,
            FailureKind::cannot_start);
  // Who says no kind is judged by his status.
  EXPECT_EQ(refused(400, R"({"detail":"x"})").kind, FailureKind::usage);
  EXPECT_EQ(refused(403, R"({"detail":"x"})").kind, FailureKind::refused);
  EXPECT_EQ(refused(500, R"({"detail":"x"})").kind, FailureKind::cannot_start);
}

TEST_F(RemoteLinkTest, SaysWhatToDoWhereTheServerSaysNothing) {
  EXPECT_THAT(refused(401, "").line, HasSubstr("muster admin token create"));
  EXPECT_THAT(refused(502, "<html>").line, HasSubstr("answered 502; is it a muster server?"));
  EXPECT_THAT(refused(200, "<html>").line, HasSubstr("something else than JSON"));
}

TEST_F(RemoteLinkTest, SaysWhereNobodyAnswers) {
  auto link = RemoteLink::open({"http://localhost", socket(), "", ""});
  ASSERT_TRUE(link);
  const auto answer = (*link)->get("/api/v1/tasks");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.failure().kind, FailureKind::cannot_start);
  EXPECT_THAT(answer.failure().line, HasSubstr(socket()));
  EXPECT_THAT(answer.failure().line, HasSubstr("does so no more"));
  const auto trust = RemoteLink::open({"https://localhost", "", "t", dir_ + "/none.pem"});
  ASSERT_FALSE(trust);
  EXPECT_THAT(trust.failure().line, HasSubstr("none.pem"));
  EXPECT_FALSE(answers(std::string(300, 'x')));
}

}  // namespace
}  // namespace muster::cli
