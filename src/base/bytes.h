// Runs of bytes, their hexadecimal form, and the checksum of everything stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

using Byte = std::uint8_t;
using Bytes = std::span<const Byte>;
using MutableBytes = std::span<Byte>;

[[nodiscard]] inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const Byte*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Writes 2 × bytes.size() lower-case digits to `out`; returns one past the last.
char* write_hex(Bytes bytes, char* out);
[[nodiscard]] std::string to_hex(Bytes bytes);
// Accepts upper and lower case; false on an odd length or any other character. Appends nothing
// then.
[[nodiscard]] bool from_hex(std::string_view text, std::vector<Byte>& out);

// CRC-32 (zlib's) over `bytes`: the checksum of pages and packed blocks.
[[nodiscard]] std::uint32_t checksum(Bytes bytes);

// Little-endian values inside packed blocks; callers have checked the bounds. load() and put():
// `store` is the name of a room.
template <class T>
[[nodiscard]] T load(const Byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
void put(Byte* to, T value) {
  std::memcpy(to, &value, sizeof value);
}
template <class T>
void append(std::vector<Byte>& to, T value) {
  const auto at = to.size();
  to.resize(at + sizeof value);
  put(to.data() + at, value);
}

}  // namespace muster
