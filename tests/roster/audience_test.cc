// Audiences against a model that walks rows, and what Send, enrolment and 410s do to them.
#include <algorithm>
#include <map>
#include <set>

#include "base/random.h"
#include "roster/nesting.h"
#include "tests/roster/fixture.h"

namespace muster::roster {
namespace {

class Audience : public RosterTest {};

// The roster as plain lists; groups only contain groups of higher numbers, so that there is no
// cycle.
struct Model {
  struct User {
    int managed = 0;  // 0 empty, 1 on, 2 off
    bool invited = false;
    bool enrolled = false;
    bool address = false;
    std::set<unsigned> devices;  // that can be pushed
  };
  struct Group {
    bool off = false;
    std::set<unsigned> users;
    std::set<unsigned> groups;
  };
  std::vector<User> users;
  std::vector<Group> groups;

  void collect(unsigned group, std::set<unsigned>& into) const {
    into.insert(groups[group].users.begin(), groups[group].users.end());
    for (const auto child : groups[group].groups) {
      collect(child, into);
    }
  }
  [[nodiscard]] bool enabled(unsigned user) const {
    if (users[user].managed != 0) {
      return users[user].managed == 1;
    }
    for (unsigned group = 0; group < groups.size(); ++group) {
      std::set<unsigned> below;
      collect(group, below);
      if (groups[group].off && below.contains(user)) {
        return false;
      }
    }
    return true;
  }
};

std::set<unsigned> numbers_of(const NumberSet& set) {
  const auto slice = set.slice(0, set.size());
  return {slice.begin(), slice.end()};
}

struct Meant {
  Wanted wanted;
  Means means;
};

// What the selection of this group must be, counted row by row.
struct Counted {
  std::set<unsigned> selected;
  std::set<unsigned> devices;
  std::set<unsigned> reached;
  std::set<unsigned> mailboxes;
  std::set<unsigned> fallbacks;
  std::uint64_t not_invited = 0;
  std::uint64_t not_enrolled = 0;
  std::uint64_t disabled = 0;
  std::uint64_t unreached = 0;
};

void reach(const Model::User& user, unsigned number, Means means, Counted& counted) {
  const bool pushed = means != Means::mail && !user.devices.empty();
  const bool mailed = means != Means::push && user.address;
  if (pushed) {
    counted.devices.insert(user.devices.begin(), user.devices.end());
  }
  if (mailed) {
    const bool asleep = means == Means::push_then_mail && pushed;
    (asleep ? counted.fallbacks : counted.mailboxes).insert(number);
  }
  if (pushed || mailed) {
    counted.reached.insert(number);
  } else {
    ++counted.unreached;
  }
}

Counted count(const Model& model, unsigned group, Meant meant) {
  Counted counted;
  model.collect(group, counted.selected);
  for (const auto u : counted.selected) {
    const auto& one = model.users[u];
    if (!model.enabled(u)) {
      ++counted.disabled;
      continue;
    }
    counted.not_invited += one.invited ? 0 : 1;
    counted.not_enrolled += one.enrolled ? 0 : 1;
    if (!(meant.wanted == Wanted::not_invited ? one.invited : one.enrolled)) {
      reach(one, u, meant.means, counted);
    }
  }
  return counted;
}

void expect_as_in_model(const Selection& selection, const Counted& counted, Means means) {
  EXPECT_EQ(numbers_of(selection.devices), counted.devices);
  EXPECT_EQ(numbers_of(selection.users_selected), counted.selected);
  EXPECT_EQ(numbers_of(selection.users), counted.reached);
  EXPECT_EQ(numbers_of(selection.mailboxes), counted.mailboxes);
  EXPECT_EQ(numbers_of(selection.fallbacks), counted.fallbacks);
  EXPECT_EQ(selection.users_not_invited, counted.not_invited);
  EXPECT_EQ(selection.users_not_enrolled, counted.not_enrolled);
  EXPECT_EQ(selection.users_disabled, counted.disabled);
  const bool either = means == Means::push_and_mail || means == Means::push_then_mail;
  EXPECT_EQ(selection.users_without_device, means == Means::push ? counted.unreached : 0);
  EXPECT_EQ(selection.users_without_address, means == Means::mail ? counted.unreached : 0);
  EXPECT_EQ(selection.users_without_either, either ? counted.unreached : 0);
}

Model random_model(Random& random) {
  Model model;
  model.users.resize(60);
  model.groups.resize(15);
  for (auto& user : model.users) {
    user.managed = random.chance(0.3) ? static_cast<int>(random.below(3)) : 0;
    user.enrolled = random.chance(0.2);
    user.invited = random.chance(0.3);
    user.address = random.chance(0.6);
  }
  for (unsigned g = 0; g < model.groups.size(); ++g) {
    auto& group = model.groups[g];
    group.off = random.chance(0.1);
    for (auto n = random.below(8); n > 0; --n) {
      group.users.insert(static_cast<unsigned>(random.below(model.users.size())));
    }
    for (auto n = random.below(4); n > 0 && g + 1 < model.groups.size(); --n) {
      group.groups.insert(g + 1 + static_cast<unsigned>(random.below(model.groups.size() - g - 1)));
    }
  }
  return model;
}

std::string users_csv(const Model& model) {
  constexpr const char* words[] = {"", "on", "off"};
  std::string text = "user_id,full_name,managed_distribution,email\n";
  for (unsigned u = 0; u < model.users.size(); ++u) {
    text += "u" + std::to_string(u) + ",U," + words[model.users[u].managed] +
            (model.users[u].address ? ",u@school.example\n" : ",\n");
  }
  return text;
}

std::string groups_csv(const Model& model) {
  std::string text = "group_id,name,managed_distribution\n";
  for (unsigned g = 0; g < model.groups.size(); ++g) {
    const auto n = std::to_string(g);
    text += "g" + n + ",G" + n + (model.groups[g].off ? ",off\n" : ",\n");
  }
  return text;
}

std::string members_csv(const Model& model) {
  std::string text = "group_id,user_id,member_group_id\n";
  for (unsigned g = 0; g < model.groups.size(); ++g) {
    for (const auto user : model.groups[g].users) {
      text += "g" + std::to_string(g) + ",u" + std::to_string(user) + ",\n";
    }
    for (const auto child : model.groups[g].groups) {
      text += "g" + std::to_string(g) + ",,g" + std::to_string(child) + "\n";
    }
  }
  return text;
}

// Deals devices out, in the file and in the model.
std::string devices_csv(Random& random, Model& model) {
  std::string text = "device_id,user_id,topic,push_token\n";
  for (unsigned d = 0; d < 100; ++d) {
    const auto owner = static_cast<unsigned>(random.below(model.users.size()));
    const bool pushable = random.chance(0.8);
    text += "d" + std::to_string(d) + ",u" + std::to_string(owner) + ",t," +
            (pushable ? token(d) : "") + "\n";
    if (pushable) {
      model.users[owner].devices.insert(d);
    }
  }
  return text;
}

TEST_F(Audience, AgreesWithAModelThatWalksEveryRow) {
  const auto seed = static_cast<std::uint64_t>(GTEST_FLAG_GET(random_seed)) + 4711;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  auto model = random_model(random);
  file("users.csv", users_csv(model));
  file("groups.csv", groups_csv(model));
  file("members.csv", members_csv(model));
  file("devices.csv", devices_csv(random, model));
  good(import_all());
  NumberSet invited;
  NumberSet enrolled;
  NumberSet back;  // invited, and then not
  for (unsigned u = 0; u < model.users.size(); ++u) {
    (model.users[u].invited ? invited : back).add(u);
    if (model.users[u].enrolled) {
      enrolled.add(u);
    }
  }
  ASSERT_TRUE(roster().add_invited(invited));
  ASSERT_TRUE(roster().add_invited(invited | back));
  ASSERT_TRUE(roster().remove_invited(back));
  ASSERT_TRUE(roster().add_enrolled(enrolled));

  for (unsigned g = 0; g < model.groups.size(); ++g) {
    for (const auto wanted : {Wanted::not_invited, Wanted::not_enrolled}) {
      for (const auto means :
           {Means::push, Means::mail, Means::push_and_mail, Means::push_then_mail}) {
        SCOPED_TRACE("group " + std::to_string(g) + " means " +
                     std::to_string(static_cast<int>(means)));
        expect_as_in_model(group("G" + std::to_string(g), wanted, means),
                           count(model, g, {wanted, means}), means);
      }
    }
  }
}

TEST_F(Audience, OfTenThousandLevelsAndManyWaysHasEveryoneOnce) {
  // Each level holds the next twice over, by two groups: 2^5,000 ways lead to the user at the
  // bottom.
  std::string groups = "group_id,name\n";
  std::string members = "group_id,user_id,member_group_id\n";
  for (int level = 0; level < 5'000; ++level) {
    for (const auto* side : {"a", "b"}) {
      const auto id = side + std::to_string(level);
      groups += id + "," + id + "\n";
      if (level + 1 < 5'000) {
        members += id + ",,a" + std::to_string(level + 1) + "\n";
        members += id + ",,b" + std::to_string(level + 1) + "\n";
      } else {
        members += id + ",u,\n";
      }
    }
  }
  file("users.csv", "user_id,full_name\nu,U\n");
  file("groups.csv", groups);
  file("members.csv", members);
  file("devices.csv", "device_id,user_id,topic,push_token\nd,u,t," + token(1) + "\n");
  good(import_all());
  EXPECT_EQ(numbers_of(group("a0").devices), std::set<unsigned>{0});
  EXPECT_EQ(group("a0").users_selected.size(), 1U);
}

TEST_F(Audience, OfAnEmptyGroupIsEmpty) {
  good(import(file("groups.csv", "group_id,name\ng,G\n")));
  EXPECT_TRUE(group("g").devices.empty());
}

TEST_F(Audience, OfAUserMayBeOneDevice) {
  file("users.csv", "user_id,full_name\nu1,Ann\nu2,Bo\n");
  file("devices.csv", "device_id,user_id,topic,push_token\nd1,u1,t," + token(1) + "\nd2,u1,t," +
                          token(2) + "\nd3,u1,t,\nd4,u2,t," + token(4) + "\n");
  good(import_all());
  EXPECT_EQ(numbers_of(user("u1").devices), (std::set<unsigned>{0, 1}));
  EXPECT_EQ(numbers_of(user("u1", "d2").devices), std::set<unsigned>{1});
  EXPECT_EQ(user("u1", "d3").users_without_device, 1U);
  EXPECT_TRUE(user("u1", "d3").users.empty());
  const auto others = reader().select_user("u1", "d4", Wanted::not_invited);
  ASSERT_FALSE(others);
  EXPECT_EQ(others.error().found, "device 'd4' is not assigned to user 'u1'");
  const auto none = reader().select_user("u1", "d55", Wanted::not_invited);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().found, "device 'd55' is not known");
  const auto nobody = reader().select_user("u3", "", Wanted::not_invited);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().mend, "did you mean 'u1'?");
  const auto nothing = reader().select_group("Staff", Wanted::not_invited);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().found, "group 'Staff' is not known");
}

TEST_F(Audience, LosesDevicesWhoseTokenIsGoneUnlessItIsNewer) {
  file("users.csv", "user_id,full_name\nu1,Ann\nu2,Bo\n");
  file("devices.csv", "device_id,user_id,topic,push_token\nd1,u1,t," + token(1) + "\nd2,u1,s," +
                          token(2) + "\nd3,u2,s," + token(3) + "\n");
  good(import_all());
  NumberSet all;
  all.add_range(0, 3);
  EXPECT_EQ(*reader().topics_of(all), (std::vector<std::uint16_t>{1, 2}));
  const auto version = *reader().version();
  ASSERT_TRUE(roster().forget_tokens({{0, now_ms_ - 1}, {99, 0}}));
  EXPECT_EQ(*reader().version(), version);
  EXPECT_EQ(user("u1").devices.size(), 2U);
  ASSERT_TRUE(roster().forget_tokens({{0, now_ms_}, {2, 0}}));
  EXPECT_EQ(*reader().version(), version + 1);
  EXPECT_EQ(numbers_of(user("u1").devices), std::set<unsigned>{1});
  EXPECT_EQ(user("u2").users_without_device, 1U);
  EXPECT_TRUE(target(0).known);
  EXPECT_TRUE(target(0).token.empty());
  EXPECT_EQ(to_hex(target(1).token), token(2));
  EXPECT_EQ(*reader().topics_of(all), (std::vector<std::uint16_t>{2}));
}

TEST_F(Audience, FollowsManyInvitedUsersAndNewDevicesOfTheirs) {
  std::string flat = "user_id,group,device_id,topic,push_token\n";
  for (unsigned i = 0; i < 10'000; ++i) {
    const auto n = std::to_string(i);
    flat += "u" + n + ",G,d" + n + ",t," + token(i) + "\n";
  }
  good(import(file("flat.csv", flat)));
  NumberSet invited;
  invited.add_range(100, 9'000);
  ASSERT_TRUE(roster().add_invited(invited));
  EXPECT_EQ(group("G").devices.size(), 1'100U);
  EXPECT_EQ(group("G").users_not_invited, 1'100U);
  good(import(file("flat.csv", "user_id,device_id,topic,push_token\nu100,x1,t," + token(77'777) +
                                   "\nu1,x2,t," + token(77'778) + "\n")));
  EXPECT_EQ(group("G").devices.size(), 1'101U);
  ASSERT_TRUE(roster().remove_invited(invited));
  EXPECT_EQ(group("G").devices.size(), 10'002U);
  // A send knows the devices already.
  const auto all = group("G");
  ASSERT_TRUE(roster().add_invited(all.users, all.devices));
  EXPECT_TRUE(group("G").devices.empty());
  EXPECT_TRUE(group("G").users.empty());
  EXPECT_EQ(group("G", Wanted::not_enrolled).devices.size(), 10'002U);
  EXPECT_TRUE(reader().users_removed()->empty());
}

TEST(Nesting, FindsACycleAnywhereAndNoneInADiamond) {
  EXPECT_TRUE(find_cycle({{1, 2}, {3}, {3}, {}}).empty());
  EXPECT_EQ(find_cycle({{1}, {2}, {1}}), (std::vector<GroupNumber>{1, 2, 1}));
  EXPECT_EQ(find_cycle({{}, {1}}), (std::vector<GroupNumber>{1, 1}));
  EXPECT_EQ(closure_of(std::vector<GroupNumber>{1}, {{}, {2, 5}, {1}}),
            (std::vector<GroupNumber>{1, 2, 5}));
}

}  // namespace
}  // namespace muster::roster
