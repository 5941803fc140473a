#include "console/visitor.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "console/local_owner.h"
#include "tests/console/counter.h"

namespace muster::console {
namespace {

class VisitorTest : public Counter {
 protected:
  VisitorTest() {
    add_mia();
    opened_session = session();
  }
  static http::ServerRequest request(const std::string& method = "GET") {
    http::ServerRequest made;
    made.method = method;
    made.path = "/api/v1/tasks";
    made.peer = "127.0.0.1:51234";
    made.fields = {{"Host", "localhost:8470"}};
    return made;
  }
  [[nodiscard]] http::ServerRequest by_cookie(const std::string& method = "GET") const {
    auto made = request(method);
    made.fields.push_back({"Cookie", "theme=dark; muster=" + opened_session.secret});
    return made;
  }
  [[nodiscard]] http::ServerRequest by_good_post() const {
    auto made = by_cookie("POST");
    made.fields.push_back({"X-CSRF-Token", opened_session.csrf_token});
    return made;
  }
  static http::ServerRequest by_token(const std::string& authorization) {
    auto made = request("POST");
    made.fields.push_back({"Authorization", authorization});
    return made;
  }
  static void set(http::ServerRequest& to, const std::string& name, const std::string& value) {
    std::erase_if(to.fields, [&](const auto& each) { return each.name == name; });
    to.fields.push_back({name, value});
  }
  int status(const http::ServerRequest& of) const { return status_of(reception.visitor(of)); }
  int status_with(http::ServerRequest of, const std::string& name, const std::string& value) const {
    set(of, name, value);
    return status(of);
  }

  Reception reception{*accounts, "127.0.0.1:8470", "muster.school.example"};
  Session opened_session;
};

TEST_F(VisitorTest, KnowsASessionByItsCookie) {
  const auto visitor = reception.visitor(by_cookie());
  ASSERT_TRUE(visitor) << visitor.error().detail;
  EXPECT_EQ(visitor->name, "mia");
  EXPECT_EQ(visitor->account, "mia");
  EXPECT_EQ(visitor->scope, Scope::admin);
  EXPECT_EQ(visitor->how, Visitor::How::session);
  EXPECT_EQ(visitor->address, "127.0.0.1");
  EXPECT_EQ(visitor->csrf_token, opened_session.csrf_token);
  EXPECT_TRUE(visitor->session);
}

TEST_F(VisitorTest, KnowsNobodyWithoutSessionOrToken) {
  EXPECT_EQ(status(request()), 401);
  EXPECT_EQ(status_with(request(), "Cookie", "muster="), 401);
  EXPECT_EQ(status_with(request(), "Cookie", "muster"), 401);
  EXPECT_EQ(status_with(request(), "Cookie", "Muster=" + opened_session.secret), 401);
  EXPECT_EQ(status_with(request(), "Cookie", "xmuster=" + opened_session.secret), 401);
}

TEST_F(VisitorTest, KnowsNobodyByACookieThatIsSentAgainAfterLogout) {
  const auto visitor = reception.visitor(by_cookie());
  ASSERT_TRUE(visitor);
  ASSERT_TRUE(accounts->log_out(*visitor->session, visitor->actor()));
  EXPECT_EQ(status(by_cookie()), 401);
  EXPECT_EQ(status(by_good_post()), 401);
}

TEST_F(VisitorTest, TakesOverTlsTheCookieThatIsBoundToTheHostAlone) {
  auto secure = by_cookie();
  secure.encrypted = true;
  EXPECT_EQ(status(secure), 401);
  EXPECT_EQ(status_with(secure, "Cookie", "__Host-muster=" + opened_session.secret), 0);
  EXPECT_EQ(status_with(request(), "Cookie", "__Host-muster=" + opened_session.secret), 401);
}

TEST_F(VisitorTest, BelievesTheFirstOfTwoCookiesAlone) {
  const std::string pair = "muster=" + opened_session.secret;
  EXPECT_EQ(status_with(request(), "Cookie", pair + "; muster=x"), 0);
  EXPECT_EQ(status_with(request(), "Cookie", "muster=x; " + pair), 401);
}

TEST_F(VisitorTest, WantsTheCsrfTokenOfThisSessionForAllThatChangesAnything) {
  EXPECT_EQ(status(by_good_post()), 0);
  for (const auto* method : {"POST", "PATCH", "PUT", "DELETE"}) {
    EXPECT_EQ(status(by_cookie(method)), 403) << method;
  }
  EXPECT_EQ(status(by_cookie("HEAD")), 0);
  EXPECT_EQ(status_with(by_cookie("POST"), "X-CSRF-Token", ""), 403);
  EXPECT_EQ(status_with(by_cookie("POST"), "X-CSRF-Token", session().csrf_token), 403);
  EXPECT_EQ(status_with(by_cookie("POST"), "X-CSRF-Token", opened_session.secret), 403);
}

TEST_F(VisitorTest, RefusesWhatAnotherSiteMadeUp) {
  EXPECT_EQ(status_with(by_good_post(), "Origin", "http://localhost:8470"), 0);
  EXPECT_EQ(status_with(by_good_post(), "Origin", "http://evil.example"), 403);
  EXPECT_EQ(status_with(by_good_post(), "Origin", "http://localhost:9999"), 403);
  EXPECT_EQ(status_with(by_good_post(), "Origin", "null"), 403);
  EXPECT_EQ(status_with(by_good_post(), "Sec-Fetch-Site", "same-origin"), 0);
  EXPECT_EQ(status_with(by_good_post(), "Sec-Fetch-Site", "same-site"), 403);
  EXPECT_EQ(status_with(by_good_post(), "Sec-Fetch-Site", "cross-site"), 403);
}

TEST_F(VisitorTest, TakesAPageInClearForAnotherOriginOverTls) {
  auto secure = by_good_post();
  secure.encrypted = true;
  set(secure, "Cookie", "__Host-muster=" + opened_session.secret);
  EXPECT_EQ(status_with(secure, "Origin", "https://localhost:8470"), 0);
  EXPECT_EQ(status_with(secure, "Origin", "http://localhost:8470"), 403);
}

TEST_F(VisitorTest, KnowsATokenAndWantsNoCsrfTokenOfIt) {
  const auto secret = token("ci", Scope::send, "mia");
  const auto visitor = reception.visitor(by_token("Bearer " + secret));
  ASSERT_TRUE(visitor) << visitor.error().detail;
  EXPECT_EQ(visitor->name, "token:ci");
  EXPECT_EQ(visitor->account, "mia");
  EXPECT_EQ(visitor->scope, Scope::send);
  EXPECT_EQ(visitor->how, Visitor::How::token);
  EXPECT_FALSE(visitor->session);
  EXPECT_EQ(status(by_token("bearer " + secret)), 0);
}

TEST_F(VisitorTest, DoesNotFallBackToTheCookieWhereATokenDoesNotHold) {
  const auto secret = token("ci");
  ASSERT_TRUE(accounts->revoke_token((*accounts->tokens())[0].number, owner));
  for (const std::string& authorization :
       {"Bearer " + secret, std::string("Bearer "), std::string("Bearer"), "Basic " + secret}) {
    auto both = by_good_post();
    set(both, "Authorization", authorization);
    EXPECT_EQ(status(both), 401) << authorization;
  }
}

TEST_F(VisitorTest, TakesOnlyNamesThatAreOurs) {
  for (const auto* host :
       {"localhost", "LocalHost:1", "127.0.0.1:8470", "[::1]:8470", "muster.school.example"}) {
    EXPECT_EQ(status_with(by_cookie(), "Host", host), 0) << host;
  }
  for (const auto* host : {"", "evil.example", "localhost.evil.example", "192.0.2.1", "[::1",
                           "localhost:80:80", "localhost:x", "127.0.0.1@evil.example"}) {
    EXPECT_EQ(status_with(by_cookie(), "Host", host), 421) << host;
  }
}

TEST_F(VisitorTest, TakesAnyBareAddressWhereItListensAtAll) {
  const Reception open(*accounts, "0.0.0.0:8470", "");
  auto bare = by_cookie();
  set(bare, "Host", "192.0.2.1:8470");
  EXPECT_TRUE(open.visitor(bare));
  set(bare, "Host", "evil.example");
  EXPECT_EQ(status_of(open.visitor(bare)), 421);
}

TEST_F(VisitorTest, TakesWhoComesByTheSocketForTheLocalOwner) {
  http::ServerRequest local;
  local.method = "POST";
  local.peer = "unix";
  local.peer_uid = geteuid();
  const auto visitor = reception.visitor(local);
  ASSERT_TRUE(visitor);
  EXPECT_EQ(visitor->name, local_owner_name(geteuid()));
  EXPECT_TRUE(visitor->name.starts_with("local:"));
  EXPECT_EQ(visitor->scope, Scope::admin);
  EXPECT_EQ(visitor->how, Visitor::How::socket);
  EXPECT_TRUE(visitor->address.empty());
}

TEST_F(VisitorTest, TakesNobodyElseByTheSocket) {
  http::ServerRequest local;
  local.peer = "unix";
  EXPECT_EQ(status(local), 401);
  local.peer_uid = geteuid() + 1;
  EXPECT_EQ(status(local), 401);
}

TEST_F(VisitorTest, LetsStrangersLookAndLogInFromOurOwnPageAlone) {
  EXPECT_TRUE(reception.stranger(request()));
  EXPECT_TRUE(reception.stranger(request("POST")));
  auto foreign = request("POST");
  set(foreign, "Origin", "http://evil.example");
  EXPECT_EQ(status_of(reception.stranger(foreign)), 403);
  foreign.method = "GET";
  EXPECT_TRUE(reception.stranger(foreign));
  set(foreign, "Host", "evil.example");
  EXPECT_EQ(status_of(reception.stranger(foreign)), 421);
  foreign.peer = "unix";
  EXPECT_TRUE(reception.stranger(foreign));
}

TEST(Visitor, MayDoWhatItsScopeCovers) {
  Visitor visitor;
  visitor.scope = Scope::send;
  EXPECT_TRUE(require(visitor, Scope::read));
  EXPECT_TRUE(require(visitor, Scope::send));
  EXPECT_EQ(status_of(require(visitor, Scope::admin)), 403);
}

TEST(Visitor, IsFromAnAddressWithoutItsPort) {
  EXPECT_EQ(address_of("127.0.0.1:51234"), "127.0.0.1");
  EXPECT_EQ(address_of("[2001:DB8::1]:51234"), "2001:db8::1");
  EXPECT_EQ(address_of("unix"), "");
}

TEST(LocalOwner, IsCalledByNumberWhereTheUserHasNoName) {
  EXPECT_EQ(local_owner_name(0), "local:root");
  EXPECT_EQ(local_owner_name(3'999'999'999), "local:3999999999");
}

TEST(Scope, IsWrittenAsItIsRead) {
  for (const auto scope : {Scope::read, Scope::send, Scope::admin}) {
    EXPECT_EQ(scope_of(name_of(scope)), scope);
  }
  EXPECT_FALSE(scope_of("root"));
}

}  // namespace
}  // namespace muster::console
