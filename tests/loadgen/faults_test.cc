#include "loadgen/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loadgen/fault_file.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

std::array<Byte, 32> device(std::uint32_t n) {
  std::array<Byte, 32> token{};
  put(token.data(), n);
  return token;
}

FaultPlan plan(const std::string& text) {
  auto read = read_faults(text, "faults.toml");
  EXPECT_TRUE(read) << read.error().line_of_text();
  return std::move(*read);
}

TEST(Faults, OfTheMainJobAreReadFromTheirFile) {
  const auto read = read_fault_file(MUSTER_SOURCE_DIR "/loadgen/faults/main_job.toml");
  EXPECT_TRUE(read) << read.error().line_of_text();
}

TEST(Faults, GiveALastingRefusalToTheSameDevicesWhateverTheOrder) {
  const std::string text = R"(seed = 3
[[fault]]
kind = "status"
status = 410
reason = "Unregistered"
timestamp_ms = 1700000000000
share = 0.2
)";
  auto forwards = plan(text);
  auto backwards = plan(text);
  std::vector<bool> first(1000);
  std::vector<bool> second(1000);
  for (std::uint32_t n = 0; n < 1000; ++n) {
    first[n] = forwards.next_request(device(n)) != nullptr;
    second[999 - n] = backwards.next_request(device(999 - n)) != nullptr;
  }
  EXPECT_EQ(first, second);
  const auto struck = forwards.struck().front();
  EXPECT_GT(struck, 140U);
  EXPECT_LT(struck, 260U);
  for (std::uint32_t n = 0; n < 1000; ++n) {
    EXPECT_EQ(forwards.next_request(device(n)) != nullptr, first[n]);
  }
}

TEST(Faults, StrikeADeviceOnceSoThatItsRetrySucceeds) {
  auto faults =
      plan("[[fault]]\nkind=\"status\"\nstatus=503\nreason=\"ServiceUnavailable\"\nshare=1.0\n");
  EXPECT_NE(faults.next_request(device(1)), nullptr);
  EXPECT_NE(faults.next_request(device(2)), nullptr);
  EXPECT_EQ(faults.next_request(device(1)), nullptr);
  EXPECT_EQ(faults.next_request(device(2)), nullptr);
}

TEST(Faults, CountEveryNthRequestAfterTheFirstFewAndEnd) {
  auto faults = plan("[[fault]]\nkind=\"goaway\"\nevery=3\nafter=2\ncount=2\nlast=1\n");
  std::vector<int> struck;
  for (int n = 1; n <= 20; ++n) {
    if (faults.next_request(device(1)) != nullptr) {
      struck.push_back(n);
    }
  }
  EXPECT_EQ(struck, (std::vector<int>{5, 8}));
}

TEST(Faults, ShareByOrderIsTheSameForTheSameSeed) {
  const std::string text = "[[fault]]\nkind=\"close\"\nshare=0.3\n";
  auto one = plan(text);
  auto two = plan(text);
  auto other = plan("seed = 2\n" + text);
  int same = 0;
  for (std::uint32_t n = 0; n < 500; ++n) {
    const bool struck = one.next_request(device(n)) != nullptr;
    EXPECT_EQ(struck, two.next_request(device(n + 7)) != nullptr);
    same += struck == (other.next_request(device(n)) != nullptr) ? 1 : 0;
  }
  EXPECT_LT(same, 400);
}

TEST(Faults, StrikeConnectionsApartFromRequests) {
  auto faults = plan("[[fault]]\nkind=\"tls_alert\"\nevery=2\n");
  EXPECT_EQ(faults.next_request(device(1)), nullptr);
  EXPECT_EQ(faults.next_request(device(1)), nullptr);
  EXPECT_EQ(faults.next_connection(), nullptr);
  EXPECT_NE(faults.next_connection(), nullptr);
}

TEST(FaultFile, ReadsEveryKind) {
  const auto faults = plan(R"(
[[fault]]
kind = "goaway"
every = 10
last = "none"
reason = "Shutdown"
code = "ENHANCE_YOUR_CALM"
[[fault]]
kind = "reset"
share = 0.1
code = "INTERNAL_ERROR"
[[fault]]
kind = "settings"
every = 5
streams = 1
back_after = 20
back_after_ms = 100
[[fault]]
kind = "withhold_window"
every = 5
back_after_ms = 50
[[fault]]
kind = "silence"
every = 5
scope = "connection"
[[fault]]
kind = "half_open"
on = "connection"
every = 5
[[fault]]
kind = "trickle"
every = 5
pause_ms = 1
[[fault]]
kind = "tls_alert"
code = 45
every = 1
[[fault]]
kind = "close"
every = 5
acted = false
[[fault]]
kind = "status"
status = 418
reason = "Tea"
every = 5
)")
                          .faults();
  ASSERT_EQ(faults.size(), 10U);
  EXPECT_EQ(faults[0].last, Fault::Last::none);
  EXPECT_EQ(faults[0].text, "Shutdown");
  EXPECT_EQ(faults[0].code, 11U);
  EXPECT_EQ(faults[1].code, 2U);
  EXPECT_TRUE(faults[1].acted);
  EXPECT_TRUE(faults[1].once);
  EXPECT_EQ(faults[2].back_after, 20U);
  EXPECT_EQ(faults[2].back_after_time, std::chrono::milliseconds(100));
  EXPECT_EQ(faults[3].back_after_time, std::chrono::milliseconds(50));
  EXPECT_TRUE(faults[4].whole_connection);
  EXPECT_TRUE(faults[5].on_connection);
  EXPECT_EQ(faults[6].pause, std::chrono::milliseconds(1));
  EXPECT_EQ(faults[7].code, 45U);
  EXPECT_TRUE(faults[7].on_connection);
  EXPECT_FALSE(faults[8].acted);
  EXPECT_EQ(faults[9].answer.reason_text, "Tea");
  EXPECT_FALSE(faults[9].lasting);
}

std::string complaint(const std::string& text) {
  const auto read = read_faults(text, "f.toml");
  return read ? "fine" : read.error().line_of_text();
}

TEST(FaultFile, NamesLineAndColumnOfWhatIsWrong) {
  using ::testing::StartsWith;
  const std::string head = "[[fault]]\n";
  EXPECT_THAT(complaint("[[fault\n"), StartsWith("f.toml:1:"));
  EXPECT_THAT(complaint("wrong = 1\n"), StartsWith("f.toml:1:1: unknown key 'wrong'"));
  EXPECT_THAT(complaint("seed = \"x\"\n"), StartsWith("f.toml:1:1: unknown key 'seed'"));
  EXPECT_THAT(complaint("fault = [1]\n"), StartsWith("f.toml:1:10: not a table"));
  EXPECT_THAT(complaint(head + "every = 1\n"), StartsWith("f.toml:1:1: a fault without a kind"));
  EXPECT_THAT(complaint(head + "kind = \"quake\"\n"),
              StartsWith("f.toml:2:8: unknown kind 'quake'"));
  EXPECT_THAT(complaint(head + "kind = \"close\"\nevery = 1\nstatus = 400\n"),
              StartsWith("f.toml:4:1: unknown key 'status'"));
  EXPECT_THAT(complaint(head + "kind = \"close\"\nshare = 1.5\n"),
              StartsWith("f.toml:3:9: share is not a share"));
  EXPECT_THAT(complaint(head + "kind = \"close\"\nevery = 0\n"),
              StartsWith("f.toml:3:9: every = 0"));
  EXPECT_THAT(complaint(head + "kind = \"close\"\nevery = \"2\"\n"),
              StartsWith("f.toml:3:9: every has another type"));
  EXPECT_THAT(complaint(head + "kind = \"close\"\n"),
              StartsWith("f.toml:1:1: a fault needs a way to be chosen"));
  EXPECT_THAT(complaint(head + "kind = \"close\"\nevery = 1\nshare = 0.1\n"),
              StartsWith("f.toml:1:1: a fault needs a way to be chosen"));
  EXPECT_THAT(complaint(head + "kind = \"close\"\non = \"day\"\nevery = 1\n"),
              StartsWith("f.toml:1:1: on = 'day'"));
  EXPECT_THAT(complaint(head + "kind = \"status\"\nevery = 1\n"),
              StartsWith("f.toml:1:1: a status fault without a status"));
  EXPECT_THAT(complaint(head + "kind = \"status\"\nstatus = 500\non = \"connection\"\nevery = 1\n"),
              StartsWith("f.toml:1:1: this kind of fault cannot strike a connection"));
  EXPECT_THAT(complaint(head + "kind = \"tls_alert\"\non = \"request\"\nevery = 1\n"),
              StartsWith("f.toml:1:1: this kind of fault cannot strike a request"));
  EXPECT_THAT(complaint(head + "kind = \"status\"\nstatus = 400\nshare = 0.1\ncount = 5\n"),
              StartsWith("f.toml:1:1: a refusal for good"));
  EXPECT_THAT(complaint(head + "kind = \"reset\"\nacted = true\nevery = 1\n"),
              StartsWith("f.toml:1:1: REFUSED_STREAM promises"));
  EXPECT_THAT(complaint(head + "kind = \"reset\"\ncode = \"OOPS\"\nevery = 1\n"),
              StartsWith("f.toml:3:8: unknown HTTP/2 error code"));
  EXPECT_THAT(complaint(head + "kind = \"goaway\"\nlast = \"some\"\nevery = 1\n"),
              StartsWith("f.toml:3:8: last is none of these"));
  EXPECT_THAT(complaint(head + "kind = \"silence\"\nscope = \"world\"\nevery = 1\n"),
              StartsWith("f.toml:1:1: scope = 'world'"));
}

TEST(FaultFile, ReadsFromDiskAndSaysWhenItCannot) {
  const Scratch scratch;
  scratch.write("f.toml", "[[fault]]\nkind = \"close\"\nevery = 9\n");
  EXPECT_EQ(read_fault_file(scratch / "f.toml")->faults().size(), 1U);
  EXPECT_EQ(read_fault_file(scratch / "none.toml").error().cause.code, ErrorCode::not_found);
}

}  // namespace
}  // namespace muster::loadgen
