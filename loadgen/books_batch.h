// The tokens by which version 1's getVPPUsersSrv is walked: where the walk stands (batchToken), and
// what was the latest when it ended (sinceModifiedToken). Opaque to clients, and long, as Apple's.
//
//   token := base64url( "since until index flags" ) "." 32 hexadecimal digits over it
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::loadgen {

struct BooksBatch {
  std::uint64_t since = 0;  // users changed after this version
  std::uint64_t until = 0;  // the version when the walk began
  std::uint64_t index = 0;  // the batch that comes next, from 0
  bool active = true;
  bool retired = false;
  bool ended = false;  // a sinceModifiedToken
};

[[nodiscard]] std::string write_books_batch(const BooksBatch& batch, std::uint64_t seed);
// Nothing for one that write_books_batch() did not write.
[[nodiscard]] std::optional<BooksBatch> read_books_batch(std::string_view token,
                                                         std::uint64_t seed);

}  // namespace muster::loadgen
