#include "loadgen/books_token.h"

#include <charconv>
#include <vector>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "loadgen/books_ids.h"
#include "loadgen/json_shape.h"
#include "loadgen/json_text.h"

namespace muster::loadgen {

std::string BooksToken::secret(std::uint32_t generation) const {
  const auto digest = crypto::sha256(as_bytes(
      "token " + organisation_ + ' ' + std::to_string(seed_) + ' ' + std::to_string(generation)));
  return crypto::base64(digest);
}

std::string BooksToken::text() const {
  const auto json = "{\n  \"expDate\" : \"" + books_date(expires_at_) +
                    "\",\n  \"token\" : " + json_quoted(secret(generation_)) +
                    ",\n  \"orgName\" : " + json_quoted(organisation_) + "\n}";
  return crypto::base64(as_bytes(json));
}

std::optional<std::uint32_t> BooksToken::recognise(std::string_view shown) const {
  std::vector<Byte> bytes;
  if (!crypto::from_base64(shown, bytes)) {
    return std::nullopt;
  }
  const auto members = json_members(as_text(bytes));
  const auto token = members ? json_text(json_value(*members, "token")) : std::nullopt;
  if (!token) {
    return std::nullopt;
  }
  for (std::uint32_t generation = generation_; generation > 0; --generation) {
    if (crypto::equal_in_constant_time(as_bytes(*token), as_bytes(secret(generation)))) {
      return generation;
    }
  }
  return std::nullopt;
}

std::string BooksToken::location_number() const {
  const auto digits = books_hex("location " + organisation_, seed_, 0).substr(0, 12);
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return std::to_string(2'000'000'000'000'000 + number);
}

}  // namespace muster::loadgen
