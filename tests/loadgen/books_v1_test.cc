#include "loadgen/books_v1.h"

#include "books_fixture.h"

namespace muster::loadgen {
namespace {

using ::testing::HasSubstr;

class BooksV1Test : public BooksTest {
 protected:
  BooksV1Test() {
    open();
    (void)ask_v1("VPPServiceConfigSrv");
    (void)ask_v1("VPPClientConfigSrv");
  }
  std::string add(const std::string& id) {
    return ask_v1("registerVPPUserSrv", R"("clientUserIdStr":")" + id + "\"").body;
  }
};

TEST_F(BooksV1Test, TellsItsServices) {
  const auto body = post("/mdm/VPPServiceConfigSrv", "{}").body;
  EXPECT_EQ(json_at(body, {"status"}), "0");
  EXPECT_EQ(text_at(body, {"registerUserSrvUrl"}), "http://books.test:8471/mdm/registerVPPUserSrv");
  EXPECT_EQ(text_at(body, {"invitationEmailUrl"}),
            "http://books.test:8471/accept?inviteCode=%inviteCode%&mt=8");
  EXPECT_EQ(json_at(body, {"maxBatchAssociateLicenseCount"}), "20");
}

TEST_F(BooksV1Test, RegistersAtOnceAndTheSameUserAgain) {
  const auto body =
      ask_v1("registerVPPUserSrv", R"("clientUserIdStr":"mia","email":"mia@mail.example")").body;
  EXPECT_EQ(json_at(body, {"status"}), "0");
  EXPECT_EQ(text_at(body, {"user", "status"}), "Registered");
  EXPECT_EQ(text_at(body, {"user", "email"}), "mia@mail.example");
  const auto code = text_at(body, {"user", "inviteCode"});
  EXPECT_EQ(text_at(body, {"user", "inviteUrl"}),
            "http://books.test:8471/accept?inviteCode=" + code + "&mt=8");
  EXPECT_EQ(text_at(body, {"uId"}), books_->token().location_number());
  EXPECT_EQ(text_at(add("mia"), {"user", "inviteCode"}), code);
  EXPECT_EQ(count_of("registered_twice"), "0");
  EXPECT_THAT(violations(), ::testing::Not(HasSubstr(":1")));
}

TEST_F(BooksV1Test, SharesItsUsersWithVersionTwo) {
  (void)add("mia");
  EXPECT_EQ(text_at(user("mia"), {"status"}), "Registered");
}

TEST_F(BooksV1Test, AssociatesByManagedAccount) {
  const auto good = ask_v1("registerVPPUserSrv",
                           R"("clientUserIdStr":"a","managedAppleIDStr":"a@school.example")");
  EXPECT_EQ(text_at(good.body, {"user", "status"}), "Associated");
  EXPECT_EQ(text_at(good.body, {"user", "itsIdHash"}).size(), 28U);
  const auto bad = ask_v1("registerVPPUserSrv",
                          R"("clientUserIdStr":"b","managedAppleIDStr":"b@other.example")");
  EXPECT_EQ(bad.status, 200);
  EXPECT_EQ(json_at(bad.body, {"status"}), "-1");
  EXPECT_EQ(error_of(bad), "9635");
}

TEST_F(BooksV1Test, EditsByNameAndByNumber) {
  const auto number = json_at(add("a"), {"user", "userId"});
  EXPECT_EQ(text_at(ask_v1("editVPPUserSrv", "\"userId\":" + number + R"(,"email":"x@y")").body,
                    {"user", "email"}),
            "x@y");
  EXPECT_EQ(error_of(ask_v1("editVPPUserSrv",
                            R"("clientUserIdStr":"a","managedAppleIDStr":"a@other.example")")),
            "9635");
  EXPECT_EQ(error_of(ask_v1("editVPPUserSrv", R"("clientUserIdStr":"x")")), "9604");
  EXPECT_EQ(error_of(ask_v1("editVPPUserSrv", R"("userId":77)")), "9604");
  EXPECT_EQ(error_of(ask_v1("editVPPUserSrv", "")), "9600");
}

TEST_F(BooksV1Test, RetiresOnceAndFindsHimNoMore) {
  (void)add("a");
  const auto number = json_at(add("b"), {"user", "userId"});
  EXPECT_EQ(text_at(ask_v1("getVPPUserSrv", R"("clientUserIdStr":"a")").body, {"user", "status"}),
            "Registered");
  EXPECT_EQ(
      text_at(ask_v1("retireVPPUserSrv", R"("clientUserIdStr":"a")").body, {"user", "status"}),
      "Retired");
  EXPECT_EQ(error_of(ask_v1("retireVPPUserSrv", R"("clientUserIdStr":"a")")), "9618");
  EXPECT_EQ(error_of(ask_v1("retireVPPUserSrv", R"("clientUserIdStr":"x")")), "9604");
  EXPECT_EQ(error_of(ask_v1("getVPPUserSrv", R"("clientUserIdStr":"a")")), "9604");
  EXPECT_EQ(error_of(ask_v1("editVPPUserSrv", R"("clientUserIdStr":"a")")), "9604");
  (void)ask_v1("retireVPPUserSrv", "\"userId\":" + number);
  EXPECT_EQ(text_at(ask_v1("getVPPUserSrv", "\"userId\":" + number).body, {"user", "status"}),
            "Retired");
}

TEST_F(BooksV1Test, WalksAllUsersByBatches) {
  for (const std::string id : {"a", "b", "c", "d"}) {
    (void)add(id);
  }
  const auto first = ask_v1("getVPPUsersSrv").body;
  EXPECT_EQ(json_at(first, {"totalCount"}), "4");
  EXPECT_EQ(json_at(first, {"totalBatchCount"}), "2");
  EXPECT_EQ(list_at(first, "users").size(), 3U);
  EXPECT_EQ(json_at(first, {"sinceModifiedToken"}), "");
  const auto batch = text_at(first, {"batchToken"});
  const auto second = ask_v1("getVPPUsersSrv", "\"batchToken\":\"" + batch + "\"").body;
  EXPECT_EQ(json_at(second, {"totalCount"}), "");
  EXPECT_EQ(json_at(second, {"batchToken"}), "");
  ASSERT_EQ(list_at(second, "users").size(), 1U);
  EXPECT_EQ(text_at(list_at(second, "users").front(), {"clientUserIdStr"}), "d");
  // The same batch again, and another one out of order.
  EXPECT_EQ(ask_v1("getVPPUsersSrv", "\"batchToken\":\"" + batch + "\"").body, second);
  const auto chosen =
      ask_v1("getVPPUsersSrv", "\"batchToken\":\"" + batch + R"(","overrideIndex":1)").body;
  EXPECT_EQ(list_at(chosen, "users").size(), 3U);
}

TEST_F(BooksV1Test, WalksWhatHasChangedSinceTheLastWalk) {
  (void)add("a");
  (void)add("b");
  const auto since = text_at(ask_v1("getVPPUsersSrv").body, {"sinceModifiedToken"});
  const auto ask_since = [this, &since](const std::string& more) {
    return ask_v1("getVPPUsersSrv", "\"sinceModifiedToken\":\"" + since + "\"" + more).body;
  };
  EXPECT_EQ(json_at(ask_since(""), {"users"}), "[]");
  (void)ask_v1("retireVPPUserSrv", R"("clientUserIdStr":"a")");
  EXPECT_EQ(json_at(ask_since(""), {"users"}), "[]");
  EXPECT_EQ(list_at(ask_since(R"(,"includeRetired":1)"), "users").size(), 1U);
  EXPECT_EQ(list_at(ask_v1("getVPPUsersSrv", R"("includeRetiredOnly":true)").body, "users").size(),
            1U);
  EXPECT_EQ(list_at(ask_v1("getVPPUsersSrv", R"("includeRetired":0)").body, "users").size(), 1U);
}

TEST_F(BooksV1Test, RefusesAWalkThatItDoesNotKnow) {
  (void)add("a");
  const auto since = text_at(ask_v1("getVPPUsersSrv").body, {"sinceModifiedToken"});
  EXPECT_EQ(error_of(ask_v1("getVPPUsersSrv", R"("batchToken":"x")")), "9633");
  EXPECT_EQ(error_of(ask_v1("getVPPUsersSrv", "\"batchToken\":\"" + since + "\"")), "9633");
  EXPECT_EQ(error_of(ask_v1("getVPPUsersSrv", R"("batchToken":7)")), "9602");
  EXPECT_EQ(error_of(ask_v1("getVPPUsersSrv", R"("sinceModifiedToken":7)")), "9602");
  EXPECT_EQ(error_of(ask_v1("getVPPUsersSrv", R"("sinceModifiedToken":"x","batchToken":"y")")),
            "9602");
  EXPECT_EQ(error_of(ask_v1("getVPPUsersSrv", R"("overrideIndex":1)")), "9602");
}

TEST_F(BooksV1Test, RefusesAWalkBeyondItsLastBatch) {
  for (const std::string id : {"a", "b", "c", "d"}) {
    (void)add(id);
  }
  const auto batch = text_at(ask_v1("getVPPUsersSrv").body, {"batchToken"});
  for (const std::string index : {"0", "3", "\"x\""}) {
    EXPECT_EQ(error_of(ask_v1("getVPPUsersSrv",
                              "\"batchToken\":\"" + batch + "\",\"overrideIndex\":" + index)),
              "9602")
        << index;
  }
}

TEST_F(BooksV1Test, RefusesUsersThatAreNotRight) {
  EXPECT_EQ(error_of(ask_v1("registerVPPUserSrv")), "9600");
  EXPECT_EQ(error_of(ask_v1("registerVPPUserSrv", R"("clientUserIdStr":7)")), "9602");
  EXPECT_EQ(error_of(ask_v1("registerVPPUserSrv", R"("clientUserIdStr":"a","email":"a b")")),
            "9602");
  EXPECT_EQ(error_of(ask_v1("getVPPUserSrv", R"("clientUserIdStr":"a","email":7)")), "9602");
  EXPECT_EQ(error_of(ask_v1("retireVPPUserSrv", R"("managedAppleIDStr":7)")), "9602");
}

TEST_F(BooksV1Test, KeepsAClientContextUntilVersionTwoIsUsed) {
  EXPECT_EQ(json_at(ask_v1("VPPClientConfigSrv").body, {"clientContext"}), "");
  const auto set = ask_v1("VPPClientConfigSrv", R"("clientContext":"{\"guid\":\"g\"}")").body;
  EXPECT_EQ(text_at(set, {"clientContext"}), "{\"guid\":\"g\"}");
  EXPECT_EQ(
      error_of(ask_v1("VPPClientConfigSrv", R"("clientContext":")" + std::string(256, 'x') + "\"")),
      "9602");
  EXPECT_EQ(error_of(ask_v1("VPPClientConfigSrv", R"("clientContext":7)")), "9602");
  (void)post("/mdm/v2/client/config", R"({"mdmInfo":{"id":"i","name":"n","metadata":""}})");
  EXPECT_EQ(text_at(ask_v1("VPPClientConfigSrv").body, {"clientContext"}),
            "token being used in v2");
}

TEST_F(BooksV1Test, AsksForItsTokenInTheBody) {
  EXPECT_EQ(error_of(post("/mdm/registerVPPUserSrv", "{}")), "9600");
  EXPECT_EQ(error_of(post("/mdm/registerVPPUserSrv", "x")), "9602");
  EXPECT_EQ(error_of(post("/mdm/registerVPPUserSrv", R"({"sToken":"x"})")), "9622");
  EXPECT_EQ(error_of(post("/mdm/registerVPPUserSrv", R"({"sToken":7})")), "9600");
}

TEST_F(BooksV1Test, WarnsFifteenDaysBeforeTheTokenIsOver) {
  EXPECT_EQ(json_at(ask_v1("VPPClientConfigSrv").body, {"tokenExpDate"}), "");
  clock_.turn(std::chrono::hours(24 * 351));
  EXPECT_EQ(text_at(ask_v1("VPPClientConfigSrv").body, {"tokenExpDate"}),
            "2024-11-13T22:13:20+0000");
}

}  // namespace
}  // namespace muster::loadgen
