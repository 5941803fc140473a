#include "cli/text.h"

#include <gtest/gtest.h>

namespace muster::cli {
namespace {

TEST(Text, SeparatesThousands) {
  EXPECT_EQ(with_separators(0), "0");
  EXPECT_EQ(with_separators(999), "999");
  EXPECT_EQ(with_separators(1000), "1,000");
  EXPECT_EQ(with_separators(12'345'678), "12,345,678");
}

TEST(Text, CountsOneAndMany) {
  EXPECT_EQ(counted(1, "invitation"), "1 invitation");
  EXPECT_EQ(counted(0, "invitation"), "0 invitations");
  EXPECT_EQ(counted(2000, "invitation"), "2,000 invitations");
  EXPECT_EQ(counted(1, "person", "people"), "1 person");
  EXPECT_EQ(counted(2, "person", "people"), "2 people");
}

TEST(Text, SaysDurationsInTheTwoLargestUnits) {
  EXPECT_EQ(duration_words(0.42), "0.4 s");
  EXPECT_EQ(duration_words(9.96), "10 s");
  EXPECT_EQ(duration_words(59.6), "1 min");
  EXPECT_EQ(duration_words(200), "3 min 20 s");
  EXPECT_EQ(duration_words(7500), "2 h 5 min");
  EXPECT_EQ(duration_words(273'600), "3 d 4 h");
  EXPECT_EQ(duration_words(-1), "0 s");
  EXPECT_EQ(duration_words(1e300), "37,037 d");
}

TEST(Text, CallsItAHundredPerCentOnlyWhenAllIsDone) {
  EXPECT_EQ(percent(999, 1000), 99U);
  EXPECT_EQ(percent(1000, 1000), 100U);
  EXPECT_EQ(percent(0, 0), 100U);
  EXPECT_EQ(percent(1, 3), 33U);
}

TEST(Text, ShowsNamesAsTheyAre) {
  EXPECT_EQ(shown("Zoë Müller 李小龙 👩‍🏫"), "Zoë Müller 李小龙 👩‍🏫");
}

TEST(Text, ShowsControlAndBidirectionalCharactersEscaped) {
  EXPECT_EQ(shown("a\x1b[2Jb"), "a\\u{1b}[2Jb");
  EXPECT_EQ(shown("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(shown("x\xe2\x80\xaey"), "x\\u{202e}y");
  EXPECT_EQ(shown("x\xe2\x81\xa6y"), "x\\u{2066}y");
  EXPECT_EQ(shown("x\xc2\x9by"), "x\\u{9b}y");
  EXPECT_EQ(shown("\x7f"), "\\u{7f}");
}

TEST(Text, ShowsBytesThatAreNoUtf8Escaped) {
  EXPECT_EQ(shown("a\xff"), "a\\xff");
  EXPECT_EQ(shown("\xc3"), "\\xc3");
  EXPECT_EQ(shown("\xc0\xaf"), "\\xc0\\xaf");           // an overlong slash
  EXPECT_EQ(shown("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(shown("\xe2\x28\xa1"), "\\xe2(\\xa1");
}

TEST(Text, KnowsWideAndCombiningCharacters) {
  EXPECT_EQ(columns_of("Zoë"), 3U);
  EXPECT_EQ(columns_of("e\xcc\x81"), 1U);
  EXPECT_EQ(columns_of("李"), 2U);
}

TEST(Text, CutsAtTheEndOfACharacter) {
  EXPECT_EQ(cut("Zoë", 3), "Zoë");
  EXPECT_EQ(cut("Zoë's iPad", 4), "Zoë…");
  EXPECT_EQ(cut("李小龙", 4), "李…");
  EXPECT_EQ(cut("abc", 0), "");
}

TEST(Text, QuotesForTheShellOnlyWhereNeeded) {
  EXPECT_EQ(shell_word("/etc/muster.toml"), "/etc/muster.toml");
  EXPECT_EQ(shell_word("my data"), "'my data'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(Text, FindsTheWordThatWasProbablyMeant) {
  EXPECT_EQ(nearest("snd", {"send", "import"}), "send");
  EXPECT_EQ(nearest("importt", {"send", "import"}), "import");
  EXPECT_EQ(nearest("xyzzy", {"send", "import"}), "");
}

TEST(Text, ListsAlternatives) {
  EXPECT_EQ(any_of({"a"}), "a");
  EXPECT_EQ(any_of({"a", "b"}), "a or b");
  EXPECT_EQ(any_of({"a", "b", "c"}), "a, b or c");
}

TEST(Text, AlignsTablesByColumnsAndEndsNoLineInSpaces) {
  Table table({Table::Align::left, Table::Align::right, Table::Align::left});
  table.row({"sent", "19,988", ""});
  table.row({"李", "12", "x"});
  EXPECT_EQ(table.text("  "), "  sent  19,988\n  李        12  x\n");
}

}  // namespace
}  // namespace muster::cli
