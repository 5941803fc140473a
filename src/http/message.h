// What goes over HTTP in either direction: header fields, requests and responses as values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/time.h"

namespace muster::http {

struct Field {
  std::string name;  // as it was written; compared without regard to case
  std::string value;
};
using Fields = std::vector<Field>;

// Whether two names or keywords are the same, without regard to case.
[[nodiscard]] inline bool same_word(std::string_view left, std::string_view right) {
  return std::ranges::equal(
      left, right, [](char one, char other) { return ascii_lower(one) == ascii_lower(other); });
}

// The first field of that name; nothing where there is none. A view into `fields`.
[[nodiscard]] inline std::optional<std::string_view> field(const Fields& fields,
                                                           std::string_view name) {
  for (const auto& each : fields) {
    if (same_word(each.name, name)) {
      return each.value;
    }
  }
  return std::nullopt;
}

// Of ours, to a web service.
struct Request {
  std::string method = "GET";
  std::string url;  // http:// or https://, whole
  Fields fields;
  std::string body;
  Duration patience = std::chrono::seconds(60);  // for the whole exchange
  std::string unix_socket = {};  // a file to connect to in place of the URL's host; empty: network
};

// Any status is a response; redirects are not followed.
struct Response {
  std::uint16_t status = 0;
  Fields fields;
  std::string body;
};

}  // namespace muster::http
