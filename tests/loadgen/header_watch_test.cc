#include "loadgen/header_watch.h"

#include <gtest/gtest.h>

namespace muster::loadgen {
namespace {

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// A HEADERS frame of `block` with these flags, behind the preface.
std::vector<Byte> headers(const std::vector<Byte>& block, Byte flags = 4, Byte type = 1) {
  std::vector<Byte> bytes{0, 0, static_cast<Byte>(block.size()), type, flags, 0, 0, 0, 1};
  bytes.insert(bytes.end(), block.begin(), block.end());
  return bytes;
}

HeaderWatch::Counts counts(const std::vector<Byte>& frames, std::size_t piece = 1000) {
  HeaderWatch watch;
  watch.receive(as_bytes(preface));
  Bytes left = frames;
  while (!left.empty()) {
    const auto part = left.first(std::min(piece, left.size()));
    watch.receive(part);
    left = left.subspan(part.size());
  }
  return watch.counts();
}

// :method POST indexed, :path literal and indexed, authorization literal and indexed.
const std::vector<Byte> indexing{0x83, 0x44, 2, '/', 'x', 0x40 | 23, 1, 'y'};

TEST(HeaderWatch, CountsWhatEntersTheTable) {
  EXPECT_EQ(counts(headers(indexing)).path_indexed, 1U);
  EXPECT_EQ(counts(headers(indexing)).authorization_indexed, 1U);
  EXPECT_EQ(counts(headers(indexing), 1).authorization_indexed, 1U);
}

TEST(HeaderWatch, AcceptsLiteralsWithoutIndexingAndNeverIndexed) {
  const std::vector<Byte> fine{0x3f, 0xe1, 0x1f,             // table size update
                               0x04, 2,    '/',  'x',        // :path without indexing
                               0x1f, 8,    1,    'y',        // authorization (15 + 8) never indexed
                               0x40, 1,    'a',  1,   'b'};  // a new name with indexing
  EXPECT_EQ(counts(headers(fine)).path_indexed, 0U);
  EXPECT_EQ(counts(headers(fine)).authorization_indexed, 0U);
}

TEST(HeaderWatch, SeesThroughPaddingPriorityAndContinuation) {
  std::vector<Byte> padded{3, 0, 0, 0, 0, 16};
  padded.insert(padded.end(), indexing.begin(), indexing.end());
  padded.insert(padded.end(), {0, 0, 0});
  EXPECT_EQ(counts(headers(padded, 4 | 8 | 0x20)).authorization_indexed, 1U);

  auto split = headers({indexing.begin(), indexing.begin() + 3}, 0);
  const auto rest = headers({indexing.begin() + 3, indexing.end()}, 4, 9);
  split.insert(split.end(), rest.begin(), rest.end());
  EXPECT_EQ(counts(split).path_indexed, 1U);
}

TEST(HeaderWatch, LeavesBrokenBlocksToOthers) {
  for (const std::vector<Byte>& broken : {std::vector<Byte>{0xff},
                                          {0x44, 9, 'x'},
                                          {0x40, 1},
                                          {0x3f},
                                          {0x7f, 0x80},
                                          {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}}) {
    EXPECT_EQ(counts(headers(broken)).path_indexed, 0U);
  }
  EXPECT_EQ(counts(headers({200}, 4 | 8)).path_indexed, 0U);
}

}  // namespace
}  // namespace muster::loadgen
