// Inventories: devices by what is printed on them, before and after they have checked in.
#include <gmock/gmock.h>

#include "derived.h"
#include "fixture.h"
#include "roster/editing.h"
#include "store/database.h"

namespace muster::roster {
namespace {

using testing::HasSubstr;

class Inventory : public RosterTest {
 protected:
  Inventory() { good(import(file("users.csv", "user_id,full_name\nann,Ann\nbob,Bob\n"))); }
  store::DeviceRow device(const std::string& id) {
    const auto details = reader().device_details(id);
    EXPECT_TRUE(details) << details.error().line_of_text();
    return details ? details->row : store::DeviceRow{};
  }
  std::string owner(const std::string& id) {
    const auto details = reader().device_details(id);
    return details ? details->user_id : "no such device";
  }
  CheckedIn check_in(const CheckIn& said) {
    const auto done = roster().check_in({&said, 1}, WallTime{now_ms_});
    EXPECT_TRUE(done);
    return done ? done->front() : CheckedIn{};
  }
  CheckIn enrols(const std::string& udid) {
    CheckIn said;
    said.udid = udid;
    return said;
  }
};

TEST_F(Inventory, HoldsPlacesByWhateverIsPrintedOnADevice) {
  const auto counts = good(import(file("inventory.csv",
                                       "Name,Serial Number,UDID,IMEI,MEID,User\n"
                                       "One,S1,,,,ann\n"
                                       "Two,,U2,,,bob\n"
                                       "Three,,,35 209900 176148 1,,\n"
                                       "Four,,,,a0-0000009b2c3d,\n")));
  EXPECT_EQ(counts.devices, 4U);
  EXPECT_EQ(owner("S1"), "ann");
  EXPECT_EQ(owner("U2"), "bob");
  EXPECT_EQ(device("352099001761481").name, "Three");
  EXPECT_EQ(device("A00000009B2C3D").meid, "A00000009B2C3D");
}

TEST_F(Inventory, PlacesBecomeTheDevicesThatCheckIn) {
  good(import(file("inventory.csv",
                   "serial,udid,imei,meid,user_id\nS1,,,,ann\n,U2,,,bob\n,,352099001761481,,ann\n"
                   ",,,A00000009B2C3D,bob\n")));
  auto one = enrols("UDID-1");
  one.serial = "S1";
  auto two = enrols("U2");
  auto three = enrols("UDID-3");
  three.imei = "35 209900 176148 1";
  three.serial = "S3";
  auto four = enrols("UDID-4");
  four.meid = "a00000009b2c3d";
  for (const auto* said : {&one, &two, &three, &four}) {
    EXPECT_FALSE(check_in(*said).created) << said->udid;
  }
  EXPECT_EQ(device("S1").udid, "UDID-1");
  EXPECT_EQ(owner("U2"), "bob");
  EXPECT_EQ(device("352099001761481").serial, "S3");
  EXPECT_EQ(owner("A00000009B2C3D"), "bob");
  auto stranger = enrols("UDID-5");
  stranger.imei = "35 209900 176148 1";  // that device is somebody else's already
  EXPECT_TRUE(check_in(stranger).created);
}

TEST_F(Inventory, FindsDevicesThatHaveCheckedIn) {
  auto said = enrols("UDID-1");
  said.serial = "S1";
  said.imei = "1";
  EXPECT_TRUE(check_in(said).created);
  for (const auto* row : {"serial,user_id\nS1,ann\n", "udid,user_id\nUDID-1,bob\n",
                          "imei,user_id\n1,ann\n", "device_id,serial,user_id\n,S1,bob\n"}) {
    const auto counts = good(import(file("inventory.csv", row)));
    EXPECT_EQ(counts.devices_changed.changed.count, 1U) << row;
    EXPECT_EQ(counts.devices_changed.added.count, 0U) << row;
  }
  EXPECT_EQ(owner("UDID-1"), "bob");
}

TEST_F(Inventory, ADeviceChangesHandsAndIsHandedBack) {
  good(import(file("inventory.csv", "serial,user_id\nS1,ann\nS2,ann\n")));
  good(import(file("inventory.csv", "serial,user_id\nS1,bob\n")));
  EXPECT_EQ(owner("S1"), "bob");
  EXPECT_EQ(owner("S2"), "ann");
  good(import(file("inventory.csv", "serial,user_id\nS1,\n")));
  EXPECT_EQ(owner("S1"), "");
  good(import(file("inventory.csv", "serial,name\nS2,iPad\n")));  // says nothing of users
  EXPECT_EQ(owner("S2"), "ann");
}

TEST_F(Inventory, TheMostCertainKeyThatADeviceHasDecides) {
  good(import(file("inventory.csv", "serial,udid\nS1,\nS2,U2\n")));
  // The UDID is new, the serial number known: the place gets its UDID.
  good(import(file("inventory.csv", "serial,udid,user_id\nS1,U1,ann\n")));
  EXPECT_EQ(device("S1").udid, "U1");
  // Known by its UDID, its serial number was wrong.
  good(import(file("inventory.csv", "serial,udid\nS9,U2\n")));
  EXPECT_EQ(device("U2").serial, "S9");
  good(import(file("inventory.csv", "serial,user_id\nS9,bob\n")));
  EXPECT_EQ(owner("U2"), "bob");
}

TEST_F(Inventory, ADeviceThatWasRemovedComesBackUnderItsNumber) {
  good(import(file("inventory.csv", "serial,user_id\nS1,ann\n")));
  const auto number = device("S1").number;
  ASSERT_TRUE(
      roster().edit([](Editor& editor) { return editor.remove_device("S1"); }, WallTime{now_ms_}));
  good(import(file("inventory.csv", "serial,user_id\nS1,bob\n")));
  EXPECT_EQ(device("S1").number, number);
  EXPECT_EQ(owner("S1"), "bob");
}

TEST_F(Inventory, WhatTellsNoDeviceApartIsRefused) {
  EXPECT_EQ(refusal_of("inventory.csv", "serial,udid\n,\n"), "inventory.csv:2: device_id is empty");
  EXPECT_EQ(refusal_of("inventory.csv", "serial\nS1\nS1\n"),
            "inventory.csv:3: the device 'S1' twice (first on line 2)");
  good(import(file("devices.csv", "device_id,serial\nd1,S\nd2,S\n")));
  EXPECT_EQ(refusal_of("inventory.csv", "serial\nS\n"),
            "inventory.csv:2:1: several devices have the serial 'S'");
  good(import(file("devices.csv", "device_id,udid\nd1,U1\n")));
  EXPECT_EQ(refusal_of("devices.csv", "device_id,udid\nd2,U1\n"),
            "devices.csv:2:4: the udid 'U1' is another device's too ('d1')");
  EXPECT_EQ(refusal_of("devices.csv", "device_id,udid\nd2,d1\n"),
            "devices.csv:2:4: the udid 'd1' is another device's too ('d1')");
  EXPECT_EQ(refusal_of("inventory.csv", "serial,imei\nS3,12x\n"), "inventory.csv:2:4: imei '12x'");
  EXPECT_EQ(refusal_of("inventory.csv", "serial,meid\nS3,xyz\n"), "inventory.csv:2:4: meid 'xyz'");
  EXPECT_EQ(refusal_of("inventory.csv", "Serial,serial\nS3,S4\n"),
            "inventory.csv:1:8: the column 'serial' twice");
}

TEST_F(Inventory, WithPeopleInItItIsAFlatRoster) {
  good(import(file("flat.csv", "user_id,full_name,serial\ncid,Cid,S1\ncid,Cid,\n")));
  EXPECT_EQ(owner("S1"), "cid");
}

TEST_F(Inventory, AFirstImportOfManyNeedsNoIndex) {
  constexpr int devices = 20'000;
  std::string rows = "serial,user_id\n";
  for (int i = 0; i < devices; ++i) {
    rows += "S" + std::to_string(i) + (i % 2 == 0 ? ",ann\n" : ",bob\n");
  }
  EXPECT_EQ(good(import(file("inventory.csv", rows))).devices_changed.added.count,
            static_cast<std::uint64_t>(devices));
  EXPECT_EQ(good(import(file("inventory.csv", rows))).devices_changed.changed.count, 0U);
}

// As a build left it that knew of no IMEI.
TEST_F(Inventory, AnOlderRosterIsReadAndBroughtUp) {
  good(import(file("devices.csv", "device_id,serial\nd1,S1\n")));
  roster_.reset();
  reader_.reset();
  {
    auto database = store::Database::open(dir_ + "/roster.db", store::OpenMode::write, 5, "");
    ASSERT_TRUE(database);
    ASSERT_TRUE(
        database->execute("DROP INDEX devices_by_imei; DROP INDEX devices_by_meid;"
                          "ALTER TABLE devices DROP COLUMN imei;"
                          "ALTER TABLE devices DROP COLUMN meid; PRAGMA user_version=4"));
  }
  {
    const auto older = RosterReader::open(dir_);
    ASSERT_TRUE(older) << older.error().line_of_text();
    EXPECT_TRUE((*older)->device_details("d1"));
  }
  good(import(file("inventory.csv", "serial,imei\nS1,1\n")));
  EXPECT_EQ(device("d1").imei, "1");
}

}  // namespace
}  // namespace muster::roster
