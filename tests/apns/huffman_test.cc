#include "apns/huffman.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <random>
#include <string>
#include <vector>

namespace muster::apns {
namespace {

std::string coded(std::string_view text) {
  std::vector<Byte> room(huffman_size(text) + BitWriter::slack);
  Byte* const end = write_huffman(text, room.data());
  EXPECT_EQ(end, room.data() + huffman_size(text));
  return {room.data(), end};
}

// nghttp2's reading of a field whose value is these coded bytes.
std::string read_by_nghttp2(std::string_view code) {
  std::string block{"\x00\x01n", 3};
  const std::size_t size = code.size();
  if (size < 127) {
    block += static_cast<char>(0x80 | size);
  } else {
    block += '\xff';
    block += static_cast<char>(0x80 | ((size - 127) & 0x7f));
    block += static_cast<char>((size - 127) >> 7);
  }
  block += code;

  nghttp2_hd_inflater* inflater = nullptr;
  EXPECT_EQ(nghttp2_hd_inflate_new(&inflater), 0);
  nghttp2_nv field{};
  int flags = 0;
  const ssize_t taken =
      nghttp2_hd_inflate_hd2(inflater, &field, &flags, as_bytes(block).data(), block.size(), 1);
  EXPECT_EQ(taken, static_cast<ssize_t>(block.size()));
  EXPECT_NE(flags & NGHTTP2_HD_INFLATE_EMIT, 0);
  std::string value = (flags & NGHTTP2_HD_INFLATE_EMIT) != 0
                          ? std::string(as_text(Bytes(field.value, field.valuelen)))
                          : "(nothing)";
  nghttp2_hd_inflate_del(inflater);
  return value;
}

TEST(Huffman, CodesTheExamplesOfTheRfc) {
  EXPECT_EQ(to_hex(as_bytes(coded("www.example.com"))), "f1e3c2e5f23a6ba0ab90f4ff");
  EXPECT_EQ(to_hex(as_bytes(coded("no-cache"))), "a8eb10649cbf");
  EXPECT_EQ(to_hex(as_bytes(coded("Mon, 21 Oct 2013 20:13:21 GMT"))),
            "d07abe941054d444a8200595040b8166e082a62d1bff");
}

TEST(Huffman, CodesNothingAsNothing) {
  EXPECT_EQ(huffman_size(""), 0U);
  EXPECT_EQ(coded(""), "");
}

TEST(Huffman, CodesEveryByteAsNghttp2ReadsIt) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    for (int count = 1; count <= 8; ++count) {
      const std::string text(static_cast<std::size_t>(count), static_cast<char>(byte));
      ASSERT_EQ(read_by_nghttp2(coded(text)), text) << "byte " << byte << " × " << count;
    }
    all += static_cast<char>(byte);
  }
  EXPECT_EQ(read_by_nghttp2(coded(all)), all);
}

TEST(Huffman, CodesBothDigitsOfAByteAtOnce) {
  for (int value = 0; value < 256; ++value) {
    const auto byte = static_cast<Byte>(value);
    std::vector<Byte> room(2 * BitWriter::slack);
    BitWriter writer(room.data());
    writer.add_hex(byte);
    const std::string pair{room.data(), writer.finish()};
    EXPECT_EQ(pair, coded(to_hex(Bytes(&byte, 1))));
  }
}

TEST(Huffman, CodesTokensOfAnySize) {
  constexpr unsigned seed = 20261123;
  std::mt19937 random(seed);
  for (std::size_t size = 0; size <= 64; ++size) {
    std::vector<Byte> token(size);
    for (Byte& byte : token) {
      byte = static_cast<Byte>(random());
    }
    std::vector<Byte> room(2 * size + BitWriter::slack);
    BitWriter writer(room.data());
    std::size_t at = 0;
    for (; at + 4 <= size; at += 4) {
      writer.add_hex4(token.data() + at);
      writer.flush();
    }
    for (; at < size; ++at) {
      writer.add_hex(token[at]);
    }
    const std::string code{room.data(), writer.finish()};
    EXPECT_EQ(code, coded(to_hex(token))) << "seed " << seed << ", size " << size;
  }
}

TEST(Huffman, GoesOnWhereAnotherWriterStopped) {
  std::vector<Byte> room(64);
  BitWriter first(room.data());
  for (const Byte byte : as_bytes("/3/")) {
    first.add(huffman_codes[byte]);
  }
  first.flush();
  BitWriter second(first.to(), first.word(), first.bits());
  for (const Byte byte : as_bytes("dev")) {
    second.add(huffman_codes[byte]);
  }
  const std::string code{room.data(), second.finish()};
  EXPECT_EQ(code, coded("/3/dev"));
}

}  // namespace
}  // namespace muster::apns
