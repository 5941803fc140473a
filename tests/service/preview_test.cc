// Import and preview: who would be invited, and what keeps a send from beginning.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "crypto/es256.h"
#include "roster/roster.h"
#include "tests/service/house.h"

namespace muster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ServicePreview : public House {};
class ServiceRefusal : public House {};

TEST_F(ServicePreview, CountsNestedMembersOnce) {
  const auto dispatcher = open_school();
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview) << preview.failure().line;
  EXPECT_EQ(preview->target_name, "All of the school");
  EXPECT_EQ(preview->users_selected, 3U);
  EXPECT_EQ(preview->users, 2U);
  EXPECT_EQ(preview->invitations, 2U);
  EXPECT_EQ(preview->users_not_invited, 3U);
  EXPECT_EQ(preview->users_not_enrolled, 3U);
  ASSERT_EQ(preview->unreached.size(), 1U);
  EXPECT_EQ(preview->unreached[0].users, 1U);
  EXPECT_THAT(preview->unreached[0].reason, HasSubstr("no device"));
  EXPECT_EQ(preview->seconds_estimated, 0);
  EXPECT_THAT(preview->warnings, ElementsAre(HasSubstr("no command waits")));
}

TEST_F(ServicePreview, IsNamedByExactlyWhoIsMeant) {
  const auto dispatcher = open_school();
  const auto all = dispatcher->preview(group("all"));
  const auto by_name = dispatcher->preview(group("All of the school"));
  const auto one = dispatcher->preview(user("ann"));
  const auto device = dispatcher->preview(user("ann", "d1"));
  ASSERT_TRUE(all && by_name && one && device);
  EXPECT_EQ(all->id, by_name->id);
  EXPECT_EQ(one->id, device->id);
  EXPECT_NE(all->id, one->id);
  EXPECT_EQ(one->target_name, "Ann Lee");
}

TEST_F(ServicePreview, EstimatesTheTimeWhereWakesArePaced) {
  settings.mdm.wakes_per_second = 4;
  const auto dispatcher = open_school();
  const auto paced = dispatcher->preview(group("all"));
  const auto alerted = dispatcher->preview(group("apps"));
  ASSERT_TRUE(paced && alerted);
  EXPECT_DOUBLE_EQ(paced->seconds_estimated, 0.5);
  EXPECT_EQ(alerted->seconds_estimated, 0);
}

TEST_F(ServicePreview, WarnsOfATopicWithoutCredential) {
  const auto dispatcher = open_school();
  const auto preview = dispatcher->preview(group("apps"));
  ASSERT_TRUE(preview);
  EXPECT_THAT(preview->warnings, ElementsAre(HasSubstr(app_topic)));
}

TEST_F(ServicePreview, WarnsThatMailIsOff) {
  const auto dispatcher = open_school();
  auto selector = group("all");
  selector.channels = Channels::mail;
  const auto preview = dispatcher->preview(selector);
  ASSERT_TRUE(preview);
  EXPECT_THAT(preview->warnings, testing::Contains(HasSubstr("mail is off")));
}

TEST_F(ServicePreview, WantsAUserOrAGroup) {
  const auto dispatcher = open_school();
  auto both = group("all");
  both.user = "ann";
  EXPECT_THAT(refusal(dispatcher->preview(both), FailureKind::usage), HasSubstr("either"));
  EXPECT_THAT(refusal(dispatcher->preview({}), FailureKind::usage), HasSubstr("either"));
}

TEST_F(ServicePreview, NamesTheNearestGroupToAnUnknownOne) {
  const auto dispatcher = open_school();
  EXPECT_THAT(refusal(dispatcher->preview(group("alll")), FailureKind::refused), HasSubstr("all"));
}

TEST_F(ServicePreview, OfAnImportThatWasEndedFindsNobody) {
  write_school();
  const auto dispatcher = open();
  const auto ended = dispatcher->import_roster({{folder / "school"}, "", false, ""},
                                               [](const ImportProgress&) { return false; });
  EXPECT_FALSE(ended);
  EXPECT_FALSE(dispatcher->preview(group("all")));
}

TEST_F(ServicePreview, ImportTellsWhatItReadAndHowFarItIs) {
  write_school();
  const auto dispatcher = open();
  std::uint64_t bytes = 0;
  const auto report = dispatcher->import_roster({{folder / "school"}, "", false, ""},
                                                [&](const ImportProgress& progress) {
                                                  bytes = progress.bytes_total;
                                                  return true;
                                                });
  ASSERT_TRUE(report) << report.failure().line;
  EXPECT_EQ(report->users, 4U);
  EXPECT_EQ(report->groups, 3U);
  EXPECT_EQ(report->devices, 4U);
  EXPECT_EQ(report->memberships, 5U);
  EXPECT_EQ(report->rejected, 0U);
  EXPECT_THAT(report->warnings, IsEmpty());
  EXPECT_GE(report->seconds, 0);
  EXPECT_GT(bytes, 0U);
}

TEST_F(ServicePreview, ImportRefusesAMissingFile) {
  const auto dispatcher = open();
  EXPECT_THAT(refusal(dispatcher->import_roster({{folder / "nowhere"}, "", false, ""}, nullptr),
                      FailureKind::cannot_start),
              HasSubstr("nowhere"));
}

// ── what keeps a send from beginning ──

TEST_F(ServiceRefusal, OfAnEmptyAudience) {
  const auto dispatcher = open_school();
  const auto preview = dispatcher->preview(user("quiet"));
  ASSERT_TRUE(preview);
  EXPECT_THAT(refusal(dispatcher->send(*preview), FailureKind::refused),
              HasSubstr("nothing to send"));
}

TEST_F(ServiceRefusal, OfAnAudienceThatChangedSinceThePreview) {
  const auto dispatcher = open_school();
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview);
  write("devices.csv", "device_id,name,user_id,topic,push_token,push_magic\n" +
                           device("d5", "quiet", mdm_topic, "5"));
  ASSERT_TRUE(dispatcher->import_roster({{folder / "school/devices.csv"}, "", false, ""}, nullptr));
  const auto line = refusal(dispatcher->send(*preview), FailureKind::refused);
  EXPECT_THAT(line, HasSubstr("has changed since the preview: now 3 invitations, then 2"));
}

// Through a connection of its own, as the keeper's thread and other processes write.
TEST_F(ServiceRefusal, OfUsersWhoWereInvitedSinceThePreview) {
  const auto dispatcher = open_school();
  const auto ann = dispatcher->preview(user("ann"));
  const auto all = dispatcher->preview(group("all"));
  ASSERT_TRUE(ann && all);
  auto writer = roster::Roster::open(settings.data_dir);
  auto reader = roster::RosterReader::open(settings.data_dir);
  ASSERT_TRUE(writer && reader);
  const auto chosen = (*reader)->select_user("ann", "", roster::Wanted::not_invited);
  ASSERT_TRUE(chosen);
  ASSERT_TRUE((*writer)->add_invited(chosen->users));
  EXPECT_THAT(refusal(dispatcher->send(*all), FailureKind::refused),
              HasSubstr("has changed since the preview: now 1 invitations, then 2"));
  EXPECT_THAT(refusal(dispatcher->send(*ann), FailureKind::refused),
              HasSubstr("now 0 invitations, then 1"));
}

TEST_F(ServiceRefusal, OfATopicWithoutCredential) {
  const auto dispatcher = open_school();
  const auto preview = dispatcher->preview(group("apps"));
  ASSERT_TRUE(preview);
  EXPECT_THAT(refusal(dispatcher->send(*preview), FailureKind::cannot_start), HasSubstr(app_topic));
}

TEST_F(ServiceRefusal, OfAlertsWithoutAText) {
  settings.apns.credentials.push_back(credential(app_topic));
  const auto dispatcher = open_school();
  const auto preview = dispatcher->preview(group("apps"));
  ASSERT_TRUE(preview);
  EXPECT_THAT(refusal(dispatcher->send(*preview), FailureKind::refused),
              HasSubstr("[[invitation]]"));
}

TEST_F(ServiceRefusal, OfAnAlertThatIsTooLarge) {
  settings.apns.credentials.push_back(credential(app_topic));
  settings.invitations = {{"en", "Title", "Body", ""}, {"de", "Titel", std::string(5000, 'x'), ""}};
  const auto dispatcher = open_school();
  const auto preview = dispatcher->preview(group("apps"));
  ASSERT_TRUE(preview);
  EXPECT_THAT(refusal(dispatcher->send(*preview), FailureKind::refused), HasSubstr("'de'"));
}

TEST_F(ServiceRefusal, OfMailThatIsNotSetUp) {
  const auto dispatcher = open_school();
  for (const auto channels : {Channels::mail, Channels::push_and_mail}) {
    auto selector = group("all");
    selector.channels = channels;
    const auto preview = dispatcher->preview(selector);
    ASSERT_TRUE(preview);
    EXPECT_THAT(refusal(dispatcher->send(*preview), FailureKind::refused), HasSubstr("mail"));
  }
}

TEST_F(ServiceRefusal, OfACertificateForAnotherTopic) {
  const auto other = folder / "other";
  ASSERT_TRUE(crypto::make_authority({other, "com.apple.mgmt.External.other"}));
  settings.apns.credentials = {{mdm_topic, other + "/client.pem", other + "/client.key", "", ""}};
  const auto dispatcher = open_school();
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview);
  EXPECT_THAT(refusal(dispatcher->send(*preview), FailureKind::cannot_start),
              HasSubstr("com.apple.mgmt.External.other"));
  const auto tasks = dispatcher->tasks();
  ASSERT_TRUE(tasks);
  EXPECT_TRUE(tasks->empty());
}

TEST_F(ServiceRefusal, OfCredentialFilesThatCannotBeUsed) {
  const auto key = folder / "AuthKey.p8";
  std::ofstream(key) << crypto::Es256Key::generate().private_pem();
  ASSERT_EQ(::chmod(key.c_str(), 0644), 0);
  const std::vector<std::pair<ApnsCredential, std::string>> rows{
      {{mdm_topic, folder / "none.pem", folder / "none.key", "", ""}, "none.pem"},
      {{mdm_topic, "", folder / "none.p8", "KEY", "TEAM"}, "none.p8"},
      {{mdm_topic, "", key, "KEY", "TEAM"}, "chmod 600"}};
  for (const auto& [unusable, words] : rows) {
    settings.apns.credentials = {unusable};
    const auto dispatcher = open_school();
    const auto preview = dispatcher->preview(group("all"));
    ASSERT_TRUE(preview);
    EXPECT_THAT(refusal(dispatcher->send(*preview), FailureKind::cannot_start), HasSubstr(words));
  }
}

TEST_F(ServiceRefusal, OfATrustFileThatIsMissing) {
  settings.apns.trust_file = folder / "none-ca.pem";
  const auto dispatcher = open_school();
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview);
  EXPECT_THAT(refusal(dispatcher->send(*preview), FailureKind::cannot_start),
              HasSubstr("none-ca.pem"));
}

TEST_F(ServiceRefusal, OfATaskThatDoesNotExist) {
  const auto dispatcher = open_school();
  for (const std::string id : {"", "no-such-task"}) {
    EXPECT_THAT(refusal(dispatcher->task(id), FailureKind::usage), HasSubstr("there is no task"));
    EXPECT_THAT(refusal(dispatcher->pause(id), FailureKind::usage), HasSubstr("there is no task"));
    EXPECT_THAT(refusal(dispatcher->retry(id), FailureKind::usage), HasSubstr("there is no task"));
    EXPECT_THAT(refusal(dispatcher->progress(id), FailureKind::usage),
                HasSubstr("there is no task"));
    EXPECT_THAT(refusal(dispatcher->invitations(id, 0, 1), FailureKind::usage),
                HasSubstr("there is no task"));
  }
  EXPECT_THAT(refusal(dispatcher->resume("no-such-task"), FailureKind::usage),
              HasSubstr("there is no task"));
  const auto none = dispatcher->resume();
  ASSERT_TRUE(none);
  EXPECT_THAT(*none, IsEmpty());
  EXPECT_TRUE(dispatcher->wait("no-such-task", std::chrono::milliseconds(0)));
}

}  // namespace
}  // namespace muster
