#include "service/kept_choice.h"

#include <gmock/gmock.h>

#include "tests/service/house.h"

namespace muster::service {
namespace {

// The school's roster, a writer and a reader of it: two connections, as the dispatcher has them.
class ServiceKeptChoice : public House {
 protected:
  ServiceKeptChoice() {
    open_school().reset();  // imports it and lets go of the directory
    auto opened_writer = roster::Roster::open(settings.data_dir);
    auto opened_reader = roster::RosterReader::open(settings.data_dir);
    EXPECT_TRUE(opened_writer && opened_reader);
    writer_ = std::move(*opened_writer);
    reader_ = std::move(*opened_reader);
  }
  Preview preview(const Selector& selector) {
    const auto seen = kept_.preview(*reader_, settings, selector);
    EXPECT_TRUE(seen) << seen.failure().line;
    return seen ? *seen : Preview{};
  }
  Chosen take(const Selector& selector) {
    auto taken = kept_.take(*reader_, settings, selector);
    EXPECT_TRUE(taken) << taken.failure().line;
    return taken ? std::move(*taken) : Chosen{};
  }
  NumberSet users_of(const Selector& selector) {
    auto chosen = choose(*reader_, settings, selector);
    EXPECT_TRUE(chosen);
    return chosen ? std::move(chosen->selection.users) : NumberSet();
  }

  std::unique_ptr<roster::Roster> writer_;
  std::unique_ptr<roster::RosterReader> reader_;
  KeptChoice kept_;
};

TEST_F(ServiceKeptChoice, ServesThePreviewAndItsSendByOneSelection) {
  const auto seen = preview(group("all"));
  const auto taken = take(group("all"));
  EXPECT_EQ(kept_.selections(), 1U);
  EXPECT_EQ(taken.preview.id, seen.id);
  EXPECT_EQ(taken.selection.devices.size(), 2U);
  EXPECT_EQ(taken.selection.users.size(), 2U);
}

TEST_F(ServiceKeptChoice, KeepsNothingOnceItIsTaken) {
  preview(group("all"));
  EXPECT_TRUE(kept_.holds());
  take(group("all"));
  EXPECT_FALSE(kept_.holds());
  take(group("all"));
  EXPECT_EQ(kept_.selections(), 2U);
}

TEST_F(ServiceKeptChoice, KeepsTheLastPreviewAlone) {
  preview(group("all"));
  preview(user("ann"));
  EXPECT_EQ(take(group("all")).selection.devices.size(), 2U);
  EXPECT_EQ(kept_.selections(), 3U);
  EXPECT_FALSE(kept_.holds());
}

TEST_F(ServiceKeptChoice, KeepsNothingWhereAPreviewIsRefused) {
  preview(group("all"));
  EXPECT_FALSE(kept_.preview(*reader_, settings, group("nowhere")));
  EXPECT_FALSE(kept_.holds());
}

// The same people, but the task would be recorded as another one.
TEST_F(ServiceKeptChoice, IsOfOneSelectorInEveryPart) {
  const auto all = preview(user("ann"));
  const auto taken = take(user("ann", "d1"));
  EXPECT_EQ(taken.preview.id, all.id);
  EXPECT_EQ(taken.preview.selector.device, "d1");
  EXPECT_EQ(kept_.selections(), 2U);
}

TEST_F(ServiceKeptChoice, SelectsAnewWhereAnImportCameBetween) {
  preview(group("all"));
  write("devices.csv", "device_id,name,user_id,topic,push_token,push_magic\n" +
                           device("d5", "quiet", mdm_topic, "5"));
  const roster::ImportPlan plan{{folder / "school/devices.csv"}, "", false, ""};
  ASSERT_TRUE(writer_->import(plan, nullptr, WallTime{1}));
  EXPECT_EQ(take(group("all")).selection.devices.size(), 3U);
  EXPECT_EQ(kept_.selections(), 2U);
}

TEST_F(ServiceKeptChoice, SelectsAnewWhereUsersWereInvitedOrEnrolledBetween) {
  const auto ann = users_of(user("ann"));
  const auto bob = users_of(user("bob"));
  preview(group("all"));
  ASSERT_TRUE(writer_->add_invited(ann));
  EXPECT_EQ(take(group("all")).selection.devices.size(), 1U);
  preview(group("all"));
  ASSERT_TRUE(writer_->remove_invited(ann));
  EXPECT_EQ(take(group("all")).selection.devices.size(), 2U);
  auto not_enrolled = group("all");
  not_enrolled.audience = Audience::not_enrolled;
  preview(not_enrolled);
  ASSERT_TRUE(writer_->add_enrolled(bob));
  EXPECT_EQ(take(not_enrolled).selection.devices.size(), 1U);
  EXPECT_EQ(kept_.selections(), 6U);
}

TEST_F(ServiceKeptChoice, SelectsAnewWhereATokenWasForgottenBetween) {
  preview(group("all"));
  const auto chosen = choose(*reader_, settings, user("bob"));
  ASSERT_TRUE(chosen);
  const auto number = chosen->selection.devices.at(0);
  ASSERT_TRUE(number.has_value());
  ASSERT_TRUE(writer_->forget_tokens({{number.value_or(0), 0}}));
  EXPECT_EQ(take(group("all")).selection.devices.size(), 1U);
}

TEST_F(ServiceKeptChoice, SaysThatTheRosterIsDamagedWhereItsStateCannotBeTold) {
  const auto ann = users_of(user("ann"));
  preview(group("all"));
  std::fstream(settings.data_dir + "/roster.db", std::ios::in | std::ios::out | std::ios::binary)
      .write("No database here", 16);
  ASSERT_TRUE(writer_->add_invited(ann));
  EXPECT_FALSE(kept_.take(*reader_, settings, group("all")));
  EXPECT_FALSE(kept_.preview(*reader_, settings, group("all")));
  EXPECT_FALSE(kept_.holds());
}

TEST_F(ServiceKeptChoice, SaysWhyWhereTheTargetIsGoneWhenItIsTaken) {
  const auto taken = kept_.take(*reader_, settings, group("nowhere"));
  EXPECT_THAT(refusal(taken, FailureKind::refused), testing::HasSubstr("nowhere"));
}

}  // namespace
}  // namespace muster::service
