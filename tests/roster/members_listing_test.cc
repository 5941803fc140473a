// The members of a group, a page at a time.
#include <gmock/gmock.h>

#include "roster/listing.h"
#include "tests/roster/fixture.h"

namespace muster::roster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class MembersListing : public RosterTest {
 protected:
  // The school holds ann and the class; the class holds bob, eve and ann again; out is outside.
  void school() {
    file("users.csv",
         "user_id,full_name,email\nann,Ann Lee,a@school.example\nbob,Bob Ray,\n"
         "out,Out Side,\neve,Eve Lee,\n");
    file("groups.csv", "group_id,name\nschool,The school\nclass,The class\n");
    file("members.csv",
         "group_id,user_id,member_group_id\nschool,ann,\nschool,,class\nclass,bob,\nclass,eve,\n"
         "class,ann,\n");
    good(import_all());
  }
  ListPage<ListedUser> members(const ListQuery& query = {}, MemberState state = MemberState::any,
                               const std::string& group = "school") {
    auto page = reader().list_members(group, state, query);
    EXPECT_TRUE(page) << page.error().line_of_text();
    return page ? std::move(*page) : ListPage<ListedUser>{};
  }
  static std::vector<std::string> ids(const ListPage<ListedUser>& page) {
    std::vector<std::string> ids;
    std::ranges::transform(page.rows, std::back_inserter(ids),
                           [](const ListedUser& each) { return each.row.id; });
    return ids;
  }
  static NumberSet one(UserNumber user) {
    NumberSet set;
    set.add(user);
    return set;
  }
};

TEST_F(MembersListing, ShowsEachUserOnceWhoeverHoldsHim) {
  school();
  EXPECT_THAT(ids(members()), ElementsAre("ann", "bob", "eve"));
  EXPECT_THAT(ids(members({}, MemberState::any, "class")), ElementsAre("ann", "bob", "eve"));
  EXPECT_FALSE(members().more);
}

TEST_F(MembersListing, GoesOnWhereThePageBeforeEnded) {
  school();
  const auto first = members({"", 0, 2});
  EXPECT_THAT(ids(first), ElementsAre("ann", "bob"));
  EXPECT_TRUE(first.more);
  const auto rest = members({"", first.next, 2});
  EXPECT_THAT(ids(rest), ElementsAre("eve"));
  EXPECT_FALSE(rest.more);
  EXPECT_THAT(ids(members({"", 4'000'000, 2})), IsEmpty());
}

TEST_F(MembersListing, FindsByNameIdAndAddress) {
  school();
  EXPECT_THAT(ids(members({"lee"})), ElementsAre("ann", "eve"));
  EXPECT_THAT(ids(members({"bob"})), ElementsAre("bob"));
  EXPECT_THAT(ids(members({"A@SCHOOL"})), ElementsAre("ann"));
  EXPECT_THAT(ids(members({"side"})), IsEmpty()) << "he is no member";
}

TEST_F(MembersListing, TellsHowFarTheyAre) {
  school();
  ASSERT_TRUE(roster().add_invited(one(0) | one(1)));
  ASSERT_TRUE(roster().add_enrolled(one(1)));
  EXPECT_THAT(ids(members({}, MemberState::not_invited)), ElementsAre("eve"));
  EXPECT_THAT(ids(members({}, MemberState::invited)), ElementsAre("ann"));
  const auto enrolled = members({}, MemberState::enrolled);
  EXPECT_THAT(ids(enrolled), ElementsAre("bob"));
  EXPECT_TRUE(enrolled.rows[0].enrolled);
}

TEST_F(MembersListing, KnowsNoMembersOfAGroupThatIsNone) {
  school();
  const auto page = reader().list_members("nowhere", MemberState::any, {});
  ASSERT_FALSE(page);
  EXPECT_THAT(page.error().line_of_text(), testing::HasSubstr("nowhere"));
}

}  // namespace
}  // namespace muster::roster
