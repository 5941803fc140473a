#include "loadgen/books_batch.h"

#include <sstream>
#include <vector>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "loadgen/books_ids.h"

namespace muster::loadgen {

std::string write_books_batch(const BooksBatch& batch, std::uint64_t seed) {
  const unsigned flags =
      (batch.active ? 1U : 0U) | (batch.retired ? 2U : 0U) | (batch.ended ? 4U : 0U);
  const auto text = std::to_string(batch.since) + ' ' + std::to_string(batch.until) + ' ' +
                    std::to_string(batch.index) + ' ' + std::to_string(flags);
  return crypto::base64url(as_bytes(text)) + '.' + books_hex(text, seed, 0);
}

std::optional<BooksBatch> read_books_batch(std::string_view token, std::uint64_t seed) {
  const auto dot = token.find('.');
  std::vector<Byte> bytes;
  if (dot == std::string_view::npos || !crypto::from_base64url(token.substr(0, dot), bytes)) {
    return std::nullopt;
  }
  const std::string text(as_text(bytes));
  if (token.substr(dot + 1) != books_hex(text, seed, 0)) {
    return std::nullopt;
  }
  BooksBatch batch;
  unsigned flags = 0;
  std::istringstream(text) >> batch.since >> batch.until >> batch.index >> flags;
  batch.active = (flags & 1U) != 0;
  batch.retired = (flags & 2U) != 0;
  batch.ended = (flags & 4U) != 0;
  return batch;
}

}  // namespace muster::loadgen
