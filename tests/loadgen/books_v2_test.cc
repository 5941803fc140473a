#include "loadgen/books_v2.h"

#include "books_fixture.h"

namespace muster::loadgen {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BooksV2Test : public BooksTest {
 protected:
  BooksV2Test() { open_session(); }
};

TEST_F(BooksV2Test, TellsLimitsErrorsAndUrlsToAnybody) {
  token_ = "none";
  const auto reply = get("/mdm/v2/service/config");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(json_at(reply.body, {"limits", "maxUsers"}), "100");
  EXPECT_EQ(json_at(reply.body, {"limits", "maxRequestPerSecond"}), "");
  EXPECT_EQ(text_at(reply.body, {"urls", "createUsers"}),
            "http://books.test:8471/mdm/v2/users/create");
  EXPECT_EQ(text_at(reply.body, {"urls", "invitationEmail"}),
            "http://books.test:8471/accept?inviteCode=%25inviteCode%25&mt=8");
  EXPECT_EQ(list_at(reply.body, "notificationTypes").size(), 4U);
  EXPECT_THAT(reply.body, HasSubstr("\"errorNumber\":9716"));
  EXPECT_THAT(reply.body, Not(HasSubstr("\"errorNumber\":9604")));
}

// ── users ──

TEST_F(BooksV2Test, RegistersABatchLittleByLittle) {
  const auto event = create({"a", "b", "c", "d"});
  EXPECT_EQ(text_at(status(event), {"eventStatus"}), "PENDING");
  EXPECT_EQ(text_at(status(event), {"eventType"}), "CREATE");
  EXPECT_EQ(json_at(status(event), {"numCompleted"}), "0");
  EXPECT_EQ(user("a"), "");
  clock_.turn(std::chrono::seconds(5));
  EXPECT_EQ(json_at(status(event), {"numCompleted"}), "2");
  EXPECT_EQ(text_at(user("b"), {"status"}), "Registered");
  EXPECT_EQ(user("c"), "");
  clock_.turn(std::chrono::seconds(5));
  const auto over = status(event);
  EXPECT_EQ(text_at(over, {"eventStatus"}), "COMPLETE");
  EXPECT_EQ(json_at(over, {"numCompleted"}), "4");
  EXPECT_EQ(json_at(over, {"numRequested"}), "4");
  EXPECT_EQ(json_at(over, {"failures"}), "");
  EXPECT_EQ(code("d").size(), 32U);
  EXPECT_EQ(text_at(user("d"), {"email"}), "d@mail.example");
}

TEST_F(BooksV2Test, AnswersAWriteWithItsEventAndTheToken) {
  const auto reply = post("/mdm/v2/users/create", R"({"users":[{"clientUserId":"a"}]})");
  EXPECT_EQ(text_at(reply.body, {"eventId"}).size(), 36U);
  EXPECT_EQ(text_at(reply.body, {"uId"}), books_->token().location_number());
  EXPECT_EQ(text_at(reply.body, {"tokenExpirationDate"}), "2024-11-13T22:13:20+0000");
}

TEST_F(BooksV2Test, FailsForWhoeverIsRegisteredAlreadyAndDoesTheOthers) {
  enroll({"a"});
  const auto event = create({"a", "b"});
  finish_events();
  const auto over = status(event);
  EXPECT_EQ(text_at(over, {"eventStatus"}), "FAILED");
  ASSERT_EQ(list_at(over, "failures").size(), 1U);
  const auto failure = list_at(over, "failures").front();
  EXPECT_EQ(json_at(failure, {"errorNumber"}), "9716");
  EXPECT_EQ(json_at(failure, {"errorInfo", "clientUserIds"}), "[\"a\"]");
  EXPECT_NE(user("b"), "");
  EXPECT_EQ(count_of("registered_twice"), "1");
}

TEST_F(BooksV2Test, AssociatesAManagedAccountOfTheOrganisationAtOnce) {
  (void)post("/mdm/v2/users/create",
             R"({"users":[{"clientUserId":"a","managedAppleId":"a@School.example"},)"
             R"({"clientUserId":"b","managedAppleId":"b@other.example"},)"
             R"({"clientUserId":"c","managedAppleId":"nobody"}]})");
  finish_events();
  EXPECT_EQ(text_at(user("a"), {"status"}), "Associated");
  EXPECT_EQ(text_at(user("a"), {"idHash"}).size(), 28U);
  EXPECT_EQ(code("a"), "");
  EXPECT_EQ(user("b"), "");
  EXPECT_EQ(user("c"), "");
  EXPECT_THAT(books_->stats(), HasSubstr("\"9635\":2"));
}

TEST_F(BooksV2Test, UpdatesWhoIsThereAndNobodyElse) {
  enroll({"a"});
  const auto reply =
      post("/mdm/v2/users/update", R"({"users":[{"clientUserId":"a","email":"new@mail.example"},)"
                                   R"({"clientUserId":"x","email":"x@mail.example"}]})");
  finish_events();
  EXPECT_EQ(text_at(user("a"), {"email"}), "new@mail.example");
  const auto over = status(text_at(reply.body, {"eventId"}));
  EXPECT_EQ(text_at(over, {"eventType"}), "UPDATE");
  EXPECT_EQ(json_at(list_at(over, "failures").front(), {"errorNumber"}), "9609");
}

TEST_F(BooksV2Test, AssociatesByAnUpdateButOnlyOnce) {
  enroll({"a"});
  const auto update = [this](const std::string& account) {
    const auto reply = post("/mdm/v2/users/update", R"({"users":[{"clientUserId":"a",)"
                                                    R"("managedAppleId":")" +
                                                        account + "\"}]}");
    finish_events();
    return text_at(status(text_at(reply.body, {"eventId"})), {"eventStatus"});
  };
  EXPECT_EQ(update("a@other.example"), "FAILED");
  EXPECT_EQ(update("a@school.example"), "COMPLETE");
  EXPECT_EQ(text_at(user("a"), {"status"}), "Associated");
  EXPECT_EQ(update("a@school.example"), "COMPLETE");
  EXPECT_EQ(update("b@school.example"), "FAILED");
  EXPECT_THAT(books_->stats(), HasSubstr("\"9641\":1"));
}

TEST_F(BooksV2Test, RetiresAUserAndFindsHimNoMore) {
  enroll({"a"});
  const auto reply = post("/mdm/v2/users/retire", R"({"users":[{"clientUserId":"a"}]})");
  finish_events();
  EXPECT_EQ(text_at(status(text_at(reply.body, {"eventId"})), {"eventType"}), "RETIRE");
  EXPECT_EQ(user("a"), "");
  const auto retired = get("/mdm/v2/users", "retiredOnly=true");
  EXPECT_EQ(text_at(list_at(retired.body, "users").front(), {"status"}), "Retired");
  const auto again = post("/mdm/v2/users/retire", R"({"users":[{"clientUserId":"a"}]})");
  finish_events();
  EXPECT_EQ(text_at(status(text_at(again.body, {"eventId"})), {"eventStatus"}), "FAILED");
}

struct Refused {
  const char* body;
  const char* error;
};

TEST_F(BooksV2Test, RefusesABatchThatIsNotRightAsAWhole) {
  const auto* good = R"({"clientUserId":"good"},)";
  for (const auto& [body, error] :
       std::vector<Refused>{{"", "9602"},
                            {"[]", "9602"},
                            {"{}", "9720"},
                            {R"({"users":[]})", "9720"},
                            {R"({"users":7})", "9720"},
                            {R"({"users":[GOOD7]})", "9602"},
                            {R"({"users":[GOOD{}]})", "9602"},
                            {R"({"users":[GOOD{"clientUserId":""}]})", "9602"},
                            {R"({"users":[GOOD{"clientUserId":7}]})", "9602"},
                            {R"({"users":[GOOD{"clientUserId":"a","email":7}]})", "9602"},
                            {R"({"users":[GOOD{"clientUserId":"a","managedAppleId":[]}]})", "9602"},
                            {R"({"users":[GOOD{"clientUserId":"a","email":"a b@c"}]})", "9717"},
                            {R"({"users":[GOOD{"clientUserId":"a","email":"@c"}]})", "9717"},
                            {R"({"users":[GOOD{"clientUserId":"a","email":"a@"}]})", "9717"},
                            {R"({"users":[GOOD{"clientUserId":"a","email":"a@b@c"}]})", "9717"},
                            {R"({"users":[GOOD{"clientUserId":"a","email":"abc"}]})", "9717"},
                            {R"({"users":[GOOD{"clientUserId":"good"}]})", "9715"}}) {
    std::string text(body);
    if (const auto at = text.find("GOOD"); at != std::string::npos) {
      text.replace(at, 4, good);
    }
    const auto reply = post("/mdm/v2/users/create", text);
    EXPECT_EQ(reply.status, 400) << text;
    EXPECT_EQ(error_of(reply), error) << text;
  }
  finish_events();
  EXPECT_EQ(user("good"), "");
}

TEST_F(BooksV2Test, NamesTheUsersThatAreWrong) {
  const auto twice =
      post("/mdm/v2/users/create", R"({"users":[{"clientUserId":"a"},{"clientUserId":"a"}]})");
  EXPECT_EQ(json_at(twice.body, {"errorInfo", "clientUserIds"}), "[\"a\"]");
  EXPECT_EQ(count_of("registered_twice"), "1");
}

TEST_F(BooksV2Test, TakesNullForAMemberThatIsNotThere) {
  EXPECT_EQ(post("/mdm/v2/users/create",
                 R"({"users":[{"clientUserId":"a","email":null,"managedAppleId":null}]})")
                .status,
            200);
  finish_events();
  EXPECT_EQ(json_at(user("a"), {"email"}), "");
}

TEST_F(BooksV2Test, TakesAsManyUsersAsTheLimitSaysAndNotOneMore) {
  const auto batch = [](int users) {
    std::string text = "{\"users\":[";
    for (int i = 0; i < users; ++i) {
      text += (i == 0 ? "" : ",") + (R"({"clientUserId":"u)" + std::to_string(i)) + "\"}";
    }
    return text + "]}";
  };
  EXPECT_EQ(post("/mdm/v2/users/create", batch(100)).status, 200);
  EXPECT_EQ(error_of(post("/mdm/v2/users/create", batch(101))), "9714");
  EXPECT_EQ(count_of("batch_over_limit"), "1");
}

// ── lists ──

TEST_F(BooksV2Test, ListsUsersByPages) {
  enroll({"a", "b", "c", "d", "e", "f", "g"});
  const auto first = get("/mdm/v2/users").body;
  EXPECT_EQ(json_at(first, {"currentPageIndex"}), "0");
  EXPECT_EQ(json_at(first, {"nextPageIndex"}), "1");
  EXPECT_EQ(json_at(first, {"size"}), "3");
  EXPECT_EQ(json_at(first, {"totalPages"}), "3");
  const auto last = get("/mdm/v2/users", "pageIndex=2").body;
  EXPECT_EQ(json_at(last, {"nextPageIndex"}), "");
  EXPECT_EQ(json_at(last, {"size"}), "1");
  EXPECT_EQ(text_at(list_at(last, "users").front(), {"clientUserId"}), "g");
  EXPECT_EQ(error_of(get("/mdm/v2/users", "pageIndex=3")), "9650");
}

TEST_F(BooksV2Test, ListsNobodyWithoutAnError) {
  const auto reply = get("/mdm/v2/users");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(json_at(reply.body, {"users"}), "[]");
  EXPECT_EQ(json_at(reply.body, {"totalPages"}), "1");
}

TEST_F(BooksV2Test, ListsWhatHasChangedSinceAVersion) {
  enroll({"a", "b"});
  const auto version = text_at(get("/mdm/v2/users").body, {"versionId"});
  EXPECT_EQ(version.size(), 36U);
  EXPECT_EQ(json_at(get("/mdm/v2/users", "sinceVersionId=" + version).body, {"size"}), "0");
  (void)tap(code("b"), "b@icloud.example");
  const auto changed = get("/mdm/v2/users", "sinceVersionId=" + version).body;
  EXPECT_EQ(json_at(changed, {"size"}), "1");
  EXPECT_NE(text_at(changed, {"versionId"}), version);
  EXPECT_EQ(text_at(list_at(changed, "users").front(), {"status"}), "Associated");
}

TEST_F(BooksV2Test, RefusesQuestionsThatAreNotApples) {
  EXPECT_EQ(error_of(get("/mdm/v2/users", "sinceVersionId=1")), "9721");
  EXPECT_EQ(error_of(get("/mdm/v2/users", "sinceVersionId=00000000-0000-4000-8000-000000000001")),
            "9721");
  for (const std::string query :
       {"pageIndex=-1", "pageIndex=x", "activeOnly=1", "activeOnly=true&retiredOnly=true",
        "clientUserId=", "page=1", "clientUserId=%zz", "clientUserId=%2"}) {
    EXPECT_EQ(error_of(get("/mdm/v2/users", query)), "9602") << query;
  }
}

TEST_F(BooksV2Test, ReadsAQuestionWithEscapes) {
  (void)post("/mdm/v2/users/create", R"({"users":[{"clientUserId":"a b"}]})");
  finish_events();
  EXPECT_NE(user("a%20b"), "");
  EXPECT_NE(user("a+b&"), "");
  EXPECT_EQ(json_at(get("/mdm/v2/users", "activeOnly=false").body, {"size"}), "1");
}

TEST_F(BooksV2Test, KnowsNoEventButItsOwn) {
  EXPECT_EQ(error_of(get("/mdm/v2/status", "eventId=8f1c")), "9708");
  EXPECT_EQ(error_of(get("/mdm/v2/status", "")), "9602");
  EXPECT_EQ(error_of(get("/mdm/v2/status", "event=8f1c")), "9602");
}

TEST_F(BooksV2Test, DoesNotKnowTheEventsOfAnEarlierRun) {
  const auto event = create({"a"});
  rules_.started_wall = {rules_.started_wall.milliseconds + 1};
  open_session();
  EXPECT_EQ(error_of(get("/mdm/v2/status", "eventId=" + event)), "9708");
}

// ── client/config ──

TEST_F(BooksV2Test, RemembersWhoHoldsTheLocation) {
  const auto before = get("/mdm/v2/client/config").body;
  EXPECT_EQ(json_at(before, {"mdmInfo"}), "");
  EXPECT_EQ(text_at(before, {"locationName"}), "Example School");
  EXPECT_EQ(text_at(before, {"countryISO2ACode"}), "US");
  const auto reply =
      post("/mdm/v2/client/config", R"({"mdmInfo":{"id":"i","name":"Muster","metadata":""}})");
  EXPECT_EQ(text_at(reply.body, {"mdmInfo", "name"}), "Muster");
  EXPECT_EQ(text_at(get("/mdm/v2/client/config").body, {"mdmInfo", "id"}), "i");
  const auto write = post("/mdm/v2/users/create", R"({"users":[{"clientUserId":"a"}]})");
  EXPECT_EQ(text_at(write.body, {"mdmInfo", "id"}), "i");
}

TEST_F(BooksV2Test, RefusesAnMdmInfoThatIsNotWhole) {
  const auto long_text = [](std::size_t size) { return std::string(size, 'x'); };
  const auto info = [](const std::string& id, const std::string& name, const std::string& more) {
    return R"({"mdmInfo":{"id":")" + id + R"(","name":")" + name + "\"" + more + "}}";
  };
  const auto error = [this](const std::string& body) {
    return error_of(post("/mdm/v2/client/config", body));
  };
  const std::string metadata = R"(,"metadata":"m")";
  EXPECT_EQ(error("nothing"), "9602");
  EXPECT_EQ(error(R"({"mdmInfo":7})"), "9602");
  EXPECT_EQ(error(R"({"mdmInfo":{"id":7}})"), "9602");
  EXPECT_EQ(error(R"({"mdmInfo":{"name":7}})"), "9602");
  EXPECT_EQ(error(R"({"mdmInfo":{"metadata":7}})"), "9602");
  EXPECT_EQ(error(info("", "n", metadata)), "9723");
  EXPECT_EQ(error(info("i", "", metadata)), "9723");
  EXPECT_EQ(error(info("i", "n", "")), "9723");
  EXPECT_EQ(error(info(long_text(101), "n", metadata)), "9724");
  EXPECT_EQ(error(info("i", long_text(101), metadata)), "9725");
  EXPECT_EQ(error(info("i", "n", R"(,"metadata":")" + long_text(256) + "\"")), "9713");
  EXPECT_EQ(error(info(long_text(100), long_text(100), metadata)), "");
}

TEST_F(BooksV2Test, TakesAListenerOnceItHasTakenATest) {
  const auto answer =
      ask("POST", "/mdm/v2/client/config", "",
          R"({"mdmInfo":{"id":"i","name":"n","metadata":"m"},)"
          R"("notificationUrl":"http://127.0.0.1:8470/hooks/books",)"
          R"("notificationAuthToken":"t","notificationTypes":["USER_ASSOCIATED"]})");
  ASSERT_NE(answer.test, 0U);
  EXPECT_EQ(json_at(get("/mdm/v2/client/config").body, {"mdmInfo"}), "");
  const auto posts = books_->take_posts(clock_.now());
  ASSERT_EQ(posts.size(), 1U);
  const auto& request = posts.front().request;
  EXPECT_EQ(request.url, "http://127.0.0.1:8470/hooks/books");
  EXPECT_EQ(http::field(request.fields, "authorization"), "Bearer t");
  EXPECT_EQ(text_at(request.body, {"notificationType"}), "TEST_NOTIFICATION");
  const auto told = books_->posted(answer.test, true, clock_.now());
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->reply.status, 200);
  EXPECT_EQ(text_at(told->reply.body, {"mdmInfo", "id"}), "i");
  EXPECT_EQ(json_at(told->reply.body, {"subscribedNotificationTypes"}), "[\"USER_ASSOCIATED\"]");
  EXPECT_EQ(text_at(get("/mdm/v2/client/config").body, {"notificationAuthToken"}), "t");
}

TEST_F(BooksV2Test, RefusesAListenerThatDoesNotTakeTheTestAndTriesOnlyOnce) {
  const auto answer = ask("POST", "/mdm/v2/client/config", "",
                          R"({"notificationUrl":"https://a.example/x",)"
                          R"("notificationAuthToken":"t"})");
  (void)books_->take_posts(clock_.now());
  const auto told = books_->posted(answer.test, false, clock_.now());
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->reply.status, 400);
  EXPECT_EQ(error_of(told->reply), "9728");
  EXPECT_EQ(json_at(get("/mdm/v2/client/config").body, {"notificationUrl"}), "");
  clock_.turn(std::chrono::hours(1));
  EXPECT_TRUE(books_->take_posts(clock_.now()).empty());
  EXPECT_FALSE(books_->posted(answer.test, true, clock_.now()).has_value());
}

TEST_F(BooksV2Test, RefusesListenersThatAppleWouldNotReach) {
  const auto error = [this](const std::string& url, const std::string& token) {
    return error_of(
        post("/mdm/v2/client/config",
             R"({"notificationUrl":")" + url + R"(","notificationAuthToken":")" + token + "\"}"));
  };
  for (const std::string url : {"http://muster.example/x", "ftp://muster.example/x", "https:///x",
                                "https://muster.example/x?y=1", "https://a@muster.example/",
                                "https://muster.example/#x", "http://128.0.0.1/"}) {
    EXPECT_EQ(error(url, "t"), "9712") << url;
  }
  EXPECT_EQ(error("https://muster.example/x", ""), "9710");
  EXPECT_EQ(error("", "t"), "9710");
  EXPECT_EQ(error("https://muster.example/" + std::string(500, 'x'), "t"), "9711");
  EXPECT_EQ(error("https://muster.example/", std::string(513, 'x')), "9711");
  EXPECT_TRUE(books_->take_posts(clock_.now()).empty());
  EXPECT_EQ(error("http://[::1]:80/", "t"), "");
  EXPECT_EQ(error("http://localhost/x", "t"), "");
}

TEST_F(BooksV2Test, RefusesAListenerOfUnknownForm) {
  for (const std::string body :
       {R"({"notificationUrl":7})", R"({"notificationAuthToken":7})",
        R"({"notificationTypes":"ASSET_COUNT"})", R"({"notificationTypes":["ANYTHING"]})",
        R"({"notificationTypes":[7]})"}) {
    EXPECT_EQ(error_of(post("/mdm/v2/client/config", body)), "9602") << body;
  }
}

TEST_F(BooksV2Test, ChangesTheTypesOfAListenerAndLetsItGo) {
  subscribe();
  const auto answer =
      ask("POST", "/mdm/v2/client/config", "", R"({"notificationTypes":["ASSET_COUNT"]})");
  ASSERT_NE(answer.test, 0U);
  (void)books_->take_posts(clock_.now());
  const auto told = books_->posted(answer.test, true, clock_.now());
  EXPECT_EQ(text_at(told->reply.body, {"notificationAuthToken"}), "listen");
  EXPECT_EQ(json_at(told->reply.body, {"subscribedNotificationTypes"}), "[\"ASSET_COUNT\"]");
  const auto gone =
      post("/mdm/v2/client/config", R"({"notificationUrl":"","notificationAuthToken":""})");
  EXPECT_EQ(json_at(gone.body, {"notificationUrl"}), "");
  EXPECT_EQ(gone.status, 200);
}

}  // namespace
}  // namespace muster::loadgen
