// The roster through the library's door: lists, details, edits, and whom a send would not reach.
#include <gmock/gmock.h>

#include "tests/service/house.h"

namespace muster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ServiceRoster : public House {};

std::vector<std::string> ids_of(const auto& page) {
  std::vector<std::string> ids;
  for (const auto& row : page.rows) {
    ids.push_back(row.id);
  }
  return ids;
}

TEST_F(ServiceRoster, ListsPagesAndSearches) {
  const auto dispatcher = open_school();
  const auto first = dispatcher->users("", 0, 3);
  ASSERT_TRUE(first) << first.failure().line;
  EXPECT_THAT(ids_of(*first), ElementsAre("ann", "bob", "quiet"));
  EXPECT_TRUE(first->more);
  const auto second = dispatcher->users("", first->next, 3);
  ASSERT_TRUE(second);
  EXPECT_THAT(ids_of(*second), ElementsAre("appy"));
  EXPECT_FALSE(second->more);
  EXPECT_THAT(ids_of(*dispatcher->users("LEE", 0, 10)), ElementsAre("ann"));
  EXPECT_THAT(ids_of(*dispatcher->groups("class", 0, 10)), ElementsAre("art"));
  EXPECT_THAT(ids_of(*dispatcher->devices("mute", 0, 10)), ElementsAre("d4"));
  EXPECT_THAT(ids_of(*dispatcher->devices("nothing", 0, 10)), IsEmpty());
}

TEST_F(ServiceRoster, ShowsAUserWithGroupsDevicesAndWhy) {
  const auto dispatcher = open_school();
  const auto bob = dispatcher->user("bob");
  ASSERT_TRUE(bob) << bob.failure().line;
  EXPECT_EQ(bob->full_name, "Bob Ray");
  EXPECT_EQ(bob->language, "de-CH");
  EXPECT_TRUE(bob->enabled);
  EXPECT_EQ(bob->enabled_because, "no group of the user is off");
  EXPECT_THAT(bob->groups, ElementsAre("art"));
  ASSERT_EQ(bob->devices.size(), 1U);
  EXPECT_TRUE(bob->devices[0].pushable);
  ASSERT_TRUE(dispatcher->set_group("all", {.name = {}, .managed_distribution = "off"}));
  EXPECT_EQ(dispatcher->user("bob")->enabled_because, "Managed Distribution is off for group all");
  EXPECT_FALSE(dispatcher->user("bob")->enabled);
  UserEdit on;
  on.managed_distribution = "on";
  ASSERT_TRUE(dispatcher->set_user("bob", on));
  EXPECT_EQ(dispatcher->user("bob")->enabled_because, "Managed Distribution is on for the user");
  const auto quiet = dispatcher->device("d4");
  ASSERT_TRUE(quiet);
  EXPECT_FALSE(quiet->pushable);
  EXPECT_EQ(quiet->why_not, "no push token");
}

TEST_F(ServiceRoster, CountsOverEverythingInsideAGroup) {
  const auto dispatcher = open_school();
  const auto all = dispatcher->group("All of the school");
  ASSERT_TRUE(all) << all.failure().line;
  EXPECT_EQ(all->members_direct, 1U);
  EXPECT_EQ(all->members, 3U);
  EXPECT_EQ(all->enabled, 3U);
  EXPECT_EQ(all->devices, 3U);
  EXPECT_EQ(all->devices_pushable, 2U);
  EXPECT_THAT(all->children, ElementsAre("art"));
  EXPECT_THAT(dispatcher->group("art")->parents, ElementsAre("all"));
}

TEST_F(ServiceRoster, EditsAndThePreviewFollows) {
  const auto dispatcher = open_school();
  UserEdit named;
  named.full_name = "Cyd";
  ASSERT_TRUE(dispatcher->add_user("cyd", named));
  ASSERT_TRUE(dispatcher->add_member("art", "cyd"));
  ASSERT_TRUE(dispatcher->assign_device("d2", "cyd"));
  EXPECT_EQ(dispatcher->preview(user("cyd"))->invitations, 1U);
  EXPECT_EQ(dispatcher->preview(group("all"))->users_selected, 4U);
  ASSERT_TRUE(dispatcher->remove_member("art", "cyd"));
  EXPECT_EQ(dispatcher->preview(group("all"))->users_selected, 3U);
  ASSERT_TRUE(dispatcher->assign_device("d2", ""));
  EXPECT_EQ(dispatcher->device("d2")->why_not, "assigned to nobody");
  ASSERT_TRUE(dispatcher->add_group("new", {.name = "New", .managed_distribution = {}}));
  ASSERT_TRUE(dispatcher->add_group_inside("new", "art"));
  EXPECT_FALSE(dispatcher->user("bob")->enabled);  // a group made by hand starts off
  ASSERT_TRUE(dispatcher->remove_group_inside("new", "art"));
  ASSERT_TRUE(dispatcher->remove_group("new"));
  DeviceEdit place;
  place.serial = "S9";
  ASSERT_TRUE(dispatcher->add_device("", place));
  place.name = "Nine";
  ASSERT_TRUE(dispatcher->set_device("S9", place));
  EXPECT_EQ(dispatcher->device("S9")->name, "Nine");
  ASSERT_TRUE(dispatcher->remove_device("S9"));
  ASSERT_TRUE(dispatcher->remove_user("cyd"));
  ASSERT_TRUE(dispatcher->erase_user("ann"));
  EXPECT_THAT(ids_of(*dispatcher->users("", 0, 10)), ElementsAre("bob", "quiet", "appy"));
}

TEST_F(ServiceRoster, RefusesInTheWordsOfAnImport) {
  const auto dispatcher = open_school();
  EXPECT_THAT(refusal(dispatcher->user("anm"), FailureKind::refused), HasSubstr("'ann'"));
  EXPECT_THAT(refusal(dispatcher->group("alll"), FailureKind::refused), HasSubstr("'all'"));
  EXPECT_THAT(refusal(dispatcher->device("d55"), FailureKind::refused), HasSubstr("not known"));
  EXPECT_THAT(refusal(dispatcher->remove_user("anm"), FailureKind::refused), HasSubstr("'ann'"));
  EXPECT_THAT(refusal(dispatcher->add_user("ann", {}), FailureKind::refused),
              HasSubstr("there already"));
  EXPECT_THAT(refusal(dispatcher->add_group_inside("art", "all"), FailureKind::refused),
              HasSubstr("art → all → art"));
}

TEST_F(ServiceRoster, OpenedForReadingIsNotEdited) {
  const auto writing = open_school();
  const auto reading = open(Access::read);
  EXPECT_THAT(refusal(reading->remove_user("ann"), FailureKind::cannot_start),
              HasSubstr("for reading only"));
  EXPECT_TRUE(reading->user("ann"));
}

TEST_F(ServiceRoster, OfADirectoryWithoutOneSaysHowToBegin) {
  const auto reading = open(Access::read);
  EXPECT_THAT(refusal(reading->users("", 0, 1), FailureKind::cannot_start), HasSubstr("import"));
  EXPECT_THAT(refusal(reading->groups("", 0, 1), FailureKind::cannot_start), HasSubstr("import"));
  EXPECT_THAT(refusal(reading->devices("", 0, 1), FailureKind::cannot_start), HasSubstr("import"));
  EXPECT_THAT(refusal(reading->user("x"), FailureKind::cannot_start), HasSubstr("import"));
  EXPECT_THAT(refusal(reading->group("x"), FailureKind::cannot_start), HasSubstr("import"));
  EXPECT_THAT(refusal(reading->device("x"), FailureKind::cannot_start), HasSubstr("import"));
  EXPECT_THAT(refusal(reading->unreached(user("x"), 0, 1), FailureKind::cannot_start),
              HasSubstr("import"));
}

TEST_F(ServiceRoster, NamesWhomASendWouldNotReachAndWhy) {
  const auto dispatcher = open_school();
  UserEdit off;
  off.managed_distribution = "off";
  ASSERT_TRUE(dispatcher->set_user("ann", off));
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview);
  ASSERT_EQ(preview->unreached.size(), 2U);
  const auto first = dispatcher->unreached(group("all"), 0, 1);
  ASSERT_TRUE(first && first->rows.size() == 1);
  EXPECT_EQ(first->rows[0].user_id, "ann");
  EXPECT_EQ(first->rows[0].reason, "Managed Distribution is off");
  const auto second = dispatcher->unreached(group("all"), first->next, 4096);
  ASSERT_TRUE(second && second->rows.size() == 1);
  EXPECT_EQ(second->rows[0].full_name, "Quiet One");
  EXPECT_EQ(second->rows[0].reason, "no device that can be pushed (no push token)");
  EXPECT_THAT(dispatcher->unreached(group("all"), second->next, 1)->rows, IsEmpty());
  EXPECT_THAT(dispatcher->unreached(user("quiet", "d4"), 0, 9)->rows, testing::SizeIs(1));
  EXPECT_THAT(refusal(dispatcher->unreached({}, 0, 1), FailureKind::usage), HasSubstr("either"));
  EXPECT_THAT(refusal(dispatcher->unreached(group("x"), 0, 1), FailureKind::refused),
              HasSubstr("not known"));
}

}  // namespace
}  // namespace muster
