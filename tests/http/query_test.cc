#include "http/query.h"

#include <gtest/gtest.h>

namespace muster::http {
namespace {

TEST(Query, IsPairsInTheirOrder) {
  EXPECT_EQ(read_query("a=b&c=d&a=e"), (Query{{"a", "b"}, {"c", "d"}, {"a", "e"}}));
  EXPECT_EQ(read_query(""), Query{});
}

TEST(Query, DecodesNamesAndValuesOnce) {
  EXPECT_EQ(read_query("Zo%C3%AB=a%26b%3dc"), (Query{{"Zo\xc3\xab", "a&b=c"}}));
  EXPECT_EQ(read_query("a+b=c+d%2Be"), (Query{{"a b", "c d+e"}}));
  EXPECT_EQ(read_query("a=%2525"), (Query{{"a", "%25"}}));
}

TEST(Query, TakesOddPairsAsBrowsersDo) {
  EXPECT_EQ(read_query("&&a=b&"), (Query{{"a", "b"}}));
  EXPECT_EQ(read_query("a"), (Query{{"a", ""}}));
  EXPECT_EQ(read_query("a="), (Query{{"a", ""}}));
  EXPECT_EQ(read_query("=b"), (Query{{"", "b"}}));
  EXPECT_EQ(read_query("="), (Query{{"", ""}}));
  EXPECT_EQ(read_query("a=b=c"), (Query{{"a", "b=c"}}));
  EXPECT_EQ(read_query("a=b;c=d"), (Query{{"a", "b;c=d"}}));
  EXPECT_EQ(read_query("a=b?c"), (Query{{"a", "b?c"}}));
}

TEST(Query, RefusesBrokenEscapes) {
  for (const auto* query :
       {"%", "a=%", "a=%2", "a=%zz", "%2=b", "a=%2&b", "a=%-1", "a=%+2", "%%"}) {
    EXPECT_FALSE(read_query(query).has_value()) << query;
  }
}

TEST(Query, RefusesNulHoweverItIsWritten) {
  EXPECT_FALSE(read_query("a=%00").has_value());
  EXPECT_FALSE(read_query("a%00=b").has_value());
  EXPECT_FALSE(read_query(std::string_view("a=\0b", 4)).has_value());
}

TEST(Query, RefusesWhatIsNotUtf8) {
  for (const auto* query : {"a=%ff", "%e9=b", "a=%c0%80", "a=%ed%a0%80", "a=\xe9", "a=%c3",
                            "%c3=%ab", "a=%f4%90%80%80"}) {
    EXPECT_FALSE(read_query(query).has_value()) << query;
  }
}

TEST(Query, RefusesMoreThanSixtyFourPairs) {
  std::string query = "a=0";
  for (std::size_t n = 1; n < query_pairs_max; ++n) {
    query += "&a=" + std::to_string(n);
  }
  const auto most = read_query(query + "&&&");
  ASSERT_TRUE(most.has_value());
  EXPECT_EQ(most->size(), query_pairs_max);
  EXPECT_FALSE(read_query(query + "&x").has_value());
}

TEST(Query, IsAskedByNameForTheFirstValue) {
  const Query query{{"a", "1"}, {"b", ""}, {"a", "2"}};
  EXPECT_EQ(value_in(query, "a"), "1");
  EXPECT_EQ(value_in(query, "b"), "");
  EXPECT_FALSE(value_in(query, "A").has_value());
  EXPECT_FALSE(value_in({}, "").has_value());
}

}  // namespace
}  // namespace muster::http
