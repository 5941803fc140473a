// The roster edited by hand: what each edit does, refuses, and leaves derived.
#include "roster/editing.h"

#include <gmock/gmock.h>

#include "base/random.h"
#include "tests/roster/derived.h"
#include "tests/roster/fixture.h"

namespace muster::roster {
namespace {

using enum Column;

class Editing : public RosterTest {
 protected:
  Result<void, Complaint> edit(const Roster::Change& change) {
    now_ms_ += 1000;
    return roster().edit(change, WallTime{now_ms_});
  }
  void good_edit(const Roster::Change& change) {
    const auto done = edit(change);
    EXPECT_TRUE(done) << done.error().line_of_text();
  }
  std::string refusal_of_edit(const Roster::Change& change) {
    const auto before = derived_of(dir_);
    const auto done = edit(change);
    EXPECT_EQ(difference(before, derived_of(dir_)), "");
    return done ? "it was done" : done.error().line_of_text();
  }
  void expect_as_derived_anew() {
    const auto kept = derived_of(dir_);
    const auto derived = roster().derive_anew(WallTime{now_ms_});
    ASSERT_TRUE(derived) << derived.error().line_of_text();
    EXPECT_EQ(difference(kept, derived_of(dir_)), "");
  }
  // ann and bob in g, g in school; a device each.
  void import_school() {
    file("users.csv",
         "user_id,full_name,email,language\nann,Ann Lee,ann@a.example,de\nbob,Bob,,\n");
    file("groups.csv", "group_id,name\nschool,School\ng,Grade\n");
    file("members.csv", "group_id,user_id,member_group_id\nschool,,g\ng,ann,\ng,bob,\n");
    file("devices.csv",
         "device_id,name,user_id,platform,serial,topic,push_token,push_magic\n"
         "d1,One,ann,iOS,S1," +
             std::string(mdm_topic) + "," + token(1) +
             ",m\n"
             "d2,Two,bob,iOS,S2," +
             std::string(mdm_topic) + "," + token(2) + ",m\n");
    good(import_all());
  }
};

TEST_F(Editing, AddsAUserWhoMayHaveADeviceAndAGroup) {
  import_school();
  good_edit([](Editor& editor) -> Result<void, Complaint> {
    if (auto added = editor.add_user({{user_id, "cyd"}, {full_name, "Cyd"}, {language, "fr"}});
        !added) {
      return added;
    }
    if (auto joined = editor.add_member("Grade", "cyd"); !joined) {
      return joined;
    }
    return editor.assign_device("d2", "cyd");
  });
  EXPECT_EQ(group("School").users_selected.size(), 3U);
  EXPECT_EQ(text_of(user("cyd").devices), "1 ");
  EXPECT_EQ(user("bob").users_without_device, 1U);
  EXPECT_EQ(target(1).user, 2U);
  EXPECT_EQ(reader().languages()->at(target(1).language), "fr");
  expect_as_derived_anew();
}

TEST_F(Editing, RefusesWhatAnImportRefusesInTheSameWords) {
  import_school();
  const auto add = [](const FieldEdits& edits) {
    return [edits](Editor& editor) { return editor.add_user(edits); };
  };
  EXPECT_EQ(refusal_of_edit(add({{user_id, ""}})), "user_id is empty; expected an id");
  EXPECT_THAT(refusal_of_edit(add({{user_id, "x"}, {email, "no address"}})),
              testing::HasSubstr("'no address' is not a mail address"));
  EXPECT_THAT(refusal_of_edit(add({{user_id, "x"}, {managed_distribution, "offf"}})),
              testing::HasSubstr("did you mean 'off'?"));
  EXPECT_THAT(refusal_of_edit(add({{user_id, "ann"}})),
              testing::HasSubstr("user 'ann' is there already"));
  EXPECT_THAT(refusal_of_edit([](Editor& editor) { return editor.set_user("anm", {}); }),
              testing::HasSubstr("did you mean 'ann'?"));
  EXPECT_THAT(refusal_of_edit([](Editor& editor) { return editor.add_group({{group_id, "g"}}); }),
              testing::HasSubstr("group 'g' is there already"));
  EXPECT_THAT(refusal_of_edit([](Editor& editor) { return editor.add_group({{group_id, ""}}); }),
              testing::HasSubstr("group_id is empty"));
  EXPECT_THAT(refusal_of_edit([](Editor& editor) {
                return editor.set_group("g", {{managed_distribution, "maybe"}});
              }),
              testing::HasSubstr("expected on, off"));
  EXPECT_THAT(
      refusal_of_edit([](Editor& editor) { return editor.set_device("d1", {{platform, "ios"}}); }),
      testing::HasSubstr("did you mean 'iOS'?"));
  EXPECT_THAT(refusal_of_edit([](Editor& editor) { return editor.add_device({{name, "x"}}); }),
              testing::HasSubstr("without device_id, udid and serial"));
  EXPECT_THAT(refusal_of_edit([](Editor& editor) { return editor.add_device({{serial, "a\nb"}}); }),
              testing::HasSubstr("serial"));
  EXPECT_THAT(
      refusal_of_edit([](Editor& editor) { return editor.add_device({{device_id, "d1"}}); }),
      testing::HasSubstr("device 'd1' is there already"));
  EXPECT_THAT(
      refusal_of_edit([](Editor& editor) { return editor.set_device("d1", {{udid, "d2"}}); }),
      testing::HasSubstr("is that of device 'd2'"));
}

TEST_F(Editing, NamesWhomItDoesNotKnow) {
  import_school();
  const std::vector<std::pair<Roster::Change, std::string>> rows{
      {[](Editor& e) { return e.remove_user("x"); }, "user 'x'"},
      {[](Editor& e) { return e.erase_user("x"); }, "user 'x'"},
      {[](Editor& e) { return e.set_group("x", {}); }, "group 'x'"},
      {[](Editor& e) { return e.remove_group("x"); }, "group 'x'"},
      {[](Editor& e) { return e.add_member("x", "ann"); }, "group 'x'"},
      {[](Editor& e) { return e.add_member("g", "x"); }, "user 'x'"},
      {[](Editor& e) { return e.remove_member("g", "x"); }, "user 'x'"},
      {[](Editor& e) { return e.add_child("g", "x"); }, "group 'x'"},
      {[](Editor& e) { return e.remove_child("g", "x"); }, "group 'x'"},
      {[](Editor& e) { return e.set_device("x", {}); }, "device 'x'"},
      {[](Editor& e) { return e.assign_device("x", "ann"); }, "device 'x'"},
      {[](Editor& e) { return e.assign_device("d1", "x"); }, "user 'x'"},
      {[](Editor& e) { return e.unassign_device("x"); }, "device 'x'"},
      {[](Editor& e) { return e.remove_device("x"); }, "device 'x'"}};
  for (const auto& [change, what] : rows) {
    EXPECT_THAT(refusal_of_edit(change), testing::StartsWith(what + " is not known"));
  }
  EXPECT_THAT(refusal_of_edit([](Editor& e) { return e.remove_member("school", "ann"); }),
              testing::HasSubstr("no direct member"));
  EXPECT_THAT(refusal_of_edit([](Editor& e) { return e.remove_child("g", "school"); }),
              testing::HasSubstr("not directly in"));
}

TEST_F(Editing, RefusesACycleAndShowsTheWay) {
  import_school();
  EXPECT_EQ(refusal_of_edit([](Editor& editor) { return editor.add_child("g", "school"); }),
            "group 'g' contains itself: g → school → g; expected groups that do not contain "
            "themselves; remove one of these memberships");
  EXPECT_THAT(refusal_of_edit([](Editor& editor) { return editor.add_child("g", "g"); }),
              testing::HasSubstr("g → g"));
}

TEST_F(Editing, SwitchesThroughNestedGroupsWhereTheUserSaysNothing) {
  import_school();
  good_edit(
      [](Editor& editor) { return editor.set_group("school", {{managed_distribution, "off"}}); });
  EXPECT_EQ(group("g").users_disabled, 2U);
  expect_as_derived_anew();
  good_edit([](Editor& editor) { return editor.set_user("ann", {{managed_distribution, "on"}}); });
  EXPECT_EQ(group("g").users_disabled, 1U);
  EXPECT_EQ(text_of(group("g").devices), "0 ");
  good_edit([](Editor& editor) { return editor.set_user("ann", {{managed_distribution, ""}}); });
  EXPECT_EQ(group("g").users_disabled, 2U);
  good_edit([](Editor& editor) { return editor.remove_child("school", "g"); });
  EXPECT_EQ(group("g").users_disabled, 0U);
  good_edit([](Editor& editor) { return editor.set_user("bob", {{managed_distribution, "off"}}); });
  EXPECT_EQ(group("g").users_disabled, 1U);
  expect_as_derived_anew();
}

TEST_F(Editing, MakesAGroupByHandOffUntilItIsSwitchedOn) {
  import_school();
  good_edit([](Editor& editor) -> Result<void, Complaint> {
    auto added = editor.add_group({{group_id, "art"}, {name, "Art"}});
    return added ? editor.add_member("Art", "ann") : added;
  });
  EXPECT_EQ(group("art").users_disabled, 1U);
  good_edit([](Editor& editor) { return editor.set_group("art", {{managed_distribution, "on"}}); });
  EXPECT_EQ(group("art").users_disabled, 0U);
  expect_as_derived_anew();
}

TEST_F(Editing, RemovesAUserWhoKeepsHisNumberForWhenHeComesBack) {
  import_school();
  good_edit([](Editor& editor) { return editor.remove_user("ann"); });
  EXPECT_EQ(group("School").users_selected.size(), 1U);
  EXPECT_FALSE(reader().select_user("ann", "", Wanted::not_invited));
  EXPECT_EQ(target(0).user, store::no_user);
  EXPECT_EQ(text_of(*reader().users_removed()), "0 ");
  EXPECT_EQ(reader().user_texts({0})->at(0).user_full_name, "Ann Lee");
  std::vector<MailTarget> mails;
  ASSERT_TRUE(reader().read_mail_targets(std::vector<UserNumber>{0}, mails));
  EXPECT_FALSE(mails[0].known);
  expect_as_derived_anew();
  EXPECT_THAT(refusal_of("members.csv", "group_id,user_id\ng,ann\n"),
              testing::HasSubstr("user 'ann' is not known"));
  good_edit([](Editor& editor) { return editor.add_user({{user_id, "ann"}}); });
  EXPECT_EQ(text_of(user("ann").users_selected), "0 ");
  EXPECT_TRUE(reader().users_removed()->empty());
  EXPECT_EQ(reader().user_texts({0})->at(0).user_full_name, "ann");
  expect_as_derived_anew();
}

TEST_F(Editing, AnImportTakesBackWhoWasRemoved) {
  import_school();
  const auto before = derived_of(dir_);
  good_edit([](Editor& editor) -> Result<void, Complaint> {
    for (const auto* id : {"ann", "bob"}) {
      if (auto removed = editor.remove_user(id); !removed) {
        return removed;
      }
    }
    if (auto removed = editor.remove_group("g"); !removed) {
      return removed;
    }
    return editor.remove_device("d1");
  });
  EXPECT_EQ(group("School").users_selected.size(), 0U);
  EXPECT_FALSE(reader().select_group("Grade", Wanted::not_invited));
  EXPECT_FALSE(target(0).known);
  expect_as_derived_anew();
  good(import_all());
  auto after = derived_of(dir_);
  // Registered anew; all else is as it was.
  after["device 0"] = before.at("device 0");
  EXPECT_EQ(difference(before, after), "");
}

TEST_F(Editing, ErasesAUserEvenAfterHeWasRemoved) {
  import_school();
  good_edit([](Editor& editor) { return editor.remove_user("bob"); });
  for (const auto* id : {"ann", "bob"}) {
    good_edit([id](Editor& editor) { return editor.erase_user(id); });
  }
  for (const UserNumber number : {0U, 1U}) {
    EXPECT_EQ(reader().user_texts({number})->at(0).user_full_name, "");
  }
  expect_as_derived_anew();
}

TEST_F(Editing, HoldsAPlaceForADeviceThatHasNotCheckedInYet) {
  import_school();
  good_edit([](Editor& editor) -> Result<void, Complaint> {
    auto added = editor.add_device({{name, "Ann's new iPad"}, {serial, "S9"}});
    return added ? editor.assign_device("S9", "ann") : added;
  });
  EXPECT_EQ(target(2).hindrance, Hindrance::no_token);
  CheckIn device;
  device.kind = CheckIn::Kind::token;
  device.udid = "UDID-9";
  device.serial = "S9";
  device.topic = mdm_topic;
  EXPECT_TRUE(from_hex(token(9), device.push_token));
  device.push_magic = "m";
  const auto checked_in = roster().check_in(std::vector{device}, WallTime{now_ms_});
  ASSERT_TRUE(checked_in);
  EXPECT_EQ(checked_in->at(0).device, 2U);
  EXPECT_EQ(text_of(user("ann").devices), "0 2 ");
  expect_as_derived_anew();
}

TEST_F(Editing, RemovesADeviceWhoseNameStaysForWhatWasSent) {
  import_school();
  good_edit([](Editor& editor) { return editor.remove_device("d1"); });
  EXPECT_FALSE(target(0).known);
  EXPECT_EQ(reader().texts({0})->at(0).device_name, "One");
  EXPECT_TRUE(reader().devices_of(0)->empty());
  good_edit([](Editor& editor) { return editor.unassign_device("d2"); });
  EXPECT_EQ(target(1).user, store::no_user);
  expect_as_derived_anew();
  good_edit([](Editor& editor) { return editor.add_device({{device_id, "d1"}}); });
  EXPECT_TRUE(target(0).known);
  expect_as_derived_anew();
}

TEST_F(Editing, ChangesWhatADeviceIsAndWhatItIsPushedBy) {
  import_school();
  good_edit([](Editor& editor) { return editor.set_device("d1", {{platform, "macOS"}}); });
  EXPECT_EQ(target(0).hindrance, Hindrance::mac_without_user);
  good_edit([](Editor& editor) {
    return editor.set_device("d1", {{platform, "iOS"}, {name, "New"}, {udid, "U1"}});
  });
  EXPECT_EQ(target(0).registered_at_s, now_ms_ / 1000);
  EXPECT_EQ(reader().texts({0})->at(0).device_name, "New");
  expect_as_derived_anew();
}

// Random edits of every kind against a derivation from the rows.
class RandomEdits {
 public:
  explicit RandomEdits(Random& random) : random_(random) {}
  // Some are refused (a cycle, a member who is none): then nothing has changed.
  Result<void, Complaint> one(Editor& editor) {
    const auto user = "u" + std::to_string(random_.below(30));
    const auto group = "g" + std::to_string(random_.below(8));
    const auto other = "g" + std::to_string(random_.below(8));
    const auto device = "d" + std::to_string(random_.below(50));
    constexpr const char* switches[] = {"", "on", "off"};
    constexpr const char* languages[] = {"", "de", "fr"};
    constexpr const char* platforms[] = {"iOS", "macOS", "tvOS"};
    switch (random_.below(15)) {
      case 0:
        return editor.add_user({{user_id, user}, {language, languages[random_.below(3)]}});
      case 1:
        return editor.set_user(user, {{language, languages[random_.below(3)]},
                                      {email, random_.chance(0.5) ? "u@a.example" : ""}});
      case 2:
        return editor.set_user(user, {{managed_distribution, switches[random_.below(3)]}});
      case 3:
        return random_.chance(0.5) ? editor.remove_user(user) : editor.erase_user(user);
      case 4:
        return editor.add_group({{group_id, group}});
      case 5:
        return editor.set_group(group, {{managed_distribution, switches[1 + random_.below(2)]}});
      case 6:
        return random_.chance(0.3) ? editor.remove_group(group) : editor.add_child(group, other);
      case 7:
      case 8:
        return editor.add_member(group, user);
      case 9:
        return editor.remove_member(group, user);
      case 10:
        return random_.chance(0.5) ? editor.add_child(group, other)
                                   : editor.remove_child(group, other);
      case 11:
        return editor.add_device({{device_id, device}, {platform, platforms[random_.below(3)]}});
      case 12:
        return editor.set_device(device, {{platform, platforms[random_.below(3)]}});
      case 13:
        return random_.chance(0.8) ? editor.assign_device(device, user)
                                   : editor.unassign_device(device);
      default:
        return random_.chance(0.3) ? editor.remove_device(device)
                                   : editor.assign_device(device, user);
    }
  }

 private:
  Random& random_;
};

TEST_F(Editing, KeepsEverythingAsADerivationFromTheRowsWould) {
  const auto seed = static_cast<std::uint64_t>(GTEST_FLAG_GET(random_seed)) + 1213;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  std::string flat = "user_id,group,device_id,platform,topic,push_token,push_magic\n";
  for (unsigned d = 0; d < 40; ++d) {
    const auto n = std::to_string(d);
    flat += "u" + std::to_string(d / 2) + ",g" + std::to_string(d / 2 % 5) + ",d" + n + ",iOS," +
            mdm_topic + "," + token(d) + ",m\n";
  }
  good(import(file("flat.csv", flat)));
  NumberSet some;
  some.add_range(3, 12);
  ASSERT_TRUE(roster().add_invited(some));
  ASSERT_TRUE(roster().add_enrolled(some));
  RandomEdits edits(random);
  unsigned done = 0;
  for (unsigned round = 0; round < 400; ++round) {
    const auto changed = edit([&](Editor& editor) -> Result<void, Complaint> {
      for (auto more = 1 + random.below(3); more > 0; --more) {
        if (auto one = edits.one(editor); !one) {
          return one;
        }
      }
      return {};
    });
    done += changed ? 1 : 0;
    if (round % 4 == 0) {
      SCOPED_TRACE("round " + std::to_string(round));
      expect_as_derived_anew();
      ASSERT_FALSE(HasFailure());
    }
  }
  EXPECT_GT(done, 100U);
}

}  // namespace
}  // namespace muster::roster
