#include "base/number_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/random.h"

namespace muster {
namespace {

NumberSet set_of(std::initializer_list<std::uint32_t> numbers) {
  NumberSet set;
  for (const auto number : numbers) {
    set.add(number);
  }
  return set;
}

TEST(NumberSet, FindsTheNthAndCountsTheSmaller) {
  const auto set = set_of({5, 7, 100'000});
  EXPECT_EQ(set.at(0), 5U);
  EXPECT_EQ(set.at(2), 100'000U);
  EXPECT_EQ(set.at(3), std::nullopt);
  EXPECT_EQ(set.rank(7), 1U);
  EXPECT_EQ(set.rank(0), 0U);
}

TEST(NumberSet, SlicesAPageAndEndsWhereTheNumbersEnd) {
  NumberSet set;
  set.add_range(10, 20);
  EXPECT_EQ(set.slice(8, 4), (std::vector<std::uint32_t>{18, 19}));
  EXPECT_TRUE(set.slice(10, 4).empty());
}

TEST(NumberSet, DoesAlgebraLikeAPlainSet) {
  const std::uint64_t seed = 4711;
  SCOPED_TRACE(seed);
  Random random(seed);
  std::set<std::uint32_t> plain_a;
  std::set<std::uint32_t> plain_b;
  NumberSet a;
  NumberSet b;
  for (int i = 0; i < 2'000; ++i) {
    const auto number = static_cast<std::uint32_t>(random.below(100'000));
    if (random.chance(0.5)) {
      plain_a.insert(number);
      a.add(number);
    } else {
      plain_b.insert(number);
      b.add(number);
    }
  }
  std::vector<std::uint32_t> expected;
  std::set_difference(plain_a.begin(), plain_a.end(), plain_b.begin(), plain_b.end(),
                      std::back_inserter(expected));
  std::vector<std::uint32_t> found;
  (a - b).for_each([&](std::uint32_t number) { found.push_back(number); });
  EXPECT_EQ(found, expected);
  EXPECT_EQ((a | b).size() + (a & b).size(), a.size() + b.size());
  EXPECT_EQ(a.size_of_intersection(b), (a & b).size());
}

TEST(NumberSet, SurvivesStorageAndRefusesDamage) {
  auto set = set_of({1, 2, 3, 70'000});
  auto bytes = set.write();
  EXPECT_EQ(NumberSet::read(bytes), set);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto damaged = bytes;
    damaged[at] ^= 0x10;
    EXPECT_FALSE(NumberSet::read(damaged).has_value()) << at;
  }
  EXPECT_FALSE(NumberSet::read({}).has_value());
}

TEST(NumberSet, IsEmptyButUsableWhenMovedFrom) {
  auto first = set_of({1});
  const NumberSet second = std::move(first);
  EXPECT_EQ(second.size(), 1U);
  first = NumberSet();
  first.add(9);
  EXPECT_TRUE(first.contains(9));
}

}  // namespace
}  // namespace muster
