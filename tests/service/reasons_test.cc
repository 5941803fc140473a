#include <gtest/gtest.h>

#include <set>

#include "roster/hindrance.h"
#include "service/wording.h"

namespace muster::service {
namespace {

TEST(ServiceReasons, EveryHindranceHasWordsOfItsOwn) {
  std::set<std::string> words;
  for (std::size_t i = 0; i < roster::hindrances_count; ++i) {
    words.insert(words_of(static_cast<roster::Hindrance>(i)));
  }
  EXPECT_EQ(words.size(), roster::hindrances_count);
  EXPECT_STREQ(words_of(roster::Hindrance::none), "");
}

TEST(ServiceReasons, SayWhatIsMissingAndWhatIsMissingAsWell) {
  using roster::Hindrance;
  using roster::Why;
  EXPECT_EQ(words_of({Why::disabled, Hindrance::none, false}), "Managed Distribution is off");
  EXPECT_EQ(words_of({Why::no_address, Hindrance::none, false}), "no mail address");
  EXPECT_EQ(words_of({Why::no_device, Hindrance::none, false}), "no device");
  EXPECT_EQ(words_of({Why::no_device, Hindrance::none, true}), "no device and no mail address");
  EXPECT_EQ(words_of({Why::by_hindrance, Hindrance::token_gone, true}),
            "no device that can be pushed (push token gone, 410) and no mail address");
  EXPECT_EQ(words_of({Why::by_hindrance, Hindrance::none, false}),
            "has a device that can be pushed by now");
}

}  // namespace
}  // namespace muster::service
