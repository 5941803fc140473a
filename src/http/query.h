// What stands behind "?", as names and values: the form that browsers send.
//
//   query = pair *( "&" pair )      pair = name [ "=" value ]      "+" is a blank, "%xx" a byte
//
// Refused (nothing): a broken escape, NUL, what is not UTF-8, more than 64 pairs. Empty pairs are
// left out; a name without "=" has an empty value. Names may come twice: who asks for one value
// decides what that means. Decoded once: nobody behind it decodes again.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::http {

inline constexpr std::size_t query_pairs_max = 64;

struct QueryPair {
  std::string name;
  std::string value;
  friend bool operator==(const QueryPair&, const QueryPair&) = default;
};
using Query = std::vector<QueryPair>;

// `query` is ServerRequest's, or the body of a form.
[[nodiscard]] std::optional<Query> read_query(std::string_view query);
// The first of that name, byte by byte; nothing where there is none. A view into `query`.
[[nodiscard]] std::optional<std::string_view> value_in(const Query& query, std::string_view name);

}  // namespace muster::http
