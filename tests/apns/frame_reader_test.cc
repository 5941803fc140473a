#include "apns/frame_reader.h"

#include <gtest/gtest.h>

#include "tests/apns/said.h"

namespace muster::apns {
namespace {

using testing::Buffer;
using testing::frame;
using testing::operator+;

// What a reader shows of `bytes` in pieces of `piece` bytes, as bytes again.
Buffer read_in_pieces(FrameReader& reader, Bytes bytes, std::size_t piece) {
  Buffer shown;
  while (!bytes.empty()) {
    const Buffer fed(bytes.begin(),
                     bytes.begin() + static_cast<std::ptrdiff_t>(std::min(piece, bytes.size())));
    bytes = bytes.subspan(fed.size());
    reader.feed(fed);
    while (const auto each = reader.next()) {
      shown = shown + frame(static_cast<Byte>(each->type), each->flags, each->stream,
                            as_text(each->payload));
    }
  }
  return shown;
}

TEST(FrameReader, ShowsTheSameFramesHoweverTheyAreCut) {
  const Buffer bytes = frame(4, 1, 0, "") + frame(0, 1, 1, "x") + frame(0xff, 0xff, 3, "unknown") +
                       frame(1, 5, 0x7fff'ffff, std::string(300, 'y')) + frame(9, 0, 5, "");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    FrameReader reader;
    ASSERT_EQ(read_in_pieces(reader, bytes, piece), bytes) << piece;
    EXPECT_FALSE(reader.too_long());
  }
}

TEST(FrameReader, ShowsNothingOfAFrameThatIsNotWhole) {
  const Buffer bytes = frame(0, 1, 1, "body");
  FrameReader reader;
  EXPECT_TRUE(read_in_pieces(reader, Bytes(bytes).first(bytes.size() - 1), 5).empty());
  EXPECT_EQ(read_in_pieces(reader, Bytes(bytes).last(1), 1), bytes);
}

TEST(FrameReader, LeavesTheReservedBitOutOfTheStreamsId) {
  Buffer bytes = frame(0, 1, 5, "x");
  bytes[5] |= 0x80;
  FrameReader reader;
  reader.feed(bytes);
  EXPECT_EQ(reader.next()->stream, 5);
}

TEST(FrameReader, TakesALengthOf16384ButNotOneByteMore) {
  for (const std::size_t piece : {1U, 100U, 100'000U}) {
    FrameReader reader;
    const Buffer longest = frame(0, 0, 1, std::string(16'384, 'x'));
    EXPECT_EQ(read_in_pieces(reader, longest, piece), longest);
    const Buffer longer = frame(0, 0, 1, std::string(16'385, 'x'));
    EXPECT_TRUE(read_in_pieces(reader, longer + frame(6, 0, 0, "12345678"), piece).empty());
    EXPECT_TRUE(reader.too_long());
  }
}

TEST(FrameReader, SaysAtTheHeadThatAFrameIsTooLong) {
  FrameReader reader;
  const Buffer longer = frame(0, 0, 1, std::string(16'385, 'x'));
  reader.feed(Bytes(longer).first(9));
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_TRUE(reader.too_long());
}

}  // namespace
}  // namespace muster::apns
