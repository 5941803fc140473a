#include "loadgen/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "loadgen/json_shape.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using ::testing::HasSubstr;

const std::string header =
    "invitation,user_id,user_full_name,device_id,device_name,channel,state,reason,attempts,apns_id,"
    "reply,updated_at\n";

std::string id_text(std::uint32_t n) {
  return uuid_text(apns_id(IdPrefix{1, 2, 3, 4, 5, 6, 7, 8}, n, 0));
}
std::string row(std::uint32_t n, const std::string& state, const std::string& reason = "") {
  return std::to_string(n) + ",u1,\"Zoë \"\"Mo\"\", x\",d" + std::to_string(n) + ",iPad,push," +
         state + "," + reason + ",1," + id_text(n) + ",,2026-01-01T00:00:00.000Z\n";
}

// A stand-in for muster: prints a list of tasks, or the table of the one that is asked for.
class Verify : public ::testing::Test {
 protected:
  void SetUp() override {
    scratch_.write("tasks.json",
                   R"({"tasks":[{"id":"old","created_at":"2026-01-01T00:00:00.000Z"},)"
                   R"({"id":"new","created_at":"2026-02-01T00:00:00.000Z"}]})");
    scratch_.write("new.csv", header + row(0, "sent") + row(1, "unreachable", "Unregistered"));
    scratch_.write("old.csv", header);
    program("if [ \"$2\" = --json ]; then cat tasks.json; else cat \"$2.csv\"; fi");
    wishes_.muster = scratch_ / "muster";
    wishes_.data = scratch_ / "data";
    wishes_.journals = {scratch_ / "j"};
    auto journal = Journal::open(scratch_ / "j");
    journal->add(record(0, 200, Reason::none));
    journal->add(record(1, 410, Reason::unregistered));
    ASSERT_TRUE(journal->flush());
  }
  void program(const std::string& body) {
    scratch_.write("muster", "#!/bin/sh\ncd \"$(dirname \"$0\")\" || exit 9\n" + body + "\n");
    ASSERT_EQ(::chmod((scratch_ / "muster").c_str(), 0700), 0);
  }
  static JournalRecord record(std::uint32_t n, std::uint16_t status, Reason reason) {
    JournalRecord made;
    made.apns_id = *read_uuid(id_text(n));
    made.token.fill(static_cast<Byte>(0xa0 + n));
    made.status = status;
    made.reason = reason;
    return made;
  }
  // A Mac d0 and an iPhone d1 of that topic, each with a token made of one byte repeated.
  struct Tokens {
    std::string device;
    std::string user;
  };
  void roster(const std::string& topic, const Tokens& mac, const Tokens& phone) {
    const auto row_of = [&topic](const std::string& device, const Tokens& tokens) {
      return device + "," + topic + "," + repeated(tokens.device) + "," + repeated(tokens.user) +
             "\n";
    };
    scratch_.write("devices.csv", "device_id,platform,topic,push_token,user_push_token\n" +
                                      row_of("d0,macOS", mac) + row_of("d1,iOS", phone));
    wishes_.roster = scratch_.dir();
  }
  static std::string repeated(const std::string& byte) {
    std::string token;
    for (int i = 0; i < 32; ++i) {
      token += byte;
    }
    return token;
  }
  std::string complaint() {
    const auto outcome = verify(wishes_);
    return outcome ? "fine" : outcome.error().line_of_text();
  }

  Scratch scratch_;
  VerifyWishes wishes_;
};

TEST_F(Verify, JudgesTheLatestTask) {
  const auto outcome = verify(wishes_);
  ASSERT_TRUE(outcome) << outcome.error().line_of_text();
  EXPECT_EQ(outcome->tasks, std::vector<std::string>{"new"});
  EXPECT_TRUE(outcome->report.good(0));
  EXPECT_THAT(table_of(*outcome), HasSubstr("verdict: 0 lost, 0 repeated, 0 misreported of 2\n"));
  const auto json = json_of(*outcome, 0);
  EXPECT_TRUE(valid_json(json)) << json;
  EXPECT_THAT(json, HasSubstr("\"good\":true"));
}

TEST_F(Verify, JudgesTheTaskThatIsNamedOrAll) {
  wishes_.tasks = {"old"};
  EXPECT_EQ(verify(wishes_)->report.rows, 0U);
  wishes_.tasks.clear();
  wishes_.every_task = true;
  EXPECT_EQ(verify(wishes_)->tasks, (std::vector<std::string>{"new", "old"}));
}

TEST_F(Verify, HoldsTheTableAgainstTheRostersTokens) {
  roster("com.example.app", {"ff", ""}, {"ee", ""});
  const auto wrong = verify(wishes_);
  ASSERT_TRUE(wrong) << wrong.error().line_of_text();
  EXPECT_EQ(wrong->report.misreported, 2U);
}

TEST_F(Verify, WantsTheUsersTokenOfAMacThatIsWokenForMdm) {
  roster("com.apple.mgmt.External.1", {"ff", "a0"}, {"A1", ""});
  EXPECT_TRUE(verify(wishes_)->report.good(0));
  roster("com.apple.mgmt.External.1", {"a0", "ff"}, {"A1", ""});
  EXPECT_EQ(verify(wishes_)->report.misreported, 1U);
}

TEST_F(Verify, WantsTheDevicesTokenOfAMacThatIsShownAnAlert) {
  roster("com.example.app", {"a0", "ff"}, {"a1", ""});
  EXPECT_TRUE(verify(wishes_)->report.good(0));
  roster("com.example.app", {"ff", "a0"}, {"a1", ""});
  EXPECT_EQ(verify(wishes_)->report.misreported, 1U);
}

TEST_F(Verify, ShowsDefectsWithExamples) {
  wishes_.expected = 3;
  scratch_.write("new.csv", header + row(0, "deferred") + row(1, "sent"));
  const auto outcome = verify(wishes_);
  ASSERT_TRUE(outcome);
  const auto table = table_of(*outcome);
  EXPECT_THAT(table, HasSubstr("e.g. not at rest: invitation 0 (d0, deferred)"));
  EXPECT_THAT(table, HasSubstr("verdict: 3 lost, 0 repeated, 0 misreported of 3"));
  EXPECT_TRUE(valid_json(json_of(*outcome, 0)));
  EXPECT_THAT(json_of(*outcome, 0), HasSubstr("\"good\":false"));
}

TEST_F(Verify, ToleratesATornJournalAndSaysSo) {
  scratch_.write("j", scratch_.read("j") + "torn");
  const auto outcome = verify(wishes_);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->torn_journals, 1U);
  EXPECT_THAT(table_of(*outcome), HasSubstr("journals that end inside a record"));
}

TEST_F(Verify, SaysInOneLineWhyNothingIsProved) {
  wishes_.journals = {scratch_ / "none"};
  EXPECT_THAT(complaint(), HasSubstr("cannot open the journal"));
  auto bytes = scratch_.read("j");
  bytes[20] = static_cast<char>(bytes[20] ^ 1);
  scratch_.write("damaged", bytes);
  wishes_.journals = {scratch_ / "damaged"};
  EXPECT_THAT(complaint(), HasSubstr("damaged record"));
  wishes_.muster = scratch_ / "nothing";
  EXPECT_THAT(complaint(), HasSubstr("cannot start"));
  wishes_.tasks = {"new"};
  EXPECT_THAT(complaint(), HasSubstr("cannot start"));
  wishes_.roster = scratch_ / "nowhere";
  EXPECT_THAT(complaint(), HasSubstr("cannot read"));
}

TEST_F(Verify, SaysWhatIsWrongWithWhatTheProgramWrote) {
  scratch_.write("tasks.json", R"({"tasks":[]})");
  EXPECT_THAT(complaint(), HasSubstr("no task in"));
  for (const auto* wrong : {"[]", "{}", R"({"tasks":[{"name":"x"}]})"}) {
    scratch_.write("tasks.json", wrong);
    EXPECT_THAT(complaint(), HasSubstr("wrote no list of tasks"));
  }
  wishes_.tasks = {"new"};
  scratch_.write("new.csv", "invitation,state\n");
  EXPECT_THAT(complaint(), HasSubstr("muster tasks new:1: no column 'device_id'"));
  const auto broken = [this](const std::string& from, const std::string& to) {
    auto text = header + row(0, "sent");
    text.replace(text.rfind(from), from.size(), to);
    scratch_.write("new.csv", text);
    return complaint();
  };
  EXPECT_THAT(broken(",sent,", ",gone,"), HasSubstr("muster tasks new:2: unknown state 'gone'"));
  EXPECT_THAT(broken(",push,", ",fax,"), HasSubstr("unknown channel 'fax'"));
  EXPECT_THAT(broken("0,u1", "x,u1"), HasSubstr("unknown invitation 'x'"));
  EXPECT_THAT(broken("-8000-", "-zzzz-"), HasSubstr("unknown apns_id"));
  program("exit 3");
  EXPECT_THAT(complaint(), HasSubstr("ended with exit code 3"));
  wishes_.tasks.clear();
  EXPECT_THAT(complaint(), HasSubstr("ended with exit code 3"));
}

TEST_F(Verify, RefusesARosterWithABadToken) {
  scratch_.write("devices.csv",
                 "device_id,platform,topic,push_token,user_push_token\nd0,iOS,a.b,abc,\n");
  wishes_.roster = scratch_.dir();
  EXPECT_THAT(complaint(), HasSubstr("devices.csv:2: 'abc' is not a push token"));
}

}  // namespace
}  // namespace muster::loadgen
