// Why users of a selection are not reached: counted, and one by one.
#include <gmock/gmock.h>

#include <map>

#include "base/random.h"
#include "tests/roster/fixture.h"

namespace muster::roster {
namespace {

class UnreachedUsers : public RosterTest {
 protected:
  // One user of each kind, and one that is reached.
  void import_kinds() {
    file("users.csv",
         "user_id,full_name,email,managed_distribution\n"
         "fine,Fine,,\nnone,None,,\nposted,Posted,p@school.example,\noff,Off,,off\nmac,Mac,,\n"
         "shared,Shared,,\nbare,Bare,,\nmute,Mute,,\nbyod,Byod,,\ntv,Tv,,\ngone,Gone,,\n"
         "both,Both,,\n");
    file("groups.csv", "group_id,name\ng,G\n");
    std::string members = "group_id,user_id\n";
    for (const auto* id : {"fine", "none", "posted", "off", "mac", "shared", "bare", "mute", "byod",
                           "tv", "gone", "both"}) {
      members += std::string("g,") + id + "\n";
    }
    file("members.csv", members);
    const std::string t = mdm_topic;
    file("devices.csv",
         "device_id,user_id,platform,enrollment,topic,push_token,push_magic\n"
         "d0,fine,iOS,device," +
             t + "," + token(1) + ",m\n" + "d1,mac,macOS,device," + t + "," + token(2) + ",m\n" +
             "d2,shared,iPadOS,shared," + t + "," + token(3) + ",m\n" + "d3,bare,iOS,device,,,\n" +
             "d4,mute,iOS,device," + t + "," + token(4) + ",\n" + "d5,byod,iOS,user," + t + "," +
             token(5) + ",m\n" + "d6,tv,tvOS,device," + t + "," + token(6) + ",m\n" +
             "d7,gone,iOS,device," + t + "," + token(7) + ",m\n" + "d8,both,tvOS,device," + t +
             "," + token(8) + ",m\n" + "d9,both,macOS,device," + t + "," + token(9) + ",m\n");
    good(import_all());
    ASSERT_TRUE(roster().forget_tokens({{7, 0}}));
  }
  std::string counted(const Selection& selection) {
    const auto counts = reader().why_unreached(selection);
    EXPECT_TRUE(counts);
    std::string text;
    for (const auto& [reason, users] : *counts) {
      text += std::to_string(users) + "x" + word(reason) + " ";
    }
    return text;
  }
  std::string listed(const Selection& selection, std::optional<UserNumber> after = {},
                     std::size_t limit = 100) {
    const auto rows = reader().unreached(selection, after, limit);
    EXPECT_TRUE(rows);
    std::string text;
    for (const auto& row : *rows) {
      text += row.user.user_id + ":" + word(row.reason) + " ";
    }
    return text;
  }
  static std::string word(const Unreached& reason) {
    return std::to_string(static_cast<int>(reason.why)) + "." +
           std::to_string(static_cast<int>(reason.hindrance)) + (reason.nor_address ? "+" : "");
  }
};

TEST_F(UnreachedUsers, ArePartitionedByWhatWouldBeMendedSoonest) {
  import_kinds();
  EXPECT_EQ(listed(group("g")),
            "none:2.0 posted:2.0 off:0.0 mac:3.2 shared:3.3 bare:3.5 mute:3.4 byod:3.6 tv:3.7 "
            "gone:3.1 both:3.2 ");
  EXPECT_EQ(counted(group("g")), "2x3.2 2x2.0 1x0.0 1x3.1 1x3.3 1x3.4 1x3.5 1x3.6 1x3.7 ");
}

TEST_F(UnreachedUsers, OfMailHaveNoAddressWhateverTheirDevices) {
  import_kinds();
  EXPECT_EQ(counted(group("g", Wanted::not_invited, Means::mail)), "10x1.0 1x0.0 ");
  EXPECT_EQ(listed(group("g", Wanted::not_invited, Means::mail), {}, 2), "fine:1.0 none:1.0 ");
}

TEST_F(UnreachedUsers, OfBothHaveNoAddressEither) {
  import_kinds();
  const auto selection = group("g", Wanted::not_invited, Means::push_then_mail);
  EXPECT_EQ(listed(selection, {}, 3), "none:2.0+ off:0.0 mac:3.2+ ");
}

TEST_F(UnreachedUsers, OfOneDeviceAreAskedForThatDeviceAlone) {
  import_kinds();
  EXPECT_EQ(listed(user("both", "d8")), "both:3.7 ");
  EXPECT_EQ(counted(user("both", "d8")), "1x3.7 ");
  EXPECT_EQ(listed(user("fine")), "");
}

TEST_F(UnreachedUsers, AreListedPageByPageToTheEnd) {
  import_kinds();
  const auto selection = group("g");
  std::string all;
  std::optional<UserNumber> after;
  for (;;) {
    const auto rows = reader().unreached(selection, after, 2);
    ASSERT_TRUE(rows);
    if (rows->empty()) {
      break;
    }
    for (const auto& row : *rows) {
      all += row.user.user_id + ":" + word(row.reason) + " ";
    }
    after = rows->back().user.user;
  }
  EXPECT_EQ(all, listed(selection));
}

TEST_F(UnreachedUsers, WhoCanBePushedByNowAreSaidSo) {
  import_kinds();
  const auto before = group("g");
  file("more.csv", "device_id,user_id,platform,topic,push_token,push_magic\nd3,bare,iOS," +
                       std::string(mdm_topic) + "," + token(33) + ",m\n");
  good(import_plan({{in("more.csv")}, "", false, ""}));
  EXPECT_EQ(listed(before, 5, 1), "bare:3.0 ");
}

// Many are counted from blocks, few from rows: both say the same.
TEST_F(UnreachedUsers, AreCountedAlikeFromBlocksAndFromRows) {
  const auto seed = static_cast<std::uint64_t>(GTEST_FLAG_GET(random_seed)) + 31;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  constexpr const char* platforms[] = {"iOS", "macOS", "tvOS", "iPadOS"};
  std::string flat = "user_id,group,device_id,platform,topic,push_token,push_magic\n";
  for (unsigned d = 0; d < 40'000; ++d) {
    const auto n = std::to_string(d);
    flat += "u" + std::to_string(random.below(30'000)) + ",all,d" + n + "," +
            platforms[random.below(4)] + "," + (random.chance(0.5) ? mdm_topic : "") + "," +
            (random.chance(0.6) ? token(d) : "") + "," + (random.chance(0.7) ? "m" : "") + "\n";
  }
  good(import(file("flat.csv", flat)));
  const auto selection = group("all");
  ASSERT_GT(selection.devices_unpushable.size(), 20'000U);
  std::map<std::string, std::uint64_t> by_rows;
  std::optional<UserNumber> after;
  for (;;) {
    const auto rows = reader().unreached(selection, after, 1000);
    ASSERT_TRUE(rows);
    if (rows->empty()) {
      break;
    }
    for (const auto& row : *rows) {
      ++by_rows[word(row.reason)];
    }
    after = rows->back().user.user;
  }
  const auto counts = reader().why_unreached(selection);
  ASSERT_TRUE(counts);
  std::map<std::string, std::uint64_t> by_blocks;
  std::uint64_t sum = 0;
  for (const auto& [reason, users] : *counts) {
    by_blocks[word(reason)] = users;
    sum += users;
  }
  EXPECT_EQ(by_blocks, by_rows);
  EXPECT_EQ(sum, selection.users_without_device);
}

}  // namespace
}  // namespace muster::roster
