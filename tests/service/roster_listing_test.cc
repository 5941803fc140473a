#include <gmock/gmock.h>

#include "tests/service/house.h"

namespace muster {
namespace {

using testing::HasSubstr;

using ServiceRosterListing = House;

TEST_F(ServiceRosterListing, ShowsTheMembersOfAGroupByHowFarTheyAre) {
  const auto dispatcher = open_school();
  MemberQuery query;
  query.state = "not-invited";
  query.search = "bob";
  const auto members = dispatcher->members("all", query);
  ASSERT_TRUE(members) << members.failure().line;
  ASSERT_EQ(members->rows.size(), 1U);
  EXPECT_EQ(members->rows[0].id, "bob");
  EXPECT_FALSE(members->more);
}

TEST_F(ServiceRosterListing, RefusesMembersOfNoGroupAndOfNoState) {
  const auto dispatcher = open_school();
  EXPECT_THAT(refusal(dispatcher->members("nowhere", {}), FailureKind::refused),
              HasSubstr("nowhere"));
  MemberQuery query;
  query.state = "blue";
  EXPECT_THAT(refusal(dispatcher->members("all", query), FailureKind::usage), HasSubstr("blue"));
}

TEST_F(ServiceRosterListing, TellsOneStateOfTheRosterFromTheNext) {
  const auto dispatcher = open_school();
  const auto before = dispatcher->roster_state();
  ASSERT_TRUE(before) << before.failure().line;
  EXPECT_NE(*before, 0U);
  EXPECT_EQ(*dispatcher->roster_state(), *before);
  ASSERT_TRUE(dispatcher->remove_device("d4"));
  EXPECT_NE(*dispatcher->roster_state(), *before);
}

TEST_F(ServiceRosterListing, KnowsNeitherMembersNorAStateWhereThereIsNoRoster) {
  const auto dispatcher = open(Access::read);
  EXPECT_THAT(refusal(dispatcher->members("all", {}), FailureKind::cannot_start),
              HasSubstr("no roster"));
  EXPECT_THAT(refusal(dispatcher->roster_state(), FailureKind::cannot_start),
              HasSubstr("no roster"));
}

}  // namespace
}  // namespace muster
