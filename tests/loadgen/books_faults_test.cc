#include "loadgen/books_faults.h"

#include "books_fixture.h"

namespace muster::loadgen {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BooksFaultsTest : public BooksTest {
 protected:
  // The fault begins behind the session's first requests of its point.
  static std::string fault(const std::string& keys) { return "[[fault]]\n" + keys + "\n"; }
  std::string struck() { return json_at(books_->stats(), {"faults"}); }
};

// ── of requests ──

TEST_F(BooksFaultsTest, AnswersAnErrorInPlaceOfTheAnswer) {
  open_session(fault("kind=\"error\"\non=\"create\"\nevery=1\ncount=1\nerror=9646"));
  const auto reply = post("/mdm/v2/users/create", R"({"users":[{"clientUserId":"a"}]})");
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(error_of(reply), "9646");
  finish_events();
  EXPECT_EQ(user("a"), "");
  EXPECT_EQ(struck(), "[1]");
  enroll({"a"});
  EXPECT_NE(user("a"), "");
}

TEST_F(BooksFaultsTest, AnswersAnErrorWithAnotherStatus) {
  open_session(fault("kind=\"error\"\non=\"users\"\nevery=1\nerror=9601\nstatus=200"));
  const auto reply = get("/mdm/v2/users");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(error_of(reply), "9601");
}

TEST_F(BooksFaultsTest, AnswersVersionOneByItsOwnStatus) {
  open_session(fault("kind=\"error\"\non=\"register_v1\"\nevery=1\nerror=9603"));
  const auto reply = ask_v1("registerVPPUserSrv", R"("clientUserIdStr":"a")");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(json_at(reply.body, {"status"}), "-1");
  EXPECT_EQ(error_of(reply), "9603");
}

TEST_F(BooksFaultsTest, ClosesForAWhileAndLongerForWhoeverComesAllTheSame) {
  open_session(
      fault("kind=\"error\"\non=\"users\"\nevery=1\ncount=1\nstatus=503\n"
            "retry_after_s=30"));
  const auto closed = get("/mdm/v2/users");
  EXPECT_EQ(closed.status, 503);
  EXPECT_EQ(http::field(closed.fields, "Retry-After"), "30");
  EXPECT_FALSE(valid_json(closed.body));
  clock_.turn(std::chrono::seconds(20));
  const auto early = get("/mdm/v2/service/config");
  EXPECT_EQ(early.status, 503);
  EXPECT_EQ(http::field(early.fields, "Retry-After"), "20");
  EXPECT_EQ(count_of("before_retry_after"), "1");
  clock_.turn(std::chrono::seconds(19));
  EXPECT_EQ(http::field(get("/mdm/v2/users").fields, "Retry-After"), "2");
  EXPECT_EQ(count_of("before_retry_after"), "2");
  clock_.turn(std::chrono::seconds(2));
  EXPECT_EQ(get("/mdm/v2/users").status, 200);
}

TEST_F(BooksFaultsTest, BlamesNobodyWhoWasOnHisWayWhenItClosed) {
  open_session(fault("kind=\"error\"\non=\"users\"\nevery=1\ncount=1\nretry_after_s=30"));
  (void)get("/mdm/v2/users");
  clock_.turn(std::chrono::milliseconds(100));
  const auto late = get("/mdm/v2/users");
  EXPECT_EQ(late.status, 503);
  EXPECT_EQ(http::field(late.fields, "Retry-After"), "30");
  EXPECT_EQ(count_of("before_retry_after"), "0");
}

TEST_F(BooksFaultsTest, BlamesNobodyForALimitThatWasAnotherWhenItWasRead) {
  open_session(
      fault("kind=\"limit\"\non=\"create\"\nname=\"maxUsers\"\nvalue=1\nevery=1\ncount=1"));
  const auto batch = R"({"users":[{"clientUserId":"a"},{"clientUserId":"b"}]})";
  EXPECT_EQ(error_of(post("/mdm/v2/users/create", batch)), "9714");
  EXPECT_EQ(count_of("batch_over_limit"), "0");
  EXPECT_EQ(get("/mdm/v2/service/config").status, 200);
  EXPECT_EQ(error_of(post("/mdm/v2/users/create", batch)), "9714");
  EXPECT_EQ(count_of("batch_over_limit"), "1");
}

TEST_F(BooksFaultsTest, NeverClosesForMoreThanAnHour) {
  open_session(fault("kind=\"error\"\non=\"users\"\nevery=1\ncount=1\nretry_after_s=86400"));
  const auto failed = get("/mdm/v2/users");
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(error_of(failed), "9603");
  EXPECT_EQ(http::field(failed.fields, "Retry-After"), "86400");
  clock_.turn(std::chrono::seconds(1));
  EXPECT_EQ(http::field(get("/mdm/v2/users").fields, "Retry-After"), "3600");
}

TEST_F(BooksFaultsTest, LetsUsersTapWhileItIsClosedToServers) {
  open_session(fault("kind=\"error\"\non=\"status\"\nevery=1\nretry_after_s=60"));
  enroll({"a"});
  const auto mia = code("a");
  (void)get("/mdm/v2/status", "eventId=x");
  EXPECT_EQ(tap(mia, "x").status, 200);
  EXPECT_EQ(count_of("before_retry_after"), "0");
}

TEST_F(BooksFaultsTest, SaysRetryAfterAsADate) {
  open_session(fault("kind=\"error\"\non=\"users\"\nevery=2\nstatus=503\nretry_after_s=60\n"
                     "retry_after_as_date=true") +
               fault("kind=\"error\"\non=\"status\"\nevery=1\nretry_after_s=60\n"
                     "retry_after_as_date=true"));
  const auto failed = get("/mdm/v2/status");
  EXPECT_EQ(http::field(failed.fields, "Retry-After"), "Tue, 14 Nov 2023 22:14:20 GMT");
  clock_.turn(std::chrono::minutes(1));
  (void)get("/mdm/v2/users");
  EXPECT_EQ(http::field(get("/mdm/v2/users").fields, "Retry-After"),
            "Tue, 14 Nov 2023 22:15:20 GMT");
}

TEST_F(BooksFaultsTest, AnswersLate) {
  open_session(fault("kind=\"slow\"\non=\"users\"\nevery=1\ndelay_ms=1500"));
  EXPECT_EQ(ask("GET", "/mdm/v2/users", "", "").delay, std::chrono::milliseconds(1500));
  EXPECT_EQ(ask("GET", "/mdm/v2/client/config", "", "").delay, Duration(0));
}

TEST_F(BooksFaultsTest, ClosesTheConnectionBeforeOrAfterItHasActed) {
  open_session(fault("kind=\"close\"\non=\"create\"\nevery=1\ncount=1") +
               fault("kind=\"close\"\non=\"create\"\nevery=2\ncount=1\nacted=true"));
  const std::string body = R"({"users":[{"clientUserId":"a"}]})";
  EXPECT_TRUE(ask("POST", "/mdm/v2/users/create", "", body).hang_up);
  finish_events();
  EXPECT_EQ(user("a"), "");
  EXPECT_TRUE(ask("POST", "/mdm/v2/users/create", "", body).hang_up);
  finish_events();
  EXPECT_NE(user("a"), "");
}

TEST_F(BooksFaultsTest, RevokesATokenUntilTheNextIsInstalled) {
  open_session(fault("kind=\"revoke\"\non=\"users\"\nevery=1\ncount=1"));
  const auto reply = get("/mdm/v2/users");
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(error_of(reply), "9625");
  EXPECT_EQ(error_of(get("/mdm/v2/client/config")), "9625");
  EXPECT_EQ(error_of(ask_v1("VPPClientConfigSrv")), "9625");
  EXPECT_EQ(books_->token().generation(), 2U);
  token_ = books_->token().text();
  EXPECT_EQ(get("/mdm/v2/client/config").status, 200);
}

TEST_F(BooksFaultsTest, ExpiresATokenWithHttp200) {
  open_session(fault("kind=\"expire\"\non=\"users\"\nevery=1\ncount=1\nas_200=true"));
  const auto reply = get("/mdm/v2/users");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(error_of(reply), "9621");
  EXPECT_THAT(journal(), HasSubstr(R"("fact":"change","kind":"expired")"));
}

TEST_F(BooksFaultsTest, GivesTheLocationToAnotherServerAndBlamesWhoGoesOn) {
  open(fault("kind=\"steal\"\nevery=1\nafter=3\ncount=1\nname=\"School MDM\""));
  (void)get("/mdm/v2/service/config");
  (void)post("/mdm/v2/client/config", R"({"mdmInfo":{"id":"i","name":"n","metadata":""}})");
  (void)get("/mdm/v2/client/config");
  (void)get("/mdm/v2/users");
  EXPECT_EQ(count_of("after_foreign"), "0");  // nobody has told it yet
  const auto config = get("/mdm/v2/client/config").body;
  EXPECT_EQ(text_at(config, {"mdmInfo", "name"}), "School MDM");
  (void)get("/mdm/v2/client/config");
  (void)get("/mdm/v2/service/config");
  EXPECT_EQ(count_of("after_foreign"), "0");
  (void)get("/mdm/v2/users");
  EXPECT_EQ(count_of("after_foreign"), "1");
  (void)post("/mdm/v2/client/config", R"({"mdmInfo":{"id":"i","name":"n","metadata":""}})");
  (void)get("/mdm/v2/users");
  EXPECT_EQ(count_of("after_foreign"), "1");
}

TEST_F(BooksFaultsTest, GivesTheLocationBackToAClientOfVersionOne) {
  open(fault("kind=\"steal\"\nevery=1\ncount=1"));
  (void)ask_v1("VPPServiceConfigSrv");
  EXPECT_EQ(text_at(ask_v1("VPPClientConfigSrv").body, {"clientContext"}),
            "token being used in v2");
  (void)ask_v1("getVPPUsersSrv");
  EXPECT_EQ(count_of("after_foreign"), "1");
  (void)ask_v1("VPPClientConfigSrv", R"("clientContext":"mine")");
  (void)ask_v1("getVPPUsersSrv");
  EXPECT_EQ(count_of("after_foreign"), "1");
}

TEST_F(BooksFaultsTest, MovesTheVersionInMidWalk) {
  open_session(fault("kind=\"version\"\nevery=2\ncount=1\nstrangers=3"));
  enroll({"a", "b", "c", "d"});
  const auto first = get("/mdm/v2/users").body;
  const auto second = get("/mdm/v2/users", "pageIndex=1").body;
  EXPECT_NE(text_at(first, {"versionId"}), text_at(second, {"versionId"}));
  EXPECT_EQ(json_at(first, {"totalPages"}), "2");
  EXPECT_EQ(json_at(second, {"totalPages"}), "3");
  const auto since = get("/mdm/v2/users", "sinceVersionId=" + text_at(first, {"versionId"})).body;
  EXPECT_EQ(json_at(since, {"size"}), "3");
}

TEST_F(BooksFaultsTest, ChangesALimit) {
  open_session(
      fault("kind=\"limit\"\non=\"create\"\nevery=2\ncount=1\nname=\"maxUsers\"\n"
            "value=1"));
  (void)create({"a", "b"});
  EXPECT_EQ(error_of(post("/mdm/v2/users/create",
                          R"({"users":[{"clientUserId":"c"},{"clientUserId":"d"}]})")),
            "9714");
  EXPECT_EQ(json_at(get("/mdm/v2/service/config").body, {"limits", "maxUsers"}), "1");
  EXPECT_THAT(journal(), HasSubstr(R"("fact":"change","kind":"limit maxUsers")"));
}

TEST_F(BooksFaultsTest, AllowsSoManyRequestsASecondOnceItSaysSo) {
  open_session(
      fault("kind=\"limit\"\non=\"status\"\nevery=1\nname=\"maxRequestPerSecond\"\n"
            "value=3"));
  clock_.turn(std::chrono::seconds(1));
  EXPECT_EQ(error_of(get("/mdm/v2/status", "eventId=x")), "9708");
  EXPECT_EQ(json_at(get("/mdm/v2/service/config").body, {"limits", "maxRequestPerSecond"}), "3");
  (void)get("/mdm/v2/users");
  EXPECT_EQ(get("/mdm/v2/users").status, 200);
  const auto reply = get("/mdm/v2/users");
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(error_of(reply), "9646");
  clock_.turn(std::chrono::seconds(1));
  EXPECT_EQ(get("/mdm/v2/users").status, 200);
}

TEST_F(BooksFaultsTest, StrikesTapsToo) {
  open_session(fault("kind=\"error\"\non=\"accept\"\nevery=1\ncount=1") +
               fault("kind=\"slow\"\non=\"accept\"\nevery=1\ndelay_ms=100") +
               fault("kind=\"close\"\non=\"accept\"\nevery=2\ncount=1\nacted=true") +
               fault("kind=\"close\"\non=\"accept\"\nevery=1\nafter=3") +
               fault("kind=\"version\"\non=\"accept\"\nevery=1"));
  enroll({"a"});
  const auto query = "account=x&inviteCode=" + code("a");
  const auto failed = ask("GET", "/accept", query, "");
  EXPECT_EQ(failed.reply.status, 503);
  EXPECT_EQ(failed.delay, std::chrono::milliseconds(100));
  EXPECT_EQ(text_at(user("a"), {"status"}), "Registered");
  EXPECT_TRUE(ask("GET", "/accept", query, "").hang_up);
  EXPECT_EQ(text_at(user("a"), {"status"}), "Associated");
  EXPECT_FALSE(ask("GET", "/accept", query, "").hang_up);
  EXPECT_TRUE(ask("GET", "/accept", "inviteCode=x", "").hang_up);
  EXPECT_THAT(books_->stats(), HasSubstr("\"taps_refused\":0"));
}

// ── of users ──

TEST_F(BooksFaultsTest, FailsForAUserOnceWhereAnotherTryIsWorthIt) {
  open_session(fault("kind=\"fail\"\nshare=1.0\nerror=9603"));
  const auto event = create({"a", "b"});
  finish_events();
  EXPECT_EQ(json_at(list_at(status(event), "failures").front(), {"errorInfo", "clientUserIds"}),
            R"(["a","b"])");
  EXPECT_EQ(text_at(status(event), {"eventStatus"}), "FAILED");
  enroll({"a"});
  EXPECT_NE(user("a"), "");
}

TEST_F(BooksFaultsTest, FailsForTheSameUserForGood) {
  open_session(fault("kind=\"fail\"\nshare=0.5\nerror=9635"));
  enroll({"a", "b", "c", "d", "e", "f", "g", "h"});
  const auto failed = [this](const std::string& id) { return user(id).empty(); };
  std::string before;
  for (const std::string id : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    before += failed(id) ? id : "";
  }
  ASSERT_FALSE(before.empty());
  ASSERT_LT(before.size(), 8U);
  const auto id = before.substr(0, 1);
  EXPECT_EQ(error_of(ask_v1("registerVPPUserSrv", "\"clientUserIdStr\":\"" + id + "\"")), "9635");
  EXPECT_THAT(journal(), HasSubstr(R"("fact":"refused","clientUserId":")" + id +
                                   R"(","error":9635,"on":"v1")"));
}

TEST_F(BooksFaultsTest, SaysThatAUserExistsWhomItHasJustRegistered) {
  open_session(fault("kind=\"fail\"\nevery=1\ncount=1\nerror=9716\nacted=true"));
  const auto event = create({"a"});
  finish_events();
  EXPECT_EQ(json_at(list_at(status(event), "failures").front(), {"errorNumber"}), "9716");
  EXPECT_NE(user("a"), "");
}

TEST_F(BooksFaultsTest, SaysCompleteOfAUserWhomItDisregarded) {
  open_session(fault("kind=\"ignore\"\nevery=2\ncount=1"));
  const auto event = create({"a", "b", "c"});
  finish_events();
  EXPECT_EQ(text_at(status(event), {"eventStatus"}), "COMPLETE");
  EXPECT_EQ(json_at(status(event), {"numCompleted"}), "3");
  EXPECT_NE(user("a"), "");
  EXPECT_EQ(user("b"), "");
  EXPECT_THAT(journal(), HasSubstr(R"("fact":"disregarded","clientUserId":"b")"));
  enroll({"b"});
  EXPECT_NE(user("b"), "");
}

TEST_F(BooksFaultsTest, DisregardsAUserOfVersionOne) {
  open_session(fault("kind=\"ignore\"\nshare=1.0"));
  const auto body = ask_v1("registerVPPUserSrv", R"("clientUserIdStr":"a")").body;
  EXPECT_EQ(json_at(body, {"status"}), "0");
  EXPECT_EQ(json_at(body, {"user"}), "");
  EXPECT_EQ(
      json_at(ask_v1("registerVPPUserSrv", R"("clientUserIdStr":"a")").body, {"user", "userId"}),
      "1");
}

TEST_F(BooksFaultsTest, FailsForUsersOfVersionOne) {
  open_session(fault("kind=\"fail\"\nevery=1\nafter=1\nerror=9603\nonce=false"));
  (void)ask_v1("registerVPPUserSrv", R"("clientUserIdStr":"a")");
  EXPECT_EQ(error_of(ask_v1("retireVPPUserSrv", R"("clientUserIdStr":"a")")), "9603");
  EXPECT_EQ(error_of(ask_v1("editVPPUserSrv", R"("clientUserIdStr":"a")")), "9603");
  EXPECT_NE(user("a"), "");
}

// ── of notifications ──

class BooksNoticesTest : public BooksFaultsTest {
 protected:
  // The clientUserIds of the notifications that are posted now, in order, each with its id.
  std::vector<std::pair<std::string, std::string>> posted(bool delivered = true) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& post : books_->take_posts(clock_.now())) {
      const auto& body = post.request.body;
      const auto notification = json_at(body, {"notification"});
      const bool associated = text_at(body, {"notificationType"}) == "USER_ASSOCIATED";
      const auto users = list_at(notification, associated ? "associatedUsers" : "users");
      found.emplace_back(text_at(users.front(), {"clientUserId"}),
                         text_at(body, {"notificationId"}));
      (void)books_->posted(post.number, delivered, clock_.now());
    }
    return found;
  }
  [[nodiscard]] std::string notices() const { return json_at(books_->stats(), {"notifications"}); }
};

TEST_F(BooksNoticesTest, TellsHowAnEventEnded) {
  open_session();
  enroll({"a"});
  subscribe();
  const auto event = create({"a", "b"});
  finish_events();
  const auto posts = books_->take_posts(clock_.now());
  ASSERT_EQ(posts.size(), 2U);
  const auto good = json_at(posts[0].request.body, {"notification"});
  EXPECT_EQ(text_at(posts[0].request.body, {"notificationType"}), "USER_MANAGEMENT");
  EXPECT_EQ(text_at(good, {"eventId"}), event);
  EXPECT_EQ(text_at(good, {"result"}), "SUCCESS");
  EXPECT_EQ(text_at(good, {"type"}), "CREATE");
  EXPECT_EQ(list_at(good, "users").front(), user("b"));
  const auto bad = json_at(posts[1].request.body, {"notification"});
  EXPECT_EQ(text_at(bad, {"result"}), "FAILURE");
  EXPECT_EQ(json_at(bad, {"error", "errorNumber"}), "9716");
  EXPECT_EQ(json_at(bad, {"error", "errorInfo", "clientUserIds"}), "[\"a\"]");
}

TEST_F(BooksNoticesTest, TellsOfAHundredUsersAtATime) {
  open_session(fault("kind=\"limit\"\nevery=1\ncount=1\nname=\"maxUsers\"\nvalue=500"));
  subscribe();
  std::vector<std::string> ids;
  for (int i = 0; i < 201; ++i) {
    ids.push_back("u" + std::to_string(i));
  }
  enroll(ids);
  EXPECT_EQ(posted().size(), 3U);
}

TEST_F(BooksNoticesTest, TellsNobodyWhoDidNotAsk) {
  open_session();
  enroll({"a"});
  EXPECT_TRUE(books_->take_posts(clock_.now()).empty());
  EXPECT_THAT(notices(), HasSubstr("\"made\":0"));
}

TEST_F(BooksNoticesTest, TriesThreeTimesAndThenGivesUp) {
  open_session();
  subscribe();
  enroll({"a"});
  const auto first = posted(false);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(posted(false).empty());
  EXPECT_EQ(books_->next_post(), clock_.now() + std::chrono::seconds(60));
  clock_.turn(std::chrono::seconds(60));
  EXPECT_EQ(posted(false), first);
  clock_.turn(std::chrono::seconds(60));
  EXPECT_EQ(posted(false), first);
  clock_.turn(std::chrono::hours(1));
  EXPECT_TRUE(posted(false).empty());
  EXPECT_EQ(notices(), R"({"made":1,"posts":4,"delivered":1,"given_up":1,"tests":1})");
  EXPECT_EQ(books_->next_post(), Instant::never());
}

TEST_F(BooksNoticesTest, LosesOne) {
  open_session(fault("kind=\"lose\"\nevery=1\ncount=1"));
  subscribe();
  enroll({"a"});
  EXPECT_TRUE(posted().empty());
  enroll({"b"});
  EXPECT_EQ(posted().size(), 1U);
}

TEST_F(BooksNoticesTest, RepeatsOneUnderTheSameId) {
  open_session(fault("kind=\"repeat\"\nevery=1\ncount=1\ntimes=3"));
  subscribe();
  enroll({"a"});
  const auto all = posted();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0], all[1]);
  EXPECT_EQ(all[0], all[2]);
}

TEST_F(BooksNoticesTest, PostsOneLate) {
  open_session(fault("kind=\"late\"\nevery=1\ncount=1\ndelay_ms=5000"));
  subscribe();
  enroll({"a"});
  EXPECT_TRUE(posted().empty());
  clock_.turn(std::chrono::seconds(5));
  EXPECT_EQ(posted().size(), 1U);
}

TEST_F(BooksNoticesTest, PostsOneBehindTheNext) {
  open_session(fault("kind=\"reorder\"\nevery=1\ncount=1"));
  subscribe();
  enroll({"a"});
  EXPECT_TRUE(posted().empty());
  (void)tap(code("a"), "x");
  const auto next = posted();
  ASSERT_EQ(next.size(), 1U);
  clock_.turn(std::chrono::milliseconds(1));
  const auto held = posted();
  ASSERT_EQ(held.size(), 1U);
  EXPECT_NE(held.front().second, next.front().second);
  clock_.turn(std::chrono::hours(1));
  EXPECT_TRUE(posted().empty());
}

TEST_F(BooksNoticesTest, DoesNotHoldOneForEver) {
  open_session(fault("kind=\"reorder\"\nevery=1\ncount=1"));
  subscribe();
  enroll({"a"});
  clock_.turn(std::chrono::seconds(5));
  EXPECT_EQ(posted().size(), 1U);
  enroll({"b"});
  EXPECT_EQ(posted().size(), 1U);
}

}  // namespace
}  // namespace muster::loadgen
