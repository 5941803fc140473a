#include <gtest/gtest.h>

#include "tests/roster/fixture.h"

namespace muster::roster {
namespace {

class RosterReaderState : public RosterTest {
 protected:
  std::uint64_t state() {
    const auto said = reader().state();
    EXPECT_TRUE(said);
    return said.value_or(0);
  }
};

TEST_F(RosterReaderState, StaysWhileNothingIsCommitted) {
  file("users.csv", "user_id,full_name\nann,Ann Lee\n");
  good(import_all());
  const auto before = state();
  EXPECT_TRUE(reader().select_user("ann", "", Wanted::not_invited));
  EXPECT_TRUE(reader().version());
  EXPECT_EQ(state(), before);
}

TEST_F(RosterReaderState, DiffersAfterEachCommitOfAnotherConnection) {
  file("users.csv", "user_id,full_name\nann,Ann Lee\n");
  const auto empty = state();
  good(import_all());
  const auto imported = state();
  EXPECT_NE(imported, empty);
  NumberSet ann;
  ann.add(0);
  ASSERT_TRUE(roster().add_invited(ann));
  const auto invited = state();
  EXPECT_NE(invited, imported);
  ASSERT_TRUE(roster().remove_invited(ann));
  EXPECT_NE(state(), invited);
}

// Blocks stay as they are when users are invited: their version says nothing of it.
TEST_F(RosterReaderState, SeesWhatTheBlocksVersionDoesNot) {
  file("users.csv", "user_id,full_name\nann,Ann Lee\n");
  good(import_all());
  const auto version = reader().version();
  const auto before = state();
  NumberSet ann;
  ann.add(0);
  ASSERT_TRUE(roster().add_invited(ann));
  EXPECT_EQ(reader().version(), version);
  EXPECT_NE(state(), before);
}

TEST_F(RosterReaderState, IsTroubleWhereTheFileIsNoRosterAnyMore) {
  file("users.csv", "user_id,full_name\nann,Ann Lee\n");
  good(import_all());
  roster_.reset();  // the last one out brings everything home into the file
  (void)state();
  std::fstream(dir_ + "/roster.db", std::ios::in | std::ios::out | std::ios::binary)
      .write("No database here", 16);
  NumberSet ann;
  ann.add(0);
  ASSERT_TRUE(roster().add_invited(ann));
  const auto said = reader().state();
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, ErrorCode::store_corrupt);
}

}  // namespace
}  // namespace muster::roster
