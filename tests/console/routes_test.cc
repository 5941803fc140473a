#include "console/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "console/page.h"
#include "tests/console/knocking.h"

namespace muster::console {
namespace {

// A path of the pattern.
std::string path_of(const Route& route) {
  std::string path;
  bool inside = false;
  for (const char c : route.pattern) {
    inside = inside ? c != '}' : c == '{';
    path += inside || c == '}' ? 'x' : c;
  }
  return path;
}

TEST(Routes, FindAParameterThatHoldsASlash) {
  const auto found = find_route("GET", {"api", "v1", "users", "a/b c"});
  ASSERT_NE(found.route, nullptr);
  EXPECT_EQ(found.route->pattern, "/api/v1/users/{id}");
  EXPECT_EQ(found.parameters, std::vector<std::string>{"a/b c"});
}

TEST(Routes, TakeHeadForGetAndNoEmptyParameter) {
  EXPECT_NE(find_route("HEAD", {"api", "v1", "tasks"}).route, nullptr);
  EXPECT_EQ(find_route("GET", {"api", "v1", "users", ""}).route, nullptr);
  EXPECT_EQ(find_route("GET", {"api", "v1"}).route, nullptr);
  EXPECT_EQ(find_route("GET", {"api", "v1", "tasks", "1", "pause", "more"}).route, nullptr);
}

TEST(Routes, SayWhichMethodsAPathHas) {
  const auto found = find_route("PUT", {"api", "v1", "tasks"});
  EXPECT_EQ(found.route, nullptr);
  EXPECT_EQ(found.allowed, "GET, HEAD, POST");
}

TEST(Routes, AreAllInTheDescriptionAndItDescribesNoOther) {
  const auto tree = json::Tree::parse(page_file("/openapi.json"), 16UL * 1024 * 1024);
  ASSERT_TRUE(tree.has_value());
  const auto paths = tree->root().at("paths");
  std::set<std::string> described;
  for (const auto path : paths.names()) {
    for (const auto method : paths.at(path).names()) {
      std::string upper(method);
      std::ranges::transform(upper, upper.begin(), [](char c) {
        return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
      });
      const auto scope = paths.at(path).at(method).at("x-scope").text().value_or("");
      described.insert(upper + " " + std::string(path) + " " + std::string(scope));
    }
  }
  std::set<std::string> served;
  for (const auto& route : routes()) {
    served.insert(std::string(route.method) + " " + std::string(route.pattern) + " " +
                  std::string(route.scope ? name_of(*route.scope) : "open"));
  }
  EXPECT_EQ(described, served);
}

using Doors = Knocking;

TEST_F(Doors, AreShutToWhoHasNoKeyOrTooSmallAOne) {
  open_console();
  for (const auto& route : routes()) {
    if (!route.scope) {
      continue;
    }
    const auto name = std::string(route.method) + " " + std::string(route.pattern);
    const auto heard = ask({std::string(route.method), url(path_of(route)), {}, {}});
    EXPECT_EQ(heard.status(), 401) << name;
    EXPECT_EQ(heard.field("Content-Type"), "application/problem+json") << name;
    for (const auto scope : {Scope::read, Scope::send}) {
      if (!covers(scope, *route.scope)) {
        const auto refused = say(scope, std::string(route.method), path_of(route));
        EXPECT_EQ(refused.status(), 403) << name;
        EXPECT_EQ(refused.number("status"), 403) << name;
      }
    }
  }
}

TEST_F(Doors, OpenToATokenThatHoldsAlone) {
  open_console();
  http::Request request{"GET", url("/api/v1/tasks"), {{"Authorization", "Bearer mst_x"}}, {}};
  EXPECT_EQ(ask(request).status(), 401);
  EXPECT_EQ(get("/api/v1/tasks").status(), 200);
}

TEST_F(Doors, AreOpenWhereNobodyNeedsToBeKnown) {
  open_console();
  EXPECT_EQ(ask({"GET", url("/healthz"), {}, {}}).status(), 200);
  EXPECT_EQ(ask({"GET", url("/readyz"), {}, {}}).status(), 503);
  console->set_ready(true);
  EXPECT_EQ(ask({"GET", url("/readyz"), {}, {}}).status(), 200);
  EXPECT_EQ(ask({"GET", url("/api/v1/openapi.json"), {}, {}}).text("openapi"), "3.1.0");
}

TEST_F(Doors, RefuseAHostThatIsNotOurs) {
  open_console();
  const auto heard = ask({"GET", url("/"), {{"Host", "evil.example"}}, {}});
  EXPECT_EQ(heard.status(), 421);
}

TEST_F(Doors, SayWhatIsNotThere) {
  open_console();
  EXPECT_EQ(get("/api/v1/nothing").status(), 404);
  EXPECT_EQ(get("/nothing.js").status(), 404);
  EXPECT_EQ(get("/api/v1/%2e%2e/secret").status(), 400);
  const auto heard = say(Scope::admin, "PUT", "/api/v1/tasks");
  EXPECT_EQ(heard.status(), 405);
  EXPECT_EQ(heard.field("Allow"), "GET, HEAD, POST");
}

TEST_F(Doors, GiveThePageWithItsSealsAndOnce) {
  open_console();
  const auto page = ask({"GET", url("/"), {}, {}});
  EXPECT_EQ(page.status(), 200);
  EXPECT_EQ(page.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.field("Cache-Control"), "no-cache");
  EXPECT_EQ(page.field("X-Content-Type-Options"), "nosniff");
  EXPECT_THAT(page.field("Content-Security-Policy"), testing::HasSubstr("default-src 'none'"));
  std::ifstream file(MUSTER_SOURCE_DIR "/src/console/web/index.html", std::ios::binary);
  EXPECT_EQ(page.response.body, std::string(std::istreambuf_iterator<char>(file), {}));
  const auto again = ask({"GET", url("/"), {{"If-None-Match", page.field("ETag")}}, {}});
  EXPECT_EQ(again.status(), 304);
  EXPECT_EQ(ask({"POST", url("/"), {}, {}}).status(), 405);
  EXPECT_EQ(get("/api/v1/tasks").field("Cache-Control"), "no-store");
}

}  // namespace
}  // namespace muster::console
