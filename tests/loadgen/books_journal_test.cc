#include "loadgen/books_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scratch.h"

namespace muster::loadgen {
namespace {

using ::testing::HasSubstr;

constexpr WallTime at{1'700'000'000'000};

TEST(BooksJournal, WritesALineAFact) {
  const Scratch scratch;
  auto journal = BooksJournal::open(scratch / "j");
  ASSERT_TRUE(journal.has_value());
  journal->refusal("mia", 9716, "v2", at);
  journal->note("violation", "after_foreign", at);
  EXPECT_EQ(scratch.read("j"), "");
  ASSERT_TRUE(journal->flush().has_value());
  EXPECT_EQ(scratch.read("j"),
            R"({"at":"2023-11-14T22:13:20.000Z","fact":"refused","clientUserId":"mia",)"
            R"("error":9716,"on":"v2"})"
            "\n"
            R"({"at":"2023-11-14T22:13:20.000Z","fact":"violation","kind":"after_foreign"})"
            "\n");
  EXPECT_EQ(journal->lines(), 2U);
}

TEST(BooksJournal, GoesOnWithAFileAndCutsATornLine) {
  const Scratch scratch;
  scratch.write("j", "{}\n{\"fact\":\"reg");
  auto journal = BooksJournal::open(scratch / "j");
  ASSERT_TRUE(journal.has_value());
  EXPECT_EQ(scratch.read("j"), "{}\n");
  scratch.write("torn", "{\"fact\"");
  ASSERT_TRUE(BooksJournal::open(scratch / "torn").has_value());
  EXPECT_EQ(scratch.read("torn"), "");
}

TEST(BooksJournal, SaysWhichFileItCannotOpen) {
  const auto journal = BooksJournal::open("/nowhere/at/all");
  ASSERT_FALSE(journal.has_value());
  EXPECT_THAT(journal.error().line_of_text(), HasSubstr("/nowhere/at/all: cannot open"));
}

TEST(BooksJournal, GoesNowhereWhereNobodyWantsIt) {
  BooksJournal journal;
  journal.disregard("mia", "v2", at);
  EXPECT_TRUE(journal.flush().has_value());
  EXPECT_EQ(journal.lines(), 1U);
}

}  // namespace
}  // namespace muster::loadgen
