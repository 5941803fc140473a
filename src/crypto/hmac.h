// HMAC-SHA-256 and PBKDF2 over it: what SCRAM-SHA-256 is made of.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace muster::crypto {

using Digest = std::array<Byte, 32>;

[[nodiscard]] Digest hmac_sha256(Bytes key, Bytes message);
// RFC 8018 §5.2, 32 bytes; costs `iterations` HMACs.
[[nodiscard]] Digest pbkdf2_sha256(Bytes password, Bytes salt, std::uint32_t iterations);
// Takes as long whether they differ early or late.
[[nodiscard]] bool equal_in_constant_time(Bytes left, Bytes right);

}  // namespace muster::crypto
