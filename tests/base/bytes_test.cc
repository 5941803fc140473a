#include "base/bytes.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

TEST(Bytes, GoThereAndBackInHex) {
  const std::vector<Byte> bytes{0x00, 0x7f, 0x80, 0xff};
  EXPECT_EQ(to_hex(bytes), "007f80ff");
  std::vector<Byte> back;
  EXPECT_TRUE(from_hex("007F80fF", back));
  EXPECT_EQ(back, bytes);
}

TEST(Bytes, RefuseHexThatIsOddOrForeignAndLeaveTheRestAlone) {
  std::vector<Byte> bytes{1};
  EXPECT_FALSE(from_hex("abc", bytes));
  EXPECT_FALSE(from_hex("ag", bytes));
  EXPECT_FALSE(from_hex("00 1", bytes));
  EXPECT_EQ(bytes, std::vector<Byte>{1});
}

TEST(Bytes, HaveZlibsChecksum) {
  EXPECT_EQ(checksum(as_bytes("123456789")), 0xcbf43926U);  // the check value of CRC-32
  EXPECT_EQ(checksum({}), 0U);
}

TEST(Bytes, KeepValuesLittleEndian) {
  std::vector<Byte> bytes;
  append<std::uint32_t>(bytes, 0x01020304);
  EXPECT_EQ(bytes, (std::vector<Byte>{4, 3, 2, 1}));
  EXPECT_EQ(load<std::uint32_t>(bytes.data()), 0x01020304U);
}

}  // namespace
}  // namespace muster
