// The identifiers that an Apps and Books simulator gives out: by the seed and a number, never
// twice, and not those of an earlier run where they must not be.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace muster::loadgen {

// 32 hexadecimal digits from a label and numbers.
[[nodiscard]] std::string books_hex(std::string_view label, std::uint64_t seed,
                                    std::uint64_t number);
// The same in the form of a UUID.
[[nodiscard]] std::string books_uuid(std::string_view label, std::uint64_t seed,
                                     std::uint64_t number);
// "2030-11-08T22:33:22+0000": Apple's dates have no colon in the offset.
[[nodiscard]] std::string books_date(WallTime at);
// SHA-256 in hexadecimal: how a secret stands in the journal.
[[nodiscard]] std::string books_digest(std::string_view secret);

}  // namespace muster::loadgen
