// Devices that check in: who they are taken for, and what that does to everything derived.
#include "roster/check_in.h"

#include <gmock/gmock.h>

#include "base/random.h"
#include "tests/roster/derived.h"
#include "tests/roster/fixture.h"

namespace muster::roster {
namespace {

using testing::ElementsAre;
using Kind = CheckIn::Kind;

std::vector<Byte> bytes_of(const std::string& hex) {
  std::vector<Byte> bytes;
  EXPECT_TRUE(from_hex(hex, bytes));
  return bytes;
}

CheckIn enrolled(const std::string& udid, const std::string& serial = "") {
  CheckIn device;
  device.udid = udid;
  device.serial = serial;
  device.platform = Platform::ipados;
  device.enrollment = Enrollment::device;
  return device;
}

// The Mac of import_two(), which says of itself only who it is.
CheckIn enrolled_mac() {
  CheckIn device;
  device.udid = "UDID-2";
  device.serial = "C2";
  return device;
}

CheckIn with_token(const std::string& udid, unsigned seed, Kind kind = Kind::token) {
  CheckIn device;
  device.kind = kind;
  device.udid = udid;
  device.topic = mdm_topic;
  device.push_token = bytes_of(token(seed));
  device.push_magic = "magic-" + std::to_string(seed);
  return device;
}

class CheckIns : public RosterTest {
 protected:
  std::vector<CheckedIn> check_in(const std::vector<CheckIn>& devices) {
    now_ms_ += 1000;
    auto results = roster().check_in(devices, WallTime{now_ms_});
    EXPECT_TRUE(results) << words(results.error());
    EXPECT_TRUE(results && results->size() == devices.size());
    return results ? std::move(*results) : std::vector<CheckedIn>(devices.size());
  }
  void import_two() {
    file("users.csv", "user_id,full_name,language\nann,Ann,de\nbob,Bob,\n");
    file("groups.csv", "group_id,name\ng,G\n");
    file("members.csv", "group_id,user_id\ng,ann\ng,bob\n");
    file("devices.csv",
         "device_id,name,user_id,platform,serial\n"
         "asset-1,Ann's iPad,ann,iPadOS,C1\nasset-2,Bob's Mac,bob,macOS,C2\n");
    good(import_all());
  }
  // What is kept incrementally is what is derived from the rows alone.
  void expect_as_derived_anew() {
    const auto kept = derived_of(dir_);
    const auto derived = roster().derive_anew(WallTime{now_ms_});
    ASSERT_TRUE(derived) << derived.error().line_of_text();
    EXPECT_EQ(difference(kept, derived_of(dir_)), "");
  }
};

TEST_F(CheckIns, OfAStrangerMakeADeviceWithoutAUser) {
  import_two();
  const auto results = check_in({enrolled("UDID-9", "C9"), with_token("UDID-9", 9)});
  EXPECT_EQ(results[0].device, 2U);
  EXPECT_TRUE(results[0].created);
  EXPECT_EQ(results[1].device, 2U);
  EXPECT_FALSE(results[1].created);
  EXPECT_TRUE(target(2).known);
  EXPECT_EQ(target(2).user, store::no_user);
  EXPECT_TRUE(target(2).token.empty());
  const auto texts = reader().texts({2});
  ASSERT_TRUE(texts);
  EXPECT_EQ(texts->at(0).device_id, "UDID-9");
  expect_as_derived_anew();
}

TEST_F(CheckIns, FindAnImportedDeviceByItsSerialNumberAndFromThenOnByItsUdid) {
  import_two();
  EXPECT_TRUE(group("G").devices.empty());
  EXPECT_EQ(check_in({enrolled("UDID-1", "C1")})[0].device, 0U);
  EXPECT_EQ(check_in({with_token("UDID-1", 1)})[0].device, 0U);
  EXPECT_EQ(text_of(group("G").devices), "0 ");
  EXPECT_EQ(to_hex(target(0).token), token(1));
  EXPECT_EQ(target(0).magic, "magic-1");
  EXPECT_EQ(target(0).language, 1U);
  EXPECT_EQ(target(0).registered_at_s, now_ms_ / 1000);
  EXPECT_EQ(text_of(user("ann", "asset-1").devices), "0 ");
  // Another device of that serial number is somebody else: this one has checked in.
  EXPECT_TRUE(check_in({enrolled("UDID-3", "C1")})[0].created);
  expect_as_derived_anew();
}

TEST_F(CheckIns, OfAMacReachItByTheChannelOfItsUser) {
  import_two();
  check_in({enrolled_mac(), with_token("UDID-2", 2)});
  EXPECT_TRUE(group("G").devices.empty());
  EXPECT_EQ(target(1).hindrance, Hindrance::mac_without_user);
  check_in({with_token("UDID-2", 3, Kind::user_token)});
  EXPECT_EQ(to_hex(target(1).token), token(3));
  expect_as_derived_anew();
}

TEST_F(CheckIns, LeaveAnIpadSharedThatDoesNotSaySoWhenItEnrols) {
  import_two();
  file("devices.csv",
       "device_id,name,user_id,platform,serial,enrollment\n"
       "asset-1,Ann's iPad,ann,iPadOS,C1,shared\n");
  good(import_all());
  const auto results = check_in({enrolled("UDID-1", "C1"), with_token("UDID-1", 1)});
  EXPECT_EQ(results[0].enrollment, Enrollment::shared);
  EXPECT_EQ(target(0).hindrance, Hindrance::shared_without_user);
  check_in({with_token("UDID-1", 3, Kind::user_token)});
  EXPECT_EQ(to_hex(target(0).token), token(3));
  expect_as_derived_anew();
}

TEST_F(CheckIns, TakeADeviceForItsOwnThatItsUserEnrolledBefore) {
  import_two();
  auto device = enrolled("UDID-1", "C1");
  device.enrollment = Enrollment::user;
  EXPECT_EQ(check_in({device})[0].enrollment, Enrollment::user);
  EXPECT_EQ(check_in({enrolled("UDID-1", "C1")})[0].enrollment, Enrollment::device);
  expect_as_derived_anew();
}

TEST_F(CheckIns, VoidTokensAtEnrolmentAndWhenTheDeviceLeaves) {
  import_two();
  for (const auto kind : {Kind::enrolled, Kind::left}) {
    check_in({enrolled("UDID-1", "C1"), with_token("UDID-1", 1)});
    EXPECT_EQ(group("G").devices.size(), 1U);
    CheckIn device;
    device.kind = kind;
    device.udid = "UDID-1";
    check_in({device});
    EXPECT_TRUE(group("G").devices.empty());
    EXPECT_EQ(target(0).hindrance, Hindrance::no_token);
    expect_as_derived_anew();
  }
}

TEST_F(CheckIns, MakeATokenGoodAgainThatThePeerHadCalledGone) {
  import_two();
  check_in({enrolled("UDID-1", "C1"), with_token("UDID-1", 1)});
  ASSERT_TRUE(roster().forget_tokens({{0, now_ms_}}));
  EXPECT_EQ(target(0).hindrance, Hindrance::token_gone);
  check_in({with_token("UDID-1", 1)});
  EXPECT_EQ(to_hex(target(0).token), token(1));
  // A 410 from before has nothing to say of it any more.
  ASSERT_TRUE(roster().forget_tokens({{0, now_ms_ - 1}}));
  EXPECT_FALSE(target(0).token.empty());
  expect_as_derived_anew();
}

TEST_F(CheckIns, WithAnotherTopicVoidTheTokensOfTheFirst) {
  import_two();
  check_in({enrolled_mac(), with_token("UDID-2", 1), with_token("UDID-2", 2, Kind::user_token)});
  auto other = with_token("UDID-2", 3);
  other.topic = "com.apple.mgmt.External.other";
  check_in({other});
  EXPECT_EQ(target(1).hindrance, Hindrance::mac_without_user);
  EXPECT_THAT(*reader().topics(), ElementsAre("", mdm_topic, other.topic));
  expect_as_derived_anew();
}

TEST_F(CheckIns, KeepWhatTheyDoNotSay) {
  import_two();
  CheckIn silent;
  silent.udid = "UDID-1";
  silent.serial = "C1";
  check_in({silent});
  EXPECT_EQ(reader().texts({0})->at(0).device_name, "Ann's iPad");
  silent.name = "Renamed";
  check_in({silent});
  EXPECT_EQ(reader().texts({0})->at(0).device_name, "Renamed");
}

TEST_F(CheckIns, LeaveOutWhatCannotBeKept) {
  import_two();
  auto named = enrolled("UDID-1", "C1");
  named.name = "two\nlines";
  auto short_token = with_token("UDID-1", 1);
  short_token.push_token.resize(limits::push_token_bytes_min - 1);
  auto no_topic = with_token("UDID-1", 1);
  no_topic.topic = "not a topic";
  auto long_magic = with_token("UDID-1", 1);
  long_magic.push_magic = std::string(limits::push_magic_bytes_max + 1, 'm');
  check_in({named});
  EXPECT_EQ(reader().texts({0})->at(0).device_name, "Ann's iPad");
  for (const auto& bad : {short_token, no_topic}) {
    check_in({with_token("UDID-1", 1), bad});
    EXPECT_EQ(target(0).hindrance, Hindrance::no_token);
  }
  check_in({long_magic});
  EXPECT_EQ(target(0).hindrance, Hindrance::no_magic);
  expect_as_derived_anew();
}

TEST_F(CheckIns, WithoutAUdidAreRefusedAndHoldUpNobody) {
  import_two();
  const auto results =
      check_in({enrolled(""), enrolled(std::string(limits::name_bytes_max + 1, 'u')),
                enrolled("a\tb"), enrolled("UDID-9")});
  EXPECT_TRUE(results[0].refused && results[1].refused && results[2].refused);
  EXPECT_FALSE(results[3].refused);
  EXPECT_EQ(results[3].device, 2U);
}

TEST_F(CheckIns, OfMoreTopicsThanCredentialsGiveNoToken) {
  import_two();
  std::vector<CheckIn> devices;
  for (unsigned i = 0; i <= limits::credentials_max; ++i) {
    devices.push_back(with_token("UDID-" + std::to_string(i), i));
    devices.back().topic = "topic-" + std::to_string(i);
  }
  check_in(devices);
  EXPECT_EQ(reader().topics()->size(), limits::credentials_max + 1);
  EXPECT_EQ(target(2 + limits::credentials_max).topic, 0U);
}

TEST_F(CheckIns, OfInvitedUsersFindThemInvited) {
  import_two();
  NumberSet ann;
  ann.add(0);
  ASSERT_TRUE(roster().add_invited(ann));
  check_in({enrolled("UDID-1", "C1"), with_token("UDID-1", 1)});
  EXPECT_TRUE(group("G").devices.empty());
  EXPECT_EQ(group("G", Wanted::not_enrolled).devices.size(), 1U);
}

TEST_F(CheckIns, SurviveAnImportThatKnowsLess) {
  import_two();
  check_in({enrolled("UDID-1", "C1"), with_token("UDID-1", 1)});
  good(import_all());
  EXPECT_EQ(to_hex(target(0).token), token(1));
  EXPECT_EQ(check_in({with_token("UDID-1", 2)})[0].device, 0U);
}

TEST_F(CheckIns, OfADamagedRosterAreTroubleAndStoreNothing) {
  import_two();
  {
    auto store = store::RosterStore::open(dir_, store::OpenMode::write);
    ASSERT_TRUE(store && store->begin());
    ASSERT_TRUE(store->put_block(0, bytes_of("00")));
    ASSERT_TRUE(store->commit());
  }
  const auto results = roster().check_in(std::vector{enrolled("UDID-9")}, WallTime{now_ms_});
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().code, ErrorCode::store_corrupt);
  EXPECT_TRUE(reader().texts({2})->empty());
}

// A random roster, imported; then devices come in any order, alone and in herds.
TEST_F(CheckIns, KeepEverythingAsADerivationFromTheRowsWould) {
  const auto seed = static_cast<std::uint64_t>(GTEST_FLAG_GET(random_seed)) + 977;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  std::string flat =
      "user_id,language,group,device_id,serial,platform,topic,push_token,push_magic\n";
  for (unsigned d = 0; d < 200; ++d) {
    const auto n = std::to_string(d);
    flat += "u" + std::to_string(d / 2) + "," + (d / 2 % 3 == 0 ? "de" : "") + ",g" +
            std::to_string(d / 2 % 7) + ",d" + n + ",S" + n + (d % 5 == 0 ? ",macOS," : ",iOS,") +
            (d % 2 == 0 ? "" : std::string(mdm_topic) + "," + token(d) + ",m") +
            (d % 2 == 0 ? ",,\n" : "\n");
  }
  good(import(file("flat.csv", flat)));
  NumberSet invited;
  NumberSet late;
  for (unsigned u = 0; u < 100; ++u) {
    (random.chance(0.3) ? invited : late).add(u);
  }
  ASSERT_TRUE(roster().add_invited(invited));
  ASSERT_TRUE(roster().add_enrolled(late));
  for (unsigned round = 0; round < 40; ++round) {
    std::vector<CheckIn> herd;
    for (auto size = 1 + random.below(8); size > 0; --size) {
      const auto n = static_cast<unsigned>(random.below(220));
      auto device = with_token("U" + std::to_string(n), 1000 + round * 1000 + n);
      device.kind = static_cast<Kind>(random.below(4));
      device.serial = n < 200 ? "S" + std::to_string(n) : "";
      device.platform = static_cast<Platform>(random.below(7));
      device.enrollment = static_cast<Enrollment>(random.below(4));
      device.topic = random.chance(0.8) ? mdm_topic : "com.example.app";
      herd.push_back(device);
    }
    check_in(herd);
    if (random.chance(0.3)) {
      ASSERT_TRUE(roster().forget_tokens({{static_cast<DeviceNumber>(random.below(220)), 0}}));
    }
    SCOPED_TRACE("round " + std::to_string(round));
    expect_as_derived_anew();
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace muster::roster
