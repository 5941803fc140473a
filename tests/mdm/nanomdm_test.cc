#include "mdm/nanomdm.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "crypto/digest.h"

namespace muster::mdm {
namespace {

// Answers in their order, and remembers what it was asked.
class ScriptedExchange final : public http::Exchange {
 public:
  std::vector<Result<http::Response>> exchange(std::span<const http::Request> requests) override {
    asked.assign(requests.begin(), requests.end());
    std::vector<Result<http::Response>> given(answers.begin(), answers.end());
    given.resize(requests.size(), http::Response{200, {}, "{}"});
    return given;
  }
  std::vector<http::Request> asked;
  std::vector<Result<http::Response>> answers;
};

class NanoMdmTest : public ::testing::Test {
 protected:
  NanoMdmTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-nano-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    settings_.url = "http://127.0.0.1:9000/";
    settings_.api_key_file = dir_ + "/key";
    write_key("api-key\n", 0600);
  }
  ~NanoMdmTest() override { std::filesystem::remove_all(dir_); }

  void write_key(const std::string& text, mode_t mode) const {
    std::ofstream(settings_.api_key_file) << text;
    ::chmod(settings_.api_key_file.c_str(), mode);
  }
  std::unique_ptr<NanoMdm> opened() {
    auto made = NanoMdm::open(settings_, exchange_);
    EXPECT_TRUE(made) << made.error().line_of_text();
    return made ? std::move(*made) : nullptr;
  }
  std::string complaint() {
    const auto made = NanoMdm::open(settings_, exchange_);
    return made ? "" : made.error().line_of_text();
  }
  static std::vector<Enqueued> commands(std::initializer_list<std::string> enrolments) {
    std::vector<Enqueued> made;
    for (const auto& enrolment : enrolments) {
      made.push_back({enrolment, "uuid", "<plist of " + enrolment + ">"});
    }
    return made;
  }

  std::string dir_;
  NanoMdmSettings settings_;
  ScriptedExchange exchange_;
};

TEST_F(NanoMdmTest, IsAskedOnceACommandWithoutAPush) {
  auto given = commands({"U1", "U2:5B0E", "S1:mia@school.example", "a,b/c d"});
  ASSERT_TRUE(opened()->enqueue(given));
  ASSERT_EQ(exchange_.asked.size(), 4U);
  EXPECT_EQ(exchange_.asked[0].method, "PUT");
  EXPECT_EQ(exchange_.asked[0].url, "http://127.0.0.1:9000/v1/enqueue/U1?nopush=1");
  EXPECT_EQ(exchange_.asked[1].url, "http://127.0.0.1:9000/v1/enqueue/U2:5B0E?nopush=1");
  EXPECT_EQ(exchange_.asked[2].url,
            "http://127.0.0.1:9000/v1/enqueue/S1:mia@school.example?nopush=1");
  EXPECT_EQ(exchange_.asked[3].url, "http://127.0.0.1:9000/v1/enqueue/a%2cb%2fc%20d?nopush=1");
  EXPECT_EQ(exchange_.asked[1].body, "<plist of U2:5B0E>");
  EXPECT_EQ(*http::field(exchange_.asked[0].fields, "Authorization"),
            "Basic " + crypto::base64(as_bytes("nanomdm:api-key")));
  for (const auto& command : given) {
    EXPECT_TRUE(command.accepted);
    EXPECT_FALSE(command.unknown);
  }
}

TEST_F(NanoMdmTest, TellsUnknownEnrolmentsFromItsOwnTroubles) {
  exchange_.answers = {
      http::Response{200, {}, "{}"},
      http::Response{500, {}, "{\"command_error\":\"pq: violates foreign key constraint\"}"},
      http::Response{500, {}, "{\"command_error\":\"FOREIGN KEY constraint failed\"}"},
      http::Response{500, {}, "{\"command_error\":\"connection refused\"}"},
      http::Response{207, {}, "{}"},
      http::Response{404, {}, "not found: foreign key"}};
  auto given = commands({"1", "2", "3", "4", "5", "6"});
  given[5].accepted = true;  // of a call before
  given[5].unknown = true;
  ASSERT_TRUE(opened()->enqueue(given));
  std::string seen;
  for (const auto& command : given) {
    seen += command.accepted ? 'a' : command.unknown ? 'u' : '-';
  }
  EXPECT_EQ(seen, "auu---");
}

TEST_F(NanoMdmTest, SaysThatItRefusesUs) {
  for (const std::uint16_t status : {std::uint16_t{401}, std::uint16_t{403}}) {
    exchange_.answers = {http::Response{200, {}, "{}"}, http::Response{status, {}, ""}};
    auto given = commands({"1", "2"});
    const auto done = opened()->enqueue(given);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::not_permitted);
    EXPECT_TRUE(given[0].accepted);
    EXPECT_FALSE(given[1].accepted);
  }
}

TEST_F(NanoMdmTest, SaysThatItCannotBeReached) {
  exchange_.answers = {trouble(ErrorCode::connect_refused), http::Response{200, {}, "{}"}};
  auto given = commands({"1", "2"});
  const auto done = opened()->enqueue(given);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::connect_refused);
  EXPECT_FALSE(given[0].accepted);
  EXPECT_TRUE(given[1].accepted);
}

TEST_F(NanoMdmTest, IsNotAskedForNothing) {
  std::vector<Enqueued> none;
  EXPECT_TRUE(opened()->enqueue(none));
}

TEST_F(NanoMdmTest, NeedsAKeyThatNobodyElseCanRead) {
  write_key("api-key", 0644);
  EXPECT_NE(complaint().find("chmod 600"), std::string::npos);
  EXPECT_EQ(complaint().find("api-key"), std::string::npos);
  for (const auto& text : {std::string(), std::string("\nkey"), std::string(2000, 'k'),
                           std::string("a\tb"), std::string("\xff")}) {
    write_key(text, 0600);
    EXPECT_NE(complaint().find("holds no key"), std::string::npos) << text;
  }
  settings_.api_key_file = dir_ + "/nobody";
  EXPECT_NE(complaint().find("cannot be read"), std::string::npos);
  settings_.api_key_file = dir_;
  EXPECT_NE(complaint().find("cannot be read"), std::string::npos);
}

}  // namespace
}  // namespace muster::mdm
