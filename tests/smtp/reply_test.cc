#include "smtp/reply.h"

#include <gtest/gtest.h>

#include "model/limits.h"

namespace muster::smtp {
namespace {

using Event = ReplyReader::Event;

// The replies of `text`, each as its line, fed in pieces; "broken" at the end where it breaks.
std::vector<std::string> read(std::string_view text, std::size_t piece = 65536) {
  ReplyReader reader;
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    auto bytes = as_bytes(text.substr(at, piece));
    while (!bytes.empty()) {
      const auto event = reader.feed(bytes);
      if (event == Event::broken) {
        lines.emplace_back("broken");
        return lines;
      }
      if (event == Event::reply) {
        reader.reply().write_line(lines.emplace_back());
      }
    }
  }
  return lines;
}
using Lines = std::vector<std::string>;

TEST(Reply, ReadsCodeAndText) {
  EXPECT_EQ(read("250 Ok\r\n354 go on\r\n"), (Lines{"250 Ok", "354 go on"}));
}

TEST(Reply, ReadsBareCodesAndBareLineFeeds) {
  EXPECT_EQ(read("250\r\n250 \r\n250 Ok\n250#odd\r\n"), (Lines{"250", "250", "250 Ok", "250 odd"}));
}

TEST(Reply, JoinsLinesAndSaysTheEnhancedCodeOnce) {
  EXPECT_EQ(read("550-5.1.1 no such\r\n550-\r\n550 5.1.1 user\r\n"),
            Lines{"550 5.1.1 no such user"});
}

TEST(Reply, ReadsTheEnhancedCodeWhereItsClassAgrees) {
  EXPECT_TRUE(enhanced_of("5.7.26 no", 5).present);
  EXPECT_EQ(enhanced_of("5.7.26 no", 5).subject, 7);
  EXPECT_EQ(enhanced_of("5.7.26 no", 5).detail, 26);
  EXPECT_TRUE(enhanced_of("2.0.0", 2).present);
  for (const auto* text :
       {"4.7.1 no", "5.7", "5.7.", "5.7.1x", "5.1234.1 x", "5..1 x", "5.1.1.1", "no 5.7.1", ""}) {
    EXPECT_FALSE(enhanced_of(text, 5).present) << text;
  }
}

TEST(Reply, RefusesWhatIsNoReply) {
  for (const auto* text : {"hello\r\n", "\r\n", "25\r\n", "2500 Ok\r\n", "199 early\r\n",
                           "600 late\r\n", "000 x\r\n", "250-a\r\n251 b\r\n", "250-a\r\n\r\n"}) {
    EXPECT_EQ(read(text), Lines{"broken"}) << text;
  }
  EXPECT_EQ(read(std::string_view("250 a\0b\r\n", 9)), Lines{"broken"});
}

TEST(Reply, StopsAtALineThatNeverEnds) {
  EXPECT_EQ(read("250 " + std::string(limits::reply_line_bytes_max, 'x')), Lines{"broken"});
  EXPECT_EQ(read("250 " + std::string(limits::reply_line_bytes_max, 'x'), 100), Lines{"broken"});
  EXPECT_EQ(read("250 " + std::string(limits::reply_line_bytes_max - 6, 'x') + "\r\n").size(), 1U);
}

TEST(Reply, StopsAtAReplyThatNeverEnds) {
  std::string text;
  for (std::size_t i = 0; i < limits::reply_lines_max - 1; ++i) {
    text += "250-x\r\n";
  }
  EXPECT_EQ(read(text + "250 x\r\n").size(), 1U);
  EXPECT_NE(read(text + "250 x\r\n"), Lines{"broken"});
  EXPECT_EQ(read(text + "250-x\r\n250 x\r\n"), Lines{"broken"});
}

TEST(Reply, KeepsNoMoreTextThanItsLimit) {
  ReplyReader reader;
  const std::string text = "250-" + std::string(1000, 'x') + "\r\n250 y\r\n";
  auto bytes = as_bytes(text);
  EXPECT_EQ(reader.feed(bytes), Event::line);
  EXPECT_EQ(reader.feed(bytes), Event::reply);
  EXPECT_EQ(reader.reply().text.size(), reply_text_max);
}

TEST(Reply, GivesTheLineWhereItIsCutAnywhere) {
  const std::string text = "334 cmVhZCBtZQ==\r\n";
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    ReplyReader reader;
    auto first = as_bytes(text).first(cut);
    auto second = as_bytes(text).subspan(cut);
    EXPECT_EQ(reader.feed(first), Event::nothing);
    ASSERT_EQ(reader.feed(second), Event::reply);
    EXPECT_EQ(reader.line(), "cmVhZCBtZQ==");
  }
}

class ReplyCut : public testing::TestWithParam<std::size_t> {};

TEST_P(ReplyCut, ReadsTheSameInPiecesOfThisSize) {
  const std::string_view text =
      "220-mx ready\r\n220 at last\r\n250-mx\r\n250-SIZE 1\r\n250\r\n450 4.2.0 Greylisted\n"
      "550-5.7.1 a\r\n550 5.7.1 b\r\n";
  EXPECT_EQ(read(text, GetParam()), read(text));
  EXPECT_EQ(read(text).size(), 4U);
}
INSTANTIATE_TEST_SUITE_P(Sizes, ReplyCut, testing::Range<std::size_t>(1, 60));

}  // namespace
}  // namespace muster::smtp
