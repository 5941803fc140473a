#include "loadgen/books_accept.h"

#include "books_fixture.h"

namespace muster::loadgen {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BooksAcceptTest : public BooksTest {
 protected:
  BooksAcceptTest() {
    open_session();
    enroll({"mia", "tom"});
  }
};

TEST_F(BooksAcceptTest, AssociatesWithAnyAccountThatIsGiven) {
  const auto mia = code("mia");
  EXPECT_EQ(tap(mia, "somebody%40else.example").status, 200);
  EXPECT_EQ(text_at(user("mia"), {"status"}), "Associated");
  EXPECT_EQ(text_at(user("mia"), {"idHash"}).size(), 28U);
  EXPECT_EQ(text_at(user("tom"), {"status"}), "Registered");
}

TEST_F(BooksAcceptTest, DoesNothingAtASecondTap) {
  const auto mia = code("mia");
  (void)tap(mia, "a");
  const auto before = user("mia");
  const auto again = tap(mia, "b");
  EXPECT_EQ(again.status, 200);
  EXPECT_THAT(again.body, HasSubstr("before"));
  EXPECT_EQ(user("mia"), before);
  EXPECT_THAT(books_->stats(), HasSubstr("\"taps\":2,\"taps_refused\":0"));
}

TEST_F(BooksAcceptTest, EndsOnAnErrorPageAfterRetiring) {
  const auto mia = code("mia");
  (void)ask_v1("retireVPPUserSrv", R"("clientUserIdStr":"mia")");
  EXPECT_EQ(tap(mia, "a").status, 410);
  enroll({"mia"});
  EXPECT_EQ(tap(mia, "a").status, 410);
  EXPECT_EQ(text_at(user("mia"), {"status"}), "Registered");
  EXPECT_EQ(tap(code("mia"), "a").status, 200);
}

TEST_F(BooksAcceptTest, DoesNotKnowACodeThatWasNeverGivenOut) {
  EXPECT_EQ(tap("0123456789abcdef0123456789abcdef", "a").status, 404);
  EXPECT_EQ(tap("%25inviteCode%25", "a").status, 404);
  EXPECT_EQ(get("/accept").status, 404);
  EXPECT_EQ(get("/accept", "inviteCode=%zz").status, 404);
  EXPECT_EQ(post("/accept", "").status, 405);
  EXPECT_THAT(books_->stats(), HasSubstr("\"taps\":0,\"taps_refused\":5"));
}

TEST_F(BooksAcceptTest, AsksForAnAccountWhereNoneIsGiven) {
  rules_.organisation = "A&B <School>";
  open_session();
  enroll({"mia"});
  const auto reply = get("/accept", "inviteCode=" + code("mia") + "&mt=8");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("A&amp;B &lt;School>"));
  EXPECT_THAT(reply.body, HasSubstr("name=\"account\""));
  EXPECT_EQ(text_at(user("mia"), {"status"}), "Registered");
}

TEST_F(BooksAcceptTest, CountsAnAccountThatTwoUsersHave) {
  (void)tap(code("mia"), "family");
  (void)tap(code("tom"), "Family");
  EXPECT_EQ(text_at(user("mia"), {"idHash"}), text_at(user("tom"), {"idHash"}));
  EXPECT_THAT(books_->stats(), HasSubstr("\"accounts_reused\":1"));
}

TEST_F(BooksAcceptTest, LeavesNoCodeInTheJournal) {
  const auto mia = code("mia");
  (void)tap(mia, "a");
  EXPECT_THAT(journal(), HasSubstr(R"("fact":"associated","clientUserId":"mia")"));
  EXPECT_THAT(journal(), HasSubstr(R"("by":"accept")"));
  EXPECT_THAT(journal(), HasSubstr("\"codeSha256\":\""));
  EXPECT_THAT(journal(), Not(HasSubstr(mia)));
  EXPECT_THAT(journal(), Not(HasSubstr(token_)));
}

TEST_F(BooksAcceptTest, TellsWhoeverListens) {
  subscribe();
  const auto mia = code("mia");
  (void)tap(mia, "a");
  const auto posts = books_->take_posts(clock_.now());
  ASSERT_EQ(posts.size(), 1U);
  const auto body = posts.front().request.body;
  EXPECT_EQ(text_at(body, {"notificationType"}), "USER_ASSOCIATED");
  EXPECT_EQ(text_at(body, {"uId"}), books_->token().location_number());
  const auto users = list_at(json_at(body, {"notification"}), "associatedUsers");
  ASSERT_EQ(users.size(), 1U);
  EXPECT_EQ(text_at(users.front(), {"clientUserId"}), "mia");
  EXPECT_EQ(text_at(users.front(), {"status"}), "Associated");
  EXPECT_EQ(text_at(users.front(), {"inviteCode"}), mia);
  EXPECT_EQ(text_at(users.front(), {"idHash"}), text_at(user("mia"), {"idHash"}));
}

}  // namespace
}  // namespace muster::loadgen
