#include "http/query.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "http/percent.h"

namespace muster::http {
namespace {

std::optional<std::string> decoded(std::string_view text) {
  std::string blanks(text);
  std::replace(blanks.begin(), blanks.end(), '+', ' ');  // before "%2B" becomes one
  auto plain = without_escapes(blanks);
  if (!plain || first_not_text(*plain) != plain->size()) {
    return std::nullopt;
  }
  return plain;
}

}  // namespace

std::optional<Query> read_query(std::string_view query) {
  Query pairs;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) {
      continue;
    }
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = decoded(pair.substr(0, equals));
    auto value = decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value || pairs.size() == query_pairs_max) {
      return std::nullopt;
    }
    pairs.push_back({std::move(*name), std::move(*value)});
  }
  return pairs;
}

std::optional<std::string_view> value_in(const Query& query, std::string_view name) {
  const auto found = std::ranges::find(query, name, &QueryPair::name);
  if (found == query.end()) {
    return std::nullopt;
  }
  return found->value;
}

}  // namespace muster::http
