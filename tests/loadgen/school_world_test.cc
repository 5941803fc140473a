#include "loadgen/school_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "loadgen/behaviour_file.h"
#include "loadgen/books_fault_file.h"
#include "loadgen/school_faults.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

SchoolRunWishes wishes_in(const std::string& dir) {
  SchoolRunWishes wishes;
  wishes.dir = dir;
  return wishes;
}

TEST(SchoolFaults, AreReadAsTheFilesAre) {
  EXPECT_TRUE(read_books_faults(std::string(books_faults_text()), "books.toml"));
  EXPECT_TRUE(read_behaviour(std::string(devices_behaviour_text()), "devices.toml"));
  EXPECT_THAT(std::string(books_faults_text()), HasSubstr("steal"));
}

TEST(ASchoolWorld, WritesSettingsAndFaults) {
  const Scratch scratch;
  const auto world = SchoolWorld::make(wishes_in(scratch / "new"));
  ASSERT_TRUE(world);
  ASSERT_TRUE(world->write_faults());
  ASSERT_TRUE(world->write_settings("8471", "2197"));
  const auto settings = scratch.read("new/muster.toml");
  EXPECT_THAT(settings, HasSubstr("http://127.0.0.1:8471/mdm/v2"));
  EXPECT_THAT(settings, HasSubstr("port = 2197"));
  EXPECT_THAT(world->books(), Contains(world->file("books.toml")));
  EXPECT_THAT(world->devices(), Contains(world->file("devices.toml")));
  EXPECT_THAT(world->muster({"serve"}),
              ::testing::ElementsAre("muster", "serve", "--config", world->file("muster.toml")));
}

TEST(ASchoolWorld, HasNoFaultsWhereNoneAreWished) {
  const Scratch scratch;
  auto wishes = wishes_in(scratch / "new");
  wishes.faults = false;
  const auto world = SchoolWorld::make(wishes);
  ASSERT_TRUE(world);
  ASSERT_TRUE(world->write_faults());
  EXPECT_FALSE(std::filesystem::exists(world->file("books.toml")));
  EXPECT_THAT(world->books(), Not(Contains("--faults")));
  EXPECT_THAT(world->devices(), Not(Contains("--behaviour")));
}

TEST(ASchoolWorld, TakesATemporaryFolderWhereNoneIsNamed) {
  const auto world = SchoolWorld::make(SchoolRunWishes());
  ASSERT_TRUE(world);
  EXPECT_TRUE(std::filesystem::is_empty(world->dir()));
  std::filesystem::remove_all(world->dir());
}

TEST(ASchoolWorld, LeavesAFolderAloneThatHoldsSomething) {
  const Scratch scratch;
  scratch.write("somebody's", "file");
  const auto world = SchoolWorld::make(wishes_in(scratch.dir()));
  ASSERT_FALSE(world);
  EXPECT_THAT(world.error().line_of_text(), HasSubstr("something in it already"));
}

TEST(ASchoolWorld, ComplainsOfAFolderThatCannotBe) {
  const Scratch scratch;
  scratch.write("file", "");
  const auto world = SchoolWorld::make(wishes_in(scratch / "file/below"));
  ASSERT_FALSE(world);
  EXPECT_THAT(world.error().line_of_text(), HasSubstr("cannot make the folder"));
}

}  // namespace
}  // namespace muster::loadgen
