// SHA-256, secure random bytes, base64 and base64url.
#pragma once

#include <array>
#include <string>

#include "base/bytes.h"

namespace muster::crypto {

[[nodiscard]] std::array<Byte, 32> sha256(Bytes bytes);
// From the operating system's generator by way of OpenSSL; ends the process where there is none.
void fill_random(MutableBytes bytes);
// RFC 4648 §4, with padding: base64_size(bytes.size()) characters to `out`; returns one past the
// last.
[[nodiscard]] constexpr std::size_t base64_size(std::size_t bytes) {
  return (bytes + 2) / 3 * 4;
}
char* write_base64(Bytes bytes, char* out);
[[nodiscard]] std::string base64(Bytes bytes);
// RFC 4648 §5, no padding.
[[nodiscard]] std::string base64url(Bytes bytes);
// Nothing is appended and false returned for anything that is not base64url without padding.
[[nodiscard]] bool from_base64url(std::string_view text, std::vector<Byte>& out);
// Likewise of base64 with padding.
[[nodiscard]] bool from_base64(std::string_view text, std::vector<Byte>& out);

}  // namespace muster::crypto
