#include "http/target.h"

#include <gtest/gtest.h>

namespace muster::http {
namespace {

std::string path_of(std::string_view target) {
  const auto read = read_target(target);
  return read ? read->path : "refused";
}

TEST(Target, TakesPathAndQueryApart) {
  const auto target = read_target("/v1/users?after=a%20b&limit=3?");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->path, "/v1/users");
  EXPECT_EQ(target->query, "after=a%20b&limit=3?");
}

TEST(Target, DecodesThePathOnce) {
  EXPECT_EQ(path_of("/a%20b/%c3%A4%2Fc"), "/a b/\xc3\xa4/c");
  EXPECT_EQ(path_of("/%2525"), "/%25");
  EXPECT_EQ(path_of("/a%3fb"), "/a?b");
}

TEST(Target, TellsASlashInANameFromOneBetweenNames) {
  const auto target = read_target("/users/a%2Fb%20c//d");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->segments, (std::vector<std::string>{"users", "a/b c", "", "d"}));
  EXPECT_EQ(read_target("http://host")->segments, (std::vector<std::string>{""}));
}

TEST(Target, IsTheSameInAbsoluteForm) {
  EXPECT_EQ(path_of("http://host:80/a/b?c"), "/a/b");
  EXPECT_EQ(path_of("HTTPS://host/a"), "/a");
  EXPECT_EQ(path_of("http://host"), "/");
  const auto target = read_target("http://host?a=b");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->path, "/");
  EXPECT_EQ(target->query, "a=b");
}

TEST(Target, RefusesWhatIsNoPath) {
  for (const auto* target :
       {"", "*", "host:80", "a/b", "ftp://host/a", "http:///a", "http://?a", "http:/a", "?a"}) {
    EXPECT_EQ(path_of(target), "refused") << target;
  }
}

TEST(Target, RefusesBrokenEscapes) {
  for (const auto* target : {"/%", "/%2", "/%zz", "/%2g", "/a%-1b", "/% 2"}) {
    EXPECT_EQ(path_of(target), "refused") << target;
  }
}

TEST(Target, RefusesNulAndWhatCannotBePrinted) {
  EXPECT_EQ(path_of("/%00"), "refused");
  EXPECT_EQ(path_of("/a%00b"), "refused");
  EXPECT_EQ(path_of(std::string_view("/a\0b", 4)), "refused");
  EXPECT_EQ(path_of("/a b"), "refused");
  EXPECT_EQ(path_of("/a\x7f"), "refused");
  EXPECT_EQ(path_of("/a#b"), "refused");
}

TEST(Target, RefusesToClimb) {
  for (const auto* target : {"/..", "/../etc", "/a/..", "/a/../b", "/%2e%2e/a", "/.%2E", "/..%2fa",
                             "/a%2f..%2fb", "http://host/.."}) {
    EXPECT_EQ(path_of(target), "refused") << target;
  }
}

TEST(Target, LetsDotsBeNames) {
  EXPECT_EQ(path_of("/a..b/.../.well-known/x..?q=../.."), "/a..b/.../.well-known/x..");
}

}  // namespace
}  // namespace muster::http
