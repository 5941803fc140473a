#include "smtp/date.h"

#include <gtest/gtest.h>

namespace muster::smtp {
namespace {

std::string text_of(std::int64_t seconds) {
  const auto text = date_text(WallTime{seconds * 1000});
  return {text.data(), text.size()};
}

TEST(Date, IsWrittenInUtc) {
  EXPECT_EQ(text_of(0), "Thu, 01 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(text_of(1'795'413'906), "Mon, 23 Nov 2026 06:05:06 +0000");
  EXPECT_EQ(text_of(1'709'251'199), "Thu, 29 Feb 2024 23:59:59 +0000");
  EXPECT_EQ(text_of(253'402'300'799), "Fri, 31 Dec 9999 23:59:59 +0000");
}

}  // namespace
}  // namespace muster::smtp
