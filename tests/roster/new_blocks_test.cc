#include "roster/new_blocks.h"

#include "tests/roster/derived.h"
#include "tests/roster/fixture.h"

namespace muster::roster {
namespace {

class NewBlocksOf : public RosterTest {
 protected:
  // Devices first … past_last − 1, each its user's; every seventh has no token, every eighth no
  // user.
  void write_devices(unsigned first, unsigned past_last) {
    std::string users = "user_id,full_name,language\n";
    std::string devices = "device_id,user_id,platform,topic,push_token,push_magic\n";
    for (unsigned i = first; i < past_last; ++i) {
      const auto n = std::to_string(i);
      users += "u" + n + ",User " + n + "," + (i % 2 == 0 ? "de" : "en") + "\n";
      devices += "d" + n + "," + (i % 8 == 0 ? "" : "u" + n) + ",iOS," +
                 (i % 3 == 0 ? mdm_topic : "com.example.app") + "," + (i % 7 == 0 ? "" : token(i)) +
                 ",m" + n + "\n";
    }
    file("users.csv", users);
    file("devices.csv", devices);
  }
  void expect_as_derived_anew() {
    const auto made = derived_of(dir_);
    ASSERT_TRUE(roster().derive_anew(WallTime{now_ms_}));
    EXPECT_EQ(difference(made, derived_of(dir_)), "");
  }

  static constexpr unsigned size = limits::block_size;
};

TEST_F(NewBlocksOf, AFirstImportAreThoseOfItsRows) {
  write_devices(0, 2 * size + 10);
  good(import_all());
  EXPECT_EQ(to_hex(target(2 * size + 9).token), token(2 * size + 9));
  EXPECT_EQ(target(2 * size + 9).user, 2 * size + 9);
  EXPECT_FALSE(target(2 * size + 10).known);
  expect_as_derived_anew();
}

TEST_F(NewBlocksOf, ALaterImportJoinThoseThatWereThere) {
  write_devices(0, 10);
  good(import_all());
  write_devices(10, 2 * size + 10);  // the rest of the first block, and two more
  good(import_all());
  EXPECT_EQ(to_hex(target(9).token), token(9));
  EXPECT_EQ(to_hex(target(10).token), token(10));
  EXPECT_EQ(to_hex(target(2 * size + 9).token), token(2 * size + 9));
  write_devices(2 * size + 10, 2 * size + 21);  // no block is new
  good(import_all());
  EXPECT_EQ(to_hex(target(2 * size + 20).token), token(2 * size + 20));
  expect_as_derived_anew();
}

TEST_F(NewBlocksOf, AnImportThatEndsWithABlockAreWhole) {
  write_devices(0, size);
  good(import_all());
  EXPECT_EQ(to_hex(target(size - 2).token), token(size - 2));
  write_devices(size, 2 * size);
  good(import_all());
  EXPECT_EQ(to_hex(target(2 * size - 1).token), token(2 * size - 1));
  expect_as_derived_anew();
}

TEST_F(NewBlocksOf, AnImportFollowItsLaterFiles) {
  std::string flat = "user_id,full_name,language,device_id,platform,topic,push_token,push_magic\n";
  for (unsigned i = 0; i < 2 * size; ++i) {
    const auto n = std::to_string(i);
    flat.append("u").append(n).append(",Ann,de,d").append(n).append(",iOS,").append(mdm_topic);
    flat.append(",").append(token(i)).append(",m\n");
  }
  file("devices.csv", "device_id,user_id,push_token\nd2,u1," + token(999'999) + "\n");
  const auto school = file("school.csv", flat);
  const auto later = file("later.csv", "user_id,full_name,language\nu1,Ann,fr\n");
  good(import_plan(ImportPlan{{school, later, in("devices.csv")}, "", false, ""}));
  EXPECT_EQ((*reader().languages())[target(1).language], "fr");
  EXPECT_EQ(to_hex(target(1).token), token(1));
  EXPECT_EQ(target(2).user, 1U);
  EXPECT_EQ(to_hex(target(2).token), token(999'999));
  EXPECT_EQ(to_hex(target(2 * size - 1).token), token(2 * size - 1));
  expect_as_derived_anew();
}

}  // namespace
}  // namespace muster::roster
