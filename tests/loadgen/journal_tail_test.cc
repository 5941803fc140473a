#include "loadgen/journal_tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AJournalTail : public ::testing::Test {
 protected:
  void write(const std::string& text) {
    std::ofstream(scratch_ / "journal", std::ios::app | std::ios::binary) << text;
  }
  std::vector<std::string> lines() {
    std::vector<std::string> heard;
    EXPECT_TRUE(tail_.read([&](std::string_view line) { heard.emplace_back(line); }));
    return heard;
  }
  Scratch scratch_;
  JournalTail tail_{scratch_ / "journal"};
};

TEST_F(AJournalTail, GivesEachWholeLineOnce) {
  write("one\ntwo\nthr");
  EXPECT_THAT(lines(), ElementsAre("one", "two"));
  EXPECT_THAT(lines(), ElementsAre());
  write("ee\n");
  EXPECT_THAT(lines(), ElementsAre("three"));
}

TEST_F(AJournalTail, GivesNothingBeforeThereIsAFile) {
  EXPECT_THAT(lines(), ElementsAre());
  write("one\n");
  EXPECT_THAT(lines(), ElementsAre("one"));
}

TEST_F(AJournalTail, ReadsLinesLongerThanItsPieces) {
  const std::string line(200'000, 'x');
  write(line + "\n");
  EXPECT_THAT(lines(), ElementsAre(line));
}

TEST_F(AJournalTail, ComplainsOfWhatCannotBeRead) {
  JournalTail folder(scratch_.dir());
  const auto read = folder.read([](std::string_view) {});
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().line_of_text(), HasSubstr("cannot read"));
}

}  // namespace
}  // namespace muster::loadgen
