// Users as the registrar needs them, and what a Managed Apple Account changes in a selection.
#include "roster/people.h"

#include <gmock/gmock.h>

#include "tests/roster/fixture.h"

namespace muster::roster {
namespace {

using testing::ElementsAre;

class People : public RosterTest {
 protected:
  // Mia has an account and a device, Noah a device, Ola an account alone, Per an address alone.
  void school() {
    file("users.csv",
         "user_id,full_name,email,managed_apple_account,location\n"
         "mia,Mia,mia@school.example,mia@appleid.school.example,north\n"
         "noah,Noah,noah@school.example,,north\n"
         "ola,Ola,,ola@appleid.school.example,south\n"
         "per,Per,per@school.example,,\n");
    file("groups.csv", "group_id,name\ng,Grade 7\n");
    file("members.csv", "group_id,user_id\ng,mia\ng,noah\ng,ola\ng,per\n");
    file("devices.csv",
         "device_id,name,user_id,platform,topic,push_token,push_magic\n"
         "d1,Mia's iPad,mia,iPadOS," +
             std::string(mdm_topic) + "," + token(1) + ",m1\nd2,Noah's iPad,noah,iPadOS," +
             mdm_topic + "," + token(2) + ",m2\n");
    good(import_all());
  }
  Selection chosen(Means means) {
    auto selection = reader().select_group("g", Wanted::not_invited, means, true);
    EXPECT_TRUE(selection) << selection.error().line_of_text();
    return selection ? std::move(*selection) : Selection{};
  }
  static std::vector<std::uint32_t> all_of(const NumberSet& set) {
    return set.slice(0, set.size());
  }
};

TEST_F(People, AreReadInOrderAndTheUnknownLeftOut) {
  school();
  const std::vector<UserNumber> asked{0, 2, 3, 90};
  const auto people = reader().people(asked);
  ASSERT_TRUE(people);
  ASSERT_EQ(people->size(), 3U);
  EXPECT_EQ((*people)[0].email, "mia@school.example");
  EXPECT_EQ((*people)[0].location, "north");
  EXPECT_EQ((*people)[1].user, 2U);
  EXPECT_EQ((*people)[1].managed_apple_account, "ola@appleid.school.example");
  EXPECT_EQ((*people)[2].managed_apple_account, "");
}

TEST_F(People, WithAnAccountAreSentNothing) {
  school();
  const auto selection = chosen(Means::push_then_mail);
  EXPECT_THAT(all_of(selection.accounts), ElementsAre(0, 2));
  EXPECT_THAT(all_of(selection.devices), ElementsAre(1));
  EXPECT_THAT(all_of(selection.mailboxes), ElementsAre(3));
  EXPECT_THAT(all_of(selection.fallbacks), ElementsAre(1));
  EXPECT_THAT(all_of(selection.users), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(selection.users_without_either, 0U);
}

TEST_F(People, AreReachedByTheirAccountWhateverTheMeans) {
  school();
  for (const auto means : {Means::push, Means::mail, Means::push_and_mail}) {
    EXPECT_THAT(all_of(chosen(means).accounts), ElementsAre(0, 2));
  }
  EXPECT_EQ(chosen(Means::push).users_without_device, 1U);  // Per
  EXPECT_EQ(chosen(Means::mail).users_without_address, 0U);
}

TEST_F(People, WhoHaveAcceptedAreMeantNoMore) {
  school();
  NumberSet enrolled;
  enrolled.add(0);
  ASSERT_TRUE(roster().add_enrolled(enrolled));
  const auto selection = reader().select_group("g", Wanted::not_enrolled, Means::push, true);
  ASSERT_TRUE(selection);
  EXPECT_THAT(all_of(selection->accounts), ElementsAre(2));
}

TEST_F(People, CountAsOrdinaryWhereAccountsAreNotAsked) {
  school();
  const auto selection = group("g", Wanted::not_invited, Means::push_then_mail);
  EXPECT_TRUE(selection.accounts.empty());
  EXPECT_THAT(all_of(selection.devices), ElementsAre(0, 1));
}

}  // namespace
}  // namespace muster::roster
