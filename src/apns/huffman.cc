#include "apns/huffman.h"

namespace muster::apns {
namespace {

// Appendix B's lengths. The code is canonical (codes of one length are consecutive, in the order of
// the symbols), so the lengths say it all. The 257th symbol, the end of the string, is never sent.
constexpr std::array<std::uint8_t, 256> code_lengths{
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,  // 0x00
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,  // 0x10
    6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,   // ' '
    5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10,  // '0'
    13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,   // '@'
    7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,   // 'P'
    15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,   // '`'
    6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28,  // 'p'
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,  // 0x80
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,  // 0x90
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,  // 0xa0
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,  // 0xb0
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,  // 0xc0
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,  // 0xd0
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,  // 0xe0
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,  // 0xf0
};

constexpr std::array<HuffmanCode, 256> codes_of_lengths() {
  std::array<HuffmanCode, 256> codes{};
  std::uint32_t next = 0;
  for (std::uint32_t bits = 1; bits <= huffman_bits_max; ++bits) {
    next <<= 1;
    for (std::size_t symbol = 0; symbol < codes.size(); ++symbol) {
      if (code_lengths[symbol] == bits) {
        codes[symbol] = {next++, bits};
      }
    }
  }
  return codes;
}

constexpr std::array<std::uint16_t, 256> codes_of_hex_digits() {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr auto codes = codes_of_lengths();
  std::array<std::uint16_t, 256> pairs{};
  for (std::size_t byte = 0; byte < pairs.size(); ++byte) {
    const HuffmanCode high = codes[static_cast<Byte>(digits[byte >> 4])];
    const HuffmanCode low = codes[static_cast<Byte>(digits[byte & 15])];
    const std::uint32_t code = high.code << low.bits | low.code;
    pairs[byte] = static_cast<std::uint16_t>(code << 4 | (high.bits + low.bits));
  }
  return pairs;
}

}  // namespace

constexpr std::array<HuffmanCode, 256> huffman_codes = codes_of_lengths();
constexpr std::array<std::uint16_t, 256> huffman_hex_codes = codes_of_hex_digits();
// The last code of 30 bits but one: behind it stands the end of the string alone.
static_assert(huffman_codes[22].code == 0x3ffffffe);

std::size_t huffman_size(std::string_view text) {
  std::size_t bits = 0;
  for (const Byte byte : as_bytes(text)) {
    bits += huffman_codes[byte].bits;
  }
  return (bits + 7) / 8;
}

Byte* write_huffman(std::string_view text, Byte* to) {
  BitWriter writer(to);
  for (const Byte byte : as_bytes(text)) {
    writer.add(huffman_codes[byte]);
    writer.flush();
  }
  return writer.finish();
}

}  // namespace muster::apns
