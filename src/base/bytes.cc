#include "base/bytes.h"

#include <zlib.h>

namespace muster {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

int value_of_digit(char digit) {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  if (digit >= 'a' && digit <= 'f') {
    return digit - 'a' + 10;
  }
  if (digit >= 'A' && digit <= 'F') {
    return digit - 'A' + 10;
  }
  return -1;
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
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = value_of_digit(text[i]);
    const int low = value_of_digit(text[i + 1]);
    if (high < 0 || low < 0) {
      out.resize(size_before);
      return false;
    }
    out.push_back(static_cast<Byte>(high << 4 | low));
  }
  return true;
}

std::uint32_t checksum(Bytes bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, bytes.data(), bytes.size()));
}

}  // namespace muster
