#include "directory/members.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::directory {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Inside = std::vector<std::vector<std::uint32_t>>;

class DirectoryMembers : public testing::Test {
 protected:
  DirectoryMembers() {
    for (const std::string id : {"ann", "bob", "cid"}) {
      directory_.users.push_back(User{.guid = "u-" + id,
                                      .dn = "uid=" + id,
                                      .user_id = id,
                                      .full_name = "",
                                      .email = "",
                                      .language = "",
                                      .managed_apple_account = "",
                                      .location = ""});
    }
    for (const std::string id : {"a", "b", "c", "d"}) {
      directory_.groups.push_back(Group{"g-" + id, "cn=" + id, id, id, {}, {}});
    }
    members_.know_users();
  }
  Directory directory_;
  Members members_{directory_};
};

TEST_F(DirectoryMembers, AreFoundByDnByNameAndById) {
  members_.add_dn(0, "uid=bob");
  members_.add_dn(0, "cn=b");
  members_.add_user_id(0, "ANN");
  members_.add_user_guid(0, "U-CID");
  members_.add_group_guid(0, "G-C");
  members_.settle();
  EXPECT_THAT(directory_.groups[0].users, ElementsAre(0, 1, 2));
  EXPECT_THAT(directory_.groups[0].groups, ElementsAre(1, 2));
  EXPECT_THAT(directory_.warnings, IsEmpty());
  EXPECT_EQ(members_.count(), 5U);
}

TEST_F(DirectoryMembers, CountOnceHoweverOftenTheyAreNamed) {
  members_.add_user_id(0, "ann");
  members_.add_user_guid(0, "u-ann");
  members_.add_group_guid(0, "g-b");
  members_.add_dn(0, "cn=b");
  members_.settle();
  EXPECT_THAT(directory_.groups[0].users, ElementsAre(0));
  EXPECT_THAT(directory_.groups[0].groups, ElementsAre(1));
}

TEST_F(DirectoryMembers, OfThePrimaryGroupAreItsMembersToo) {
  members_.know_number(2, "513");
  members_.know_number(3, "");
  members_.add_primary(1, "513");
  members_.add_primary(0, "");
  members_.add_primary(2, "20");
  members_.settle();
  EXPECT_THAT(directory_.groups[2].users, ElementsAre(1));
  EXPECT_THAT(directory_.groups[3].users, IsEmpty());
}

TEST_F(DirectoryMembers, WhomNobodyKnowsAreCounted) {
  members_.add_dn(0, "cn=elsewhere");
  members_.add_user_id(0, "zoe");
  members_.add_group_guid(1, "g-x");
  members_.settle();
  ASSERT_EQ(directory_.warnings.size(), 1U);
  EXPECT_THAT(directory_.warnings[0], HasSubstr("3 members"));
  EXPECT_THAT(directory_.warnings[0], HasSubstr("'zoe'"));
}

TEST_F(DirectoryMembers, OfGroupsThatHoldOneAnotherEachHasTheUsersOfAll) {
  // a → b → c → b, c → d
  members_.add_dn(0, "cn=b");
  members_.add_dn(1, "cn=c");
  members_.add_dn(1, "uid=ann");
  members_.add_dn(2, "cn=b");
  members_.add_dn(2, "cn=d");
  members_.add_dn(2, "uid=bob");
  members_.settle();
  EXPECT_THAT(directory_.groups[0].groups, ElementsAre(1));
  for (const auto group : {1, 2}) {
    EXPECT_THAT(directory_.groups[group].users, ElementsAre(0, 1));
    EXPECT_THAT(directory_.groups[group].groups, ElementsAre(3));
  }
  ASSERT_EQ(directory_.warnings.size(), 1U);
  EXPECT_THAT(directory_.warnings[0], HasSubstr("'b', 'c' hold one another"));
}

TEST_F(DirectoryMembers, NoGroupIsInsideItself) {
  members_.add_dn(0, "cn=a");
  members_.settle();
  EXPECT_THAT(directory_.groups[0].groups, IsEmpty());
}

TEST(Circles, AreToldApart) {
  EXPECT_THAT(circles_of(Inside{{1}, {2}, {0, 3}, {4}, {3}, {}}), ElementsAre(0, 0, 0, 3, 3, 5));
  EXPECT_THAT(circles_of(Inside{{1, 2}, {3}, {3}, {}}), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(circles_of(Inside{}), IsEmpty());
}

TEST(Circles, OfAHundredThousandLevelsNeedNoStack) {
  constexpr std::uint32_t levels = 100'000;
  Inside inside(levels);
  for (std::uint32_t level = 0; level < levels; ++level) {
    inside[level] = {(level + 1) % levels};
  }
  EXPECT_EQ(circles_of(inside), std::vector<std::uint32_t>(levels, 0));
}

}  // namespace
}  // namespace muster::directory
