#include "smtp/mime.h"

#include <gtest/gtest.h>

#include "smtp/characters.h"

namespace muster::smtp {
namespace {

std::string subject(std::string_view text) {
  Octets octets;
  add_unstructured(octets, 9, text);
  return std::string(as_text(octets));
}
std::string mailbox(std::string_view name, std::string_view address = "a@b.example") {
  Octets octets;
  add_mailbox(octets, 4, {name, address});
  return std::string(as_text(octets));
}
// The longest line of a field whose name takes `column`.
std::size_t longest(const std::string& value, std::size_t column) {
  std::size_t most = 0;
  for (std::size_t at = 0; at <= value.size();) {
    const auto end = std::min(value.find("\r\n", at), value.size());
    most = std::max(most, end - at + (at == 0 ? column : 0));
    at = end + 2;
  }
  return most;
}

TEST(Subject, StaysAsItIsWhereItCan) {
  EXPECT_EQ(subject("Set up  your device"), "Set up  your device");
  EXPECT_EQ(subject(std::string(69, 'x')), std::string(69, 'x'));
}

TEST(Subject, IsFoldedAtBlanks) {
  const auto words = std::string(40, 'a') + " " + std::string(29, 'b') + " " + std::string(5, 'c');
  EXPECT_EQ(subject(words), std::string(40, 'a') + "\r\n " + std::string(29, 'b') + " ccccc");
}

TEST(Subject, IsEncodedWhereItCannotBeFolded) {
  const auto solid = subject(std::string(200, 'x'));
  EXPECT_TRUE(solid.starts_with("=?UTF-8?Q?xxx"));
  EXPECT_EQ(longest(solid, 9), 76U);
  const auto two_blanks = subject(std::string(60, 'a') + "  " + std::string(60, 'b'));
  EXPECT_TRUE(two_blanks.starts_with("=?UTF-8?Q?aaa"));
  EXPECT_EQ(subject("a =?UTF-8?Q?b?="), "=?UTF-8?B?YSA9P1VURi04P1E/Yj89?=");
}

TEST(Subject, TakesTheShorterOfQAndB) {
  EXPECT_EQ(subject("Gerät einrichten"), "=?UTF-8?Q?Ger=C3=A4t_einrichten?=");
  EXPECT_EQ(subject("端末の設定"), "=?UTF-8?B?56uv5pyr44Gu6Kit5a6a?=");
}

TEST(Subject, SplitsNoCharacter) {
  for (std::size_t pad = 0; pad < 4; ++pad) {
    std::string text(pad, 'x');
    for (int i = 0; i < 60; ++i) {
      text += "🙂";
    }
    const auto encoded = subject(text);
    EXPECT_LE(longest(encoded, 9), 76U);
    // Each word by itself is whole groups of four letters that hold whole characters.
    std::size_t words = 0;
    for (std::size_t at = 0; (at = encoded.find("=?UTF-8?B?", at)) != std::string::npos; ++words) {
      const auto end = encoded.find("?=", at + 10);
      EXPECT_LE(end + 2 - at, 75U);
      const auto digits = encoded.substr(at + 10, end - at - 10);
      const auto padding = static_cast<std::size_t>(std::count(digits.begin(), digits.end(), '='));
      const auto bytes = digits.size() / 4 * 3 - padding;
      EXPECT_EQ((bytes - (words == 0 ? pad : 0)) % 4, 0U);
      at = end;
    }
    EXPECT_GT(words, 4U);
  }
}

TEST(MailboxField, QuotesOnlyWhatItMust) {
  EXPECT_EQ(mailbox(""), "a@b.example");
  EXPECT_EQ(mailbox("Ann Example"), "Ann Example <a@b.example>");
  EXPECT_EQ(mailbox("O'Brien"), "O'Brien <a@b.example>");
  EXPECT_EQ(mailbox("Example, Ann"), "\"Example, Ann\" <a@b.example>");
  EXPECT_EQ(mailbox("J. R."), "\"J. R.\" <a@b.example>");
  EXPECT_EQ(mailbox("a  b"), "\"a  b\" <a@b.example>");
  EXPECT_EQ(mailbox("a\"b\\c"), "\"a\\\"b\\\\c\" <a@b.example>");
}

TEST(MailboxField, PutsNoEncodedWordBetweenQuotes) {
  EXPECT_EQ(mailbox("Zoë, \"Z\""), "=?UTF-8?B?Wm/DqywgIloi?= <a@b.example>");
  EXPECT_EQ(mailbox("=?x?="), "=?UTF-8?B?PT94Pz0=?= <a@b.example>");
}

TEST(MailboxField, FoldsInFrontOfALongAddress) {
  const auto address = std::string(64, 'a') + "@b.example";
  EXPECT_EQ(mailbox("Ann Example", address), "Ann Example\r\n <" + address + ">");
}

TEST(MailboxField, EncodesANameThatIsTooLong) {
  const auto value = mailbox(std::string(300, '"'));
  EXPECT_LE(longest(value, 4), 76U);
  EXPECT_TRUE(value.ends_with(" <a@b.example>")) << value;
}

TEST(Characters, ArePrintableFromTheBlankToTheTilde) {
  EXPECT_TRUE(is_printable(""));
  EXPECT_TRUE(is_ascii(""));
  for (std::size_t at = 0; at < 20; ++at) {
    for (int value = 0; value < 256; ++value) {
      for (const char around : {' ', '~'}) {
        std::string text(20, around);
        text[at] = static_cast<char>(value);
        EXPECT_EQ(is_printable(text), value >= 0x20 && value < 0x7F) << at << ": " << value;
        EXPECT_EQ(is_ascii(text), value < 0x80) << at << ": " << value;
      }
    }
  }
}

TEST(Harmless, LeavesJoinersAndLettersOfAllScripts) {
  std::string room;
  for (const std::string text : {"می‌خواهم", "👩‍👧", "שלום", "naïve", ""}) {
    EXPECT_EQ(harmless(text, room), text);
  }
}

TEST(Harmless, RemovesEveryMarkThatTurnsText) {
  std::string room;
  for (const char* mark :
       {"\u061C", "\u200E", "\u200F", "\u2028", "\u2029", "\u202A", "\u202B", "\u202C",
        "\u202D", "\u202E", "\u2066", "\u2067", "\u2068", "\u2069", "\uFEFF", "\r",
        "\n",     "\t",     "\x01",   "\x1B",   "\x7F",   "\u0080", "\u009F"}) {
    EXPECT_EQ(harmless(std::string(" a") + mark + "b ", room), "ab");
    EXPECT_NE(words_of_unfit(std::string("a") + mark, Lines::one), "");
  }
}

TEST(Harmless, ReplacesWhatIsNotUtf8) {
  std::string room;
  for (const char* bytes : {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    const auto text = std::string(harmless(bytes, room));
    EXPECT_TRUE(text.starts_with("\uFFFD")) << text;
    EXPECT_EQ(words_of_unfit(text, Lines::one), "");
  }
}

}  // namespace
}  // namespace muster::smtp
