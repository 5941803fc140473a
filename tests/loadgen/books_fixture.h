// A simulated Apps and Books that a test asks by requests, on a clock that it turns.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "loadgen/books.h"
#include "loadgen/books_fault_file.h"
#include "loadgen/json_shape.h"
#include "loadgen/json_text.h"
#include "scratch.h"

namespace muster::loadgen {

// The member of a JSON object by the names on the way to it, as written; empty where there is none.
inline std::string json_at(std::string text, const std::vector<std::string>& path) {
  for (const auto& name : path) {
    const auto members = json_members(text);
    text = members ? std::string(json_value(*members, name)) : std::string();
  }
  return text;
}
inline std::string text_at(const std::string& text, const std::vector<std::string>& path) {
  return json_text(json_at(text, path)).value_or("");
}
// The elements of the list of that name.
inline std::vector<std::string> list_at(const std::string& text, const std::string& name) {
  const auto list = json_at(text, {name});
  const auto elements = json_elements(list);
  EXPECT_TRUE(elements.has_value()) << name << " in " << text;
  return elements ? std::vector<std::string>(elements->begin(), elements->end())
                  : std::vector<std::string>();
}

class BooksTest : public ::testing::Test {
 protected:
  BooksTest() {
    rules_.domains = {"school.example"};
    rules_.event_delay = std::chrono::seconds(10);
    rules_.page_size = 3;
    rules_.started = clock_.now();
    rules_.started_wall = clock_.wall();
  }

  // With these faults.
  void open(const std::string& faults = "") {
    auto plan = read_books_faults(faults, "faults.toml");
    ASSERT_TRUE(plan.has_value()) << plan.error().line_of_text();
    auto journal = BooksJournal::open(scratch_ / "journal");
    ASSERT_TRUE(journal.has_value());
    books_ = std::make_unique<Books>(rules_, std::move(*plan), std::move(*journal));
    token_ = books_->token().text();
  }
  // And as a client that keeps the rules: it has read both configurations.
  void open_session(const std::string& faults = "") {
    open(faults);
    (void)get("/mdm/v2/service/config");
    (void)get("/mdm/v2/client/config");
  }

  BooksAnswer ask(const std::string& method, const std::string& path, const std::string& query,
                  const std::string& body) {
    http::ServerRequest request;
    request.method = method;
    request.path = path;
    request.query = query;
    request.body = body;
    request.fields = {{"Host", "books.test:8471"}, {"Authorization", "Bearer " + token_}};
    if (method == "POST") {
      request.fields.push_back({"Content-Type", content_type_});
    }
    auto answer = books_->answer(request, clock_.now());
    if (answer.list && lists_end_) {
      books_->list_done();
    }
    return answer;
  }
  http::Reply get(const std::string& path, const std::string& query = "") {
    return ask("GET", path, query, "").reply;
  }
  http::Reply post(const std::string& path, const std::string& body) {
    return ask("POST", path, "", body).reply;
  }
  // `members` as they stand in the object.
  http::Reply ask_v1(const std::string& service, const std::string& members = "") {
    return ask("POST", "/mdm/" + service, "",
               "{\"sToken\":\"" + token_ + '"' + (members.empty() ? "" : ",") + members + '}')
        .reply;
  }
  // The event's id.
  std::string create(const std::vector<std::string>& client_user_ids) {
    std::string users;
    for (const auto& id : client_user_ids) {
      users += (users.empty() ? "" : ",");
      users += R"({"clientUserId":")" + id + R"(","email":")" + id + R"(@mail.example"})";
    }
    const auto reply = post("/mdm/v2/users/create", "{\"users\":[" + users + "]}");
    EXPECT_EQ(reply.status, 200) << reply.body;
    return text_at(reply.body, {"eventId"});
  }
  void finish_events() {
    clock_.turn(rules_.event_delay);
    books_->advance(clock_.now());
  }
  void enroll(const std::vector<std::string>& client_user_ids) {
    (void)create(client_user_ids);
    finish_events();
  }
  std::string status(const std::string& event) {
    return get("/mdm/v2/status", "eventId=" + event).body;
  }
  // The active record; empty where there is none.
  std::string user(const std::string& client_user_id) {
    const auto reply = get("/mdm/v2/users", "activeOnly=true&clientUserId=" + client_user_id);
    const auto users = list_at(reply.body, "users");
    return users.empty() ? "" : users.front();
  }
  std::string code(const std::string& client_user_id) {
    return text_at(user(client_user_id), {"inviteCode"});
  }
  http::Reply tap(const std::string& code, const std::string& account) {
    return get("/accept", "inviteCode=" + code + "&mt=8&account=" + account);
  }
  [[nodiscard]] std::string violations() const { return json_at(books_->stats(), {"violations"}); }
  [[nodiscard]] std::string count_of(const std::string& violation) const {
    return json_at(violations(), {violation});
  }
  [[nodiscard]] std::string journal() const { return scratch_.read("journal"); }
  static std::string error_of(const http::Reply& reply) {
    return json_at(reply.body, {"errorNumber"});
  }
  // A listener for everything, accepted.
  void subscribe() {
    const auto answer = ask("POST", "/mdm/v2/client/config", "",
                            R"({"notificationUrl":"https://muster.example/hooks/books",)"
                            R"("notificationAuthToken":"listen",)"
                            R"("notificationTypes":["USER_MANAGEMENT","USER_ASSOCIATED"]})");
    const auto posts = books_->take_posts(clock_.now());
    ASSERT_EQ(posts.size(), 1U);
    ASSERT_EQ(posts.front().number, answer.test);
    ASSERT_TRUE(books_->posted(answer.test, true, clock_.now()).has_value());
  }

  FakeClock clock_;
  BooksRules rules_;
  Scratch scratch_;
  std::unique_ptr<Books> books_;
  std::string token_;
  std::string content_type_ = "application/json;charset=UTF8";
  bool lists_end_ = true;  // the answers to list requests go out at once
};

}  // namespace muster::loadgen
