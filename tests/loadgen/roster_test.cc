#include "loadgen/roster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <sstream>

#include "base/bytes.h"
#include "loadgen/csv.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using Table = std::vector<std::vector<std::string>>;

Table read(const std::string& file, std::initializer_list<std::string_view> columns) {
  Table rows;
  auto reader = CsvReader::open(file);
  EXPECT_TRUE(reader && reader->expect(std::vector<std::string_view>(columns)));
  while (reader->next() == true) {
    rows.push_back(reader->fields());
  }
  return rows;
}

RosterWishes wishes(const Scratch& scratch) {
  RosterWishes wished;
  wished.users = 500;
  wished.devices_per_user = 2;
  wished.groups = 20;
  wished.nesting = 3;
  wished.mac_share = 0.3;
  wished.dir = scratch / "roster";
  return wished;
}

struct Nest {
  std::multimap<std::string, std::string> users;
  std::multimap<std::string, std::string> groups;
};

Nest nest_of(const std::string& dir) {
  Nest nest;
  for (const auto& row : read(dir + "/members.csv", {"group_id", "user_id", "member_group_id"})) {
    EXPECT_NE(row[1].empty(), row[2].empty());
    (row[1].empty() ? nest.groups : nest.users).emplace(row[0], row[1].empty() ? row[2] : row[1]);
  }
  return nest;
}

// Every way from `group` down to a user counts.
void walk(const Nest& nest, const std::string& group, std::map<std::string, int>& ways, int depth,
          int& depth_max) {
  depth_max = std::max(depth, depth_max);
  const auto [users, past_users] = nest.users.equal_range(group);
  for (auto at = users; at != past_users; ++at) {
    ++ways[at->second];
  }
  const auto [groups, past_groups] = nest.groups.equal_range(group);
  for (auto at = groups; at != past_groups; ++at) {
    walk(nest, at->second, ways, depth + 1, depth_max);
  }
}

using Devices = std::map<std::string, std::vector<std::string>>;

// By device_id: platform, enrollment, push_token, user_push_token.
Devices devices_of(const RosterWishes& wished) {
  Devices devices;
  for (const auto& row : read(wished.dir + "/devices.csv", {"device_id", "platform", "enrollment",
                                                            "push_token", "user_push_token"})) {
    devices.emplace(row[0], std::vector<std::string>(row.begin() + 1, row.end()));
  }
  return devices;
}

TEST(Roster, GivesASchoolItsOtherDevicesAndLeavesEverybodyElseAsHeIs) {
  const Scratch scratch;
  auto wished = wishes(scratch);
  ASSERT_TRUE(make_roster(wished));
  const auto plain = devices_of(wished);
  wished.dir = scratch / "mixed";
  wished.tv_share = 0.1;
  wished.shared_share = 0.1;
  wished.user_enrollment = 0.1;
  wished.another_device = 0.2;
  ASSERT_TRUE(make_roster(wished));
  const auto mixed = devices_of(wished);

  std::map<std::string, int> kinds;
  std::set<std::string> tokens;
  for (const auto& [id, device] : mixed) {
    const bool more = !plain.contains(id);
    const bool other = device[0] == "tvOS" || device[1] != "device";
    kinds[more ? "more" : other ? device[0] + " " + device[1] : "plain"]++;
    EXPECT_TRUE(tokens.insert(device[2]).second) << id;
    EXPECT_EQ(device[3].empty(), device[0] != "macOS" && device[1] != "shared") << id;
    if (!more && !other) {
      EXPECT_EQ(device, plain.at(id));
    }
  }
  EXPECT_GT(kinds["tvOS device"], 50);
  EXPECT_GT(kinds["iPadOS shared"], 30);
  EXPECT_GT(kinds["iOS user"] + kinds["iPadOS user"] + kinds["macOS user"], 50);
  EXPECT_GT(kinds["more"], 60);
  EXPECT_GT(kinds["plain"], 500);
}

TEST(Roster, LeavesAsManyWithoutAnAccountAsWished) {
  const Scratch scratch;
  auto wished = wishes(scratch);
  wished.without_account = 0.9;
  ASSERT_TRUE(make_roster(wished));
  const auto users = read(wished.dir + "/users.csv", {"managed_apple_account"});
  const auto without =
      std::count_if(users.begin(), users.end(), [](const auto& row) { return row[0].empty(); });
  EXPECT_GT(without, 420);
  EXPECT_LT(without, 480);
}

TEST(Roster, ReachesEveryUserFromTheRootOnlyByNestingAndSomeOnSeveralWays) {
  const Scratch scratch;
  const auto wished = wishes(scratch);
  ASSERT_TRUE(make_roster(wished));
  const auto nest = nest_of(wished.dir);
  std::map<std::string, int> ways;
  int depth = 0;
  walk(nest, "all", ways, 0, depth);
  EXPECT_EQ(ways.size(), 500U);
  EXPECT_EQ(nest.users.count("all"), 0U);
  EXPECT_EQ(depth, 3);
  EXPECT_TRUE(std::any_of(ways.begin(), ways.end(), [](const auto& w) { return w.second > 1; }));
  EXPECT_EQ(read(wished.dir + "/groups.csv", {"group_id", "name"}).front(),
            (std::vector<std::string>{"all", "All of the school"}));
  EXPECT_EQ(read(wished.dir + "/groups.csv", {"group_id"}).size(), 21U);
}

TEST(Roster, GivesEveryDeviceItsOwnTokensAndMacsThoseOfTheirUsers) {
  const Scratch scratch;
  const auto wished = wishes(scratch);
  ASSERT_TRUE(make_roster(wished));
  std::set<std::string> tokens;
  std::size_t macs = 0;
  const auto devices = read(wished.dir + "/devices.csv", {"platform", "push_token", "push_magic",
                                                          "user_push_token", "user_push_magic"});
  ASSERT_EQ(devices.size(), 1000U);
  for (const auto& device : devices) {
    const bool mac = device[0] == "macOS";
    macs += mac ? 1 : 0;
    EXPECT_TRUE(mac || device[0] == "iOS" || device[0] == "iPadOS");
    std::vector<Byte> bytes;
    EXPECT_TRUE(from_hex(device[1], bytes) && bytes.size() == 32);
    EXPECT_EQ(device[2].size(), 36U);
    EXPECT_EQ(device[3].empty(), !mac);
    EXPECT_EQ(device[4].empty(), !mac);
    EXPECT_TRUE(tokens.insert(device[1]).second);
    EXPECT_TRUE(!mac || tokens.insert(device[3]).second);
  }
  EXPECT_GT(macs, 200U);
  EXPECT_LT(macs, 400U);
}

TEST(Roster, WritesUsersInThreeLanguagesWithNamesBeyondAscii) {
  const Scratch scratch;
  const auto wished = wishes(scratch);
  ASSERT_TRUE(make_roster(wished));
  std::set<std::string> languages;
  std::size_t beyond_ascii = 0;
  const auto users = read(wished.dir + "/users.csv", {"full_name", "email", "language"});
  ASSERT_EQ(users.size(), 500U);
  for (const auto& user : users) {
    languages.insert(user[2]);
    EXPECT_TRUE(user[1].ends_with("@school.example"));
    beyond_ascii +=
        std::any_of(user[0].begin(), user[0].end(), [](char c) { return c < 0; }) ? 1 : 0;
  }
  EXPECT_EQ(languages, (std::set<std::string>{"de", "en", "fr"}));
  EXPECT_GT(beyond_ascii, 100U);
}

TEST(Roster, SpreadsAddressesOverAsManyDomainsAsAreWishedAndNothingElse) {
  const Scratch scratch;
  auto wished = wishes(scratch);
  ASSERT_TRUE(make_roster(wished));
  const auto before = scratch.read("roster/users.csv");
  wished.mail_domain = "town.example";
  wished.mail_domains = 40;
  ASSERT_TRUE(make_roster(wished));
  const auto users = read(wished.dir + "/users.csv", {"email"});
  std::map<std::string, int> domains;
  for (const auto& user : users) {
    ++domains[user[0].substr(user[0].find('@') + 1)];
  }
  EXPECT_EQ(domains.size(), 40U);
  EXPECT_EQ(domains["d0.town.example"], 13);
  EXPECT_EQ(domains["d39.town.example"], 12);
  EXPECT_EQ(users[41][0], "user0000041@d1.town.example");
  wished.mail_domain = "school.example";
  wished.mail_domains = 1;
  ASSERT_TRUE(make_roster(wished));
  EXPECT_EQ(scratch.read("roster/users.csv"), before);
}

TEST(Roster, MakesTheSameBytesFromTheSameSeedAndOthersFromAnother) {
  const Scratch scratch;
  auto wished = wishes(scratch);
  ASSERT_TRUE(make_roster(wished));
  const auto first = scratch.read("roster/devices.csv") + scratch.read("roster/users.csv");
  ASSERT_TRUE(make_roster(wished));
  EXPECT_EQ(scratch.read("roster/devices.csv") + scratch.read("roster/users.csv"), first);
  wished.seed = 2;
  ASSERT_TRUE(make_roster(wished));
  EXPECT_NE(scratch.read("roster/devices.csv") + scratch.read("roster/users.csv"), first);
}

TEST(Roster, SpreadsTheGroupsOverTheLevels) {
  for (const auto& [groups, nesting] : {std::pair{20U, 3U}, {1U, 1U}, {5U, 5U}, {1000U, 40U}}) {
    const auto sizes = level_sizes(groups, nesting);
    EXPECT_EQ(sizes.size(), nesting);
    EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), 0U), groups);
    EXPECT_EQ(std::count(sizes.begin(), sizes.end(), 0U), 0);
  }
}

TEST(Roster, PutsUsersIntoTheRootWhereNothingNests) {
  const Scratch scratch;
  auto wished = wishes(scratch);
  wished.nesting = 0;
  wished.groups = 0;
  ASSERT_TRUE(make_roster(wished));
  EXPECT_EQ(nest_of(wished.dir).users.count("all"), 500U);
}

TEST(Roster, RefusesWishesThatCannotBe) {
  const Scratch scratch;
  auto wished = wishes(scratch);
  wished.users = 0;
  EXPECT_FALSE(make_roster(wished));
  wished = wishes(scratch);
  wished.groups = 2;
  EXPECT_THAT(make_roster(wished).error().line_of_text(), ::testing::HasSubstr("2 groups cannot"));
  wished = wishes(scratch);
  wished.mac_share = 1.5;
  EXPECT_FALSE(make_roster(wished));
  wished = wishes(scratch);
  wished.mail_domains = 0;
  EXPECT_THAT(make_roster(wished).error().line_of_text(), ::testing::HasSubstr("no mail domains"));
  wished = wishes(scratch);
  wished.mail_domain = "not a domain";
  EXPECT_THAT(make_roster(wished).error().line_of_text(), ::testing::HasSubstr("is no domain"));
  wished = wishes(scratch);
  wished.dir = scratch / "none/deeper";
  EXPECT_EQ(make_roster(wished).error().cause.code, ErrorCode::not_found);
}

TEST(Roster, ReportsProgressUpToTheEnd) {
  const Scratch scratch;
  auto wished = wishes(scratch);
  wished.users = 5000;
  std::vector<std::uint64_t> seen;
  ASSERT_TRUE(make_roster(wished, [&seen](std::uint64_t done, std::uint64_t of) {
    EXPECT_EQ(of, 5000U);
    seen.push_back(done);
  }));
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{4096, 5000}));
}

TEST(Roster, LeavesOutDevicesAndAddressesOfAShareAndNothingElse) {
  const Scratch with;
  const Scratch without;
  RosterWishes wishes;
  wishes.users = 500;
  wishes.dir = with.dir();
  ASSERT_TRUE(make_roster(wishes));
  wishes.dir = without.dir();
  wishes.without_device = 0.3;
  wishes.without_mail = 0.2;
  ASSERT_TRUE(make_roster(wishes));
  const auto lines = [](const std::string& text) {
    std::vector<std::string> all;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
      all.push_back(line);
    }
    return all;
  };
  const auto all = lines(with.read("devices.csv"));
  const auto some = lines(without.read("devices.csv"));
  EXPECT_GT(some.size(), 300U);
  EXPECT_LT(some.size(), 400U);
  EXPECT_TRUE(std::includes(all.begin() + 1, all.end(), some.begin() + 1, some.end()));
  const auto text = without.read("users.csv");
  const auto users = lines(text);
  const auto reachable = std::count_if(users.begin(), users.end(), [](const std::string& line) {
    return line.find("@school.example") != std::string::npos;
  });
  EXPECT_GT(reachable, 360);
  EXPECT_LT(reachable, 440);
  EXPECT_EQ(users.size(), 501U);
}

}  // namespace
}  // namespace muster::loadgen
