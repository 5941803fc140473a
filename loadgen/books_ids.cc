#include "loadgen/books_ids.h"

#include "base/bytes.h"
#include "crypto/digest.h"

namespace muster::loadgen {

std::string books_hex(std::string_view label, std::uint64_t seed, std::uint64_t number) {
  const auto text = std::string(label) + ' ' + std::to_string(seed) + ' ' + std::to_string(number);
  return to_hex(crypto::sha256(as_bytes(text))).substr(0, 32);
}

std::string books_uuid(std::string_view label, std::uint64_t seed, std::uint64_t number) {
  auto text = books_hex(label, seed, number);
  text[12] = '4';
  text[16] = '8';
  for (const std::size_t at : {20, 16, 12, 8}) {
    text.insert(at, 1, '-');
  }
  return text;
}

std::string books_date(WallTime at) {
  return to_text(at).substr(0, 19) + "+0000";
}

std::string books_digest(std::string_view secret) {
  return to_hex(crypto::sha256(as_bytes(secret)));
}

}  // namespace muster::loadgen
