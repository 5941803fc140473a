// One request to the Apps and Books simulator as both versions of its API see it, and what comes of
// it: a body, or Apple's error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "http/server.h"
#include "loadgen/json_shape.h"

namespace muster::loadgen {

struct BooksCall {
  const http::ServerRequest& request;
  std::string base;  // how the client reached us: "http://127.0.0.1:8471"
  Instant now;
};

struct BooksOutcome {
  std::string body;
  // Not 0: nothing is to be answered before this notification was posted (books_notices.h).
  std::uint64_t test = 0;
};

struct BooksRefusal {
  std::uint16_t error = 0;
  std::vector<std::string> client_user_ids;  // for errorInfo
};

using BooksResult = Result<BooksOutcome, BooksRefusal>;

[[nodiscard]] inline tl::unexpected<BooksRefusal> books_refuses(
    std::uint16_t error, std::vector<std::string> client_user_ids = {}) {
  return tl::unexpected<BooksRefusal>(BooksRefusal{error, std::move(client_user_ids)});
}

// "a=b&c=%20d", decoded, in order; nothing where an escape is broken.
using BooksQuery = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::optional<BooksQuery> read_books_query(std::string_view query);

// A member that is a text: absent and null are nullopt. False where it is anything else.
[[nodiscard]] bool read_member(const std::vector<JsonMember>& members, std::string_view key,
                               std::optional<std::string>& into);

}  // namespace muster::loadgen
