// HPACK's Huffman code (RFC 7541 §5.2, appendix B): text to bits.
//
// General text goes code by code. Tokens and UUIDs are most of what a push codes, and they are
// lower-case hex digits of bytes we hold: a table over the byte gives the codes of both its digits
// at once, so the digits themselves are never written. Whoever writes has checked the room; nothing
// here can fail.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace muster::apns {

struct HuffmanCode {
  std::uint32_t code = 0;  // in the low bits
  std::uint32_t bits = 0;
};

// Of each byte value.
extern const std::array<HuffmanCode, 256> huffman_codes;
inline constexpr std::uint32_t huffman_bits_max = 30;
// Of the two digits of each byte value: the code shifted up by 4, and below it its bits (10 to 12).
// Two bytes an entry keep the table in 8 cache lines.
extern const std::array<std::uint16_t, 256> huffman_hex_codes;
inline constexpr std::uint32_t huffman_hex_bits_max = 12;

// Gathers codes in a 64-bit word, its top bits first, and stores whole words: one flush for many
// codes. A flush stores 8 bytes wherever the code ends, so 8 bytes of room stand behind the end.
class BitWriter {
 public:
  // After a flush at most 7 bits wait, so that this many fit before the next one.
  static constexpr std::uint32_t bits_between_flushes_max = 56;
  static constexpr std::size_t slack = 8;

  // `bits` of the first byte are already known: the top ones of `word`.
  explicit BitWriter(Byte* to, std::uint64_t word = 0, std::uint32_t bits = 0)
      : to_(to), word_(word), bits_(bits) {}

  // Bits between 1 and bits_between_flushes_max in all between two flushes.
  void add(HuffmanCode code) { add(code.code, code.bits); }
  void add(std::uint64_t code, std::uint32_t bits) {
    bits_ += bits;
    word_ |= code << (64 - bits_);
  }
  void add_hex(Byte byte) {
    const std::uint32_t entry = huffman_hex_codes[byte];
    add(entry >> 4, entry & 15);
  }
  // The eight digits of four bytes. Joined in a tree, not a chain: the shifts of both halves do
  // not wait for each other.
  void add_hex4(const Byte* bytes);
  void flush() {
    put_word();
    to_ += bits_ / 8;
    word_ <<= bits_ & ~7U;
    bits_ &= 7;
  }
  // Fills the last byte with ones, as §5.2 wants it; returns the end.
  [[nodiscard]] Byte* finish() {
    word_ |= ~std::uint64_t{0} >> bits_;
    put_word();
    return to_ + (bits_ + 7) / 8;
  }
  // What waits for the next flush, for whoever goes on from here more than once.
  [[nodiscard]] std::uint64_t word() const { return word_; }
  [[nodiscard]] std::uint32_t bits() const { return bits_; }
  [[nodiscard]] Byte* to() const { return to_; }

 private:
  void put_word() {
    static_assert(std::endian::native == std::endian::little);
    put(to_, __builtin_bswap64(word_));
  }

  Byte* to_;
  std::uint64_t word_;
  std::uint32_t bits_;
};

inline void BitWriter::add_hex4(const Byte* bytes) {
  static_assert(4 * huffman_hex_bits_max <= bits_between_flushes_max);
  const std::uint32_t a = huffman_hex_codes[bytes[0]];
  const std::uint32_t b = huffman_hex_codes[bytes[1]];
  const std::uint32_t c = huffman_hex_codes[bytes[2]];
  const std::uint32_t d = huffman_hex_codes[bytes[3]];
  const std::uint32_t left = (a >> 4) << (b & 15) | b >> 4;
  const std::uint32_t right = (c >> 4) << (d & 15) | d >> 4;
  const std::uint32_t right_bits = (c & 15) + (d & 15);
  add(std::uint64_t{left} << right_bits | right, (a & 15) + (b & 15) + right_bits);
}

// Bytes of the coded text.
[[nodiscard]] std::size_t huffman_size(std::string_view text);
// Writes that many bytes and may touch BitWriter::slack behind them; returns their end.
[[nodiscard]] Byte* write_huffman(std::string_view text, Byte* to);

}  // namespace muster::apns
