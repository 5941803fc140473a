// Invitation codes from a file, and what becomes of an invitation that needs nobody at Apple's: the
// timeline.
#include <gmock/gmock.h>

#include "tests/service/house.h"

namespace muster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* secret = "46bc0123456789abcdef0123456789ab";

class ServiceCodes : public House {
 protected:
  ServiceCodes() {
    settings.apns.port = nobody_.port();
    settings.server.listen = "127.0.0.1:0";
  }
  [[nodiscard]] std::string codes(const std::string& text) const {
    const auto file = folder / "codes.csv";
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  static std::string url() {
    return std::string("https://buy.itunes.example/associate?inviteCode=") + secret + "&mt=8";
  }
  static Checked<ImportReport> import(Dispatcher& dispatcher, const std::string& file,
                                      bool dry_run = false) {
    return dispatcher.import_roster({{file}, "", dry_run, ""}, nullptr);
  }
  static Location location(Dispatcher& dispatcher) {
    const auto locations = dispatcher.locations();
    EXPECT_TRUE(locations);
    return locations && locations->size() == 1 ? locations->front() : Location{};
  }

 private:
  const DeafPeer nobody_{DeafPeer::Kind::silent};
};

TEST_F(ServiceCodes, AreTakenByTheirHeader) {
  const auto dispatcher = open_school();
  const auto report = import(
      *dispatcher, codes("Invite_URL,user_id\r\n\"" + url() + "\",ann\r\n" + url() + "2,bob\r\n"));
  ASSERT_TRUE(report) << report.failure().line;
  EXPECT_EQ(report->codes, 2U);
  EXPECT_EQ(report->users, 0U);
  EXPECT_EQ(location(*dispatcher).condition, "codes");
  EXPECT_EQ(location(*dispatcher).registered, 2U);
  EXPECT_EQ(location(*dispatcher).id, "default");
}

TEST_F(ServiceCodes, NameALocationWhereThereAreSeveral) {
  const auto dispatcher = open_school();
  ASSERT_TRUE(import(*dispatcher, codes("user_id,invite_url,location\nann," + url() + ",north\n")));
  EXPECT_EQ(location(*dispatcher).id, "north");
}

TEST_F(ServiceCodes, AreOnlyLookedAtInADryRun) {
  const auto dispatcher = open_school();
  const auto report = import(*dispatcher, codes("user_id,invite_url\nann," + url() + "\n"), true);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->codes, 1U);
  const auto locations = dispatcher->locations();
  ASSERT_TRUE(locations);
  EXPECT_TRUE(locations->empty());
}

TEST_F(ServiceCodes, AreRefusedWithTheirPlaceAndWithoutTheSecret) {
  const auto dispatcher = open_school();
  struct Case {
    std::string row;
    std::string place;
    std::string words;
  };
  const std::vector<Case> cases{
      {"ann,ftp://x/?inviteCode=" + std::string(secret), ":2:5", "no invitation address"},
      {"anne," + url(), ":2:1", "user 'anne' is not known"},
      {"ann," + url() + "\nann," + url(), ":3:1", "a second time"},
      {"ann", ":2:1", "1 fields"},
      {"ann,\"" + url(), ":2:5", ""},
  };
  for (const auto& each : cases) {
    const auto line = refusal(import(*dispatcher, codes("user_id,invite_url\n" + each.row + "\n")),
                              FailureKind::cannot_start);
    EXPECT_THAT(line, HasSubstr("codes.csv" + each.place)) << each.row;
    EXPECT_THAT(line, HasSubstr(each.words));
    EXPECT_THAT(line, Not(HasSubstr(secret)));
  }
  const auto locations = dispatcher->locations();
  ASSERT_TRUE(locations);
  EXPECT_TRUE(locations->empty()) << "all or nothing";
}

TEST_F(ServiceCodes, NeedADirectoryThatMayBeWritten) {
  (void)open_school();
  const auto reader = open(Access::read);
  EXPECT_THAT(refusal(import(*reader, codes("user_id,invite_url\nann," + url() + "\n")),
                      FailureKind::cannot_start),
              HasSubstr("reading only"));
}

TEST_F(ServiceCodes, LeadToInvitationsWhoseStepsAreTold) {
  const auto dispatcher = open_school();
  ASSERT_TRUE(import(*dispatcher, codes("user_id,invite_url\nann," + url() + "\n")));
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview);
  const auto task = dispatcher->send(*preview);
  ASSERT_TRUE(task) << task.failure().line;
  const auto timeline = dispatcher->timeline(*task, 0);
  ASSERT_TRUE(timeline) << timeline.failure().line;
  EXPECT_EQ(timeline->row.user_id, "ann");
  ASSERT_EQ(timeline->moments.size(), 2U);
  EXPECT_EQ(timeline->moments[0].what, "registered");
  EXPECT_EQ(timeline->moments[1].what, "queued");
  EXPECT_LE(timeline->moments[0].at, timeline->moments[1].at);
  EXPECT_THAT(timeline->moments[1].words, HasSubstr("All of the school"));
  // Bob has no code, and there is no token to ask for one by.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  auto other = dispatcher->timeline(*task, 1);
  while (other && other->row.state != "failed" && std::chrono::steady_clock::now() < until) {
    other = dispatcher->timeline(*task, 1);
  }
  ASSERT_TRUE(other);
  EXPECT_EQ(other->row.reason, "NoContentToken");
  ASSERT_GE(other->moments.size(), 2U);
  EXPECT_EQ(other->moments.front().what, "queued");
  EXPECT_EQ(other->moments.back().what, "failed");
  EXPECT_THAT(refusal(dispatcher->timeline(*task, 2), FailureKind::usage),
              HasSubstr("no invitation 2"));
  EXPECT_TRUE(refusal(dispatcher->timeline("none", 0), FailureKind::usage).size() > 0);
  EXPECT_TRUE(dispatcher->cancel(*task));
}

}  // namespace
}  // namespace muster
