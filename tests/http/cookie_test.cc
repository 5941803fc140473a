#include "http/cookie.h"

#include <gtest/gtest.h>

namespace muster::http {
namespace {

TEST(Cookie, IsFoundAmongOthers) {
  EXPECT_EQ(cookie_in("a=1; session=x-Y_9=; b=2", "session"), "x-Y_9=");
  EXPECT_EQ(cookie_in("session=x", "session"), "x");
  EXPECT_EQ(cookie_in("a=1;session=x;", "session"), "x");
  EXPECT_EQ(cookie_in(" a=1 ;\t session = x ", "session"), "x");
  EXPECT_EQ(cookie_in("session=", "session"), "");
  EXPECT_EQ(cookie_in("session=first; session=second", "session"), "first");
}

TEST(Cookie, IsNotTakenForAnother) {
  for (const auto* cookies : {"", ";", ";;; ", "session", "Session=x", "xsession=x", "session2=x",
                              "a=session=x", "=session", "sess ion=x", "a=\"; b\"=x"}) {
    EXPECT_FALSE(cookie_in(cookies, "session").has_value()) << cookies;
  }
}

TEST(Cookie, HasNoValueThatIsNotOne) {
  for (const auto* cookies :
       {"s=a b", "s=\"a\"", "s=a,b", "s=a\\b", "s=\x7f", "s=\x01", "s=\xc3\xab"}) {
    EXPECT_FALSE(cookie_in(cookies, "s").has_value()) << cookies;
  }
  EXPECT_FALSE(cookie_in(std::string_view("s=a\0b", 5), "s").has_value());
  // Whoever puts a broken one in front does not make us look further.
  EXPECT_FALSE(cookie_in("s=a b; s=c", "s").has_value());
}

TEST(Cookie, IsLookedForInEveryField) {
  const Fields fields{{"X-Cookie", "s=no"}, {"cookie", "a=1"}, {"COOKIE", "s=yes"}};
  EXPECT_EQ(cookie_of(fields, "s"), "yes");
  EXPECT_EQ(cookie_of(fields, "a"), "1");
  EXPECT_FALSE(cookie_of(fields, "b").has_value());
  EXPECT_FALSE(cookie_of({}, "s").has_value());
}

TEST(SetCookie, IsForOurSiteAlone) {
  EXPECT_EQ(set_cookie({.name = "__Host-session", .value = "abc"}),
            "__Host-session=abc; Path=/; HttpOnly; SameSite=Strict; Secure");
  EXPECT_EQ(set_cookie({.name = "s",
                        .value = "",
                        .path = "/console",
                        .max_age = std::chrono::hours(12),
                        .secure = false}),
            "s=; Path=/console; Max-Age=43200; HttpOnly; SameSite=Strict");
}

TEST(SetCookie, TakesACookieAwayWithAnAgeOfZero) {
  EXPECT_EQ(set_cookie({.name = "s", .value = "", .max_age = Duration::zero()}),
            "s=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure");
  // And a moment is not none.
  EXPECT_NE(set_cookie({.name = "s", .value = "", .max_age = Duration(1)}).find("Max-Age=1"),
            std::string::npos);
}

TEST(SetCookieDeath, NeverForges) {
  EXPECT_DEATH(static_cast<void>(set_cookie({.name = "", .value = "x"})), "is_token");
  EXPECT_DEATH(static_cast<void>(set_cookie({.name = "a=b", .value = "x"})), "is_token");
  EXPECT_DEATH(static_cast<void>(set_cookie({.name = "s", .value = "x; Domain=y"})), "is_value");
  EXPECT_DEATH(static_cast<void>(set_cookie({.name = "s", .value = "x\r\nY: z"})), "is_value");
  EXPECT_DEATH(static_cast<void>(set_cookie({.name = "s", .value = "x", .path = "/;"})), "is_path");
  EXPECT_DEATH(static_cast<void>(set_cookie({.name = "s", .value = "x", .path = ""})), "is_path");
  EXPECT_DEATH(static_cast<void>(set_cookie({.name = "s", .value = "x", .max_age = Duration(-1)})),
               "max_age");
}

}  // namespace
}  // namespace muster::http
