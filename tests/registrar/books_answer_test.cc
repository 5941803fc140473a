#include "registrar/books_answer.h"

#include <gmock/gmock.h>

#include "model/id.h"
#include "registrar/invitation_url.h"

// NOLINTBEGIN(bugprone-unchecked-optional-access): ASSERT_TRUE has looked; ids are literals
namespace muster::registrar {
namespace {

constexpr WallTime now{784'111'777'000};
const std::string id = "01234567-89ab-4def-8123-456789abcdef";

HttpAnswer said(std::uint16_t status, std::string body, http::Fields fields = {}) {
  return http::Response{status, std::move(fields), std::move(body)};
}

TEST(BooksAnswer, GivesTheLimitsAndTheTemplateOfServiceConfig) {
  const auto config = read_service_config(
      said(200, R"({"limits":{"maxUsers":50,"maxMdmNameLength":20,"maxMdmMetadataLength":30,
          "maxRequestPerSecond":9},
          "urls":{"invitationEmail":"https://b.example/?c=%inviteCode%"}})"),
      now);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->users_max, 50U);
  EXPECT_EQ(config->mdm_name_max, 20U);
  EXPECT_EQ(config->mdm_metadata_max, 30U);
  EXPECT_EQ(config->requests_per_second, 9U);
  EXPECT_EQ(config->invitation_template, "https://b.example/?c=%inviteCode%");
}

TEST(BooksAnswer, KeepsApplesValuesWhereServiceConfigIsSilentOrOdd) {
  for (const auto* body : {"{}", R"({"limits":[],"urls":7})",
                           R"({"limits":{"maxUsers":"x","maxMdmNameLength":-1},
                               "urls":{"invitationEmail":"https://b.example/"}})"}) {
    const auto config = read_service_config(said(200, body), now);
    ASSERT_TRUE(config) << body;
    EXPECT_EQ(config->users_max, 100U);
    EXPECT_EQ(config->mdm_name_max, 100U);
    EXPECT_EQ(config->requests_per_second, 0U);
    EXPECT_EQ(config->invitation_template, invitation_template_default);
  }
  EXPECT_EQ(read_service_config(said(200, R"({"limits":{"maxUsers":0}})"), now)->users_max, 1U);
  EXPECT_EQ(read_service_config(said(200, R"({"limits":{"maxUsers":99999}})"), now)->users_max,
            1000U);
}

TEST(BooksAnswer, GivesWhoseTheTokenIs) {
  const auto config = read_client_config(
      said(200, R"({"locationName":"North","mdmInfo":{"id":"other","name":"a\nb","metadata":""},
          "notificationUrl":"https://m.example/",
          "subscribedNotificationTypes":["USER_ASSOCIATED",3],
          "tokenExpirationDate":"2030-11-08T22:33:22+0000"})"),
      now);
  ASSERT_TRUE(config);
  ASSERT_TRUE(config->mdm);
  EXPECT_EQ(config->mdm->id, "other");
  EXPECT_EQ(config->mdm->name, "a");
  EXPECT_EQ(config->location_name, "North");
  EXPECT_EQ(config->notification_url, "https://m.example/");
  EXPECT_THAT(config->notification_types, ::testing::ElementsAre("USER_ASSOCIATED", ""));
  EXPECT_EQ(to_text(*config->expires_at), "2030-11-08T22:33:22.000Z");
  for (const auto* body : {"{}", R"({"mdmInfo":null})", R"({"mdmInfo":{"id":""}})"}) {
    EXPECT_FALSE(read_client_config(said(200, body), now)->mdm) << body;
  }
}

TEST(BooksAnswer, GivesTheEventOfUsersToBe) {
  const auto created = read_created(said(200, R"({"eventId":"e1","mdmInfo":{"id":"x"}})"), now);
  ASSERT_TRUE(created);
  EXPECT_EQ(created->event, "e1");
  EXPECT_EQ(created->mdm->id, "x");
  EXPECT_EQ(read_created(said(200, "{}"), now)->event, "");
}

TEST(BooksAnswer, GivesTheStateOfAnEventWithItsFailures) {
  const auto state =
      read_status(said(200, R"({"eventStatus":"FAILED","failures":[
          {"errorNumber":9716,"errorInfo":{"clientUserIds":[")" +
                                id + R"(","client-7",4]}},{"errorNumber":9603},17]})"),
                  now);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->kind, EventState::Kind::failed);
  ASSERT_EQ(state->failures.size(), 3U);
  EXPECT_EQ(state->failures[0].number, 9716U);
  EXPECT_THAT(state->failures[0].users, ::testing::ElementsAre(*read_uuid(id)));
  EXPECT_EQ(state->failures[1].number, 9603U);
  EXPECT_TRUE(state->failures[1].users.empty());
  EXPECT_EQ(state->failures[2].number, 0U);
  EXPECT_EQ(read_status(said(200, R"({"eventStatus":"COMPLETE"})"), now)->kind,
            EventState::Kind::complete);
  for (const auto* body : {R"({"eventStatus":"PENDING"})", R"({"eventStatus":"NEW"})", "{}"}) {
    EXPECT_EQ(read_status(said(200, body), now)->kind, EventState::Kind::pending) << body;
  }
}

TEST(BooksAnswer, GivesUsersAsTheyStandAndLeavesOthersOut) {
  const auto page = read_users(said(200, R"({"users":[{"clientUserId":")" + id +
                                             R"(","status":"Registered","inviteCode":"c"},
          {"clientUserId":")" + id + R"(","status":"Associated","idHash":"h"},
          {"clientUserId":")" + id + R"(","status":"Retired"},
          {"clientUserId":")" + id + R"(","status":"Registered"},
          {"clientUserId":")" + id + R"(","status":"Sleeping"},
          {"clientUserId":"client-7","status":"Retired"}, 4, null],
          "totalPages":3,"versionId":"v7"})"),
                               now);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->users.size(), 3U);
  EXPECT_EQ(page->users[0].status, SeenUser::Status::registered);
  EXPECT_EQ(page->users[0].code, "c");
  EXPECT_EQ(page->users[1].status, SeenUser::Status::associated);
  EXPECT_EQ(page->users[1].id_hash, "h");
  EXPECT_EQ(page->users[2].status, SeenUser::Status::retired);
  EXPECT_EQ(page->pages, 3U);
  EXPECT_EQ(page->version, "v7");
}

TEST(BooksAnswer, GivesTheUserThatVersionOneRegistered) {
  const auto seen = read_registered(
      said(200, R"({"status":0,"user":{"clientUserIdStr":")" + id +
                    R"(","status":"Registered","inviteCode":"c","inviteUrl":"https://b/?x"}})"),
      now);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->url, "https://b/?x");
  EXPECT_EQ(seen->id, *read_uuid(id));
  EXPECT_EQ(read_registered(said(200, R"({"status":-1,"errorNumber":9635})"), now).error().number,
            9635U);
  for (const auto* body : {"{}", R"({"status":-1})", R"({"status":0,"user":{}})"}) {
    EXPECT_FALSE(read_registered(said(200, body), now)) << body;
  }
  EXPECT_FALSE(read_registered(
      said(200, R"({"status":0,"user":{"clientUserIdStr":")" + id + R"(","status":"Retired"}})"),
      now));
}

TEST(BooksRefusal, IsA200WithAnErrorInItsBodyToo) {
  const auto refused = read_created(
      said(200, R"({"errorNumber":9625,"errorMessage":"x"})", {{"retry-after", "7"}}), now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().number, 9625U);
  EXPECT_EQ(refused.error().remedy(), Remedy::stop_location);
  EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(7));
  EXPECT_TRUE(refused.error().untouched());
}

TEST(BooksRefusal, SaysWhomItMeans) {
  const auto refused = read_created(
      said(400, R"({"errorNumber":9717,"errorInfo":{"clientUserIds":[")" + id + R"("]}})"), now);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().users, ::testing::ElementsAre(*read_uuid(id)));
}

TEST(BooksRefusal, TellsByTheStatusWhereTheBodySaysNothing) {
  const auto remedy = [](std::uint16_t status) {
    return read_created(said(status, "<html>"), now).error().remedy();
  };
  EXPECT_EQ(remedy(401), Remedy::stop_location);
  EXPECT_EQ(remedy(403), Remedy::stop_location);
  EXPECT_EQ(remedy(400), Remedy::our_mistake);
  EXPECT_EQ(remedy(404), Remedy::our_mistake);
  EXPECT_EQ(remedy(408), Remedy::retry_later);
  EXPECT_EQ(remedy(429), Remedy::retry_later);
  EXPECT_EQ(remedy(500), Remedy::retry_later);
  EXPECT_EQ(remedy(503), Remedy::retry_later);
  EXPECT_EQ(remedy(302), Remedy::retry_later);
  EXPECT_EQ(remedy(200), Remedy::retry_later);
}

TEST(BooksRefusal, KnowsWhatAppleHasCertainlyNotDone) {
  const auto untouched = [](const HttpAnswer& answer) {
    return read_created(answer, now).error().untouched();
  };
  EXPECT_TRUE(untouched(tl::unexpected(Error{ErrorCode::connect_refused, 0})));
  EXPECT_TRUE(untouched(tl::unexpected(Error{ErrorCode::name_not_found, 0})));
  EXPECT_TRUE(untouched(said(400, R"({"errorNumber":9602})")));
  EXPECT_TRUE(untouched(said(429, "")));
  EXPECT_FALSE(untouched(tl::unexpected(Error{ErrorCode::connection_reset, 0})));
  EXPECT_FALSE(untouched(tl::unexpected(Error{ErrorCode::connection_closed, 0})));
  EXPECT_FALSE(untouched(said(503, "")));
  EXPECT_FALSE(untouched(said(500, R"({"errorNumber":9603})")));
  EXPECT_FALSE(untouched(said(200, "<html>")));
}

TEST(BooksRefusal, NeverQuotesWhatAppleWrote) {
  const auto refused =
      read_created(said(400, R"({"errorNumber":9602,"errorMessage":"s3cret"})"), now);
  EXPECT_EQ(refused.error().words(), "Apple refused what was said about the user (9602)");
  EXPECT_EQ(read_created(said(404, "s3cret"), now).error().words(), "Apple answered HTTP 404");
  EXPECT_THAT(
      read_created(tl::unexpected(Error{ErrorCode::connect_refused, 0}), now).error().words(),
      ::testing::HasSubstr("nobody listens there"));
}

TEST(BooksRefusal, IsWhateverCannotBeAnAnswer) {
  for (const std::string body :
       {"", "[]", "7", "null", "{", "{\"errorNumber\":9999}", "\xff\xfe"}) {
    EXPECT_FALSE(read_service_config(said(200, body), now)) << body;
    EXPECT_FALSE(read_client_config(said(200, body), now)) << body;
    EXPECT_FALSE(read_created(said(200, body), now)) << body;
    EXPECT_FALSE(read_status(said(200, body), now)) << body;
    EXPECT_FALSE(read_users(said(200, body), now)) << body;
    EXPECT_FALSE(read_registered(said(200, body), now)) << body;
  }
}

TEST(BooksErrors, HaveEachARemedyAndWordsWithoutAStop) {
  for (const auto& error : books_errors()) {
    EXPECT_EQ(&books_error(error.number), &error);
    EXPECT_FALSE(error.words.empty());
    EXPECT_NE(error.words.back(), '.');
  }
  EXPECT_EQ(books_error(9999).remedy, Remedy::unknown);
  EXPECT_EQ(books_error(9999).number, 0U);
}

TEST(BooksErrors, SayWhyAUserWasRefused) {
  EXPECT_EQ(reason_of(9635), Reason::account_refused);
  EXPECT_EQ(reason_of(9637), Reason::account_refused);
  EXPECT_EQ(reason_of(9717), Reason::registration_refused);
  EXPECT_EQ(reason_of(9999), Reason::registration_refused);
  EXPECT_EQ(reason_of(error_never_seen), Reason::registration_refused);
  EXPECT_EQ(reason_of(error_no_content_token), Reason::no_content_token);
}

}  // namespace
}  // namespace muster::registrar
// NOLINTEND(bugprone-unchecked-optional-access)
