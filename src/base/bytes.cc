#include "base/bytes.h"

#include <zlib.h>

#include <array>

namespace muster {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

// By character; −1: no digit.
constexpr auto values_of_digits = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (int value = 0; value < 16; ++value) {
    const char digit = hex_digits[value];
    values[static_cast<unsigned char>(digit)] = static_cast<std::int8_t>(value);
    if (value >= 10) {
      values[static_cast<unsigned char>(digit - 'a' + 'A')] = static_cast<std::int8_t>(value);
    }
  }
  return values;
}();

int value_of_digit(char digit) {
  return values_of_digits[static_cast<unsigned char>(digit)];
}

}  // namespace

char* write_hex(Bytes bytes, char* out) {
  for (const Byte byte : bytes) {
    *out++ = hex_digits[byte >> 4];
    *out++ = hex_digits[byte & 15];
  }
  return out;
}

std::string to_hex(Bytes bytes) {
  std::string text(bytes.size() * 2, '\0');
  write_hex(bytes, text.data());
  return text;
}

bool from_hex(std::string_view text, std::vector<Byte>& out) {
  if (text.size() % 2 != 0) {
    return false;
  }
  const auto size_before = out.size();
  out.resize(size_before + text.size() / 2);
  auto* to = out.data() + size_before;
  int of_all = 0;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int pair = value_of_digit(text[i]) * 16 | value_of_digit(text[i + 1]);
    of_all |= pair;  // negative where one is no digit
    *to++ = static_cast<Byte>(pair);
  }
  if (of_all < 0) {
    out.resize(size_before);
    return false;
  }
  return true;
}

std::uint32_t checksum(Bytes bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, bytes.data(), bytes.size()));
}

}  // namespace muster
