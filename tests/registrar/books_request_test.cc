#include "registrar/books_request.h"

#include <gmock/gmock.h>

#include "json/value.h"
#include "model/id.h"

// NOLINTBEGIN(bugprone-unchecked-optional-access): ASSERT_TRUE has looked; ids are literals
namespace muster::registrar {
namespace {

constexpr BooksAccess access{"https://vpp.example/mdm/v2", "s3cret"};
const std::string id = "01234567-89ab-4def-8123-456789abcdef";

std::string authorization(const http::Request& request) {
  return std::string(http::field(request.fields, "Authorization").value_or(""));
}

TEST(BooksRequest, AsksServiceConfigWithoutTheToken) {
  const auto request = ask_service_config("https://vpp.example/mdm/v2/");
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "https://vpp.example/mdm/v2/service/config");
  EXPECT_EQ(authorization(request), "");
}

TEST(BooksRequest, ShowsTheTokenInItsFieldAlone) {
  for (const auto& request : {ask_client_config(access), ask_status(access, "e"),
                              ask_users(access, 0, ""), ask_user(access, *read_uuid(id)),
                              create_users(access, {}), claim_client_config(access, {})}) {
    EXPECT_EQ(authorization(request), "Bearer s3cret");
    EXPECT_EQ(request.url.find("s3cret"), std::string::npos);
    EXPECT_EQ(request.body.find("s3cret"), std::string::npos);
  }
}

TEST(BooksRequest, CreatesUsersWithWhatIsKnownOfThem) {
  const std::vector<NewUser> users{{*read_uuid(id), "mia@school.example", ""},
                                   {{}, "", "tom@managed.example"}};
  const auto request = create_users(access, users);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://vpp.example/mdm/v2/users/create");
  EXPECT_EQ(request.body, R"({"users":[{"clientUserId":")" + id +
                              R"(","email":"mia@school.example"},)" +
                              R"({"clientUserId":"00000000-0000-0000-0000-000000000000",)" +
                              R"("managedAppleId":"tom@managed.example"}]})");
}

TEST(BooksRequest, ClaimsWithNotificationsOnlyWhereThereIsAnAddress) {
  Claim claim{.id = "us",
              .name = "Muster",
              .metadata = "m",
              .notification_url = "",
              .notification_token = "t"};
  EXPECT_EQ(claim_client_config(access, claim).body,
            R"({"mdmInfo":{"id":"us","name":"Muster","metadata":"m"}})");
  claim.notification_url = "https://m.example/hooks/books";
  EXPECT_EQ(claim_client_config(access, claim).body,
            R"({"mdmInfo":{"id":"us","name":"Muster","metadata":"m"},)"
            R"("notificationUrl":"https://m.example/hooks/books","notificationAuthToken":"t",)"
            R"("notificationTypes":["USER_MANAGEMENT","USER_ASSOCIATED"]})");
}

TEST(BooksRequest, EscapesWhatGoesIntoAQuery) {
  EXPECT_EQ(ask_status(access, "a&b=c d").url,
            "https://vpp.example/mdm/v2/status?eventId=a%26b%3dc%20d");
  EXPECT_EQ(ask_users(access, 7, "v/1").url,
            "https://vpp.example/mdm/v2/users?pageIndex=7&sinceVersionId=v%2f1");
  EXPECT_EQ(ask_users(access, 0, "").url, "https://vpp.example/mdm/v2/users?pageIndex=0");
  EXPECT_EQ(ask_user(access, *read_uuid(id)).url,
            "https://vpp.example/mdm/v2/users?clientUserId=" + id);
}

TEST(BooksRequest, RegistersByVersionOneWithTheTokenInItsBody) {
  const auto request = register_user(access, {*read_uuid(id), "a@b.example", "m@b.example"});
  EXPECT_EQ(request.url, "https://vpp.example/mdm/registerVPPUserSrv");
  EXPECT_EQ(authorization(request), "");
  EXPECT_EQ(request.body, R"({"clientUserIdStr":")" + id +
                              R"(","email":"a@b.example","managedAppleIDStr":"m@b.example",)"
                              R"("sToken":"s3cret"})");
  EXPECT_EQ(register_user({"http://127.0.0.1:1/x/", "t"}, {}).url,
            "http://127.0.0.1:1/x/registerVPPUserSrv");
}

}  // namespace
}  // namespace muster::registrar
// NOLINTEND(bugprone-unchecked-optional-access)
