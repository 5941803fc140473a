// A directory, a clock, Apple's model and a registrar over them: what the tests of the loop share.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "registrar/registrar.h"
#include "tests/registrar/fake_books.h"

namespace muster::registrar {

class School : public ::testing::Test {
 protected:
  School() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-registrar-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    settings_.url = "https://books.example/mdm/v2";
    open();
  }
  ~School() override {
    registrar_.reset();
    std::filesystem::remove_all(dir_);
  }

  void open() {
    registrar_.reset();
    auto opened = Registrar::open(dir_, settings_, books_, clock_);
    ASSERT_TRUE(opened) << opened.error().line_of_text();
    registrar_ = std::move(*opened);
  }
  static ContentToken content_token(const std::string& organisation = "Example School") {
    return {"token", organisation, WallTime{4'000'000'000'000}};
  }
  void install() { ASSERT_TRUE(registrar_->install("default", content_token())); }
  static std::string email_of(UserNumber user) {
    return "u" + std::to_string(user) + "@school.example";
  }
  static std::vector<Person> people(UserNumber first, UserNumber past) {
    std::vector<Person> made;
    for (auto user = first; user < past; ++user) {
      made.push_back({user, "default", email_of(user), ""});
    }
    return made;
  }
  void want(UserNumber first, UserNumber past) {
    ASSERT_TRUE(registrar_->want(people(first, past)));
  }
  // Turns and lets time pass, up to `most`, until nothing is due within it.
  void run(Duration most = std::chrono::seconds(50), int turns_max = 100'000) {
    const auto end = clock_.now() + most;
    for (int i = 0; i < turns_max; ++i) {
      const auto next = registrar_->next();
      if (next > end) {
        clock_.turn_to(end);
        return;
      }
      if (next > clock_.now()) {
        clock_.turn_to(next);
      }
      registrar_->turn();
    }
    FAIL() << "there is no end of it";
  }
  [[nodiscard]] Standings::Seen at(UserNumber user) const {
    return registrar_->standings().at(user);
  }
  [[nodiscard]] std::size_t count(UserNumber first, UserNumber past, Standing standing) const {
    std::size_t found = 0;
    for (auto user = first; user < past; ++user) {
      found += at(user).standing == standing ? 1 : 0;
    }
    return found;
  }
  [[nodiscard]] LocationFacts facts() const { return registrar_->locations().at(0); }
  [[nodiscard]] std::string url_of(UserNumber user) const {
    auto urls = InvitationUrls::open(dir_);
    std::vector<std::string> read;
    EXPECT_TRUE((*urls)->read(std::vector<UserNumber>{user}, read));
    return read.at(0);
  }
  void expect_no_breach() const {
    EXPECT_TRUE(books_.breaches.empty())
        << books_.breaches.size()
        << ", first: " << (books_.breaches.empty() ? "" : books_.breaches[0]);
  }

  std::string dir_;
  FakeClock clock_;
  FakeBooks books_{clock_, 1};
  RegistrarSettings settings_;
  std::unique_ptr<Registrar> registrar_;
};

}  // namespace muster::registrar
