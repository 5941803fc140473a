#include "loadgen/books_batch.h"

#include <gtest/gtest.h>

namespace muster::loadgen {
namespace {

TEST(BooksBatch, ComesBackAsItWasWritten) {
  const auto token = write_books_batch({3, 17, 2, false, true, true}, 5);
  const auto read = read_books_batch(token, 5);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->since, 3U);
  EXPECT_EQ(read->until, 17U);
  EXPECT_EQ(read->index, 2U);
  EXPECT_FALSE(read->active);
  EXPECT_TRUE(read->retired);
  EXPECT_TRUE(read->ended);
}

TEST(BooksBatch, IsRefusedWhereItWasNotWrittenByUs) {
  auto token = write_books_batch({}, 5);
  EXPECT_FALSE(read_books_batch(token, 6).has_value());
  EXPECT_FALSE(read_books_batch("", 5).has_value());
  EXPECT_FALSE(read_books_batch("MSAy", 5).has_value());
  EXPECT_FALSE(read_books_batch("!." + token, 5).has_value());
  token[0] = token[0] == 'M' ? 'N' : 'M';
  EXPECT_FALSE(read_books_batch(token, 5).has_value());
}

}  // namespace
}  // namespace muster::loadgen
