#include "loadgen/books.h"

#include "books_fixture.h"

namespace muster::loadgen {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const char* const good_path = "/mdm/v2/users";

// ── who may ask ──

TEST_F(BooksTest, RefusesWhoeverShowsNoTokenOfThisLocation) {
  open_session();
  const auto good = token_;
  token_ = "";
  EXPECT_EQ(get(good_path).status, 401);
  EXPECT_EQ(error_of(get(good_path)), "9722");
  token_ = "bm90aGluZw==";
  EXPECT_EQ(error_of(get(good_path)), "9601");
  http::ServerRequest request;
  request.method = "GET";
  request.path = good_path;
  EXPECT_EQ(books_->answer(request, clock_.now()).reply.status, 401);
  request.fields = {{"Authorization", "Basic " + good}};
  EXPECT_EQ(error_of(books_->answer(request, clock_.now()).reply), "9722");
}

TEST_F(BooksTest, RefusesATokenThatIsOver) {
  open_session();
  clock_.turn(std::chrono::hours(24 * 365));
  const auto reply = get(good_path);
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(error_of(reply), "9621");
  EXPECT_EQ(error_of(ask_v1("VPPClientConfigSrv")), "9621");
}

TEST_F(BooksTest, RefusesMethodsTypesAndPathsThatItDoesNotKnow) {
  open_session();
  const auto method = ask("DELETE", good_path, "", "").reply;
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(error_of(method), "9726");
  EXPECT_EQ(error_of(get("/mdm/v2/users/create")), "9726");
  EXPECT_EQ(get("/mdm/registerVPPUserSrv").status, 405);
  content_type_ = "text/plain";
  const auto type = post("/mdm/v2/users/create", "{}");
  EXPECT_EQ(type.status, 415);
  EXPECT_EQ(error_of(type), "9727");
  content_type_ = "Application/JSON";
  EXPECT_EQ(error_of(post("/mdm/v2/users/create", "{}")), "9720");
  EXPECT_EQ(get("/mdm/v2/assets").status, 404);
  EXPECT_EQ(get("/").status, 404);
}

TEST_F(BooksTest, WritesUrlsAsTheClientReachedIt) {
  open();
  http::ServerRequest request;
  request.method = "GET";
  request.path = "/mdm/v2/service/config";
  request.encrypted = true;
  EXPECT_THAT(books_->answer(request, clock_.now()).reply.body,
              HasSubstr("\"https://localhost/mdm/v2/users\""));
}

// ── conduct ──

TEST_F(BooksTest, BlamesNobodyWhoKeepsTheRules) {
  open_session();
  enroll({"a", "b"});
  for (int minute = 0; minute < 20; ++minute) {
    clock_.turn(std::chrono::minutes(1));
    if (minute % 5 == 4) {
      (void)get("/mdm/v2/service/config");
    }
    (void)get(good_path);
  }
  EXPECT_THAT(violations(), Not(::testing::ContainsRegex(":[1-9]")));
}

TEST_F(BooksTest, BlamesASessionThatBeginsWithoutClientConfigOnce) {
  open();
  (void)get("/mdm/v2/service/config");
  (void)get(good_path);
  (void)get(good_path);
  EXPECT_EQ(count_of("client_config_not_asked"), "1");
  EXPECT_THAT(journal(), HasSubstr(R"("fact":"violation","kind":"client_config_not_asked")"));
}

TEST_F(BooksTest, BeginsANewSessionAfterALongSilenceAndAfterARefusedToken) {
  open_session();
  clock_.turn(std::chrono::minutes(61));
  (void)get("/mdm/v2/service/config");
  (void)get(good_path);
  EXPECT_EQ(count_of("client_config_not_asked"), "1");
  const auto good = std::exchange(token_, "x");
  (void)get(good_path);
  token_ = good;
  (void)get(good_path);
  EXPECT_EQ(count_of("client_config_not_asked"), "2");
}

TEST_F(BooksTest, BlamesAStaleServiceConfigOnceUntilItIsReadAgain) {
  open_session();
  clock_.turn(std::chrono::seconds(359));
  (void)get(good_path);
  EXPECT_EQ(count_of("service_config_stale"), "0");
  clock_.turn(std::chrono::seconds(2));
  (void)get(good_path);
  (void)get(good_path);
  EXPECT_EQ(count_of("service_config_stale"), "1");
  (void)get("/mdm/v2/service/config");
  (void)get(good_path);
  clock_.turn(std::chrono::seconds(361));
  (void)get(good_path);
  EXPECT_EQ(count_of("service_config_stale"), "2");
}

TEST_F(BooksTest, BlamesWhoNeverReadServiceConfig) {
  open();
  (void)get("/mdm/v2/client/config");
  EXPECT_EQ(count_of("service_config_stale"), "0");
  (void)get(good_path);
  EXPECT_EQ(count_of("service_config_stale"), "1");
}

TEST_F(BooksTest, BlamesTheSixthListAtOnce) {
  open_session();
  lists_end_ = false;
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(ask("GET", good_path, "", "").list);
  }
  EXPECT_EQ(count_of("lists_in_parallel"), "0");
  (void)ask_v1("getVPPUsersSrv");
  EXPECT_EQ(count_of("lists_in_parallel"), "1");
  EXPECT_THAT(books_->stats(), HasSubstr("\"lists_most\":6"));
  books_->list_done();
  books_->list_done();
  (void)get(good_path);
  EXPECT_EQ(count_of("lists_in_parallel"), "1");
}

// ── the last word and the journal ──

TEST_F(BooksTest, CountsWhatItDid) {
  open_session();
  enroll({"a", "b"});
  (void)tap(code("a"), "x");
  (void)ask_v1("retireVPPUserSrv", R"("clientUserIdStr":"b")");
  (void)post("/mdm/v2/users/create", "{}");
  const auto stats = books_->stats();
  EXPECT_TRUE(valid_json(stats));
  EXPECT_EQ(json_at(stats, {"requests", "service_config"}), "1");
  EXPECT_EQ(json_at(stats, {"requests", "create"}), "2");
  EXPECT_EQ(json_at(stats, {"requests", "retire_v1"}), "1");
  EXPECT_EQ(json_at(stats, {"users"}), R"({"registered":0,"associated":1,"retired":1})");
  EXPECT_EQ(json_at(stats, {"events"}), "1");
  EXPECT_EQ(json_at(stats, {"refused"}), R"({"9720":1})");
  EXPECT_EQ(json_at(stats, {"taps"}), "1");
}

TEST_F(BooksTest, RecordsEachFactBeforeItAnswers) {
  open_session();
  enroll({"a"});
  EXPECT_THAT(journal(),
              HasSubstr(R"("fact":"registered","clientUserId":"a","email":"a@mail.example")"));
  (void)ask_v1("editVPPUserSrv", R"("clientUserIdStr":"a","email":"n@mail.example")");
  EXPECT_THAT(journal(), HasSubstr(R"("fact":"updated","clientUserId":"a","email":"n@mail)"));
  (void)ask_v1("retireVPPUserSrv", R"("clientUserIdStr":"a")");
  EXPECT_THAT(journal(), HasSubstr(R"("fact":"retired","clientUserId":"a")"));
  (void)post("/mdm/v2/users/create", "{}");
  EXPECT_THAT(journal(), HasSubstr(R"("fact":"refused","error":9720,"on":"create")"));
  EXPECT_THAT(journal(), HasSubstr(R"({"at":"2023-11-14T22:13:30.000Z",)"));
}

TEST_F(BooksTest, GivesUpWhereTheJournalCannotBeWritten) {
  auto journal = BooksJournal::open("/dev/full");
  if (!journal) {
    GTEST_SKIP() << "no /dev/full";
  }
  Books books(rules_, {}, std::move(*journal));
  http::ServerRequest request;
  request.method = "GET";
  request.path = good_path;
  (void)books.answer(request, clock_.now());
  ASSERT_TRUE(books.trouble().has_value());
  EXPECT_EQ(books.trouble()->file, "/dev/full");
  EXPECT_EQ(books.trouble()->cause.code, ErrorCode::disk_full);
}

TEST_F(BooksTest, DoesTheSameForTheSameSeed) {
  open_session();
  enroll({"a"});
  const auto first = user("a");
  open_session();
  enroll({"a"});
  EXPECT_EQ(user("a"), first);
  rules_.seed = 2;
  open_session();
  enroll({"a"});
  EXPECT_NE(user("a"), first);
}

}  // namespace
}  // namespace muster::loadgen
