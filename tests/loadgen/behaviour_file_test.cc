#include "loadgen/behaviour_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::loadgen {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string complaint(const std::string& text) {
  const auto read = read_behaviour(text, "b.toml");
  return read ? "fine" : read.error().line_of_text();
}

TEST(BehaviourFile, OfTheExamplesAreRead) {
  for (const auto* name : {"devices_calm.toml", "devices_school.toml"}) {
    const auto read = read_behaviour_file(std::string(MUSTER_SOURCE_DIR "/loadgen/faults/") + name);
    ASSERT_TRUE(read) << read.error().line_of_text();
    EXPECT_FALSE(read->rules.empty());
  }
}

TEST(BehaviourFile, GivesItsSeed) {
  EXPECT_EQ(read_behaviour("seed = 7\n", "b.toml")->seed, 7U);
  EXPECT_EQ(read_behaviour("", "b.toml")->seed, 1U);
}

TEST(BehaviourFile, NamesThePlaceOfWhatIsWrong) {
  EXPECT_THAT(
      complaint("[[behaviour]]\nkind = \"sleepy\"\nshare = 0.1\n"),
      AllOf(HasSubstr("b.toml:2"), HasSubstr("unknown kind 'sleepy'"), HasSubstr("not_now")));
  EXPECT_THAT(complaint("[[fault]]\nkind = \"silent\"\nshare = 0.1\n"),
              AllOf(HasSubstr("unknown key 'fault'"), HasSubstr("[[behaviour]]")));
  EXPECT_THAT(complaint("behaviour = [1]\n"), HasSubstr("not a table"));
  EXPECT_THAT(complaint("[[behaviour]]\nkind = \"silent\"\nshare = 0.1\ntimes = 2\n"),
              AllOf(HasSubstr("b.toml:4"), HasSubstr("unknown key 'times'")));
  EXPECT_THAT(complaint("[[behaviour]]\nkind = \"silent\"\n"), HasSubstr("without a share"));
  EXPECT_THAT(complaint("[[behaviour]]\nkind = \"silent\"\nshare = 1.5\n"),
              HasSubstr("share is not a share"));
  EXPECT_THAT(complaint("[[behaviour]]\nkind = \"not_now\"\nshare = 1\ntimes = 0\n"),
              HasSubstr("times = 0"));
  EXPECT_THAT(complaint("[[behaviour]]\nkind = \"not_now\"\nshare = 1\nagain = \"never\"\n"),
              HasSubstr("unknown again 'never'"));
  EXPECT_THAT(complaint("[[behaviour]]\nkind = \"check_out\"\nshare = 1\nwhen = \"pushed\"\n"),
              HasSubstr("unknown when 'pushed'"));
  EXPECT_THAT(complaint("[[behaviour]]\nkind = \"rotate\"\nshare = 1\nwhen = \"handed\"\n"),
              HasSubstr("unknown when 'handed'"));
  EXPECT_THAT(complaint("[[behaviour]]\nkind = \"error\"\nshare = 1\nas = \"x\"\n"),
              HasSubstr("unknown as 'x'"));
  EXPECT_THAT(complaint("[[behaviour]]\nkind=\"late\"\nshare=1\nleast_ms=5\nmost_ms=4\n"),
              HasSubstr("most_ms is below least_ms"));
  EXPECT_THAT(complaint("nonsense"), HasSubstr("b.toml:1"));
}

TEST(BehaviourFile, RefusesSharesThatAreMoreThanEverybody) {
  EXPECT_THAT(complaint("[[behaviour]]\nkind=\"silent\"\nshare=0.6\n"
                        "[[behaviour]]\nkind=\"error\"\nshare=0.5\n"),
              HasSubstr("more than everybody"));
  EXPECT_EQ(complaint("[[behaviour]]\nkind=\"silent\"\nshare=0.6\n"
                      "[[behaviour]]\nkind=\"twice\"\nshare=0.5\n"),
            "fine");
}

TEST(BehaviourFile, SaysWhichFileIsNotThere) {
  const auto read = read_behaviour_file("/nowhere/b.toml");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().line_of_text(), HasSubstr("/nowhere/b.toml"));
}

}  // namespace
}  // namespace muster::loadgen
