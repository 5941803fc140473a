#include "roster/hygiene.h"

#include <gmock/gmock.h>

#include "fixture.h"
#include "roster/editing.h"

namespace muster::roster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HygieneTest : public RosterTest {
 protected:
  Hygiene look(const NumberSet& silent = {}, std::size_t examples_max = 5) {
    const auto found = look_at_hygiene(dir_, silent, examples_max);
    EXPECT_TRUE(found) << found.error().line_of_text();
    return found ? *found : Hygiene{};
  }
};

TEST_F(HygieneTest, OfACleanRosterFindsNothing) {
  good(import(file("users.csv", "user_id,full_name,email\nann,Ann,ann@school.example\n")));
  good(import(file("devices.csv", "device_id,user_id\nd1,ann\n")));
  const auto found = look();
  EXPECT_EQ(found.users, 1U);
  EXPECT_EQ(found.devices, 1U);
  for (const auto* finds :
       {&found.users_without_address, &found.users_without_device, &found.users_without_either,
        &found.devices_dead, &found.devices_silent, &found.addresses_shared, &found.groups_empty}) {
    EXPECT_EQ(finds->count, 0U);
    EXPECT_THAT(finds->first, IsEmpty());
  }
}

TEST_F(HygieneTest, FindsUsersWhomNothingReaches) {
  good(import(file("users.csv",
                   "user_id,full_name,email\nann,A,ann@school.example\nbob,B,\neve,E,\n"
                   "gone,G,\nkim,K,kim@school.example\n")));
  good(import(file("devices.csv", "device_id,user_id\nd1,ann\nd2,bob\n")));
  ASSERT_TRUE(
      roster().edit([](Editor& edit) { return edit.remove_user("gone"); }, WallTime{now_ms_}));
  const auto found = look();
  EXPECT_EQ(found.users, 4U);
  EXPECT_THAT(found.users_without_address.first, ElementsAre("bob", "eve"));
  EXPECT_THAT(found.users_without_device.first, ElementsAre("eve", "kim"));
  EXPECT_THAT(found.users_without_either.first, ElementsAre("eve"));
}

TEST_F(HygieneTest, FindsDevicesWhoseTokenIsGoneAndWhoAreSilent) {
  good(import(file("users.csv", "user_id,full_name\nann,A\n")));
  good(import(file("devices.csv", "device_id,user_id,topic,push_token,push_magic\nd0,ann," +
                                      std::string(mdm_topic) + "," + token(1) + ",m\nd1,ann," +
                                      mdm_topic + "," + token(2) + ",m\nd2,ann,,,\n")));
  ASSERT_TRUE(roster().forget_tokens({{1, now_ms_ + 1}}));
  NumberSet silent;
  silent.add_range(0, 3);
  ASSERT_TRUE(
      roster().edit([](Editor& edit) { return edit.remove_device("d2"); }, WallTime{now_ms_}));
  const auto found = look(silent);
  EXPECT_EQ(found.devices, 2U);
  EXPECT_THAT(found.devices_dead.first, ElementsAre("d1"));
  EXPECT_THAT(found.devices_silent.first, ElementsAre("d0", "d1"));
}

TEST_F(HygieneTest, FindsAddressesOfSeveralWhateverTheirCase) {
  good(import(file("users.csv",
                   "user_id,full_name,email\nz,Z,office@school.example\na,A,Ann@school.example\n"
                   "b,B,ann@School.example\nc,C,office@school.example\nd,D,OFFICE@school.example\n"
                   "e,E,office@school.example\nf,F,alone@school.example\n")));
  const auto found = look();
  EXPECT_EQ(found.addresses_shared.count, 2U);
  EXPECT_THAT(
      found.addresses_shared.first,
      ElementsAre("office@school.example (z, c, d and 1 more)", "ann@school.example (a, b)"));
}

TEST_F(HygieneTest, FindsGroupsThatExpandToNobody) {
  good(import(file("users.csv", "user_id,full_name\nann,A\n")));
  good(
      import(file("groups.csv", "group_id,name\nfull,F\nabove,A\nempty,E\nhollow,H\nremoved,R\n")));
  good(import(file("members.csv",
                   "group_id,user_id,member_group_id\nfull,ann,\nabove,,full\nhollow,,empty\n")));
  ASSERT_TRUE(
      roster().edit([](Editor& edit) { return edit.remove_group("removed"); }, WallTime{now_ms_}));
  const auto found = look();
  EXPECT_EQ(found.groups, 4U);
  EXPECT_THAT(found.groups_empty.first, ElementsAre("empty", "hollow"));
}

TEST_F(HygieneTest, NamesAsManyAsAskedAndCountsAll) {
  std::string text = "user_id,full_name,email\n";
  for (int i = 0; i < 100; ++i) {
    text += "u" + std::to_string(i) + ",U,\n";
    text += "v" + std::to_string(i) + ",V,a" + std::to_string(i % 50) + "@school.example\n";
  }
  good(import(file("users.csv", text)));
  const auto found = look({}, 2);
  EXPECT_EQ(found.users_without_address.count, 100U);
  EXPECT_THAT(found.users_without_address.first, ElementsAre("u0", "u1"));
  EXPECT_EQ(found.addresses_shared.count, 50U);
  EXPECT_THAT(found.addresses_shared.first,
              ElementsAre("a0@school.example (v0, v50)", "a1@school.example (v1, v51)"));
  EXPECT_THAT(look({}, 0).users_without_address.first, IsEmpty());
}

TEST_F(HygieneTest, WithoutARosterThereIsAComplaint) {
  const auto found = look_at_hygiene(dir_ + "/nowhere", {}, 5);
  ASSERT_FALSE(found);
  EXPECT_FALSE(found.error().found.empty());
}

}  // namespace
}  // namespace muster::roster
