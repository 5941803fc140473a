#include "crypto/digest.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/assert.h"

namespace muster::crypto {
namespace {

constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

using DigitValues = std::array<std::int8_t, 256>;
constexpr DigitValues values_of_digits(std::string_view digits) {
  DigitValues values{};
  values.fill(-1);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    values[static_cast<Byte>(digits[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr auto url_digit_values = values_of_digits(url_alphabet);
constexpr auto digit_values = values_of_digits(alphabet);

bool decode(std::string_view text, const DigitValues& values, std::vector<Byte>& out) {
  if (text.size() % 4 == 1) {
    return false;
  }
  const auto size_before = out.size();
  std::uint32_t kept = 0;
  int kept_bits = 0;
  for (const char digit : text) {
    const std::int8_t value = values[static_cast<Byte>(digit)];
    if (value < 0) {
      out.resize(size_before);
      return false;
    }
    kept = (kept << 6) | static_cast<std::uint32_t>(value);
    kept_bits += 6;
    if (kept_bits >= 8) {
      kept_bits -= 8;
      out.push_back(static_cast<Byte>((kept >> kept_bits) & 0xff));
    }
  }
  // Bits behind the last byte must be zero, or two texts would mean the same bytes.
  if ((kept & ((1U << kept_bits) - 1)) != 0) {
    out.resize(size_before);
    return false;
  }
  return true;
}

}  // namespace

std::array<Byte, 32> sha256(Bytes bytes) {
  std::array<Byte, 32> digest{};
  unsigned int size = 0;
  MUSTER_ASSERT(
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  MUSTER_ASSERT(size == digest.size());
  return digest;
}

void fill_random(MutableBytes bytes) {
  MUSTER_ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
}

char* write_base64(Bytes bytes, char* out) {
  const auto digit = [](unsigned value) { return alphabet[value & 63U]; };
  const Byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, at += 3) {
    const unsigned three = (unsigned{at[0]} << 16) | (unsigned{at[1]} << 8) | at[2];
    *out++ = digit(three >> 18);
    *out++ = digit(three >> 12);
    *out++ = digit(three >> 6);
    *out++ = digit(three);
  }
  if (left > 0) {
    const unsigned rest = (unsigned{at[0]} << 16) | (left == 2 ? unsigned{at[1]} << 8 : 0U);
    *out++ = digit(rest >> 18);
    *out++ = digit(rest >> 12);
    *out++ = left == 2 ? digit(rest >> 6) : '=';
    *out++ = '=';
  }
  return out;
}

std::string base64(Bytes bytes) {
  std::string text(base64_size(bytes.size()), '\0');
  write_base64(bytes, text.data());
  return text;
}

std::string base64url(Bytes bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t kept = 0;  // bits not yet written, in the low `kept_bits`
  int kept_bits = 0;
  for (const Byte byte : bytes) {
    kept = (kept << 8) | byte;
    kept_bits += 8;
    while (kept_bits >= 6) {
      kept_bits -= 6;
      text += url_alphabet[(kept >> kept_bits) & 63];
    }
  }
  if (kept_bits > 0) {
    text += url_alphabet[(kept << (6 - kept_bits)) & 63];
  }
  return text;
}

bool from_base64url(std::string_view text, std::vector<Byte>& out) {
  return decode(text, url_digit_values, out);
}

bool from_base64(std::string_view text, std::vector<Byte>& out) {
  if (text.size() % 4 != 0) {
    return false;
  }
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) {
    text.remove_suffix(1);
  }
  return decode(text, digit_values, out);
}

}  // namespace muster::crypto
