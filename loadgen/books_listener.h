// What an MDM server says of itself with POST client/config: who it is, and where it listens.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "loadgen/books_call.h"
#include "loadgen/books_location.h"

namespace muster::loadgen {

// `info`: mdmInfo, as it stands in the request.
[[nodiscard]] Result<BooksOwner, BooksRefusal> read_books_owner(std::string_view info,
                                                                const BooksLimits& limits);

// Nothing where the request names no listener. notificationUrl and notificationAuthToken come
// together; both empty: nobody listens any more. Types alone leave both empty too.
[[nodiscard]] Result<std::optional<BooksSubscription>, BooksRefusal> read_books_listener(
    const std::vector<JsonMember>& members, std::span<const std::string_view> known_types,
    const BooksLimits& limits);

// https, a host and a path, nothing else. A rehearsal on one machine may do without TLS: http to a
// loopback address is taken too.
[[nodiscard]] bool valid_books_listener_url(std::string_view url);

}  // namespace muster::loadgen
