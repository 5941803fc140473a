// A console on a real dispatcher, asked over HTTP on loopback.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "console/accounts.h"
#include "console/console.h"
#include "console/page.h"
#include "console/routes.h"
#include "http/client.h"
#include "http/target.h"
#include "json/value.h"
#include "tests/console/schema.h"
#include "tests/service/house.h"

namespace muster::console {

// What came back, with its body as a tree.
struct Heard {
  http::Response response;
  std::optional<json::Tree> tree;
  [[nodiscard]] std::uint16_t status() const { return response.status; }
  [[nodiscard]] std::string field(std::string_view name) const {
    return std::string(http::field(response.fields, name).value_or(""));
  }
  [[nodiscard]] json::Value at(std::string_view name) const {
    return tree ? tree->root().at(name) : json::Value();
  }
  [[nodiscard]] std::string text(std::string_view name) const {
    return std::string(at(name).text().value_or("(none)"));
  }
  [[nodiscard]] std::int64_t number(std::string_view name) const {
    return at(name).integer().value_or(-1);
  }
};

// The school of tests/service/house.h behind a console, and a token of each scope.
class Knocking : public House {
 protected:
  Knocking() { settings.server.listen = "127.0.0.1:0"; }

  void open_console(const ConsoleRoom& room = {}) {
    dispatcher = open_school();
    auto opened = Console::open(*dispatcher, settings, clock, room);
    ASSERT_TRUE(opened.has_value()) << opened.error().line_of_text();
    console = std::move(*opened);
    const auto listening = dispatcher->listen(console->handler());
    ASSERT_TRUE(listening) << listening.failure().line;
    port = *listening;
    auto accounts = Accounts::open(settings.data_dir, clock);
    ASSERT_TRUE(accounts.has_value());
    for (const auto scope : {Scope::read, Scope::send, Scope::admin}) {
      const auto made = (*accounts)->create_token({std::string(name_of(scope)), scope, "", {}},
                                                  {"local:test", ""});
      ASSERT_TRUE(made.has_value());
      tokens[scope] = made->secret;
    }
    auto client_opened = http::Client::open({});
    ASSERT_TRUE(client_opened.has_value());
    client = std::move(*client_opened);
  }

  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port) + path;
  }
  [[nodiscard]] Heard ask(http::Request request) const {
    Heard heard;
    const auto answers = client->exchange(std::span(&request, 1));
    if (!answers.front()) {
      ADD_FAILURE() << request.method << " " << request.url << ": " << words(answers[0].error());
      return heard;
    }
    heard.response = *answers.front();
    heard.tree = json::Tree::parse(heard.response.body, 16UL * 1024 * 1024);
    check(request, heard);
    return heard;
  }
  // Each answer of a route must be what openapi.json says of it. (Of a body that is too long for
  // the server, or a path that is none, no route hears.)
  void check(const http::Request& request, const Heard& heard) const {
    const auto target = http::read_target(request.url);
    const auto found = target ? find_route(request.method, target->segments) : Found{};
    if (found.route == nullptr || (heard.status() == 413 && heard.response.body.empty())) {
      return;
    }
    const auto document = json::Tree::parse(page_file("/openapi.json"), 16UL * 1024 * 1024);
    ASSERT_TRUE(document.has_value());
    EXPECT_EQ(breach_of_answer(document->root(), request.method, std::string(found.route->pattern),
                               heard.status(), heard.field("Content-Type"),
                               heard.tree ? &*heard.tree : nullptr),
              "")
        << heard.response.body;
  }
  // By the token of that scope; a body is JSON.
  [[nodiscard]] Heard say(Scope scope, const std::string& method, const std::string& path,
                          const std::string& body = {}, http::Fields fields = {}) const {
    http::Request request{method, url(path), std::move(fields), body};
    request.fields.push_back({"Authorization", "Bearer " + tokens.at(scope)});
    if (!body.empty() && !http::field(request.fields, "Content-Type")) {
      request.fields.push_back({"Content-Type", "application/json"});
    }
    return ask(std::move(request));
  }
  [[nodiscard]] Heard get(const std::string& path) const { return say(Scope::read, "GET", path); }

  SystemClock clock;
  std::unique_ptr<Dispatcher> dispatcher;
  std::unique_ptr<Console> console;  // ends before it
  std::uint16_t port = 0;
  std::map<Scope, std::string> tokens;
  std::unique_ptr<http::Client> client;
};

}  // namespace muster::console
