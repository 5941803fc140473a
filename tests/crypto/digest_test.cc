#include "crypto/digest.h"

#include <gtest/gtest.h>

namespace muster::crypto {
namespace {

TEST(Digest, HashesAsFips180Says) {
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, FillsWithDifferentBytesEachTime) {
  std::array<Byte, 32> first{};
  std::array<Byte, 32> second{};
  fill_random(first);
  fill_random(second);
  EXPECT_NE(first, second);
}

TEST(Base64, WritesTheVectorsOfRfc4648) {
  EXPECT_EQ(base64({}), "");
  EXPECT_EQ(base64(as_bytes("f")), "Zg==");
  EXPECT_EQ(base64(as_bytes("fo")), "Zm8=");
  EXPECT_EQ(base64(as_bytes("foo")), "Zm9v");
  EXPECT_EQ(base64(as_bytes("foob")), "Zm9vYg==");
  EXPECT_EQ(base64(as_bytes("\xfb\xff\xfe")), "+//+");
}

TEST(Base64Url, WritesTheVectorsOfRfc4648WithoutPadding) {
  EXPECT_EQ(base64url({}), "");
  EXPECT_EQ(base64url(as_bytes("f")), "Zg");
  EXPECT_EQ(base64url(as_bytes("fo")), "Zm8");
  EXPECT_EQ(base64url(as_bytes("foo")), "Zm9v");
  EXPECT_EQ(base64url(as_bytes("foob")), "Zm9vYg");
  EXPECT_EQ(base64url(as_bytes("\xfb\xff\xfe")), "-__-");
}

TEST(Base64Url, ReadsBackWhatItWrote) {
  for (std::size_t size = 0; size < 50; ++size) {
    std::vector<Byte> bytes(size);
    fill_random(bytes);
    std::vector<Byte> read{1, 2};
    ASSERT_TRUE(from_base64url(base64url(bytes), read));
    bytes.insert(bytes.begin(), {1, 2});
    EXPECT_EQ(read, bytes);
  }
}

TEST(Base64Url, RefusesWhatIsNotBase64Url) {
  std::vector<Byte> out{7};
  for (const auto* text : {"A", "Zg==", "Zm+v", "Zm/v", "Zm9v!", "Zm 9", "Zh", "AAAAA"}) {
    EXPECT_FALSE(from_base64url(text, out)) << text;
    EXPECT_EQ(out, std::vector<Byte>{7}) << text;
  }
}

TEST(Base64, ReadsBackWhatItWrote) {
  for (std::size_t size = 0; size < 50; ++size) {
    std::vector<Byte> bytes(size);
    fill_random(bytes);
    std::vector<Byte> read{1, 2};
    ASSERT_TRUE(from_base64(base64(bytes), read));
    bytes.insert(bytes.begin(), {1, 2});
    EXPECT_EQ(read, bytes);
  }
}

TEST(Base64, RefusesWhatIsNotBase64) {
  std::vector<Byte> out{7};
  for (const auto* text : {"A", "Zg", "Zg=", "Zg===", "====", "Zm-v", "Zm9v!", "Zm 9",
                           "Zh==", "Z===", "=Zm9", "Zg==Zg=="}) {
    EXPECT_FALSE(from_base64(text, out)) << text;
    EXPECT_EQ(out, std::vector<Byte>{7}) << text;
  }
}

}  // namespace
}  // namespace muster::crypto
