#include "mdm/one_line.h"

#include <gtest/gtest.h>

namespace muster::mdm {
namespace {

TEST(OneLine, HoldsNoControlCharacters) {
  EXPECT_EQ(one_line("a\tb\r\nc\x7f\xc2\x85z", 100), "a b  c   z");
}

TEST(OneLine, IsCutBetweenCharacters) {
  EXPECT_EQ(one_line("aü", 3), "aü");
  EXPECT_EQ(one_line("aü", 2), "a");
  EXPECT_EQ(one_line("üü", 3), "ü");
  EXPECT_EQ(one_line("abc", 0), "");
}

TEST(OneLine, LeavesWordsAndShortNumbersAlone) {
  EXPECT_EQ(one_line_without_secrets("Error 12021 in MCMDMErrorDomain, try again", 100),
            "Error 12021 in MCMDMErrorDomain, try again");
  EXPECT_EQ(one_line_without_secrets("Donaudampfschifffahrtsgesellschaft", 100),
            "Donaudampfschifffahrtsgesellschaft");
}

TEST(OneLine, LeavesUrlsAndCodesOut) {
  EXPECT_EQ(one_line_without_secrets("a itms-apps://b/c d", 100), "a (left out) d");
  EXPECT_EQ(one_line_without_secrets("inviteCode=1", 100), "(left out)");
  EXPECT_EQ(one_line_without_secrets("(46bc-46bc-46bc-46bc)", 100), "(left out)");
}

}  // namespace
}  // namespace muster::mdm
